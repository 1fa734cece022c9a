// Descriptors as sources: once, edge and level, changed while one waits, and gone.
import assert from 'node:assert/strict'
import { readSync, writeSync } from 'node:fs'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { PollEvent, read } from 'trueaio'
import { cookies, next, onEveryDriver } from './subjects.js'

const { POLLHUP, POLLIN, POLLOUT } = PollEvent
const NEEDS = ['poll', 'real descriptors'] as const
const one = Buffer.alloc(1)

onEveryDriver('readiness', (it) => {
  it('once: one event, then the source is over', NEEDS, async ({ queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    const source = queue.watch(readEnd, POLLIN, 'pipe', { once: true })
    const waiting = next(queue)
    writeSync(writeEnd, 'ab')
    const event = await waiting
    assert.deepEqual([event.kind, event.cookie, event.result, event.count, event.more, event.source === source], ['readiness', 'pipe', POLLIN, 1, false, true])
    assert.deepEqual([source.live, source.removed, queue.sources, source.remove()], [false, false, 0, false])
    readSync(readEnd, one)
    writeSync(writeEnd, 'c')
    queue.timer(5, 'later')
    assert.equal((await next(queue)).cookie, 'later')
  })

  it('edge: told each time it becomes ready, and not in between', NEEDS, async ({ queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    queue.watch(readEnd, POLLIN, 'pipe')
    for (let round = 0; round < 3; round++) {
      writeSync(writeEnd, 'x')
      const event = await next(queue)
      assert.deepEqual([event.cookie, event.result, event.more], ['pipe', POLLIN, true])
      readSync(readEnd, one)
    }
    queue.timer(5, 'later')
    assert.equal((await next(queue)).cookie, 'later')
  })

  it('a regular file is always ready: told once, and with level at each wait; the cookie can be changed', NEEDS, async ({ queue, world }) => {
    await world.put('file', 'x')
    const fd = await world.open('file')
    const source = queue.watch(fd, POLLIN, 'made')
    const event = await next(queue)
    assert.deepEqual([event.cookie, event.result, event.more, event.count], ['made', POLLIN, true, 1])
    source.cookie = 'changed'
    queue.timer(20, 'later')
    assert.equal((await next(queue)).cookie, 'later')
    source.modify(POLLIN | POLLOUT)
    const again = await next(queue)
    assert.deepEqual([again.cookie, again.result, again.more], ['changed', POLLIN | POLLOUT, true])
    source.remove()
    queue.watch(fd, POLLIN, 'level', { level: true })
    for (let round = 0; round < 3; round++) assert.equal((await next(queue)).cookie, 'level')
  })

  it('what is ready already is told at once', NEEDS, async ({ queue, world }) => {
    const { writeEnd } = world.fifo()
    queue.watch(writeEnd, POLLIN | POLLOUT, 'pipe')
    assert.equal((await next(queue)).result, POLLOUT)
  })

  it('unread, it is one event with a count, however often it happens', NEEDS, async ({ queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    queue.watch(readEnd, POLLIN, 'pipe')
    for (let round = 0; round < 20; round++) {
      writeSync(writeEnd, 'x')
      await loopTurn()
      readSync(readEnd, one)
      assert.ok(queue.ready <= 1)
    }
    const events = await queue.getEvents({ timeout: 1000 })
    assert.deepEqual(cookies(events), ['pipe'])
    assert.ok((events[0]?.count ?? 0) > 1, `count ${String(events[0]?.count)}`)
  })

  it('level: each wait looks, until it is read', NEEDS, async ({ queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    queue.watch(readEnd, POLLIN, 'pipe', { level: true })
    writeSync(writeEnd, 'abc')
    for (let round = 0; round < 3; round++) {
      const event = await next(queue)
      assert.deepEqual([event.cookie, event.count, event.more], ['pipe', 1, true])
      readSync(readEnd, one)
    }
    queue.timer(5, 'later')
    assert.equal((await next(queue)).cookie, 'later')
    writeSync(writeEnd, 'd')
    assert.equal((await next(queue)).cookie, 'pipe')
  })

  it('interest is changed while one waits', NEEDS, async ({ queue, world }) => {
    const { writeEnd } = world.fifo()
    const source = queue.watch(writeEnd, POLLIN, 'pipe')
    const waiting = next(queue)
    await loopTurn()
    assert.equal(source.modify(POLLOUT), true)
    assert.deepEqual([(await waiting).result, source.events], [POLLOUT, POLLOUT])
    source.modify(POLLIN)
    queue.timer(5, 'later')
    assert.equal((await next(queue)).cookie, 'later')
  })

  it('disabled: nothing is told; enabled: what is true then', NEEDS, async ({ queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    const source = queue.watch(readEnd, POLLIN, 'pipe')
    assert.deepEqual([source.disable(), source.disable(), source.enabled], [true, false, false])
    writeSync(writeEnd, 'x')
    queue.timer(5, 'later')
    assert.equal((await next(queue)).cookie, 'later')
    assert.equal(source.enable(), true)
    assert.equal((await next(queue)).cookie, 'pipe')
    assert.equal(source.enable(), false)
  })

  it('removed while one waits, or with its event unread: no event of it', NEEDS, async ({ io, queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    const waitedFor = queue.watch(readEnd, POLLIN, 'waited for')
    const waiting = next(queue)
    await loopTurn()
    waitedFor.remove()
    writeSync(writeEnd, 'x')
    const unread = queue.watch(readEnd, POLLIN, 'unread')
    assert.equal((await waiting).cookie, 'unread')
    queue.timer(5, 'later')
    unread.modify(POLLIN)
    while (queue.ready < 2) await loopTurn() // told again, and the timer
    assert.equal(unread.remove(), true)
    assert.equal(queue.ready, 1)
    assert.deepEqual(cookies(await queue.getEvents()), ['later'])
    assert.deepEqual([unread.remove(), unread.enable(), unread.modify(POLLIN), queue.sources], [false, false, false, 0])
    await loopTurn()
    while (io.statistics.inFlight > 0) await loopTurn()
  })

  it('of a wrong descriptor: an event with the error, and the source is over', NEEDS, async ({ queue }) => {
    const source = queue.watch(1_000_000, POLLIN, 'wrong')
    const event = await next(queue)
    assert.deepEqual([event.cookie, (event.error as NodeJS.ErrnoException).code, event.result, event.more, source.live], ['wrong', 'EBADF', undefined, false, false])
  })

  it('the other end closes: POLLHUP, whatever was asked for', NEEDS, async ({ closeNow, queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    const source = queue.watch(readEnd, 0, 'pipe')
    closeNow(writeEnd)
    assert.equal(((await next(queue)).result as number) & POLLHUP, POLLHUP)
    source.remove()
  })

  it('and the read it leads to, out of one queue', NEEDS, async ({ queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    const buffer = Buffer.alloc(16)
    queue.watch(readEnd, POLLIN, 'ready')
    writeSync(writeEnd, 'hello')
    let text = ''
    for await (const event of queue) {
      if (event.kind === 'readiness') queue.submit(read(readEnd, buffer), 'read')
      else if (event.kind === 'operation') {
        text = buffer.toString('utf8', 0, event.result as number)
        break
      }
    }
    assert.equal(text, 'hello')
  })

  it('blocking', NEEDS, ({ queue, world }) => {
    const { readEnd, writeEnd } = world.fifo()
    queue.watch(readEnd, POLLIN, 'pipe')
    assert.deepEqual(queue.getEventsSync({ timeout: 5 }), [])
    writeSync(writeEnd, 'x')
    assert.deepEqual(cookies(queue.getEventsSync({ timeout: 10_000 })), ['pipe'])
  })

  it('any number of them leaves room for operations', NEEDS, async ({ anotherQueue, world }) => {
    const io = world.proactor({ inFlightMax: 5 })
    const queue = anotherQueue({ proactor: io })
    const { readEnd, writeEnd } = world.fifo()
    for (let count = 0; count < 30; count++) queue.watch(readEnd, POLLIN, 'watched')
    writeSync(writeEnd, 'x')
    queue.submit(read(readEnd, one), 'read')
    const seen = new Set<string>()
    while (!seen.has('read')) for (const { cookie } of await queue.getEvents({ timeout: 10_000 })) seen.add(cookie)
  })
})
