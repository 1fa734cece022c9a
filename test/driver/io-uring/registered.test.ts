// Registered files and buffers: cases 48 to 50 of liburing's tests.
import assert from 'node:assert/strict'
import { closeSync, fstatSync, ftruncateSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { chain, fdatasync, fsync, nop, poll, PollEvent, Proactor, read, readv, write, type RegisteredFile } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'
import { makePipe } from '../../harsh/system-calls.js'

const skip = withoutRing
const directory = mkdtempSync(join(tmpdir(), 'trueaio-registered-'))
after(() => rmSync(directory, { recursive: true }))

test('case 48: registered buffers read and write at any offset and length inside them', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const path = join(directory, 'fixed')
  const content = Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 7) & 0xff))
  writeFileSync(path, content)
  const fd = openSync(path, 'r+')
  const buffer = io.buffers.allocate(20_000)
  for (const [at, length, offset] of [[0, 20_000, 0], [1, 1, 19_999], [4095, 2, 77], [12_345, 7_655, 3]] as const) {
    const part = buffer.subarray(at, at + length)
    part.fill(0)
    assert.equal(await io.submit(read(fd, part, offset)), Math.min(length, 20_000 - offset))
    assert.deepEqual(part, content.subarray(offset, offset + length))
  }
  assert.equal(await io.submit(read(fd, buffer.subarray(100, 100), 0)), 0)
  buffer.fill('z')
  assert.equal(await io.submit(write(fd, buffer.subarray(4000, 4200), 50)), 200)
  assert.equal(readFileSync(path).subarray(49, 251).toString('latin1'), `${content.toString('latin1', 49, 50)}${'z'.repeat(200)}${content.toString('latin1', 250, 251)}`)
  closeSync(fd)
})

test('case 48: more slabs than the ring registers: the rest serve unregistered', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(process.execPath, 'r')
  const buffers = Array.from({ length: 80 }, () => io.buffers.allocate(2 << 20)) // each a slab of its own
  for (const buffer of buffers) assert.equal(await io.submit(read(fd, buffer.subarray(0, 4), 0)), 4)
  for (const buffer of buffers) assert.equal(buffer.toString('latin1', 1, 4), 'ELF')
  closeSync(fd)
})

test('registered files serve every operation on a file, also after their descriptor is closed', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const path = join(directory, 'file')
  const fd = openSync(path, 'w+')
  const file = io.registerFile(fd)
  assert.ok(file.index >= 0)
  closeSync(fd)
  assert.equal(await io.submit(write(file, Buffer.from('registered'), 0)), 10)
  await io.submit(fsync(file))
  await io.submit(fdatasync(file))
  const buffer = Buffer.alloc(4)
  assert.equal(await io.submit(readv(file, [buffer], 2)), 4)
  assert.equal(buffer.toString(), 'gist')
  assert.deepEqual(await io.submit(chain(read(file, buffer, 0), nop())), [4, undefined])
  io.unregisterFile(file)
  await assert.rejects(io.submit(read(file, buffer, 0)), { code: 'EBADF' })
})

test('case 49: a file unregistered while in use finishes on the one it began with', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const pipe = makePipe()
  const other = makePipe()
  const file = io.registerFile(pipe.readEnd)
  const buffer = Buffer.alloc(10)
  const end = io.submit(read(file, buffer))
  await turn()
  io.unregisterFile(file)
  const next = io.registerFile(other.readEnd)
  assert.equal(next.index, file.index, 'the place is used again')
  writeSync(other.writeEnd, 'other')
  writeSync(pipe.writeEnd, 'first')
  assert.equal(await end, 5)
  assert.equal(buffer.toString('latin1', 0, 5), 'first')
  assert.equal(await io.submit(read(next, buffer)), 5)
  for (const number of [pipe.readEnd, pipe.writeEnd, other.readEnd, other.writeEnd]) closeSync(number)
})

test('case 50: registering more files than there are places gives plain descriptors, which work', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(process.execPath, 'r')
  const files: RegisteredFile[] = Array.from({ length: 1100 }, () => io.registerFile(fd))
  assert.ok(files.some(({ index }) => index < 0) && files.filter(({ index }) => index >= 0).length >= 1000)
  const ends = await Promise.all(files.map((file) => io.submit(read(file, Buffer.alloc(4), 0))))
  assert.ok(ends.every((bytes) => bytes === 4))
  for (const file of files) io.unregisterFile(file)
  assert.ok(io.registerFile(fd).index >= 0)
  closeSync(fd)
})

test('case 64: sync works before, between and after registering and unregistering files', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(join(directory, 'sync'), 'w')
  for (let round = 0; round < 3; round++) {
    await io.submit(fsync(fd))
    const file = io.registerFile(fd)
    await Promise.all([io.submit(write(file, Buffer.from('x'))), io.submit(fsync(file), { barrier: true })])
    io.unregisterFile(file)
  }
  assert.equal(fstatSync(fd).size, 3)
  ftruncateSync(fd)
  closeSync(fd)
})

test('polls and pipes work on registered files', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  const file = io.registerFile(readEnd)
  const end = io.submit(poll(file, PollEvent.POLLIN))
  writeSync(writeEnd, 'x')
  assert.equal(await end, PollEvent.POLLIN)
  assert.equal(readSync(readEnd, Buffer.alloc(1)), 1)
  closeSync(readEnd)
  closeSync(writeEnd)
})
