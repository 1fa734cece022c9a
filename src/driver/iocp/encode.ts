// ④ driver — iocp: an operation as a record of native/windows/port.h. Paths are those that node:fs gives to libuv.
import { isAbsolute, resolve, toNamespacedPath } from 'node:path'
import { LENT_BYTES_MAX, type LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation, type OperationDetail, type View } from '../../operation/operation.js'
import { AT_FDCWD } from '../../operation/path.js'
import { PATH_BYTES_MAX, writePath } from '../../operation/structures.js'
import { Errno } from '../../operation/system-error.js'
import { asBuffer, byteLengthOf } from '../../operation/view.js'
import { PoolSubmission } from '../../ring/layout/pool.js'
import { Call } from './calls.js'
import { STATUS_BYTES } from './decode.js'

const AT_SYMLINK_NOFOLLOW = 0x100
const AT_EMPTY_PATH = 0x1000
/** AT_NO_AUTOMOUNT, AT_STATX_FORCE_SYNC, AT_STATX_DONT_SYNC: wishes, which stat(2) does not take. */
const STATX_WISHES = 0x800 | 0x2000 | 0x4000
const VECTOR_BYTES = 16
const VECTORS_MAX = 1024
const TWO_32 = 4294967296

/** Bytes that an operation needs in lent memory; 0: none. */
export function regionBytes({ opcode, detail }: Operation): number {
  switch (opcode) {
    case Opcode.CLOSE: case Opcode.FSYNC: case Opcode.FDATASYNC: case Opcode.FTRUNCATE: case Opcode.FCHMOD: case Opcode.FCHOWN: case Opcode.FUTIMES: return 0
    case Opcode.READV: case Opcode.WRITEV: return Math.min((detail?.buffers?.length ?? 0) * VECTOR_BYTES, LENT_BYTES_MAX)
    case Opcode.RENAME: case Opcode.LINK: case Opcode.SYMLINK: case Opcode.READLINK: return LENT_BYTES_MAX
    default: return STATUS_BYTES + Math.min(PATH_BYTES_MAX, lengthOf(detail?.path) * 3 + ROOM_FOR_PREFIX)
  }
}

/** A long path gets a prefix, and a relative one the current directory before it. */
const ROOM_FOR_PREFIX = 1024

function lengthOf(path: string | Uint8Array | undefined): number {
  return path === undefined ? 0 : typeof path === 'string' ? path.length : byteLengthOf(path)
}

/** Writes an argument of 64 bits. */
export function putArgument(words: Int32Array, at: number, index: number, value: number): void {
  const word = at + PoolSubmission.ARGUMENTS + 2 * index
  words[word] = value | 0
  words[word + 1] = Math.floor(value / TWO_32) | 0
}

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)

export function putNumber(words: Int32Array, at: number, number: number): void {
  words[at + PoolSubmission.NUMBER] = number
}

function putDouble(words: Int32Array, at: number, index: number, value: number): void {
  double[0] = value
  const word = at + PoolSubmission.ARGUMENTS + 2 * index
  words[word] = halves[0] as number
  words[word + 1] = halves[1] as number
}

/** Writes the number and the arguments of a record at `at`. Returns 0, or the negative errno with which it must fail. */
export function encode(operation: Operation, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  // Registered and chained files are a ring's; here they name no file.
  if (operation.fileKind !== FileKind.DESCRIPTOR) return Errno.EBADF
  const { opcode, file, flags, length } = operation
  putArgument(words, at, 0, file)
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE: return Errno.ENOTSUP // with RWF_* flags, which are Linux's
    case Opcode.READV: case Opcode.WRITEV: return encodeVectors(operation, memory, words, at, region)
    case Opcode.CLOSE: return numbered(words, at, Call.CLOSE)
    case Opcode.FSYNC: return numbered(words, at, Call.FSYNC)
    case Opcode.FDATASYNC: return numbered(words, at, Call.FDATASYNC)
    case Opcode.FTRUNCATE: return numbered(words, at, Call.FTRUNCATE, length)
    default:
  }
  const detail = operation.detail as OperationDetail // all others are made with one
  switch (opcode) {
    case Opcode.FCHMOD: return numbered(words, at, Call.FCHMOD, detail.mode)
    case Opcode.FCHOWN: return numbered(words, at, Call.FCHOWN, detail.mode, detail.argument)
    case Opcode.FUTIMES: return timed(words, at, Call.FUTIMES, detail)
    case Opcode.STATX: return encodeStatx(operation, detail, memory, words, at, region)
    case Opcode.RENAME: case Opcode.LINK: return flags !== 0 ? Errno.ENOTSUP : encodeTwoPaths(operation, detail, memory, words, at, region)
    case Opcode.SYMLINK: return encodeSymlink(detail, memory, words, at, region)
    default:
  }
  if (!reachable(detail.path, file)) return Errno.ENOTSUP
  // A link's text is written where the path does not stand.
  const pathAt = opcode === Opcode.READLINK ? region + LENT_BYTES_MAX - PATH_BYTES_MAX : region
  const failure = putPath(detail.path, memory, words, at, 0, pathAt)
  if (failure < 0) return failure
  switch (opcode) {
    case Opcode.OPEN: return detail.argument !== 0 ? Errno.ENOTSUP : numbered(words, at, Call.OPEN, flags, detail.mode) // RESOLVE_* are Linux's
    case Opcode.TRUNCATE: return numbered(words, at, Call.TRUNCATE, length)
    case Opcode.UNLINK: return numbered(words, at, Call.UNLINK)
    case Opcode.RMDIR: return numbered(words, at, Call.RMDIR)
    case Opcode.MKDIR: return numbered(words, at, Call.MKDIR, detail.mode)
    case Opcode.READLINK: return numbered(words, at, Call.READLINK, memory.cellAddress(region), LENT_BYTES_MAX - PATH_BYTES_MAX)
    case Opcode.ACCESS: return numbered(words, at, Call.ACCESS, flags)
    case Opcode.CHMOD: return numbered(words, at, Call.CHMOD, detail.mode)
    case Opcode.CHOWN: return numbered(words, at, follows(flags) ? Call.CHOWN : Call.LCHOWN, detail.mode, detail.argument)
    case Opcode.UTIMES: return timed(words, at, follows(flags) ? Call.UTIMES : Call.LUTIMES, detail)
    default: throw new Error(`trueaio: iocp received an operation that it does not offer (${String(opcode)})`)
  }
}

/** The record's number, and its arguments from the second on. */
function numbered(words: Int32Array, at: number, number: number, second?: number, third?: number): 0 {
  putNumber(words, at, number)
  if (second !== undefined) putArgument(words, at, 1, second)
  if (third !== undefined) putArgument(words, at, 2, third)
  return 0
}

function timed(words: Int32Array, at: number, number: number, detail: OperationDetail): 0 {
  putDouble(words, at, 1, detail.seconds + detail.nanoseconds / 1e9)
  putDouble(words, at, 2, detail.seconds2 + detail.nanoseconds2 / 1e9)
  return numbered(words, at, number)
}

function putPath(path: string | Uint8Array | undefined, memory: LentMemory, words: Int32Array, at: number, index: number, place: number): number {
  const written = writePath(memory, place, typeof path === 'string' ? toNamespacedPath(path) : (path ?? ''))
  putArgument(words, at, index, memory.cellAddress(place))
  return written
}

function encodeVectors(operation: Operation, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const { opcode, offset, detail } = operation
  const buffers: readonly View[] = detail?.buffers ?? []
  if (operation.flags !== 0) return Errno.ENOTSUP
  if (buffers.length > VECTORS_MAX) return Errno.EINVAL
  buffers.forEach((buffer, index) => {
    const word = (region >> 2) + 4 * index
    const address = memory.addressOf(buffer)
    memory.words[word] = address | 0
    memory.words[word + 1] = Math.floor(address / TWO_32) | 0
    memory.words[word + 2] = byteLengthOf(buffer)
    memory.words[word + 3] = 0
  })
  putArgument(words, at, 3, offset)
  return numbered(words, at, opcode === Opcode.READV ? Call.READV : Call.WRITEV, region < 0 ? 0 : memory.cellAddress(region), buffers.length)
}

function encodeStatx(operation: Operation, detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const { file, flags } = operation
  const { path } = detail
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | STATX_WISHES)) !== 0) return Errno.EINVAL
  const into = memory.cellAddress(region)
  if (lengthOf(path) === 0 && (flags & AT_EMPTY_PATH) !== 0 && file !== AT_FDCWD) return numbered(words, at, Call.FSTAT, into)
  if (!reachable(path, file)) return Errno.ENOTSUP
  const own = lengthOf(path) === 0 && (flags & AT_EMPTY_PATH) !== 0 ? '.' : path
  const failure = putPath(own, memory, words, at, 0, region + STATUS_BYTES)
  return failure < 0 ? failure : numbered(words, at, follows(flags) ? Call.STAT : Call.LSTAT, into)
}

function encodeTwoPaths(operation: Operation, detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  if (!reachable(detail.path, operation.file) || !reachable(detail.path2, detail.file2)) return Errno.ENOTSUP
  const failure = Math.min(putPath(detail.path, memory, words, at, 0, region), putPath(detail.path2, memory, words, at, 1, region + PATH_BYTES_MAX))
  return failure < 0 ? failure : numbered(words, at, operation.opcode === Opcode.RENAME ? Call.RENAME : Call.LINK)
}

/** As node:fs: what leads to a directory is made a link to one. The third path is the target as seen from here. */
function encodeSymlink(detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  if (!reachable(detail.path2, detail.file2)) return Errno.ENOTSUP
  const target = textOf(detail.path)
  const link = textOf(detail.path2)
  const text = isAbsolute(target) ? toNamespacedPath(target) : target.replaceAll('/', '\\')
  const failure = Math.min(
    putPath(text, memory, words, at, 0, region), putPath(link, memory, words, at, 1, region + PATH_BYTES_MAX),
    putPath(resolve(link, '..', target), memory, words, at, 2, region + 2 * PATH_BYTES_MAX),
  )
  return failure < 0 ? failure : numbered(words, at, Call.SYMLINK)
}

function textOf(path: string | Uint8Array | undefined): string {
  return typeof path === 'string' ? path : path === undefined ? '' : asBuffer(path).toString()
}

function follows(flags: number): boolean {
  return (flags & AT_SYMLINK_NOFOLLOW) === 0
}

/** libuv starts relative paths at the current directory only. An empty path leads nowhere from any directory. */
function reachable(path: string | Uint8Array | undefined, directory: number): boolean {
  return directory === AT_FDCWD || lengthOf(path) === 0 || isAbsolute(textOf(path))
}
