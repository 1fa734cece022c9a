// Timers as sources: never early, in order, repeating and counted, set anew, and few of them in the system.
import assert from 'node:assert/strict'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { cookies, next, onEveryDriver } from './subjects.js'

onEveryDriver('timers', (it) => {
  it('expire in order of their instants, however they were set, and once', ['timer'], async ({ queue }) => {
    const begin = Date.now()
    for (const time of [9, 3, 7, 1, 5]) queue.timer(begin + time, String(time), { absolute: true })
    const events = [await next(queue), await next(queue), await next(queue), await next(queue), await next(queue)]
    assert.deepEqual(cookies(events), ['1', '3', '5', '7', '9'])
    assert.ok(events.every(({ kind, result, count, more, error }) => kind === 'timer' && result === undefined && count === 1 && !more && error === undefined))
    assert.equal(queue.sources, 0)
  })

  it('are not early', ['timer', 'real time'], async ({ queue }) => {
    const begin = performance.now()
    queue.timer(20.5, 'timer')
    await next(queue)
    assert.ok(performance.now() - begin >= 20.5)
  })

  it('at an instant: not before it, and at once when it is past', ['timer', 'real time'], async ({ queue }) => {
    const instant = Date.now() + 20
    queue.timer(instant, 'to come', { absolute: true })
    queue.timer(0, 'past', { absolute: true })
    assert.equal((await next(queue)).cookie, 'past')
    assert.equal((await next(queue)).cookie, 'to come')
    assert.ok(Date.now() >= instant)
  })

  it('repeat until removed; periods that went by unread are counted', ['timer', 'real time'], async ({ queue }) => {
    const source = queue.timer(1, 'tick', { repeat: 2 })
    assert.equal((await next(queue)).more, true)
    const end = performance.now() + 40
    while (performance.now() < end) { /* nobody looks */ }
    // One that was told just before may stand unread; then come all the others as one.
    const counts = [(await next(queue)).count, (await next(queue)).count]
    assert.ok(Math.max(...counts) >= 15, `counts ${counts.join(', ')}`)
    assert.equal(source.remove(), true)
    assert.equal(queue.ready, 0)
    queue.timer(10, 'later')
    assert.equal((await next(queue)).cookie, 'later')
  })

  it('repeat in order', ['timer'], async ({ queue }) => {
    queue.timer(200, 'slow', { repeat: 200 })
    queue.timer(20, 'fast', { repeat: 20 })
    let fast = 0
    for await (const { cookie, count } of queue) {
      if (cookie === 'slow') break
      fast += count
    }
    assert.ok(fast >= 2, `${String(fast)} of the fast one before the slow one`)
  })

  it('are set anew while one waits, sooner and later', ['timer'], async ({ queue }) => {
    const sooner = queue.timer(1e9, 'sooner')
    const later = queue.timer(1, 'later')
    const waiting = next(queue)
    later.modify(1e9)
    await loopTurn()
    assert.equal(sooner.modify(2, { repeat: 1e9 }), true)
    const event = await waiting
    assert.deepEqual([event.cookie, event.more, sooner.repeat], ['sooner', true, 1e9])
    later.modify(0)
    assert.equal((await next(queue)).cookie, 'later')
    assert.equal(later.modify(1), false)
  })

  it('disabled they run on, and are told when enabled', ['timer', 'real time'], async ({ queue }) => {
    const once = queue.timer(2, 'once')
    const repeating = queue.timer(2, 'repeating', { repeat: 2 })
    assert.deepEqual([once.disable(), repeating.disable()], [true, true])
    queue.timer(20, 'later')
    assert.equal((await next(queue)).cookie, 'later')
    assert.deepEqual([once.live, once.enable(), repeating.enable()], [false, true, true])
    const events = await queue.getEvents({ min: 2 })
    assert.deepEqual(cookies(events), ['once', 'repeating'])
    assert.ok((events[1]?.count ?? 0) >= 5)
    assert.deepEqual([events[0]?.more, events[1]?.more, once.enable()], [false, true, false])
  })

  it('a thousand of them are a few of the system’s; none left keeps none there', ['timer'], async ({ io, queue }) => {
    const sources = Array.from({ length: 1000 }, (_, index) => queue.timer(1e6 - 100 * index, 'timer'))
    await loopTurn()
    assert.ok(io.statistics.inFlight >= 1 && io.statistics.inFlight <= 8, `${String(io.statistics.inFlight)} in flight`)
    for (let index = 0; index < 20; index++) {
      sources[index]?.modify(1e5 - index)
      await loopTurn()
    }
    assert.ok(io.statistics.inFlight <= 9, `${String(io.statistics.inFlight)} in flight`)
    for (const source of sources) source.remove()
    for (let turn = 0; turn < 1000 && io.statistics.inFlight > 0; turn++) await loopTurn()
    assert.equal(io.statistics.inFlight, 0)
  })

  it('blocking, also when nothing else is in flight', ['timer'], ({ queue }) => {
    queue.timer(100, 'second')
    queue.timer(1, 'first')
    assert.deepEqual(cookies(queue.getEventsSync({ min: 2 })), ['first', 'second'])
    assert.deepEqual(queue.getEventsSync(), [])
  })
})
