// Any system call: numbers, 64-bit integers, memory and text as arguments; and what cannot be encoded.
import assert from 'node:assert/strict'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { call, open, Proactor, read, readlink, rename, statx, SYS, SYS_ARM64, SYS_X64, write, type SystemCallName } from 'trueaio'
import { CALL_NAME } from '#src/driver/thread-pool/encode.js'
import { blockingRead, pipe } from './threads-here.js'

const AT_FDCWD = -100

/** Collects all garbage now, without a flag on the command line. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

test('text is passed as a C string and kept until the call has read it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  await using io = new Proactor({ driver: 'thread-pool', threads: 1 })
  const { readEnd, writeEnd } = await pipe(io)
  const blocker = io.submit(blockingRead(readEnd, Buffer.alloc(1)))
  const names = Array.from({ length: 300 }, (_, index) => join(directory, `näme-${String(index)}-${'x'.repeat(index % 100)}`))
  const made = names.map((name) => io.submit(call('mkdirat', AT_FDCWD, name, 0o700)))
  await new Promise((resolve) => setImmediate(resolve))
  // All are encoded and wait behind the blocker: memory that nobody keeps is now somebody else's.
  collectGarbage()
  const others = Array.from({ length: 2000 }, () => Buffer.from('y'.repeat(100)))
  writeSync(writeEnd, 'x')
  await Promise.all([blocker, ...made])
  assert.equal(others.length, 2000)
  assert.ok(names.every((name) => existsSync(name)))
  await io.submit(call('renameat2', AT_FDCWD, names[0] as string, AT_FDCWD, `${names[0] as string}-moved`, 0))
  assert.ok(existsSync(`${names[0] as string}-moved`))
  closeSync(readEnd)
  closeSync(writeEnd)
  rmSync(directory, { recursive: true })
})

test('longer text than any path', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  await using io = new Proactor({ driver: 'thread-pool' })
  const fd = openSync(join(directory, 'text'), 'w')
  const text = 'ü'.repeat(100_000)
  assert.equal(await io.submit(call('write', fd, text, 200_000)), 200_000)
  assert.equal(readFileSync(join(directory, 'text'), 'utf8'), text)
  closeSync(fd)
  rmSync(directory, { recursive: true })
})

test('typed arrays pass the address of their own first byte', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const fd = openSync('/etc/passwd', 'r')
  const whole = new Uint8Array(64)
  assert.equal(await io.submit(call('pread64', fd, whole.subarray(16, 32), 16, 0)), 16)
  assert.deepEqual([...whole.subarray(0, 16), ...whole.subarray(32)], new Array<number>(48).fill(0))
  assert.deepEqual(Buffer.from(whole.subarray(16, 32)), readFileSync('/etc/passwd').subarray(0, 16))
  closeSync(fd)
})

test('64-bit integers go through whole', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  await using io = new Proactor({ driver: 'thread-pool' })
  const path = join(directory, 'sparse')
  const fd = openSync(path, 'w')
  await io.submit(call('ftruncate', fd, 0x1_2345_6789n))
  assert.equal(statSync(path).size, 0x1_2345_6789)
  await io.submit(call('ftruncate', fd, 0x1_0000_0003))
  assert.equal(statSync(path).size, 0x1_0000_0003)
  // lseek's answer is wider than 32 bits as well.
  assert.equal(await io.submit(call('lseek', fd, 0x1_2345_6789n, 0)), 0x1_2345_6789)
  await assert.rejects(io.submit(call('lseek', fd, -1n, 0)), { code: 'EINVAL' })
  await assert.rejects(io.submit(call('ftruncate', fd, -1)), { code: 'EINVAL' })
  closeSync(fd)
  rmSync(directory, { recursive: true })
})

test('all six arguments, and the system\'s own error', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const MAP_PRIVATE_ANONYMOUS = 0x22
  const address = await io.submit(call('mmap', null, 4096, 3, MAP_PRIVATE_ANONYMOUS, -1, 0))
  assert.ok(address > 0 && address % 4096 === 0)
  await io.submit(call('munmap', address, 4096))
  await assert.rejects(io.submit(call('mmap', null, 4096, 3, MAP_PRIVATE_ANONYMOUS, -1, 1)), { code: 'EINVAL', syscall: 'call' })
  await assert.rejects(io.submit(call(SYS.close ?? -1, 1_000_000)), { code: 'EBADF' })
  await assert.rejects(io.submit(call(0xfff0)), { code: 'ENOSYS' })
})

test('a path too long is refused like the kernel refuses it, and gives its memory back', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const long = 'x'.repeat(5000)
  const codes = await Promise.all(Array.from({ length: 3000 }, () => io.submit(open(long)).catch((error: unknown) => (error as { code: string }).code)))
  assert.deepEqual(new Set(codes), new Set(['ENAMETOOLONG']))
  await assert.rejects(io.submit(rename('a', 'ü'.repeat(2100))), { code: 'ENAMETOOLONG', dest: 'ü'.repeat(2100) })
  const [result] = io.runSync([statx(long)])
  assert.equal(result.status, 'rejected')
  assert.equal(io.statistics.inFlight, 0)
  await io.submit(statx('/'))
})

test('paths of a usual length do not wait for one of the few large regions', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  const path = join(directory, 'x'.repeat(240 - directory.length))
  closeSync(openSync(path, 'w'))
  await using io = new Proactor({ driver: 'thread-pool' })
  const all = Array.from({ length: 1000 }, () => io.submit(statx(path)))
  assert.equal(io.statistics.queued, 0)
  await Promise.all(all)
  rmSync(directory, { recursive: true })
})

test('more regions than there are: the rest waits and comes through', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const texts = await Promise.all(Array.from({ length: 500 }, () => io.submit(readlink('/proc/self/exe'))))
  assert.deepEqual(new Set(texts), new Set([process.execPath]))
})

test('flags of preadv2 and pwritev2', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-'))
  await using io = new Proactor({ driver: 'thread-pool' })
  const RWF_DSYNC = 2
  const RWF_APPEND = 16
  const fd = openSync(join(directory, 'file'), 'w+')
  assert.equal(await io.submit(write(fd, Buffer.from('0123456789'), { offset: 0, flags: RWF_DSYNC })), 10)
  assert.equal(await io.submit(write(fd, Buffer.from('end'), { offset: 2, flags: RWF_APPEND, length: 2 })), 2)
  const buffer = Buffer.alloc(20)
  assert.equal(await io.submit(read(fd, buffer, { offset: 0, flags: 1 })), 12)
  assert.equal(buffer.toString('utf8', 0, 12), '0123456789en')
  await assert.rejects(io.submit(read(fd, buffer, { offset: 0, flags: 0x40000000 })), { code: 'ENOTSUP' })
  closeSync(fd)
  rmSync(directory, { recursive: true })
})

test('every call the driver makes has a number on x64 and on arm64', () => {
  for (const name of new Set([...CALL_NAME.filter((name) => name !== ''), 'openat2', 'pread64', 'pwrite64'])) {
    assert.ok(SYS_X64[name as SystemCallName] !== undefined, `${name} on x64`)
    assert.ok(SYS_ARM64[name as SystemCallName] !== undefined, `${name} on arm64`)
  }
})

test('the numbers of system calls are the kernel’s', () => {
  const known: readonly (readonly [SystemCallName, x64: number | undefined, arm64: number | undefined])[] = [
    ['read', 0, 63], ['io_setup', 206, 0], ['rseq', 334, 293], ['kexec_file_load', 320, 294], ['prlimit64', 302, 261], ['fork', 57, undefined],
    ['pidfd_send_signal', 424, 424], ['io_uring_enter', 426, 426], ['openat2', 437, 437], ['set_mempolicy_home_node', 450, 450],
  ]
  for (const [name, x64, arm64] of known) assert.deepEqual([SYS_X64[name], SYS_ARM64[name]], [x64, arm64], name)
  for (const table of [SYS_X64, SYS_ARM64]) {
    assert.ok(Object.keys(table).every((name) => /^[a-z_][a-z0-9_]*$/.test(name)))
    assert.equal(new Set(Object.values(table)).size, Object.keys(table).length)
  }
})

test('explain names the call and its lane', async () => {
  await using io = new Proactor({ driver: 'thread-pool', threads: 6 })
  assert.equal(io.explain(read(0, Buffer.alloc(1))), "thread-pool: read(2) on one of 6 threads, lane 'stream read', of a pipe or socket when it is readable")
  assert.equal(io.explain(read(0, Buffer.alloc(1), 0)), "thread-pool: pread64(2) on one of 6 threads, lane 'data'")
  assert.equal(io.explain(call('getpid')), "thread-pool: getpid(2) on one of 6 threads, lane 'wait'")
  assert.equal(io.explain(statx('/')), "thread-pool: statx(2) on one of 6 threads, lane 'path'")
})
