// ④ driver — thread-pool: an operation as the number and six arguments of a system call. Reads and writes, which are most
// of all, are written in driver.ts; here is everything else. Only calls that x64 and arm64 both have.
import { CallFlag } from '../../operation/call.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import type { Operation, OperationDetail } from '../../operation/operation.js'
import type { TargetAddress } from '../../operation/address.js'
import { writeAddress } from '../../operation/socket-structures.js'
import { PATH_BYTES_MAX, pathBytes, writeIovecs, writeOffset, writeOpenHow, writePath, writeTimespec } from '../../operation/structures.js'
import { SYS, type SystemCallName } from '../../operation/system-call-numbers.js'
import { AutomaticLane, PoolSubmission } from '../../ring/layout/pool.js'
import { IovecLayout, OpenHowLayout, SiginfoLayout, StatxLayout, TimespecLayout } from '../../ring/layout/structures.js'

const TWO_32 = 4294967296
const AT_REMOVEDIR = 0x200
const FICLONE = 0x40049409
const OFFSET_BYTES = 8
export const ADDRESS_BYTES = 8
// open(2): a file may be created (O_CREAT, or O_TMPFILE's own bit); openat2 refuses a mode otherwise.
const CREATES = 0o100 | 0o20000000

/** The system call an opcode stands for, where it is always the same one. */
const CALL_OF: readonly (readonly [Opcode, SystemCallName])[] = [
  [Opcode.READ, 'read'], [Opcode.WRITE, 'write'], [Opcode.READV, 'preadv2'], [Opcode.WRITEV, 'pwritev2'], [Opcode.OPEN, 'openat'],
  [Opcode.CLOSE, 'close'], [Opcode.FSYNC, 'fsync'], [Opcode.FDATASYNC, 'fdatasync'], [Opcode.SYNC_FILE_RANGE, 'sync_file_range'],
  [Opcode.FALLOCATE, 'fallocate'], [Opcode.FTRUNCATE, 'ftruncate'], [Opcode.TRUNCATE, 'truncate'], [Opcode.FADVISE, 'fadvise64'],
  [Opcode.MADVISE, 'madvise'], [Opcode.STATX, 'statx'], [Opcode.RENAME, 'renameat2'], [Opcode.UNLINK, 'unlinkat'], [Opcode.RMDIR, 'unlinkat'],
  [Opcode.MKDIR, 'mkdirat'], [Opcode.SYMLINK, 'symlinkat'], [Opcode.LINK, 'linkat'], [Opcode.READLINK, 'readlinkat'],
  [Opcode.GETDENTS64, 'getdents64'], [Opcode.ACCESS, 'faccessat'], [Opcode.CHMOD, 'fchmodat'], [Opcode.FCHMOD, 'fchmod'],
  [Opcode.CHOWN, 'fchownat'], [Opcode.FCHOWN, 'fchown'], [Opcode.UTIMES, 'utimensat'], [Opcode.FUTIMES, 'utimensat'],
  [Opcode.GETXATTR, 'getxattr'], [Opcode.SETXATTR, 'setxattr'], [Opcode.LISTXATTR, 'listxattr'], [Opcode.REMOVEXATTR, 'removexattr'],
  [Opcode.FGETXATTR, 'fgetxattr'], [Opcode.FSETXATTR, 'fsetxattr'], [Opcode.FLISTXATTR, 'flistxattr'], [Opcode.FREMOVEXATTR, 'fremovexattr'],
  [Opcode.COPY_FILE_RANGE, 'copy_file_range'], [Opcode.REFLINK, 'ioctl'], [Opcode.SENDFILE, 'sendfile'], [Opcode.SPLICE, 'splice'],
  [Opcode.TEE, 'tee'], [Opcode.WAITID, 'waitid'], [Opcode.SOCKET, 'socket'], [Opcode.SOCKETPAIR, 'socketpair'], [Opcode.BIND, 'bind'],
  [Opcode.LISTEN, 'listen'], [Opcode.CONNECT, 'connect'], [Opcode.ACCEPT, 'accept4'], [Opcode.SEND, 'sendto'], [Opcode.RECV, 'recvfrom'],
  [Opcode.SENDMSG, 'sendmsg'], [Opcode.RECVMSG, 'recvmsg'], [Opcode.SHUTDOWN, 'shutdown'], [Opcode.GETSOCKOPT, 'getsockopt'],
  [Opcode.SETSOCKOPT, 'setsockopt'], [Opcode.GETSOCKNAME, 'getsockname'], [Opcode.GETPEERNAME, 'getpeername'],
  [Opcode.RECV_PIECE, 'recvfrom'], [Opcode.RECVMSG_PIECE, 'recvmsg'],
]

/** The number of a system call on this machine; -1 where there is none (encode is never reached then). */
export function systemCall(name: SystemCallName): number {
  return SYS[name] ?? -1
}

/** By opcode, the number of its system call; -1: none of its own (emulated, CALL, or not ours). */
export const CALL_NUMBER: Int16Array = new Int16Array(OPCODE_COUNT).fill(-1)
/** By opcode, the name of its system call; empty for the others. */
export const CALL_NAME: string[] = new Array<string>(OPCODE_COUNT).fill('')
for (const [opcode, name] of CALL_OF) {
  CALL_NUMBER[opcode] = systemCall(name)
  CALL_NAME[opcode] = name
}
const OPENAT2 = systemCall('openat2')

// By opcode, the lane of operations whose submitter named none.
const LANE = new Int16Array(OPCODE_COUNT).fill(AutomaticLane.PATH)
for (const opcode of [
  Opcode.READ, Opcode.WRITE, Opcode.READV, Opcode.WRITEV, Opcode.FSYNC, Opcode.FDATASYNC, Opcode.SYNC_FILE_RANGE, Opcode.FALLOCATE,
  Opcode.FTRUNCATE, Opcode.FADVISE, Opcode.MADVISE, Opcode.COPY_FILE_RANGE, Opcode.REFLINK, Opcode.READ_FILES, Opcode.WRITE_FILES,
]) LANE[opcode] = AutomaticLane.DATA
for (const opcode of [Opcode.COPY_MEMORY, Opcode.FILL_MEMORY, Opcode.COMPARE_MEMORY, Opcode.XOR_MEMORY, Opcode.CRC32C, Opcode.CRC32]) LANE[opcode] = AutomaticLane.COMPUTE
for (const opcode of [Opcode.SENDFILE, Opcode.MOVE_BYTES, Opcode.SPLICE, Opcode.TEE, Opcode.WAITID, Opcode.CALL, Opcode.CONNECT, Opcode.ACCEPT]) LANE[opcode] = AutomaticLane.WAIT

/**
 * The lane of an operation without one. A read or write at the current position may be of a pipe, socket or terminal
 * and wait for ever; one at an offset cannot be.
 */
export function automaticLane(operation: Operation): number {
  const { opcode } = operation
  if (opcode === Opcode.CALL && (operation.flags & CallFlag.OWN_THREAD) !== 0) return AutomaticLane.OWN_THREAD
  // A tree may take minutes: nobody else waits for its thread.
  if (opcode === Opcode.REMOVE_TREE || opcode === Opcode.COPY_TREE) return AutomaticLane.OWN_THREAD
  if (operation.offset < 0 && (opcode === Opcode.READ || opcode === Opcode.READV)) return AutomaticLane.STREAM_READ
  if (operation.offset < 0 && (opcode === Opcode.WRITE || opcode === Opcode.WRITEV)) return AutomaticLane.STREAM_WRITE
  return LANE[opcode] as number
}

/** A read or write of one buffer with RWF_* flags: only the vectored calls take those. */
function isFlagged(operation: Operation): boolean {
  return operation.flags !== 0 && (operation.opcode === Opcode.READ || operation.opcode === Opcode.WRITE)
}

/** Bytes of lent memory an operation needs for its paths and structures; 0: none. */
export function regionBytes(operation: Operation): number {
  const { detail } = operation
  if (detail === undefined) return isFlagged(operation) ? IovecLayout.BYTES : 0
  switch (operation.opcode) {
    case Opcode.OPEN: return OpenHowLayout.BYTES + pathBytes(detail.path as string)
    case Opcode.STATX: return StatxLayout.BYTES + pathBytes(detail.path as string)
    case Opcode.READLINK: return PATH_BYTES_MAX + pathBytes(detail.path as string)
    case Opcode.READV: case Opcode.WRITEV: return (detail.buffers?.length ?? 0) * IovecLayout.BYTES
    case Opcode.UTIMES: return 2 * TimespecLayout.BYTES + pathBytes(detail.path as string)
    case Opcode.FUTIMES: return 2 * TimespecLayout.BYTES
    case Opcode.COPY_FILE_RANGE: case Opcode.SENDFILE: case Opcode.SPLICE: return 2 * OFFSET_BYTES
    case Opcode.WAITID: return SiginfoLayout.BYTES
    case Opcode.XOR_MEMORY: return ((detail.buffers?.length ?? 1) - 1) * ADDRESS_BYTES
    default:
      return (detail.path === undefined ? 0 : pathBytes(detail.path)) + (detail.path2 === undefined ? 0 : pathBytes(detail.path2))
  }
}

/** Writes argument `index` (an integer to ±2^53) of the submission at `at`. */
export function putArgument(words: Int32Array, at: number, index: number, value: number): void {
  const word = at + PoolSubmission.ARGUMENTS + 2 * index
  words[word] = value | 0
  words[word + 1] = value === (value | 0) ? value >> 31 : Math.floor(value / TWO_32) | 0
}

function put(words: Int32Array, at: number, ...values: readonly number[]): number {
  for (let index = 0; index < values.length; index++) putArgument(words, at, index, values[index] as number)
  return 0
}

/**
 * Writes an operation into the submission at `at`, its paths and structures into the region at `region`. Returns 0, or
 * the negative errno with which it must fail (a path too long).
 */
export function encode(operation: Operation, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const { file, flags, length, offset, opcode } = operation
  const detail = operation.detail as OperationDetail // unused by the opcodes that have none
  words[at + PoolSubmission.NUMBER] = CALL_NUMBER[opcode] as number
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE:
      words[at + PoolSubmission.NUMBER] = CALL_NUMBER[opcode === Opcode.READ ? Opcode.READV : Opcode.WRITEV] as number
      writeOffset(memory, region + IovecLayout.BASE, addressOf(operation, memory))
      writeOffset(memory, region + IovecLayout.LEN, length)
      return put(words, at, file, memory.cellAddress(region), 1, offset, 0, flags)
    case Opcode.READV: case Opcode.WRITEV: {
      const buffers = detail.buffers ?? []
      writeIovecs(memory, region, buffers)
      // The fourth and fifth are the halves of the offset; on 64 bits the first holds all of it.
      return put(words, at, file, region < 0 ? 0 : memory.cellAddress(region), buffers.length, offset, 0, flags)
    }
    case Opcode.OPEN: return encodeOpen(operation, detail, memory, words, at, region)
    case Opcode.CLOSE: case Opcode.FSYNC: case Opcode.FDATASYNC: return put(words, at, file)
    case Opcode.SYNC_FILE_RANGE: case Opcode.FADVISE: return put(words, at, file, offset, length, flags)
    case Opcode.FALLOCATE: return put(words, at, file, flags, offset, length)
    case Opcode.FTRUNCATE: return put(words, at, file, length)
    case Opcode.MADVISE: return put(words, at, addressOf(operation, memory), length, flags)
    case Opcode.STATX:
      put(words, at, file, 0, flags, detail.argument, memory.cellAddress(region))
      return putPath(detail.path, memory, words, at, 1, region + StatxLayout.BYTES)
    case Opcode.GETDENTS64: return put(words, at, file, addressOf(operation, memory), length)
    case Opcode.FCHMOD: return put(words, at, file, detail.mode)
    case Opcode.FCHOWN: return put(words, at, file, detail.mode, detail.argument)
    case Opcode.REFLINK: return put(words, at, detail.file2, FICLONE, file)
    case Opcode.TEE: return put(words, at, file, detail.file2, length, flags)
    case Opcode.SENDFILE: return put(words, at, detail.file2, file, putOffset(memory, region, offset), length)
    case Opcode.COPY_FILE_RANGE: case Opcode.SPLICE:
      return put(words, at, file, putOffset(memory, region, offset), detail.file2, putOffset(memory, region + OFFSET_BYTES, detail.offset2), length, flags)
    case Opcode.WAITID:
      memory.bytes.fill(0, region, region + SiginfoLayout.BYTES)
      return put(words, at, detail.argument, file, memory.cellAddress(region), flags, 0)
    case Opcode.BIND: case Opcode.CONNECT:
      return put(words, at, file, memory.cellAddress(region), writeAddress(memory, region, detail.address as TargetAddress))
    case Opcode.ACCEPT: return put(words, at, file, 0, 0, flags)
    case Opcode.FUTIMES:
      writeTimes(detail, memory, region)
      return put(words, at, file, 0, memory.cellAddress(region), 0)
    default: return encodePath(operation, detail, memory, words, at, region)
  }
}

/** What begins with a path. */
function encodePath(operation: Operation, detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const { file, flags, length, opcode } = operation
  switch (opcode) {
    case Opcode.TRUNCATE:
      put(words, at, 0, length)
      return putPath(detail.path, memory, words, at, 0, region)
    case Opcode.UNLINK: case Opcode.RMDIR:
      put(words, at, file, 0, opcode === Opcode.RMDIR ? AT_REMOVEDIR : 0)
      return putPath(detail.path, memory, words, at, 1, region)
    case Opcode.MKDIR: case Opcode.CHMOD:
      put(words, at, file, 0, detail.mode)
      return putPath(detail.path, memory, words, at, 1, region)
    case Opcode.ACCESS:
      put(words, at, file, 0, flags)
      return putPath(detail.path, memory, words, at, 1, region)
    case Opcode.CHOWN:
      put(words, at, file, 0, detail.mode, detail.argument, flags)
      return putPath(detail.path, memory, words, at, 1, region)
    case Opcode.UTIMES:
      writeTimes(detail, memory, region)
      put(words, at, file, 0, memory.cellAddress(region), flags)
      return putPath(detail.path, memory, words, at, 1, region + 2 * TimespecLayout.BYTES)
    case Opcode.READLINK:
      put(words, at, file, 0, memory.cellAddress(region), PATH_BYTES_MAX)
      return putPath(detail.path, memory, words, at, 1, region + PATH_BYTES_MAX)
    case Opcode.SYMLINK:
      put(words, at, 0, detail.file2)
      return putTwoPaths(detail, memory, words, at, region, 0, 2)
    case Opcode.RENAME: case Opcode.LINK:
      put(words, at, file, 0, detail.file2, 0, flags)
      return putTwoPaths(detail, memory, words, at, region, 1, 3)
    default: return encodeXattr(operation, detail, memory, words, at, region)
  }
}

function encodeOpen(operation: Operation, detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const { file, flags } = operation
  if (detail.argument === 0) put(words, at, file, 0, flags, detail.mode)
  else {
    words[at + PoolSubmission.NUMBER] = OPENAT2
    writeOpenHow(memory, region, flags, (flags & CREATES) !== 0 ? detail.mode : 0, detail.argument)
    put(words, at, file, 0, memory.cellAddress(region), OpenHowLayout.BYTES)
  }
  return putPath(detail.path, memory, words, at, 1, region + OpenHowLayout.BYTES)
}

/** (path or descriptor, name, value, size, flags); the list calls have no name, the removing ones no value. */
function encodeXattr(operation: Operation, detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  if (CALL_NUMBER[operation.opcode] === -1) throw new Error(`trueaio: thread-pool received an operation that it does not offer (${String(operation.opcode)})`)
  const value = operation.length === 0 ? 0 : addressOf(operation, memory)
  if (detail.path2 === undefined) put(words, at, operation.file, value, operation.length)
  else {
    put(words, at, operation.file, 0, value, operation.length, operation.flags)
    const named = putPath(detail.path2, memory, words, at, 1, region)
    if (named < 0) return named
  }
  if (detail.path === undefined) return 0
  return putPath(detail.path, memory, words, at, 0, region + (detail.path2 === undefined ? 0 : pathBytes(detail.path2)))
}

function addressOf(operation: Operation, memory: LentMemory): number {
  return operation.buffer === undefined ? 0 : memory.addressOf(operation.buffer)
}

function writeTimes(detail: OperationDetail, memory: LentMemory, at: number): void {
  writeTimespec(memory, at, detail.seconds, detail.nanoseconds)
  writeTimespec(memory, at + TimespecLayout.BYTES, detail.seconds2, detail.nanoseconds2)
}

/** The address of an offset for the kernel to use and move on; 0, for its current position, when there is none. */
function putOffset(memory: LentMemory, at: number, offset: number): number {
  if (offset < 0) return 0
  writeOffset(memory, at, offset)
  return memory.cellAddress(at)
}

function putPath(path: string | Uint8Array | undefined, memory: LentMemory, words: Int32Array, at: number, index: number, where: number): number {
  const written = writePath(memory, where, path ?? '')
  if (written < 0) return written
  putArgument(words, at, index, memory.cellAddress(where))
  return 0
}

function putTwoPaths(detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number, first: number, second: number): number {
  const written = putPath(detail.path, memory, words, at, first, region)
  if (written < 0) return written
  return putPath(detail.path2, memory, words, at, second, region + pathBytes(detail.path ?? ''))
}
