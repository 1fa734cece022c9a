// Exactly one settlement for each operation, whatever races: completion, abort, deadline, close; a hundred thousand times.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { nop, Proactor, read, type Operation } from 'trueaio'
import { HeldDriver } from './held-driver.js'

const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)

/** A small generator of random numbers (mulberry32), so that a seed tells the whole run. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

interface Tally {
  settled: number
  readonly kinds: Record<string, number>
}

/** One round: many operations, and then completions, aborts and answers to cancels in random order. */
async function round(io: Proactor, driver: HeldDriver, random: (below: number) => number, count: number, tally: Tally): Promise<void> {
  const controllers = Array.from({ length: 20 }, () => new AbortController())
  const counts = new Uint8Array(count)
  const note = (index: number, kind: string): void => {
    counts[index] = (counts[index] ?? 0) + 1
    tally.settled++
    tally.kinds[kind] = (tally.kinds[kind] ?? 0) + 1
  }
  const buffer = Buffer.alloc(1)
  const pending: Promise<void>[] = []
  for (let index = 0; index < count; index++) {
    const signal = controllers[random(25)]?.signal
    const options = { ...(signal === undefined ? {} : { signal }), ...(random(4) === 0 ? { timeout: 1 + random(3) } : {}), ordered: random(5) === 0 }
    const operation: Operation = random(2) === 0 ? nop() : read(random(3), buffer)
    if (random(2) === 0) {
      pending.push(io.submit(operation, options).then(() => note(index, 'value'), (error: unknown) => note(index, (error as { code: string }).code)))
    } else {
      pending.push(new Promise((resolve) => {
        io.submit(operation, options, (error) => {
          note(index, error === null ? 'value' : (error as Error & { code: string }).code)
          resolve()
        })
      }))
    }
  }
  while (driver.held.length > 0 || io.statistics.queued > 0) {
    const choice = random(10)
    if (choice === 0) controllers[random(20)]?.abort()
    else if (choice === 1 && driver.cancels.length > 0) driver.cannotStop(random(driver.cancels.length))
    else if (choice <= 3 && driver.cancels.length > 0) driver.stop(random(driver.cancels.length))
    else if (driver.held.length > 0) driver.end(random(driver.held.length), random(8) === 0 ? -5 : 1)
    if (random(50) === 0) {
      driver.delivered()
      await loopTurn()
    }
  }
  driver.delivered()
  await Promise.all(pending)
  assert.ok(counts.every((times) => times === 1))
}

test(`100,000 operations settle once each (seed ${String(SEED)})`, async () => {
  const random = generator(SEED)
  const driver = new HeldDriver()
  const io = new Proactor({ driver, inFlightMax: 64 })
  const tally: Tally = { settled: 0, kinds: {} }
  for (let done = 0; done < 100_000; done += 500) await round(io, driver, random, 500, tally)
  assert.equal(tally.settled, 100_000)
  for (const kind of ['value', 'ABORT_ERR', 'ETIMEDOUT', 'EIO']) assert.ok((tally.kinds[kind] ?? 0) > 100, `${kind}: ${String(tally.kinds[kind])}`)
  const { inFlight, queued, abandoned, bytesLent, operations } = io.statistics
  assert.deepEqual([inFlight, queued, abandoned, bytesLent], [0, 0, 0, 0])
  assert.equal(Object.values(operations).reduce((sum, { count }) => sum + count, 0), 100_000)
  await io.close()
  assert.ok(driver.closed)
})

test('a completion told twice, or late, settles nobody', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const first = io.submit(nop())
  const { slot, generation } = driver.held[0]?.submission ?? assert.fail()
  const kept = { slot, generation }
  driver.end(0)
  await first
  const second = io.submit(nop())
  assert.equal(driver.held[0]?.submission.slot, kept.slot, 'the slot is used again')
  driver.repeat(kept.slot, kept.generation)
  let settled = false
  void second.then(() => {
    settled = true
  })
  await loopTurn()
  assert.equal(settled, false)
  driver.end(0)
  await second
  await io.close()
})

test('an operation that cannot be stopped settles, and its memory stays lent until its own completion', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const controller = new AbortController()
  const promise = io.submit(read(1, Buffer.alloc(100)), { signal: controller.signal })
  controller.abort()
  driver.cannotStop()
  await assert.rejects(promise, { code: 'ABORT_ERR' })
  assert.deepEqual([io.statistics.abandoned, io.statistics.inFlight, io.statistics.bytesLent], [1, 1, 100])
  assert.equal(driver.held.length, 1)
  driver.end(0, 100)
  assert.deepEqual([io.statistics.abandoned, io.statistics.inFlight, io.statistics.bytesLent], [0, 0, 0])
  await io.close()
})

test('a cancel that comes too late changes nothing: the result stands', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const controller = new AbortController()
  const promise = io.submit(read(1, Buffer.alloc(4)), { signal: controller.signal })
  controller.abort()
  driver.end(0, 4)
  assert.equal(await promise, 4)
  await io.close()
})

test('close waits for what cannot be stopped', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  const promise = io.submit(read(1, Buffer.alloc(4)))
  const closed = io.close()
  driver.cannotStop()
  await assert.rejects(promise, { code: 'ERR_TRUEAIO_CLOSED' })
  assert.equal(driver.closed, false)
  driver.end(0, 4)
  await closed
  assert.equal(driver.closed, true)
})

test('close with thousands in flight and thousands waiting', async () => {
  const driver = new HeldDriver()
  const io = new Proactor({ driver, inFlightMax: 3000 })
  const results = Promise.allSettled(Array.from({ length: 6000 }, () => io.submit(nop())))
  const closed = io.close()
  while (driver.cancels.length > 0) driver.stop()
  await closed
  for (const result of await results) assert.equal(result.status === 'rejected' && (result.reason as { code: string }).code, 'ERR_TRUEAIO_CLOSED')
})
