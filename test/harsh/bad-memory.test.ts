// Memory that went away, files that were closed, numbers out of range: refused before the kernel, or the kernel's own
// answer; never a crash, never another's memory.
import assert from 'node:assert/strict'
import { closeSync, openSync, writeSync } from 'node:fs'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { close, fsync, open, poll, PollEvent, Proactor, read, readv, write } from 'trueaio'
import { makePipe, withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'

const skip = withoutAddon || withoutRing
// Node 20 has resizable buffers; the types of this language level do not.
const resizable = (bytes: number, maxByteLength: number): ArrayBuffer & { resize(bytes: number): void } =>
  new (ArrayBuffer as unknown as new (bytes: number, options: { maxByteLength: number }) => ArrayBuffer & { resize(bytes: number): void })(bytes, { maxByteLength })

function detach(view: Uint8Array): void {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
}

test('a detached buffer is refused when the operation is made', () => {
  const view = new Uint8Array(10)
  detach(view)
  for (const make of [() => read(0, view), () => write(0, view), () => readv(0, [new Uint8Array(1), view])]) {
    assert.throws(make, { name: 'TypeError', code: 'ERR_INVALID_STATE' })
  }
})

test('a buffer detached between making and submitting is refused before the kernel', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(process.execPath, 'r')
  for (const make of [(view: Uint8Array) => read(fd, view, 0), (view: Uint8Array) => readv(fd, [new Uint8Array(5), view], 0)]) {
    const view = new Uint8Array(100)
    const operation = make(view)
    detach(view)
    await assert.rejects(io.submit(operation), { code: 'ERR_INVALID_STATE' })
  }
  closeSync(fd)
})

test('a buffer detached while its operation waits for room is refused when its turn comes', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring', entries: 1, inFlightMax: 1 })
  const { readEnd, writeEnd } = makePipe()
  const first = io.submit(read(readEnd, Buffer.alloc(1)))
  const view = new Uint8Array(100)
  const second = io.submit(read(readEnd, view))
  detach(view)
  writeSync(writeEnd, 'ab')
  assert.equal(await first, 1)
  await assert.rejects(second, { code: 'ERR_INVALID_STATE' })
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('a buffer transferred while in flight: the data arrives where the memory went', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  const view = new Uint8Array(1 << 16)
  const end = io.submit(read(readEnd, view))
  await turn()
  const moved = structuredClone(view, { transfer: [view.buffer] })
  writeSync(writeEnd, 'moved')
  assert.equal(await end, 5)
  assert.equal(Buffer.from(moved.buffer, 0, 5).toString(), 'moved')
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('a resizable buffer shrunk below the length is refused; one shrunk in flight answers EFAULT or its data', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(process.execPath, 'r')
  const buffer = resizable(1 << 20, 1 << 20)
  const operation = read(fd, new Uint8Array(buffer), 0)
  buffer.resize(4096)
  await assert.rejects(io.submit(operation), { code: 'ERR_OUT_OF_RANGE' })
  const { readEnd, writeEnd } = makePipe()
  const inFlight = resizable(1 << 20, 1 << 20)
  const end = io.submit(read(readEnd, new Uint8Array(inFlight, 1 << 19))).then((bytes) => bytes, (error: unknown) => (error as NodeJS.ErrnoException).code)
  await turn()
  inFlight.resize(0)
  writeSync(writeEnd, 'gone')
  assert.ok(['EFAULT', 4].includes(await end as string | number))
  for (const number of [fd, readEnd, writeEnd]) closeSync(number)
})

test('a view of a growing resizable buffer keeps its place', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(process.execPath, 'r')
  const buffer = resizable(4096, 1 << 20)
  const view = new Uint8Array(buffer, 100, 4)
  assert.equal(await io.submit(read(fd, view, 0)), 4)
  buffer.resize(1 << 20)
  assert.deepEqual([...view], [0x7f, 0x45, 0x4c, 0x46])
  assert.equal(await io.submit(read(fd, new Uint8Array(buffer, 500_000, 4), 0)), 4)
  assert.deepEqual([...new Uint8Array(buffer, 500_000, 4)], [0x7f, 0x45, 0x4c, 0x46])
  closeSync(fd)
})

test('views of shared memory, of WebAssembly memory and of typed arrays of every kind are read into where they are', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(process.execPath, 'r')
  const ELF = [0x7f, 0x45, 0x4c, 0x46]
  const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: new (options: { initial: number }) => { buffer: ArrayBuffer; grow(pages: number): void } } }).WebAssembly
  const memory = new Memory({ initial: 1 })
  const views = [
    new Uint8Array(new SharedArrayBuffer(100), 50, 4), new Uint8Array(memory.buffer, 1000, 4), new Float32Array(1), new DataView(new ArrayBuffer(20), 3, 4),
    new Uint32Array([0]), Buffer.from('pool'), new Uint8Array(4), new BigInt64Array(1),
  ]
  for (const view of views) {
    assert.equal(await io.submit(read(fd, view, { offset: 0, length: 4 })), 4)
    assert.deepEqual([...new Uint8Array(view.buffer, view.byteOffset, 4)], ELF)
  }
  memory.grow(1)
  const grown = new Uint8Array(memory.buffer, 70_000, 4)
  await io.submit(read(fd, grown, 0))
  assert.deepEqual([...grown], ELF)
  assert.throws(() => read(fd, views[1] as Uint8Array, 0), { code: 'ERR_INVALID_STATE' })
  closeSync(fd)
})

test('lengths and offsets out of range are refused when the operation is made', () => {
  const view = new Uint8Array(10)
  for (const length of [11, -1, 1.5, 2 ** 53, NaN]) assert.throws(() => read(0, view, { length }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  for (const offset of [-2, 1.5, 2 ** 53, 2n ** 53n, -2n, Infinity]) assert.throws(() => read(0, view, { offset }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => read(0, view, { offset: '1' as never }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' })
  for (const fd of [-1, 2 ** 31, 1.5]) assert.throws(() => read(fd, view), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  for (const path of ['a\0b', Buffer.from('a\0b')]) assert.throws(() => open(path), { name: 'TypeError', code: 'ERR_INVALID_ARG_VALUE' })
})

test('the largest offset reaches the kernel as it is', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const fd = openSync(process.execPath, 'r')
  assert.equal(await io.submit(read(fd, new Uint8Array(10), Number.MAX_SAFE_INTEGER)), 0)
  closeSync(fd)
})

test('case 59: operations on a closed descriptor answer EBADF, each in its own name', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const closed = openSync(process.execPath, 'r')
  closeSync(closed)
  const view = new Uint8Array(10)
  const cases = [[read(closed, view), 'read'], [write(closed, view), 'write'], [readv(closed, [view]), 'readv'], [fsync(closed), 'fsync'], [close(closed), 'close'], [poll(closed, PollEvent.POLLIN), 'poll']] as const
  for (const [operation, syscall] of cases) {
    await assert.rejects(io.submit(operation), { code: 'EBADF', errno: -9, syscall, message: `EBADF: bad file descriptor, ${syscall}` })
  }
})

test('case 34: closing a descriptor does not end a read in flight on it: the data still comes', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  const end = io.submit(read(readEnd, Buffer.alloc(10)))
  await turn()
  closeSync(readEnd)
  writeSync(writeEnd, 'late')
  assert.equal(await end, 4)
  closeSync(writeEnd)
})
