// ④ driver — node: an operation as one call of node:fs: the function's name and its arguments, for either form of it.
import { isAbsolute } from 'node:path'
import { closedByCall } from '../../operation/call.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation, type OperationDetail, type View } from '../../operation/operation.js'
import { AT_FDCWD } from '../../operation/path.js'
import { Errno, errnoOf } from '../../operation/system-error.js'
import type { FunctionName } from './probe.js'
import { asBuffer, byteLengthOf, bytesOf } from '../../operation/view.js'

/** One call of node:fs. */
export interface FileSystemCall {
  readonly name: FunctionName
  readonly parameters: readonly unknown[]
}

/** "Not supported", as this platform numbers it. */
const NOT_SUPPORTED: number = errnoOf('ENOTSUP')
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_EMPTY_PATH = 0x1000
/** AT_NO_AUTOMOUNT, AT_STATX_FORCE_SYNC, AT_STATX_DONT_SYNC: wishes, which stat(2) does not take. */
const STATX_WISHES = 0x800 | 0x2000 | 0x4000
const O_CLOEXEC = 0o2000000
const NOTHING = [new Uint8Array(0)]
const BIGINT = { bigint: true }

/** The call for an operation, or the negative errno with which it must fail: what it asks for has no form in node:fs. */
export function encode(operation: Operation): FileSystemCall | number {
  // Registered and chained files are a ring's; here they name no file.
  if (operation.fileKind !== FileKind.DESCRIPTOR) return Errno.EBADF
  const { opcode, file, length } = operation
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE: case Opcode.READV: case Opcode.WRITEV:
      return encodeTransfer(operation)
    case Opcode.CLOSE: return { name: 'close', parameters: [file] }
    // In a worker, see proactor/choose-driver.ts: a number that Node has a list of.
    case Opcode.CALL: return closeOf(operation.detail as OperationDetail)
    case Opcode.FSYNC: return { name: 'fsync', parameters: [file] }
    case Opcode.FDATASYNC: return { name: 'fdatasync', parameters: [file] }
    case Opcode.FTRUNCATE: return { name: 'ftruncate', parameters: [file, length] }
    default:
      return encodeWithDetail(operation, operation.detail as OperationDetail) // all others are made with one
  }
}

function closeOf(detail: OperationDetail): FileSystemCall | number {
  const fd = closedByCall(detail)
  return fd === undefined ? NOT_SUPPORTED : { name: 'close', parameters: [fd] }
}

function encodeTransfer(operation: Operation): FileSystemCall | number {
  const { opcode, file, length } = operation
  if (operation.flags !== 0) return NOT_SUPPORTED // RWF_*: preadv2(2) and pwritev2(2) are out of reach
  const position = operation.offset < 0 ? null : operation.offset
  if (opcode === Opcode.WRITE) return { name: 'write', parameters: [file, plain(operation.buffer as View), 0, length, position] }
  // node:fs answers 0 to an empty read or writev without asking the system; an empty view makes it ask, so that a bad
  // descriptor is reported.
  if (opcode === Opcode.READ && length > 0) return { name: 'read', parameters: [file, plain(operation.buffer as View), 0, length, position] }
  const buffers: readonly View[] = operation.detail?.buffers ?? []
  return { name: opcode === Opcode.WRITEV ? 'writev' : 'readv', parameters: [file, buffers.length > 0 ? buffers : NOTHING, position] }
}

/** node:fs believes a view's own properties in its checks. One whose memory has gone is its to refuse. */
function plain(view: View): View {
  return byteLengthOf(view) === 0 ? view : bytesOf(view)
}

function encodeWithDetail(operation: Operation, detail: OperationDetail): FileSystemCall | number {
  const { opcode, file, flags, length } = operation
  const path = pathOf(detail.path)
  const outOfReach = !reachable(path, file)
  switch (opcode) {
    case Opcode.FCHMOD: return { name: 'fchmod', parameters: [file, detail.mode] }
    case Opcode.FCHOWN: return { name: 'fchown', parameters: [file, detail.mode, detail.argument] }
    case Opcode.FUTIMES: return { name: 'futimes', parameters: [file, ...timesOf(detail)] }
    case Opcode.STATX: return encodeStatx(operation, path)
    case Opcode.SYMLINK: {
      const linkPath = pathOf(detail.path2)
      return reachable(linkPath, detail.file2) ? { name: 'symlink', parameters: [path, linkPath] } : NOT_SUPPORTED
    }
    case Opcode.RENAME: case Opcode.LINK: {
      const target = pathOf(detail.path2)
      if (flags !== 0 || outOfReach || !reachable(target, detail.file2)) return NOT_SUPPORTED
      return { name: opcode === Opcode.RENAME ? 'rename' : 'link', parameters: [path, target] }
    }
    default:
  }
  if (outOfReach) return NOT_SUPPORTED
  switch (opcode) {
    case Opcode.OPEN:
      if (detail.argument !== 0) return NOT_SUPPORTED // RESOLVE_*: openat2(2)
      return { name: 'open', parameters: [path, flags & ~O_CLOEXEC, detail.mode] } // libuv always adds its platform's own
    case Opcode.TRUNCATE: return { name: 'truncate', parameters: [path, length] }
    case Opcode.UNLINK: return { name: 'unlink', parameters: [path] }
    case Opcode.RMDIR: return { name: 'rmdir', parameters: [path] }
    case Opcode.MKDIR: return { name: 'mkdir', parameters: [path, detail.mode] }
    case Opcode.READLINK: return { name: 'readlink', parameters: [path] }
    case Opcode.ACCESS: return { name: 'access', parameters: [path, flags] }
    case Opcode.CHMOD: return { name: 'chmod', parameters: [path, detail.mode] }
    case Opcode.CHOWN: return { name: follows(flags) ? 'chown' : 'lchown', parameters: [path, detail.mode, detail.argument] }
    case Opcode.UTIMES: return { name: follows(flags) ? 'utimes' : 'lutimes', parameters: [path, ...timesOf(detail)] }
    default:
      throw new Error(`trueaio: node received an operation that it does not offer (${String(opcode)})`)
  }
}

function encodeStatx(operation: Operation, path: string | Buffer): FileSystemCall | number {
  const { file, flags } = operation
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | STATX_WISHES)) !== 0) return Errno.EINVAL
  if (path.length === 0 && (flags & AT_EMPTY_PATH) !== 0) {
    return file === AT_FDCWD ? { name: 'stat', parameters: ['.', BIGINT] } : { name: 'fstat', parameters: [file, BIGINT] }
  }
  if (!reachable(path, file)) return NOT_SUPPORTED
  return { name: follows(flags) ? 'stat' : 'lstat', parameters: [path, BIGINT] }
}

function follows(flags: number): boolean {
  return (flags & AT_SYMLINK_NOFOLLOW) === 0
}

function pathOf(path: string | Uint8Array | undefined): string | Buffer {
  if (typeof path === 'string') return path
  return path === undefined ? '' : asBuffer(path)
}

/** node:fs starts relative paths at the current directory only. An empty path leads nowhere from any directory. */
function reachable(path: string | Buffer, directory: number): boolean {
  return directory === AT_FDCWD || path.length === 0 || isAbsolute(path.toString())
}

function timesOf(detail: OperationDetail): [number | Date, number | Date] {
  return [timeOf(detail.seconds, detail.nanoseconds), timeOf(detail.seconds2, detail.nanoseconds2)]
}

/** Seconds as a double, about 0.2 µs exact in this century. node:fs takes a negative number for "now", but not a Date. */
function timeOf(seconds: number, nanoseconds: number): number | Date {
  const time = seconds + nanoseconds / 1e9
  return time < 0 ? new Date(time * 1000) : time
}
