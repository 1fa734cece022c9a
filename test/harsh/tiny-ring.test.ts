// Rings far too small for what they are given: everything waits its turn and nothing is lost.
import assert from 'node:assert/strict'
import { closeSync, openSync, writeSync } from 'node:fs'
import test from 'node:test'
import { chain, close, nop, open, poll, PollEvent, Proactor, read, statx, timer } from 'trueaio'
import { makePipe, O_CLOEXEC, O_NONBLOCK, withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'

const skip = withoutAddon || withoutRing

function tiny(): Proactor {
  return new Proactor({ driver: 'io-uring', entries: 1, inFlightMax: 1 })
}

test('case 1: a ring of one entry carries out 10,000 operations', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring', entries: 1 })
  const fd = openSync(process.execPath, 'r')
  const buffer = Buffer.alloc(16)
  let ends = 0
  const counted = (): void => {
    ends++
  }
  for (let index = 0; index < 2500; index++) {
    io.submit(nop(), counted)
    io.submit(read(fd, buffer, index), counted)
    io.submit(statx('/'), counted)
    io.submit(timer(0), counted)
  }
  await io.submit(nop(), { barrier: true })
  assert.equal(ends, 10_000)
  closeSync(fd)
})

test('one operation at a time: 10,000 wait in order', { skip }, async () => {
  await using io = tiny()
  const order: number[] = []
  await Promise.all(Array.from({ length: 10_000 }, async (_, index) => {
    await io.submit(nop())
    order.push(index)
  }))
  assert.deepEqual(order, Array.from({ length: 10_000 }, (_, index) => index))
})

test('chains longer than the ring run one after the other', { skip }, async () => {
  await using io = tiny()
  const buffer = Buffer.alloc(4)
  const chains = Array.from({ length: 200 }, () => io.submit(chain(open(process.execPath), read(chain.opened, buffer), close(chain.opened))))
  for (const [, bytes] of await Promise.all(chains)) assert.equal(bytes, 4)
  assert.deepEqual(buffer, Buffer.from([0x7f, 0x45, 0x4c, 0x46]))
})

test('10,000 blocking submissions through a ring of one entry', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring', entries: 1, inFlightMax: 64 })
  const results = io.runSync(Array.from({ length: 10_000 }, () => nop()))
  assert.ok(results.every(({ status }) => status === 'fulfilled'))
})

/** Blocks the thread so that completions pile up. */
function block(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

test('case 22: a multishot timer ticks on after its ring overflowed, and no tick is lost', { skip }, async () => {
  await using io = tiny()
  let count = 0
  const controller = new AbortController()
  for await (const tick of io.iterate(timer(1, { multishot: true }), { signal: controller.signal }) as AsyncIterable<unknown>) {
    assert.equal(tick, ++count)
    if (count === 1) block(100) // far more ticks than two completion entries hold
    if (count === 60) break
  }
  assert.equal(count, 60)
})

test('case 35: a multishot poll goes on after its ring overflowed', { skip }, async () => {
  await using io = tiny()
  const { readEnd, writeEnd } = makePipe(O_CLOEXEC | O_NONBLOCK)
  const events = io.iterate(poll(readEnd, PollEvent.POLLIN, { multishot: true }))
  writeSync(writeEnd, 'x')
  assert.equal((await events.next()).value, PollEvent.POLLIN)
  for (let index = 0; index < 1000; index++) writeSync(writeEnd, 'x')
  for (let seen = 0; seen < 3; seen++) assert.equal((await events.next()).done, false)
  // Whatever was posted for the thousand, the next one is told too.
  let told = 0
  const counting = (async () => {
    for await (const event of events) {
      assert.equal(event, PollEvent.POLLIN)
      told++
      if (told > 10) break
    }
  })()
  const writing = setInterval(() => writeSync(writeEnd, 'y'), 1)
  await counting
  clearInterval(writing)
  assert.ok(told > 10)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('case 3, case 4: overflowed completions are all delivered', { skip }, async () => {
  // Four multishot timers, which are as many as 16 places let timers have, and a thread that does not look for a while.
  await using io = new Proactor({ driver: 'io-uring', entries: 4, inFlightMax: 16 })
  const counts = [0, 0, 0, 0]
  const controllers = counts.map(() => new AbortController())
  const ended = counts.map((_, index) => new Promise<void>((resolve) => {
    io.submit(timer(1, { multishot: true }), { signal: (controllers[index] as AbortController).signal }, (error) => {
      if (error !== null) resolve()
      else counts[index] = (counts[index] as number) + 1
    })
  }))
  const start = performance.now()
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    block(30)
  }
  const elapsed = performance.now() - start
  controllers.forEach((controller) => controller.abort())
  await Promise.all(ended)
  assert.ok(io.statistics.overflows > 0, 'the ring did overflow')
  for (const count of counts) assert.ok(count >= 5, `${String(counts)} ticks in ${elapsed.toFixed(0)} ms`)
})
