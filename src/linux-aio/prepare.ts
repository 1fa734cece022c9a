// ① interface — Linux AIO: a control block as an operation of the engine's (②), or the errno that io_submit(2) answers, in
// the order in which fs/aio.c looks.
import { IOV_MAX } from '../operation/file.js'
import { Opcode } from '../operation/opcode.js'
import { FileKind, Operation, OperationDetail, type View } from '../operation/operation.js'
import { Errno } from '../operation/system-error.js'
import { byteLengthOf, lendable } from '../operation/view.js'
import { FileTraits, IOCB_CMD } from '../ring/layout/linux-aio.js'
import { RWF_APPEND, RWF_NOAPPEND, RWF_SUPPORTED } from './constants.js'
import type { Fields } from './iocb.js'

const { PREAD, PWRITE, PREADV, PWRITEV, FSYNC, FDSYNC, POLL, NOOP } = IOCB_CMD
const { READS, WRITES, STREAM } = FileTraits
const BYTES_MAX = 0x7ffff000
const POLL_EVENTS_MAX = 0xffff
const AT_CURRENT_POSITION = -1
const NO_BUFFERS: readonly never[] = []
const NO_BYTES = new Uint8Array(0)

/** The operation, or a negative errno. `traits` are those of its descriptor, which exists. */
export function prepare(fields: Fields, traits: number): Operation | number {
  switch (fields.opcode) {
    case PREAD: case PWRITE: return transfer(fields, traits)
    case PREADV: case PWRITEV: return vectored(fields, traits)
    case FSYNC: case FDSYNC: return sync(fields)
    case POLL: return poll(fields)
    case NOOP: return new Operation(Opcode.NOP, FileKind.DESCRIPTOR, -1, undefined, 0, 0, 0, undefined)
    default: return Errno.EINVAL
  }
}

/** What transfers have in common: 0 or the errno. */
function checkTransfer(fields: Fields, traits: number, reads: boolean): number {
  const flags = fields.rwFlags
  if (flags !== 0) {
    if (!Number.isInteger(flags)) return Errno.EINVAL
    if ((flags & ~RWF_SUPPORTED) !== 0) return Errno.ENOTSUP
    if ((flags & RWF_APPEND) !== 0 && (flags & RWF_NOAPPEND) !== 0) return Errno.EINVAL
  }
  if ((traits & (reads ? READS : WRITES)) === 0) return Errno.EBADF
  const offset = fields.offset
  return offset >= 0 && Number.isSafeInteger(offset) ? 0 : Errno.EINVAL
}

/** Where there are no positions, the kernel does not look at the offset. */
function positionOf(fields: Fields, traits: number): number {
  return (traits & STREAM) !== 0 ? AT_CURRENT_POSITION : fields.offset
}

function transfer(fields: Fields, traits: number): Operation | number {
  const { nbytes: bytes } = fields
  // No bytes need no memory.
  const view = bytes === 0 ? (fields.buf ?? NO_BYTES) : fields.buf
  const reads = fields.opcode === PREAD
  if (bytes !== undefined && !isSize(bytes)) return Errno.EINVAL
  const problem = checkTransfer(fields, traits, reads)
  if (problem !== 0) return problem
  if (!ArrayBuffer.isView(view)) return Errno.EFAULT
  const there = byteLengthOf(view)
  const length = bytes ?? there
  if (length > there) return Errno.EFAULT
  return new Operation(
    reads ? Opcode.READ : Opcode.WRITE, FileKind.DESCRIPTOR, fields.fildes, lendable(view), length > BYTES_MAX ? BYTES_MAX : length,
    positionOf(fields, traits), fields.rwFlags, undefined,
  )
}

function vectored(fields: Fields, traits: number): Operation | number {
  const { nbytes: count } = fields
  const buffers = count === 0 ? (fields.buf ?? NO_BUFFERS) : fields.buf
  const reads = fields.opcode === PREADV
  if (count !== undefined && !isSize(count)) return Errno.EINVAL
  const problem = checkTransfer(fields, traits, reads)
  if (problem !== 0) return problem
  const there: readonly unknown[] = Array.isArray(buffers) ? (buffers as readonly unknown[]) : NO_BUFFERS
  const used = count ?? there.length
  if (used > IOV_MAX) return Errno.EINVAL
  if (!Array.isArray(buffers) || used > there.length) return Errno.EFAULT
  const views: View[] = []
  let length = 0
  for (const view of there.slice(0, used)) {
    if (!ArrayBuffer.isView(view)) return Errno.EFAULT
    const lent = lendable(view as View)
    views.push(lent)
    length += byteLengthOf(lent)
  }
  const detail = new OperationDetail()
  detail.buffers = views
  return new Operation(
    reads ? Opcode.READV : Opcode.WRITEV, FileKind.DESCRIPTOR, fields.fildes, undefined, length, positionOf(fields, traits), fields.rwFlags, detail,
  )
}

function sync(fields: Fields): Operation | number {
  if (!isZero(fields.buf) || !isZero(fields.nbytes) || !isZero(fields.offset) || !isZero(fields.rwFlags)) return Errno.EINVAL
  return new Operation(fields.opcode === FSYNC ? Opcode.FSYNC : Opcode.FDATASYNC, FileKind.DESCRIPTOR, fields.fildes, undefined, 0, 0, 0, undefined)
}

function poll(fields: Fields): Operation | number {
  const events = fields.buf ?? 0
  if (typeof events !== 'number' || !isSize(events) || events > POLL_EVENTS_MAX) return Errno.EINVAL
  if (!isZero(fields.nbytes) || !isZero(fields.offset) || !isZero(fields.rwFlags)) return Errno.EINVAL
  return new Operation(Opcode.POLL, FileKind.DESCRIPTOR, fields.fildes, undefined, 0, 0, events, new OperationDetail())
}

function isZero(value: unknown): boolean {
  return value === undefined || value === null || value === 0
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** ioprio_check_cap: the classes there are, and a level only where there is one. */
export function isPriority(priority: unknown): priority is number {
  if (!isSize(priority) || priority > 0xffff) return false
  const level = priority & 0x1fff
  switch (priority >> 13) {
    case 0: return level === 0
    case 1: case 2: case 3: return true
    default: return false
  }
}
