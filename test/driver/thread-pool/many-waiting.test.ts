// Far more waiters than Linux lets one open file have through nested epoll instances (500), and a FIFO that nobody writes.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { poll, PollEvent, Proactor, read, timer, write } from 'trueaio'
import { pipe } from './threads-here.js'

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants
const { POLLIN } = PollEvent
const WAITERS = 1500

for (const driver of ['thread-pool', 'linux-aio', 'io-uring']) {
  for (const kind of ['blocking', 'non-blocking'] as const) test(`${String(WAITERS)} reads of one ${kind} pipe wait, and each gets a byte (${driver})`, async () => {
    await using io = new Proactor({ driver: [driver, 'thread-pool'] })
    const { readEnd, writeEnd } = await pipe(io, kind === 'blocking' ? 0 : O_NONBLOCK)
    const buffers = Array.from({ length: WAITERS }, () => Buffer.alloc(1))
    const reads = buffers.map((buffer) => io.submit(read(readEnd, buffer)))
    await io.submit(timer(5)) // the loop has turned, and so has asked the kernel
    writeSync(writeEnd, Buffer.alloc(WAITERS, 'x'))
    assert.deepEqual([...new Set(await Promise.all(reads))], [1])
    assert.equal(Buffer.concat(buffers).toString(), 'x'.repeat(WAITERS))
    closeSync(readEnd)
    closeSync(writeEnd)
  })

  test(`${String(WAITERS)} polls of one pipe, begun in several ticks and waited for with the thread blocked (${driver})`, async () => {
    await using io = new Proactor({ driver: [driver, 'thread-pool'] })
    const { readEnd, writeEnd } = await pipe(io)
    const polls: Promise<number>[] = []
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < WAITERS / 3; count++) polls.push(io.submit(poll(readEnd, POLLIN)))
      await io.submit(timer(1))
    }
    const cancelled = io.submit(poll(readEnd, POLLIN), { timeout: 5 })
    await assert.rejects(cancelled, { code: 'ETIMEDOUT' })
    writeSync(writeEnd, 'x')
    const [last] = io.runSync([poll(readEnd, POLLIN)])
    assert.deepEqual(last, { status: 'fulfilled', value: POLLIN })
    assert.deepEqual([...new Set(await Promise.all(polls))], [POLLIN])
    closeSync(readEnd)
    closeSync(writeEnd)
  })

  test(`a blocked thread is woken by a poll beyond the bound alone (${driver})`, async () => {
    await using io = new Proactor({ driver: [driver, 'thread-pool'] })
    const { readEnd, writeEnd } = await pipe(io)
    const polls = Array.from({ length: 600 }, () => io.submit(poll(readEnd, POLLIN)))
    await io.submit(timer(1))
    const [ready, written] = io.runSync([poll(readEnd, POLLIN), write(writeEnd, Buffer.from('x'))])
    assert.deepEqual([ready, written], [{ status: 'fulfilled', value: POLLIN }, { status: 'fulfilled', value: 1 }])
    assert.deepEqual([...new Set(await Promise.all(polls))], [POLLIN])
    closeSync(readEnd)
    closeSync(writeEnd)
  })
}

for (const driver of ['thread-pool', 'linux-aio', 'io-uring', 'node']) test(`a read of a FIFO without a writer answers 0, in non-blocking mode (${driver})`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'trueaio-fifo-'))
  const path = join(folder, 'fifo')
  execFileSync('mkfifo', [path])
  await using io = new Proactor({ driver })
  const readEnd = openSync(path, O_RDONLY | O_NONBLOCK)
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(8)), { timeout: 5000 }), 0)
  if (driver !== 'node') {
    const writeEnd = openSync(path, O_WRONLY)
    const waits = io.submit(read(readEnd, Buffer.alloc(8)))
    await io.submit(timer(5))
    writeSync(writeEnd, 'abc')
    assert.equal(await waits, 3)
    const untilClosed = io.submit(read(readEnd, Buffer.alloc(8)))
    await io.submit(timer(5))
    closeSync(writeEnd)
    assert.equal(await untilClosed, 0)
  }
  closeSync(readEnd)
  rmSync(folder, { recursive: true })
})
