// ④ driver — iocp: a record's result as the value its caller gets.
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Statx } from '../../operation/path.js'
import { readText } from '../../operation/structures.js'

const TWO_32 = 4294967296
/** Windows has all of statx(2)'s fields but the attributes. */
const STATX_ALL = 0xfff

/** uv_stat_t, in bytes: twelve numbers of 64 bits, then four times of two numbers of 32 bits each. */
const Status = { DEV: 0, MODE: 8, NLINK: 16, UID: 24, GID: 32, RDEV: 40, INO: 48, SIZE: 56, BLKSIZE: 64, BLOCKS: 72, ATIME: 96, MTIME: 104, CTIME: 112, BIRTHTIME: 120 } as const
export const STATUS_BYTES = 128

/** A result of 64 bits as one number: exact to 2^53, which every count and errno is. */
export function decodeResult(low: number, high: number): number {
  return high === low >> 31 ? low : high * TWO_32 + (low >>> 0)
}

/** The value of a successful completion whose structures stand at `region`. */
export function decodeValue(opcode: Opcode, memory: LentMemory, region: number, result: number): unknown {
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE: case Opcode.READV: case Opcode.WRITEV: case Opcode.OPEN: return result
    case Opcode.STATX: return readStatus(memory.words, region)
    case Opcode.READLINK: return readText(memory, region, result)
    default: return undefined
  }
}

function uint32(words: Int32Array, byte: number): number {
  return (words[byte >> 2] as number) >>> 0
}

function uint64(words: Int32Array, byte: number): number {
  return uint32(words, byte + 4) * TWO_32 + uint32(words, byte)
}

function readStatus(words: Int32Array, at: number): Statx {
  return {
    mask: STATX_ALL,
    blockSize: uint64(words, at + Status.BLKSIZE),
    attributes: 0,
    nlink: uint64(words, at + Status.NLINK),
    uid: uint64(words, at + Status.UID),
    gid: uint64(words, at + Status.GID),
    mode: uint32(words, at + Status.MODE) & 0xffff,
    ino: uint64(words, at + Status.INO),
    size: uint64(words, at + Status.SIZE),
    blocks: uint64(words, at + Status.BLOCKS),
    // libuv's seconds have 32 bits on Windows; Node reads them without a sign, and so does this.
    accessSeconds: uint32(words, at + Status.ATIME),
    accessNanoseconds: uint32(words, at + Status.ATIME + 4),
    modifySeconds: uint32(words, at + Status.MTIME),
    modifyNanoseconds: uint32(words, at + Status.MTIME + 4),
    changeSeconds: uint32(words, at + Status.CTIME),
    changeNanoseconds: uint32(words, at + Status.CTIME + 4),
    birthSeconds: uint32(words, at + Status.BIRTHTIME),
    birthNanoseconds: uint32(words, at + Status.BIRTHTIME + 4),
    rdevMajor: 0,
    rdevMinor: uint64(words, at + Status.RDEV),
    devMajor: 0,
    devMinor: uint64(words, at + Status.DEV),
  }
}
