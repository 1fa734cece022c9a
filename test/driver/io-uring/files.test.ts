// Files, special descriptors and threads: cases 52 to 66 and 73 of liburing's tests.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { close, fsync, fstatx, link, mkdir, open, Proactor, read, readv, rename, rmdir, splice, statx, symlink, syncFileRange, tee, unlink, write, writev } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'
import { makePipe, O_CLOEXEC, O_NONBLOCK, systemCall } from '../../harsh/system-calls.js'

const skip = withoutRing
const directory = mkdtempSync(join(tmpdir(), 'trueaio-files-'))
after(() => rmSync(directory, { recursive: true }))
const O_DIRECT = 0o40000
const RWF_NOWAIT = 8

function here(name: string): string {
  return join(directory, name)
}

test('case 52: a read beyond the end is short, at the end 0', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  writeFileSync(here('short'), 'abc')
  const fd = openSync(here('short'), 'r')
  assert.deepEqual([await io.submit(read(fd, Buffer.alloc(100), 0)), await io.submit(read(fd, Buffer.alloc(100), 3)), await io.submit(read(fd, Buffer.alloc(100), 1 << 20))], [3, 0, 0])
  closeSync(fd)
})

test('case 53: a read of a non-blocking pipe waits for data, as of a blocking one', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  for (const flags of [O_CLOEXEC, O_CLOEXEC | O_NONBLOCK]) {
    const { readEnd, writeEnd } = makePipe(flags)
    const buffers = [Buffer.alloc(2), Buffer.alloc(3)]
    const ends = [io.submit(read(readEnd, Buffer.alloc(5))), io.submit(readv(readEnd, buffers))]
    await turn()
    writeSync(writeEnd, 'hello')
    await turn()
    writeSync(writeEnd, 'there')
    assert.deepEqual(await Promise.all(ends), [5, 5])
    closeSync(readEnd)
    closeSync(writeEnd)
  }
})

test('case 53: a non-blocking pipe that is full holds a write back until there is room', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe(O_CLOEXEC | O_NONBLOCK)
  let filled = 0
  for (;;) {
    try {
      filled += writeSync(writeEnd, Buffer.alloc(4096))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
      break
    }
  }
  const end = io.submit(write(writeEnd, Buffer.alloc(4096, 1)))
  const end2 = io.submit(writev(writeEnd, [Buffer.alloc(4096, 1)]))
  await turn()
  // Writes to a stream go one after the other: the second waits for the first one's end.
  assert.deepEqual([io.statistics.inFlight, io.statistics.queued], [1, 1])
  assert.equal(readSync(readEnd, Buffer.alloc(filled)), filled)
  assert.deepEqual(await Promise.all([end, end2]), [4096, 4096])
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('case 53: RWF_NOWAIT answers EAGAIN or the data, and does not wait', { skip }, async (t) => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  const code = await io.submit(read(readEnd, Buffer.alloc(1), { flags: RWF_NOWAIT })).then(String, (error: unknown) => (error as NodeJS.ErrnoException).code)
  if (code === 'ENOTSUP') { // EOPNOTSUPP, which has the same number
    closeSync(readEnd)
    closeSync(writeEnd)
    t.skip('pipes of this kernel know no RWF_NOWAIT (Linux 6.4)')
    return
  }
  assert.equal(code, 'EAGAIN')
  writeSync(writeEnd, 'x')
  assert.equal(await io.submit(read(readEnd, Buffer.alloc(1), { flags: RWF_NOWAIT })), 1)
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('case 55: an eventfd and a timerfd give their eight bytes and do not wait for more', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const counter = systemCall('eventfd2', 0, O_CLOEXEC)
  const buffer = Buffer.alloc(100)
  const end = io.submit(read(counter, buffer))
  assert.equal(await io.submit(write(counter, new BigUint64Array([5n]))), 8)
  assert.deepEqual([await end, buffer.readBigUInt64LE()], [8, 5n])
  const CLOCK_MONOTONIC = 1
  const clock = systemCall('timerfd_create', CLOCK_MONOTONIC, O_CLOEXEC)
  systemCall('timerfd_settime', clock, 0, new BigInt64Array([0n, 0n, 0n, 2_000_000n]), 0)
  assert.deepEqual([await io.submit(read(clock, buffer)), buffer.readBigUInt64LE()], [8, 1n])
  closeSync(counter)
  closeSync(clock)
})

test('case 57: O_DIRECT with unaligned memory, offset or length answers EINVAL; aligned it reads', { skip }, async (t) => {
  await using io = new Proactor({ driver: 'io-uring' })
  writeFileSync(here('direct'), Buffer.alloc(16384, 9))
  let fd: number
  try {
    fd = openSync(here('direct'), O_DIRECT)
  } catch (error) {
    t.skip(`no O_DIRECT here: ${String(error)}`)
    return
  }
  const buffer = io.buffers.allocate(8192)
  assert.equal(await io.submit(read(fd, buffer, 4096)), 8192)
  assert.ok(buffer.every((byte) => byte === 9))
  // A length or offset that no device takes.
  for (const [part, offset] of [[buffer.subarray(0, 100), 0], [buffer, 7]] as const) {
    const outcome = await io.submit(read(fd, part, offset)).catch((error: unknown) => (error as NodeJS.ErrnoException).code)
    assert.ok(outcome === 'EINVAL' || outcome === part.byteLength, String(outcome)) // some file systems read it through the cache
  }
  closeSync(fd)
})

test('case 58: files beyond 2 GiB', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const offset = 2 ** 32 + 12_345
  const fd = await io.submit(open(here('sparse'), { flags: 0o102 }))
  assert.equal(await io.submit(write(fd, Buffer.from('far'), offset)), 3)
  await io.submit(close(fd))
  const again = await io.submit(open(here('sparse')))
  const buffer = Buffer.alloc(10)
  assert.equal(await io.submit(read(again, buffer, offset)), 3)
  assert.equal(buffer.toString('latin1', 0, 3), 'far')
  assert.equal((await io.submit(fstatx(again))).size, offset + 3)
  await io.submit(close(again))
})

test('case 59: the ring\'s own descriptor cannot be closed under it, and a number is free when close has answered', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  await assert.rejects(io.submit(close(io.port)), { code: 'EBADF' })
  const fd = await io.submit(open('/dev/null'))
  await io.submit(close(fd))
  assert.equal(await io.submit(open('/dev/null')), fd)
  await io.submit(close(fd))
  await assert.rejects(io.submit(close(fd)), { code: 'EBADF' })
})

test('case 60: statx agrees with stat, of a path and of a descriptor', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  writeFileSync(here('stat'), 'stat me')
  const theirs = statSync(here('stat'))
  const fd = openSync(here('stat'), 'r')
  for (const ours of [await io.submit(statx(here('stat'))), await io.submit(fstatx(fd))]) {
    assert.deepEqual([ours.size, ours.ino, ours.mode, ours.uid, ours.gid, ours.nlink, ours.blocks], [theirs.size, theirs.ino, theirs.mode, theirs.uid, theirs.gid, theirs.nlink, theirs.blocks])
    assert.ok(Math.abs(ours.modifySeconds * 1000 + ours.modifyNanoseconds / 1e6 - theirs.mtimeMs) < 0.01)
  }
  closeSync(fd)
})

test('case 61: names: the system calls\' own errors, with both paths', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  writeFileSync(here('there'), '')
  await io.submit(mkdir(here('folder')))
  await assert.rejects(io.submit(mkdir(here('folder'))), { code: 'EEXIST', syscall: 'mkdir', path: here('folder') })
  await assert.rejects(io.submit(rename(here('nowhere'), here('x'))), { code: 'ENOENT', path: here('nowhere'), dest: here('x'), message: `ENOENT: no such file or directory, rename '${here('nowhere')}' -> '${here('x')}'` })
  await assert.rejects(io.submit(link(here('there'), here('folder'))), { code: 'EEXIST', dest: here('folder') })
  await assert.rejects(io.submit(symlink('target', here('there'))), { code: 'EEXIST' })
  await assert.rejects(io.submit(unlink(here('folder'))), { code: 'EISDIR' })
  await assert.rejects(io.submit(rmdir(here('there'))), { code: 'ENOTDIR' })
  await io.submit(rmdir(here('folder')))
  assert.equal(existsSync(here('folder')), false)
  await assert.rejects(io.submit(statx(`/${'x'.repeat(5000)}`)), { code: 'ENAMETOOLONG' })
})

test('case 62: /proc/self is the submitter\'s process, and /proc/thread-self its thread, from a worker too', { skip }, async () => {
  const worker = new Worker(`
    const { parentPort } = require('node:worker_threads')
    import('trueaio').then(async ({ Proactor, open, read, close }) => {
      const io = new Proactor({ driver: 'io-uring' })
      const fd = await io.submit(open('/proc/self/stat'))
      const buffer = Buffer.alloc(100)
      const bytes = await io.submit(read(fd, buffer, 0))
      await io.submit(close(fd))
      await io.close()
      parentPort.postMessage(parseInt(buffer.toString('latin1', 0, bytes)))
    })`, { eval: true })
  const [pid] = await once(worker, 'message') as [number]
  assert.equal(pid, process.pid)
})

test('case 63: splice moves and tee copies between pipes; offsets belong to files', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const first = makePipe()
  const second = makePipe()
  writeFileSync(here('splice'), '0123456789')
  const fd = openSync(here('splice'), 'r')
  assert.equal(await io.submit(splice(fd, first.writeEnd, 4, { sourceOffset: 2 })), 4)
  assert.equal(await io.submit(splice(fd, first.writeEnd, 3)), 3) // moves the position, which the one above did not
  assert.equal(await io.submit(tee(first.readEnd, second.writeEnd, 100)), 7)
  const buffer = Buffer.alloc(20)
  assert.equal(readSync(first.readEnd, buffer), 7)
  assert.equal(buffer.toString('latin1', 0, 7), '2345012')
  assert.equal(readSync(second.readEnd, buffer), 7)
  assert.equal(readSync(fd, buffer, 0, 1, null), 1)
  assert.equal(buffer.toString('latin1', 0, 1), '3')
  assert.equal(await io.submit(splice(fd, first.writeEnd, 0)), 0)
  const target = openSync(here('target'), 'w')
  await assert.rejects(io.submit(splice(fd, target, 1)), { code: 'EINVAL' })
  closeSync(target)
  await assert.rejects(io.submit(splice(fd, first.writeEnd, 1, { targetOffset: 1 })), { code: 'ESPIPE' })
  for (const number of [fd, first.readEnd, first.writeEnd, second.readEnd, second.writeEnd]) closeSync(number)
})

test('case 64: sync_file_range over a range', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(here('range'), 'w')
  writeSync(fd, Buffer.alloc(100_000))
  const WAIT_BEFORE_WRITE_WAIT_AFTER = 7
  await io.submit(syncFileRange(fd, 4096, 8192, WAIT_BEFORE_WRITE_WAIT_AFTER))
  await io.submit(fsync(fd))
  closeSync(fd)
})

test('case 66: a write to a pipe nobody reads any more answers EPIPE, and no signal ends the process', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  closeSync(readEnd)
  await assert.rejects(io.submit(write(writeEnd, Buffer.from('x'))), { code: 'EPIPE', syscall: 'write' })
  closeSync(writeEnd)
})

test('case 73: of the writes that a worker has in flight when it ends, each is in the file whole or not at all', { skip }, async () => {
  const path = here('worker')
  const worker = new Worker(`
    const { workerData } = require('node:worker_threads')
    import('trueaio').then(async ({ Proactor, open, write }) => {
      const io = new Proactor({ driver: 'io-uring' })
      const fd = await io.submit(open(workerData, { flags: 0o102 }))
      for (let index = 0; index < 50; index++) io.submit(write(fd, Buffer.alloc(100000, index), index * 100000))
      setImmediate(() => process.exit())
    })`, { eval: true, workerData: path })
  await once(worker, 'exit')
  const content = readFileSync(path)
  assert.equal(content.length % 100_000, 0)
  for (let at = 0; at < content.length; at += 100_000) {
    const block = content.subarray(at, at + 100_000)
    assert.ok(block.every((byte) => byte === block[0]) && (block[0] === at / 100_000 || block[0] === 0))
  }
})
