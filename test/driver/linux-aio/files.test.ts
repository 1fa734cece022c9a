// What goes to the kernel's asynchronous I/O and what does not; transfers with O_DIRECT, syncing, batches with a bad one.
import assert from 'node:assert/strict'
import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { chain, fdatasync, fsync, nop, open, poll, PollEvent, Proactor, read, readlink, readv, write, writev } from 'trueaio'
import { makePipe } from '../../harsh/system-calls.js'
import { BLOCK, blocks, DirectFile, holds, withoutAio } from './direct-file.js'

const skip = withoutAio
const O_RDWR = 2
const RWF_NOWAIT = 8

function onlyAio(): Proactor {
  return new Proactor({ driver: 'linux-aio' })
}

test('files open with O_DIRECT go to it, files in the page cache to the pool', { skip }, async () => {
  using file = new DirectFile(1)
  const [block = new Uint8Array()] = blocks(1)
  await using io = onlyAio()
  for (const [operation, how] of [
    [read(file.fd, block, 0), /^linux-aio: IOCB_CMD_PREAD$/],
    [write(file.fd, block, 0), /^linux-aio: IOCB_CMD_PWRITE$/],
    [readv(file.fd, [block], 0), /^linux-aio: IOCB_CMD_PREADV$/],
    [writev(file.fd, [block], 0), /^linux-aio: IOCB_CMD_PWRITEV$/],
    [fsync(file.buffered), /^linux-aio: IOCB_CMD_FSYNC$/],
    [fdatasync(file.buffered), /^linux-aio: IOCB_CMD_FDSYNC$/],
    [read(file.buffered, block, 0), /^thread-pool: pread64/],
    [write(file.buffered, block, 0), /^thread-pool: pwrite64/],
    // At the current position there is nothing asynchronous: the kernel's requests name their offset.
    [read(file.fd, block), /^thread-pool: read\(2\)/],
    [open('x'), /^thread-pool: openat/],
    [nop(), /^thread-pool: /],
  ] as const) assert.match(io.explain(operation), how)
  assert.deepEqual(io.explain().map(({ name, state }) => `${name} ${state}`), ['linux-aio in use', 'thread-pool in use'])
})

test('polls of sockets and of one end of a pipe go to it, others to the pool', { skip }, async (t) => {
  const { readEnd, writeEnd } = makePipe()
  // Through /proc a pipe is opened again, here for both.
  const both = openSync(`/proc/self/fd/${String(readEnd)}`, O_RDWR)
  t.after(() => [readEnd, writeEnd, both].forEach((fd) => closeSync(fd)))
  await using io = onlyAio()
  const { POLLIN, POLLOUT } = PollEvent
  assert.match(io.explain(poll(readEnd, POLLIN)), /^linux-aio: IOCB_CMD_POLL$/)
  assert.match(io.explain(poll(readEnd, POLLIN, { multishot: true })), /^thread-pool: /)
  assert.match(io.explain(poll(both, POLLIN)), /^thread-pool: /)
  assert.equal(await io.submit(poll(both, POLLOUT)), POLLOUT)
  const before = io.statistics.systemCalls
  assert.equal(await io.submit(poll(writeEnd, POLLOUT)), POLLOUT)
  assert.equal(io.statistics.systemCalls, before + 1, 'one io_submit')
})

test('in the default ladder it is not opened while io_uring is there', { skip }, async () => {
  await using io = new Proactor({ driver: ['io-uring', 'linux-aio', 'thread-pool'] })
  using file = new DirectFile(1)
  const [block = new Uint8Array()] = blocks(1)
  if (io.explain()[0]?.state === 'refused') return
  await io.submit(read(file.fd, block, 0))
  // No ring has it, and this driver does not offer it either: the one below is opened, this one is not.
  assert.match(io.explain(readlink('x')), /^thread-pool: /)
  assert.equal(io.explain()[1]?.state, 'not needed')
})

test('reads and writes of many blocks at once, each at its place', { skip }, async () => {
  using file = new DirectFile(300)
  const memory = blocks(300)
  await using io = onlyAio()
  assert.deepEqual(new Set(await Promise.all(memory.map((block, index) => io.submit(read(file.fd, block, index * BLOCK))))), new Set([BLOCK]))
  for (const [index, block] of memory.entries()) assert.ok(holds(block, index & 0xff), `block ${String(index)}`)
  for (const [index, block] of memory.entries()) block.fill((index * 7) & 0xff)
  await Promise.all(memory.map((block, index) => io.submit(write(file.fd, block, index * BLOCK))))
  await io.submit(fsync(file.fd))
  const written = readFileSync(file.path)
  for (let index = 0; index < 300; index++) assert.ok(holds(written.subarray(index * BLOCK, (index + 1) * BLOCK), (index * 7) & 0xff), `block ${String(index)}`)
})

test('vectored transfers; a read at the end comes short', { skip }, async () => {
  using file = new DirectFile(8)
  const memory = blocks(8)
  await using io = onlyAio()
  assert.equal(await io.submit(readv(file.fd, memory.slice(0, 3), 4 * BLOCK)), 3 * BLOCK)
  assert.ok(memory.slice(0, 3).every((block, index) => holds(block, 4 + index)))
  assert.equal(await io.submit(writev(file.fd, memory.slice(0, 2), 0)), 2 * BLOCK)
  assert.equal(await io.submit(readv(file.fd, memory, 6 * BLOCK)), 2 * BLOCK)
  assert.equal(await io.submit(read(file.fd, memory[0] as Uint8Array, 8 * BLOCK)), 0)
  assert.equal(await io.submit(readv(file.fd, [], 0)), 0)
})

test('what the kernel refuses is told of that operation, with its errno', { skip }, async () => {
  using file = new DirectFile(2)
  const memory = blocks(4)
  await using io = onlyAio()
  const readOnly = openSync(file.path, 0o40000) // O_DIRECT
  const closed = openSync(file.path, 0)
  closeSync(closed)
  const outcomes = await Promise.allSettled([
    io.submit(read(file.fd, memory[0] as Uint8Array, 0)),
    io.submit(fsync(closed)), // refused by io_submit: EBADF
    io.submit(read(file.fd, (memory[1] as Uint8Array).subarray(0, 100), 0)), // refused by the file system, in the event: EINVAL
    io.submit(write(readOnly, memory[2] as Uint8Array, 0)), // refused by io_submit: EBADF
    io.submit(read(file.fd, memory[3] as Uint8Array, BLOCK)),
    io.submit(read(file.fd, memory[2] as Uint8Array, { offset: 0, flags: 0x4000 })), // no such flag: ENOTSUP
  ])
  closeSync(readOnly)
  assert.deepEqual(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as NodeJS.ErrnoException).code)), [BLOCK, 'EBADF', 'EINVAL', 'EBADF', BLOCK, 'ENOTSUP'])
  assert.ok(holds(memory[3] as Uint8Array, 1))
})

test('RWF_NOWAIT and a priority reach the kernel', { skip }, async () => {
  using file = new DirectFile(1)
  fsyncSync(file.buffered)
  const [block = new Uint8Array()] = blocks(1)
  await using io = onlyAio()
  const BEST_EFFORT_4 = (2 << 13) | 4
  assert.equal(await io.submit(read(file.fd, block, 0), { priority: BEST_EFFORT_4 }), BLOCK)
  const NO_SUCH_CLASS = 7 << 13
  await assert.rejects(io.submit(read(file.fd, block, 0), { priority: NO_SUCH_CLASS }), { code: 'EINVAL' })
  const [outcome] = await Promise.allSettled([io.submit(read(file.fd, block, { offset: 0, flags: RWF_NOWAIT }))])
  assert.ok(outcome.status === 'fulfilled' || (outcome.reason as NodeJS.ErrnoException).code === 'EAGAIN')
})

test('more at once than a context holds: the rest goes to the pool, and all is done', { skip }, async () => {
  using file = new DirectFile(4)
  const memory = blocks(3000)
  await using io = new Proactor({ driver: 'linux-aio', inFlightMax: 3000 })
  const counts = await Promise.all(memory.map((block, index) => io.submit(read(file.fd, block, (index & 3) * BLOCK))))
  assert.ok(counts.every((count) => count === BLOCK))
  assert.ok(memory.every((block, index) => holds(block, index & 3)))
})

test('places are used again: after many times its capacity it still takes what suits it', { skip }, async () => {
  using file = new DirectFile(4)
  const memory = blocks(64)
  await using io = onlyAio()
  const before = io.statistics.systemCalls
  for (let round = 0; round < 40; round++) await Promise.all(memory.map((block, index) => io.submit(read(file.fd, block, (index & 3) * BLOCK))))
  assert.equal(io.statistics.systemCalls - before, 40, 'one io_submit for each batch of 64')
  assert.match(io.explain(read(file.fd, memory[0] as Uint8Array, 0)), /^linux-aio: /)
})

test('runSync waits in io_getevents, several at once', { skip }, async () => {
  using file = new DirectFile(64)
  const memory = blocks(64)
  await using io = onlyAio()
  const results = io.runSync(memory.map((block, index) => read(file.fd, block, index * BLOCK)))
  assert.ok(results.every((result) => result.status === 'fulfilled' && result.value === BLOCK))
  assert.ok(memory.every((block, index) => holds(block, index)))
})

test('a chain runs member by member', { skip }, async () => {
  using file = new DirectFile(2)
  const [block = new Uint8Array()] = blocks(1)
  await using io = onlyAio()
  assert.deepEqual(await io.submit(chain(write(file.fd, block, 0), fdatasync(file.fd), read(file.fd, block, BLOCK))), [BLOCK, undefined, BLOCK])
  assert.ok(holds(block, 1))
})
