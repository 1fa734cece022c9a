// The pool's threads: none before the first operation, never more than allowed, none after 200 ms without work.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { test } from 'node:test'
import { Proactor, statx, write } from 'trueaio'
import { blockingRead, pipe, poolThreads, processorTime, until } from './threads-here.js'

test('no thread is started before the first operation', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  assert.equal(poolThreads().length, 0)
  await io.submit(statx('/'))
  assert.equal(poolThreads().length, 1)
})

test('threads leave 200 ms after their last work, and others come when there is more', async () => {
  await until('no thread of an earlier test', () => poolThreads().length === 0)
  await using io = new Proactor({ driver: 'thread-pool', threads: 3 })
  const first = performance.now()
  const work = Promise.all(Array.from({ length: 100 }, () => io.submit(statx('/'))))
  await until('threads have come', () => poolThreads().length > 0)
  await work
  const last = performance.now()
  await until('the threads have left', () => poolThreads().length === 0)
  const left = performance.now()
  assert.ok(left - first >= 200 && left - last < 5000, `left ${(left - last).toFixed()} ms after the last was told`)
  await io.submit(statx('/'))
  assert.equal(poolThreads().length, 1)
})

test('a thread without work spends no processor time', async () => {
  await until('no thread of an earlier test', () => poolThreads().length === 0)
  await using io = new Proactor({ driver: 'thread-pool' })
  await io.submit(statx('/'))
  const [thread] = poolThreads()
  assert.ok(thread !== undefined)
  // Falling asleep takes some time of its own.
  const start = performance.now()
  await until('it sleeps', () => performance.now() - start > 1)
  const before = processorTime(thread)
  let after = before
  await until('it has left', () => {
    after = Math.max(after, processorTime(thread))
    return poolThreads().length === 0
  })
  assert.ok(before > 0 && after - before < 1_000_000, `${String(after - before)} ns`)
})

test('never more threads than allowed, whatever waits; the rest is queued and done later', async () => {
  await using io = new Proactor({ driver: 'thread-pool', threads: 3 })
  const { readEnd, writeEnd } = await pipe(io)
  const reads = Array.from({ length: 50 }, () => io.submit(blockingRead(readEnd, Buffer.alloc(1))))
  const stats = Array.from({ length: 500 }, () => io.submit(statx('/')))
  await Promise.all(stats)
  assert.ok(poolThreads().length <= 3, `${String(poolThreads().length)} threads`)
  await io.submit(write(writeEnd, Buffer.alloc(50)))
  assert.deepEqual(await Promise.all(reads), new Array<number>(50).fill(1))
  assert.ok(poolThreads().length <= 3)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('one thread serves everything in turn', async () => {
  await using io = new Proactor({ driver: 'thread-pool', threads: 1 })
  await Promise.all(Array.from({ length: 1000 }, () => io.submit(statx('/'))))
  assert.equal(poolThreads().length, 1)
})

test('more than the ring and the completion ring hold, in rings of one entry', async () => {
  await using io = new Proactor({ driver: 'thread-pool', entries: 1, inFlightMax: 1 })
  const all = await Promise.all(Array.from({ length: 10_000 }, () => io.submit(statx('/'))))
  assert.ok(all.every(({ ino }) => ino === all[0]?.ino))
})

test('a blocked JavaScript thread is served too', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const results = io.runSync(Array.from({ length: 2000 }, () => statx('/')))
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2000)
})
