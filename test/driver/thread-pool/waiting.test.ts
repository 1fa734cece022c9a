// What takes no thread: timers, polls, and reads and writes of descriptors that answer EAGAIN.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { call, nop, poll, PollEvent, Proactor, read, readv, sendfile, statx, timer, write } from 'trueaio'
import { pipe, poolThreads, until } from './threads-here.js'

const { POLLIN, POLLOUT, POLLHUP } = PollEvent
const O_NONBLOCK = 0o4000

for (const [kind, flags] of [['blocking', 0], ['non-blocking', O_NONBLOCK]] as const) test(`a hundred reads of silent ${kind} pipes take no thread, and each gets its byte`, async () => {
  await using io = new Proactor({ driver: 'thread-pool', threads: 2 })
  const pipes = await Promise.all(Array.from({ length: 100 }, () => pipe(io, flags)))
  const buffers = pipes.map(() => Buffer.alloc(1))
  const reads = pipes.map(({ readEnd }, index) => io.submit(read(readEnd, buffers[index] as Buffer)))
  await io.submit(statx('/'))
  await until('no thread is needed', () => poolThreads().length === 0)
  pipes.forEach(({ writeEnd }, index) => writeSync(writeEnd, Uint8Array.of(index)))
  assert.deepEqual(await Promise.all(reads), pipes.map(() => 1))
  assert.deepEqual(buffers.map((buffer) => buffer[0]), pipes.map((_, index) => index))
  for (const { readEnd, writeEnd } of pipes) {
    closeSync(readEnd)
    closeSync(writeEnd)
  }
})

test('a read of a pipe that has something to read is made at once, also with vectors, and of a directory it fails', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  writeSync(writeEnd, 'abcdef')
  const buffers = [Buffer.alloc(1), Buffer.alloc(2)] as const
  const [first, second] = io.runSync([read(readEnd, Buffer.alloc(1)), readv(readEnd, buffers)])
  assert.deepEqual([first, second], [{ status: 'fulfilled', value: 1 }, { status: 'fulfilled', value: 3 }])
  closeSync(writeEnd)
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(9))), 2)
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(9))), 0)
  closeSync(readEnd)
  await assert.rejects(io.submit(read(readEnd, Buffer.alloc(9))), { code: 'EBADF' })
  const directory = openSync('/', 'r')
  await assert.rejects(io.submit(read(directory, Buffer.alloc(9))), { code: 'EISDIR' })
  closeSync(directory)
  const zero = openSync('/dev/zero', 'r')
  assert.equal(await io.submit(read(zero, Buffer.alloc(9, 1))), 9)
  closeSync(zero)
})

test('a write into a full non-blocking pipe goes on when there is room', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io, O_NONBLOCK)
  const filled = await io.submit(write(writeEnd, Buffer.alloc(1 << 20)))
  const waiting = io.submit(write(writeEnd, Buffer.from('more')))
  await io.submit(statx('/'))
  assert.equal(io.statistics.inFlight, 1)
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(filled))), filled)
  assert.equal(await waiting, 4)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('sendfile into a full non-blocking pipe goes on when there is room', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io, O_NONBLOCK)
  const filled = await io.submit(write(writeEnd, Buffer.alloc(1 << 20)))
  const fd = openSync('/etc/passwd', 'r')
  const waiting = io.submit(sendfile(fd, writeEnd, 100, { sourceOffset: 3 }))
  await io.submit(statx('/'))
  assert.equal(io.statistics.inFlight, 1)
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(filled))), filled)
  assert.equal(await waiting, 100)
  const sent = Buffer.alloc(100)
  await io.submit(read(readEnd, sent))
  assert.deepEqual(sent, readFileSync('/etc/passwd').subarray(3, 103))
  for (const each of [fd, readEnd, writeEnd]) closeSync(each)
})

test('a read that waits for its descriptor is cancelled, and lets go of it', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io, O_NONBLOCK)
  const aborting = new AbortController()
  const waiting = io.submit(read(readEnd, Buffer.alloc(1)), { signal: aborting.signal })
  await io.submit(statx('/'))
  await io.submit(timer(5))
  aborting.abort()
  await assert.rejects(waiting, { code: 'ABORT_ERR' })
  closeSync(readEnd)
  // Were the duplicate still there, this pipe would still have a reader.
  assert.throws(() => writeSync(writeEnd, 'x'), { code: 'EPIPE' })
  closeSync(writeEnd)
})

test('poll tells what is true, once', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  assert.equal(await io.submit(poll(writeEnd, POLLIN | POLLOUT)), POLLOUT)
  const readable = io.submit(poll(readEnd, POLLIN))
  const again = io.submit(poll(readEnd, POLLIN))
  writeSync(writeEnd, 'x')
  assert.equal(await readable, POLLIN)
  assert.equal(await again, POLLIN)
  closeSync(writeEnd)
  assert.equal(await io.submit(poll(readEnd, POLLIN)), POLLIN | POLLHUP)
  closeSync(readEnd)
  await assert.rejects(io.submit(poll(readEnd, POLLIN)), { code: 'EBADF' })
})

test('a regular file is always ready', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const fd = openSync('/etc/passwd', 'r')
  assert.equal(await io.submit(poll(fd, POLLIN | POLLOUT)), POLLIN | POLLOUT)
  closeSync(fd)
})

test('a multishot poll tells of each write until it is left', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  const seen: number[] = []
  writeSync(writeEnd, '1')
  for await (const events of io.iterate(poll(readEnd, POLLIN, { multishot: true }))) {
    seen.push(events)
    if (seen.length === 3) break
    writeSync(writeEnd, '2')
  }
  assert.deepEqual(seen, [POLLIN, POLLIN, POLLIN])
  assert.equal(io.statistics.inFlight, 0)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('timers: a duration, an instant, again and again', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const start = performance.now()
  await io.submit(timer(20))
  const after = performance.now() - start
  assert.ok(after >= 20 && after < 500, `${String(after)} ms`)
  const instant = Date.now() + 30
  await io.submit(timer(instant, { absolute: true }))
  assert.ok(Date.now() >= instant)
  await io.submit(timer(0))
  await io.submit(timer(Date.now() - 1000, { absolute: true }))
  const ticks: unknown[] = []
  for await (const tick of io.iterate(timer(2, { multishot: true }))) {
    ticks.push(tick)
    if (ticks.length === 5) break
  }
  assert.deepEqual(ticks, [1, 2, 3, 4, 5])
  const aborting = new AbortController()
  const never = io.submit(timer(1e9), { signal: aborting.signal })
  await io.submit(nop())
  aborting.abort()
  await assert.rejects(never, { code: 'ABORT_ERR' })
  assert.equal(poolThreads().length, 0)
})

test('many timers end in the order of their instants', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  // Instants, and steps wider than a clock's grain: a slow machine submits them at different times.
  const base = Date.now() + 1000
  const instants = Array.from({ length: 200 }, (_, index) => base + 20 * ((index * 37) % 20))
  const ended: number[] = []
  await Promise.all(instants.map((instant) => io.submit(timer(instant, { absolute: true })).then(() => { ended.push(instant) })))
  assert.deepEqual(ended, instants.toSorted((one, other) => one - other))
})

test('a blocked JavaScript thread waits for timers, readiness and threads alike', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io, O_NONBLOCK)
  const start = performance.now()
  const [first, second, third, fourth] = io.runSync([
    timer(30), read(readEnd, Buffer.alloc(1)), call('nanosleep', new BigInt64Array([0n, 10_000_000n]), null), write(writeEnd, Buffer.from('x')),
  ])
  assert.ok(performance.now() - start >= 29.9)
  assert.deepEqual([first.status, second.status, third.status, fourth.status], new Array<string>(4).fill('fulfilled'))
  closeSync(readEnd)
  closeSync(writeEnd)
})
