// Cancelling: what is queued is taken back, what runs is interrupted, and nothing else notices.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { call, open, Proactor, read, statx, SYS, write } from 'trueaio'
import { blockingRead, fifo, pipe, poolThreads, threadsInside, until } from './threads-here.js'

const READ = SYS.read ?? -1
const ABORTED = { code: 'ABORT_ERR', name: 'AbortError' }

test('a running read is interrupted', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  const aborting = new AbortController()
  const waiting = io.submit(blockingRead(readEnd, Buffer.alloc(8)), { signal: aborting.signal })
  await until('the read has begun', () => threadsInside(READ) === 1)
  aborting.abort()
  await assert.rejects(waiting, ABORTED)
  assert.equal(io.statistics.abandoned, 0)
  assert.equal(threadsInside(READ), 0)
  // The pipe still holds all that is written later: the interrupted read took nothing.
  await io.submit(write(writeEnd, Buffer.from('after')))
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(8))), 5)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('a timeout interrupts a running call: ETIMEDOUT', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  await assert.rejects(io.submit(blockingRead(readEnd, Buffer.alloc(8)), { timeout: 5 }), { code: 'ETIMEDOUT' })
  await assert.rejects(io.submit(call('ppoll', null, 0, null, null, 0), { timeout: 5 }), { code: 'ETIMEDOUT' })
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('what is still queued is taken back and never made', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  await using io = new Proactor({ driver: 'thread-pool', threads: 1 })
  const { readEnd, writeEnd } = await pipe(io)
  const blocker = io.submit(blockingRead(readEnd, Buffer.alloc(1)))
  await until('the only thread is taken', () => threadsInside(READ) === 1)
  const aborting = new AbortController()
  const made = join(directory, 'made')
  const queued = io.submit(open(made, { flags: 0o101 }), { signal: aborting.signal })
  await new Promise((resolve) => setImmediate(resolve))
  aborting.abort()
  await assert.rejects(queued, ABORTED)
  writeSync(writeEnd, 'x')
  await blocker
  await assert.rejects(io.submit(statx(made)), { code: 'ENOENT' })
  closeSync(readEnd)
  closeSync(writeEnd)
  rmSync(directory, { recursive: true })
})

test('an open that waits for a writer is interrupted, and leaves no descriptor', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  await using io = new Proactor({ driver: 'thread-pool' })
  const path = join(directory, 'fifo')
  await fifo(io, path)
  const aborting = new AbortController()
  const opening = io.submit(open(path), { signal: aborting.signal })
  await until('the open has begun', () => threadsInside(SYS.openat ?? -1) === 1)
  aborting.abort()
  await assert.rejects(opening, ABORTED)
  rmSync(directory, { recursive: true })
})

test('an abort at any moment ends in one of its two ways, three thousand times, and never in a stranger\'s call', async () => {
  await using io = new Proactor({ driver: 'thread-pool', threads: 4 })
  const { readEnd, writeEnd } = await pipe(io)
  const written = Buffer.from('x')
  let aborted = 0
  let taken = 0
  let sent = 0
  for (let round = 0; round < 3000; round++) {
    const aborting = new AbortController()
    const waiting = io.submit(blockingRead(readEnd, Buffer.alloc(1)), { signal: aborting.signal }).then(
      (count) => { taken += count },
      (error: unknown) => {
        assert.equal((error as { code: string }).code, 'ABORT_ERR')
        aborted++
      },
    )
    // Bystanders whose calls must not hear of the signal: the interruptible one is a read that blocks, too.
    const bystander = io.submit(call('nanosleep', new BigInt64Array([0n, BigInt((round % 50) * 1000)]), null))
    for (let turn = 0; turn < round % 7; turn++) await Promise.resolve()
    if (round % 3 === 0) {
      sent += await io.submit(write(writeEnd, written))
      for (let turn = 0; turn < round % 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    } else if (round % 3 === 1) await new Promise((resolve) => setImmediate(resolve))
    aborting.abort()
    await waiting
    assert.equal(await bystander, 0)
  }
  assert.ok(aborted > 1000, `${String(aborted)} aborted`)
  assert.ok(taken > 100, `${String(taken)} completed`)
  // Not one byte was lost to an interrupted read.
  const rest = sent > taken ? await io.submit(read(readEnd, Buffer.alloc(4096))) : 0
  assert.equal(taken + rest, sent)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('a signal that comes as its call ends never reaches the next call of that thread', async () => {
  await using io = new Proactor({ driver: 'thread-pool', threads: 1 })
  const moment = new BigInt64Array([0n, 20_000n])
  const longer = new BigInt64Array([0n, 200_000n])
  let aborted = 0
  for (let round = 0; round < 3000; round++) {
    const aborting = new AbortController()
    const meant = io.submit(call('nanosleep', moment, null), { signal: aborting.signal }).catch(() => { aborted++ })
    const next = io.submit(call('nanosleep', longer, null))
    await Promise.resolve()
    // 20 µs and the kernel's slack of 50: the abort falls all around the end of the first call.
    const until = performance.now() + 0.04 + (round % 100) / 1000
    while (performance.now() < until);
    aborting.abort()
    await meant
    assert.equal(await next, 0, `round ${String(round)}`)
  }
  assert.ok(aborted > 0 && aborted < 3000, `${String(aborted)} of 3000 aborted`)
})

test('close of the proactor interrupts everything that runs and drops what is queued', async () => {
  const io = new Proactor({ driver: 'thread-pool', threads: 4 })
  const { readEnd, writeEnd } = await pipe(io)
  const reads = Array.from({ length: 1000 }, () => io.submit(blockingRead(readEnd, Buffer.alloc(1))).catch((error: unknown) => (error as { code: string }).code))
  await until('some run', () => threadsInside(READ) > 0)
  await io.close()
  assert.deepEqual(new Set(await Promise.all(reads)), new Set(['ERR_TRUEAIO_CLOSED']))
  assert.equal(poolThreads().length, 0)
  closeSync(readEnd)
  closeSync(writeEnd)
})
