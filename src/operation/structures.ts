// ② operation — paths, vectors, times and results as the kernel wants them in lent memory; one place for every driver
// that hands addresses to the kernel.
import { IovecLayout, OpenHowLayout, SiginfoLayout, StatxLayout, TimespecLayout } from '../ring/layout/structures.js'
import type { LentMemory } from './lent-memory.js'
import type { View } from './operation.js'
import type { Statx } from './path.js'
import { Errno } from './system-error.js'
import type { ChildChange } from './timer.js'
import { byteLengthOf } from './view.js'

/** Bytes of a path with its NUL, at most (PATH_MAX). */
export const PATH_BYTES_MAX = 4096
const TWO_32 = 4294967296
const encoder = new TextEncoder()

/** Characters up to which three bytes each fit a cell beside any structure; longer paths are worth counting. */
const SHORT_PATH = 64

/** The most bytes `writePath` may need for a path. */
export function pathBytes(path: string | Uint8Array): number {
  const most = 1 + (typeof path !== 'string' ? byteLengthOf(path) : path.length <= SHORT_PATH ? path.length * 3 : Buffer.byteLength(path))
  // A path beyond the limit is refused by writePath; it needs no room.
  return most > PATH_BYTES_MAX ? PATH_BYTES_MAX : most
}

/** Writes a path and its NUL at `at`. Returns the bytes written, or a negative errno (ENAMETOOLONG). */
export function writePath(memory: LentMemory, at: number, path: string | Uint8Array): number {
  const bytes = memory.bytes
  if (typeof path !== 'string') {
    const pathLength = byteLengthOf(path)
    if (pathLength >= PATH_BYTES_MAX) return Errno.ENAMETOOLONG
    bytes.set(path, at)
    bytes[at + pathLength] = 0
    return pathLength + 1
  }
  const length = path.length
  if (length >= PATH_BYTES_MAX) return Errno.ENAMETOOLONG
  // Most paths are short ASCII: a loop beats crossing into the runtime's encoder (measured 3 × at 20 characters).
  let index = 0
  for (; index < length; index++) {
    const code = path.charCodeAt(index)
    if (code > 0x7f) break
    bytes[at + index] = code
  }
  if (index < length) {
    const { read, written } = encoder.encodeInto(path, bytes.subarray(at, at + PATH_BYTES_MAX - 1))
    if (read < length) return Errno.ENAMETOOLONG
    index = written
  }
  bytes[at + index] = 0
  return index + 1
}

function writeUint64(words: Int32Array, word: number, value: number): void {
  words[word] = value | 0
  words[word + 1] = Math.floor(value / TWO_32) | 0
}

/** Writes a struct __kernel_timespec (seconds may be negative). */
export function writeTimespec(memory: LentMemory, at: number, seconds: number, nanoseconds: number): void {
  writeUint64(memory.words, (at + TimespecLayout.SEC) >> 2, seconds)
  writeUint64(memory.words, (at + TimespecLayout.NSEC) >> 2, nanoseconds)
}

export function writeOpenHow(memory: LentMemory, at: number, flags: number, mode: number, resolve: number): void {
  writeUint64(memory.words, (at + OpenHowLayout.FLAGS) >> 2, flags)
  writeUint64(memory.words, (at + OpenHowLayout.MODE) >> 2, mode)
  writeUint64(memory.words, (at + OpenHowLayout.RESOLVE) >> 2, resolve)
}

/** Writes struct iovec for each buffer. */
export function writeIovecs(memory: LentMemory, at: number, buffers: readonly View[]): void {
  let word = at >> 2
  for (const buffer of buffers) {
    writeUint64(memory.words, word + (IovecLayout.BASE >> 2), memory.addressOf(buffer))
    writeUint64(memory.words, word + (IovecLayout.LEN >> 2), byteLengthOf(buffer))
    word += IovecLayout.BYTES >> 2
  }
}

/** Writes a loff_t, or returns without writing for -1 (the caller then passes a null pointer). */
export function writeOffset(memory: LentMemory, at: number, offset: number): void {
  writeUint64(memory.words, at >> 2, offset)
}

function uint32(words: Int32Array, byte: number): number {
  return (words[byte >> 2] as number) >>> 0
}

function uint64(words: Int32Array, byte: number): number {
  return uint32(words, byte + 4) * TWO_32 + uint32(words, byte)
}

function int64(words: Int32Array, byte: number): number {
  return (words[(byte >> 2) + 1] as number) * TWO_32 + uint32(words, byte)
}

export function readStatx(memory: LentMemory, at: number): Statx {
  const words = memory.words
  return {
    mask: uint32(words, at + StatxLayout.MASK),
    blockSize: uint32(words, at + StatxLayout.BLKSIZE),
    attributes: uint64(words, at + StatxLayout.ATTRIBUTES),
    nlink: uint32(words, at + StatxLayout.NLINK),
    uid: uint32(words, at + StatxLayout.UID),
    gid: uint32(words, at + StatxLayout.GID),
    mode: uint32(words, at + StatxLayout.MODE) & 0xffff,
    ino: uint64(words, at + StatxLayout.INO),
    size: uint64(words, at + StatxLayout.SIZE),
    blocks: uint64(words, at + StatxLayout.BLOCKS),
    accessSeconds: int64(words, at + StatxLayout.ATIME),
    accessNanoseconds: uint32(words, at + StatxLayout.ATIME + 8),
    modifySeconds: int64(words, at + StatxLayout.MTIME),
    modifyNanoseconds: uint32(words, at + StatxLayout.MTIME + 8),
    changeSeconds: int64(words, at + StatxLayout.CTIME),
    changeNanoseconds: uint32(words, at + StatxLayout.CTIME + 8),
    birthSeconds: int64(words, at + StatxLayout.BTIME),
    birthNanoseconds: uint32(words, at + StatxLayout.BTIME + 8),
    rdevMajor: uint32(words, at + StatxLayout.RDEV_MAJOR),
    rdevMinor: uint32(words, at + StatxLayout.RDEV_MINOR),
    devMajor: uint32(words, at + StatxLayout.DEV_MAJOR),
    devMinor: uint32(words, at + StatxLayout.DEV_MINOR),
  }
}

export function readChildChange(memory: LentMemory, at: number): ChildChange {
  const words = memory.words
  return {
    pid: words[(at + SiginfoLayout.PID) >> 2] as number,
    uid: uint32(words, at + SiginfoLayout.UID),
    code: words[(at + SiginfoLayout.CODE) >> 2] as number,
    status: words[(at + SiginfoLayout.STATUS) >> 2] as number,
  }
}

/** The text of a link of `length` bytes at `at`. */
export function readText(memory: LentMemory, at: number, length: number): string {
  const { buffer, byteOffset } = memory.bytes
  return Buffer.from(buffer as ArrayBuffer, byteOffset + at, length).toString()
}
