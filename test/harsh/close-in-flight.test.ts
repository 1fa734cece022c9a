// close() ends everything that is in flight or waits, and resolves when the kernel holds nothing any more.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import test from 'node:test'
import { nop, Proactor, read, timer } from 'trueaio'
import { putInFlight } from './programs/in-flight.js'
import { makePipe, withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'

test('close with thousands in flight and thousands waiting: all settle, quickly', { skip: withoutAddon || withoutRing }, async () => {
  const { io, promises, descriptors } = putInFlight(10_000)
  const start = performance.now()
  await io.close()
  assert.ok(performance.now() - start < 20_000)
  const ends = await Promise.allSettled(promises)
  const codes = new Set(ends.flatMap((end) => (end.status === 'rejected' ? [(end.reason as NodeJS.ErrnoException).code] : [])))
  assert.deepEqual([...codes], ['ERR_TRUEAIO_CLOSED'])
  const { inFlight, queued, bytesLent, abandoned } = io.statistics
  assert.deepEqual({ inFlight, queued, bytesLent, abandoned }, { inFlight: 0, queued: 0, bytesLent: 0, abandoned: 0 })
  descriptors.forEach((fd) => closeSync(fd))
})

test('close a turn after thousands were submitted', { skip: withoutAddon || withoutRing }, async () => {
  const { io, promises, descriptors } = putInFlight(6000)
  await new Promise(setImmediate)
  await io.close()
  assert.equal((await Promise.allSettled(promises)).length, 6000)
  descriptors.forEach((fd) => closeSync(fd))
})

test('close in the tick of a submission', { skip: withoutRing }, async () => {
  const io = new Proactor({ driver: 'io-uring' })
  const end = io.submit(nop())
  await io.close()
  await end
})

test('everything after close is refused, and nothing reaches the ring', { skip: withoutRing }, async () => {
  const io = new Proactor({ driver: 'io-uring' })
  const buffers = io.buffers
  const file = io.registerFile(0)
  await io.close()
  const refused = { code: 'ERR_TRUEAIO_CLOSED' }
  await assert.rejects(io.submit(nop()), refused)
  assert.throws(() => io.registerFile(0), refused)
  assert.throws(() => buffers.allocate(4096), refused)
  io.unregisterFile(file)
  assert.equal(io.runSync([nop()])[0].status, 'rejected')
  await io.close()
})

test('a closed proactor does not hold up the next one', { skip: withoutRing }, async () => {
  for (let round = 0; round < 50; round++) {
    const io = new Proactor({ driver: 'io-uring', entries: 8, inFlightMax: 8 })
    const { readEnd, writeEnd } = makePipe()
    const ends = [io.submit(read(readEnd, Buffer.alloc(10))), io.submit(timer(3_600_000))]
    await io.submit(nop())
    const closed = io.close()
    await assert.rejects(ends[0] as Promise<unknown>, { code: 'ERR_TRUEAIO_CLOSED' })
    await assert.rejects(ends[1] as Promise<unknown>, { code: 'ERR_TRUEAIO_CLOSED' })
    await closed
    closeSync(readEnd)
    closeSync(writeEnd)
  }
})
