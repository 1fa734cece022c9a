// Lanes: what is stuck in one holds up no other, as far as there are threads.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { call, open, Proactor, read, statx, SYS } from 'trueaio'
import { blockingRead, fifo, pipe, poolThreads, threadsInside, until } from './threads-here.js'

const OPENAT = SYS.openat ?? -1
const PPOLL = SYS.ppoll ?? -1
const READ = SYS.read ?? -1

test('opens of a FIFO without a writer do not hold up reads of a file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  const path = join(directory, 'fifo')
  await using io = new Proactor({ driver: 'thread-pool', threads: 4 })
  await fifo(io, path)
  const aborting = new AbortController()
  const opens = Array.from({ length: 20 }, () => io.submit(open(path), { signal: aborting.signal }).catch((error: unknown) => (error as { code: string }).code))
  await until('opens wait', () => threadsInside(OPENAT) === 2)
  const fd = openSync('/etc/passwd', 'r')
  const counts = await Promise.all(Array.from({ length: 200 }, () => io.submit(read(fd, Buffer.alloc(16), 0))))
  assert.deepEqual(new Set(counts), new Set([16]))
  aborting.abort()
  assert.deepEqual(new Set(await Promise.all(opens)), new Set(['ABORT_ERR']))
  closeSync(fd)
  rmSync(directory, { recursive: true })
})

test('threads that are inside one call for long make place for others, which leave again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  const path = join(directory, 'fifo')
  await using io = new Proactor({ driver: 'thread-pool', threads: 1 })
  await fifo(io, path)
  const aborting = new AbortController()
  // All in one lane, behind each other, and the last behind them.
  const opens = Array.from({ length: 30 }, () => io.submit(open(path), { signal: aborting.signal }).catch((error: unknown) => (error as { code: string }).code))
  assert.ok((await io.submit(statx('/etc/passwd'))).size > 0)
  await until('each has a thread', () => threadsInside(OPENAT) === 30)
  assert.ok((await io.submit(statx('/etc/passwd'))).size > 0)
  aborting.abort()
  assert.deepEqual(new Set(await Promise.all(opens)), new Set(['ABORT_ERR']))
  await until('they have left', () => poolThreads().length <= 1)
  rmSync(directory, { recursive: true })
})

test('two lanes that are stuck leave a third its thread', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  const path = join(directory, 'fifo')
  await using io = new Proactor({ driver: 'thread-pool', threads: 4 })
  await fifo(io, path)
  const { readEnd, writeEnd } = await pipe(io)
  const aborting = new AbortController()
  const { signal } = aborting
  const stuck = [
    ...Array.from({ length: 10 }, () => io.submit(open(path), { signal })),
    ...Array.from({ length: 10 }, () => io.submit(blockingRead(readEnd, Buffer.alloc(1)), { signal })),
  ].map((promise) => promise.catch((error: unknown) => (error as { code: string }).code))
  await until('both are stuck', () => threadsInside(OPENAT) > 0 && threadsInside(READ) > 0)
  const fd = openSync('/etc/passwd', 'r')
  assert.equal(await io.submit(read(fd, Buffer.alloc(16), 0)), 16)
  aborting.abort()
  await Promise.all(stuck)
  for (const each of [fd, readEnd, writeEnd]) closeSync(each)
  rmSync(directory, { recursive: true })
})

test('a lane of the submitter\'s own', async () => {
  await using io = new Proactor({ driver: 'thread-pool', threads: 4 })
  const aborting = new AbortController()
  const { signal } = aborting
  // The same kind of operation in two lanes: the one that is stuck does not hold up the other.
  const stuck = Array.from({ length: 10 }, () => io.submit(call('ppoll', null, 0, null, null, 0), { signal, lane: 7 }).catch((error: unknown) => (error as { code: string }).code))
  await until('the lane is stuck', () => threadsInside(PPOLL) === 2)
  assert.equal(await io.submit(call('getpid'), { lane: 8 }), process.pid)
  // More of the stuck lane waits, whatever else is free.
  let lateEnded = false
  const late = io.submit(call('getpid'), { signal, lane: 7 }).catch((error: unknown) => (error as { code: string }).code).then(() => { lateEnded = true })
  await Promise.all(Array.from({ length: 100 }, () => io.submit(statx('/'))))
  assert.equal(threadsInside(PPOLL), 2)
  assert.equal(lateEnded, false)
  aborting.abort()
  await Promise.all([late, ...stuck])
})

test('every lane is served in turn', async () => {
  await using io = new Proactor({ driver: 'thread-pool', threads: 1 })
  const order: number[] = []
  const submit = (lane: number): Promise<void> => io.submit(call('getpid'), { lane }).then(() => { order.push(lane) })
  await Promise.all([...Array.from({ length: 100 }, () => submit(1)), submit(2), submit(3)])
  // One thread: without turns, lanes 2 and 3 would come after the whole of lane 1.
  assert.ok(order.indexOf(2) < 5 && order.indexOf(3) < 5, `${String(order.indexOf(2))}, ${String(order.indexOf(3))}`)
})
