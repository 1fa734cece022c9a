// What the program itself puts into the queue, signals, and how one waits for it all.
import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { once } from 'node:events'
import { test } from 'node:test'
import { nop } from 'trueaio'
import { cookies, next, onEveryDriver } from './subjects.js'

onEveryDriver('user events', (it) => {
  it('triggers of a source whose event is unread add to it', [], async ({ queue }) => {
    const source = queue.user('user')
    for (const value of ['a', 'b', 'c']) assert.equal(source.trigger(value), true)
    assert.equal(queue.ready, 1)
    const event = await next(queue)
    assert.deepEqual([event.kind, event.cookie, event.result, event.count, event.more, event.source === source], ['user', 'user', 'c', 3, true, true])
    source.trigger('d')
    const again = await next(queue)
    assert.deepEqual([again.result, again.count, event.count], ['d', 1, 3])
  })

  it('once', [], async ({ queue }) => {
    const source = queue.user('user', { once: true })
    assert.deepEqual([source.trigger(1), source.trigger(2), queue.sources], [true, false, 0])
    const event = await next(queue)
    assert.deepEqual([event.result, event.count, event.more], [1, 1, false])
  })

  it('removed, its unread event is gone; disabled, it is kept back', [], async ({ queue }) => {
    const removed = queue.user('removed')
    const disabled = queue.user('disabled')
    for (const source of [removed, disabled]) source.trigger('before')
    removed.remove()
    disabled.disable()
    disabled.trigger('meanwhile')
    queue.post('posted')
    assert.equal(queue.ready, 1)
    assert.deepEqual(cookies(await queue.getEvents()), ['posted'])
    disabled.enable()
    disabled.trigger('after')
    const event = await next(queue)
    assert.deepEqual([event.result, event.count, removed.trigger('x'), queue.ready], ['after', 3, false, 0])
  })

  it('posted values are events of their own, in order, up to the capacity', [], async ({ anotherQueue }) => {
    const queue = anotherQueue({ capacity: 3 })
    for (const value of [1, 2, 3]) queue.post('posted', value)
    assert.throws(() => queue.post('posted', 4), { code: 'ERR_TRUEAIO_QUEUE_FULL' })
    queue.user('user').trigger()
    const events = await queue.getEvents({ max: 10 })
    assert.deepEqual(events.map(({ cookie, kind, result, source }) => [cookie, kind, result, source === undefined]), [
      ['posted', 'user', 1, true], ['posted', 'user', 2, true], ['posted', 'user', 3, true], ['user', 'user', undefined, false],
    ])
    queue.post('posted', 4)
    assert.equal((await next(queue)).result, 4)
  })

  it('a trigger wakes one who waits; minimum, maximum, order of waits', [], async ({ queue }) => {
    const ended: string[] = []
    const first = queue.getEvents({ min: 2, max: 2 }).finally(() => ended.push('first'))
    const second = queue.getEvents({ min: 1, max: 5 }).finally(() => ended.push('second'))
    queue.user('a').trigger()
    await loopTurn()
    assert.deepEqual(ended, [])
    for (const cookie of ['b', 'c', 'd']) queue.user(cookie).trigger()
    assert.deepEqual([cookies(await first), cookies(await second), ended], [['a', 'b'], ['c', 'd'], ['first', 'second']])
  })

  it('timeout and signal of a wait', [], async ({ queue }) => {
    queue.user('a').trigger()
    assert.deepEqual(cookies(await queue.getEvents({ min: 2, timeout: 2 })), ['a'])
    assert.deepEqual(await queue.getEvents({ timeout: 2 }), [])
    assert.deepEqual(await queue.getEvents({ min: 0 }), [])
    const controller = new AbortController()
    const waiting = queue.getEvents({ signal: controller.signal })
    controller.abort('enough')
    await assert.rejects(waiting, { code: 'ABORT_ERR', cause: 'enough' })
    queue.user('b').trigger()
    assert.deepEqual(cookies(await queue.getEvents()), ['b'])
  })

  it('blocking returns at once where nothing can come', [], ({ queue }) => {
    queue.user('user')
    queue.signal('SIGURG', 'signal')
    assert.deepEqual(queue.getEventsSync({ min: 1 }), [])
    queue.post('posted')
    assert.deepEqual(cookies(queue.getEventsSync({ min: 2 })), ['posted'])
  })

  it('iteration: one by one, none of a removed source, until the queue is closed', ['nop'], async ({ queue }) => {
    const sources = ['a', 'b', 'c'].map((cookie) => queue.user(cookie))
    for (const source of sources) source.trigger()
    const seen: string[] = []
    for await (const { cookie } of queue) {
      seen.push(cookie)
      if (cookie === 'a') sources[1]?.remove()
      if (cookie === 'c') {
        queue.submit(nop(), 'last')
        void queue.close()
      }
    }
    assert.deepEqual(seen, ['a', 'c', 'last'])
  })

  it('close: sources are removed, waits end, operations under way are still told', ['nop'], async ({ queue }) => {
    const source = queue.user('user')
    source.trigger()
    queue.submit(nop(), 'nop')
    queue.signal('SIGURG', 'signal')
    queue.timer(1e9, 'timer')
    const waiting = queue.getEvents({ min: 4 })
    await Promise.all([queue.close(), queue.close()])
    assert.deepEqual([source.removed, queue.sources, process.listenerCount('SIGURG')], [true, 0, 0])
    const events = [...await waiting]
    while (events.length === 0) events.push(...await queue.getEvents())
    assert.deepEqual(cookies(events), ['nop'])
    assert.deepEqual(await queue.getEvents(), [])
    for (const attempt of [() => queue.user('x'), () => queue.post('x'), () => queue.timer(1, 'x'), () => queue.watch(0, 1, 'x'), () => queue.child(1, 'x'), () => queue.signal('SIGURG', 'x'), () => queue.submit(nop(), 'x')]) {
      assert.throws(attempt, { code: 'ERR_TRUEAIO_CLOSED' })
    }
    await assert.rejects(queue.watchPath('.', 'x'), { code: 'ERR_TRUEAIO_CLOSED' })
  })

  it('signals: counted while unread, and nobody listens when none is wanted', [], async ({ queue }) => {
    const first = queue.signal('SIGURG', 'first')
    const second = queue.signal('SIGURG', 'once', { once: true })
    assert.equal(process.listenerCount('SIGURG'), 1)
    process.kill(process.pid, 'SIGURG')
    while (queue.ready < 2) await loopTurn()
    process.kill(process.pid, 'SIGURG')
    // Not awaited as an event: a listener for signals does not keep the process alive.
    let arrived = false
    process.once('SIGURG', () => {
      arrived = true
    })
    while (!arrived) await loopTurn()
    const events = await queue.getEvents()
    assert.deepEqual(events.map(({ cookie, kind, more, result }) => [cookie, kind, result, more]), [['first', 'signal', constants.signals.SIGURG, true], ['once', 'signal', constants.signals.SIGURG, false]])
    assert.ok((events[0]?.count ?? 0) >= 2)
    assert.equal(second.live, false)
    first.remove()
    assert.equal(process.listenerCount('SIGURG'), 0)
  })
})

test('signals are the main thread’s', async () => {
  const worker = new Worker(`
    import { EventQueue } from 'trueaio/event-queue'
    import { parentPort } from 'node:worker_threads'
    const queue = new EventQueue()
    try { queue.signal('SIGURG', 1) } catch (error) { parentPort.postMessage(error.code) }
  `, { eval: true, execArgv: ['--input-type=module'] })
  const [message] = await once(worker, 'message') as [string]
  assert.equal(message, 'ERR_TRUEAIO_MAIN_THREAD_ONLY')
  await worker.terminate()
})
