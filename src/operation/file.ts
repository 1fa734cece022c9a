// ② operation — what can be asked of an open file: reading, writing, syncing, space.
import { byteCount, checkAttached, checkInteger, checkView, fileKind, fileNumber, fileOffset, invalidArgType, invalidArgValue, outOfRange } from './arguments.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type FileReference, type View } from './operation.js'
import { byteLengthOf, typedArrayBytes } from './view.js'

const UINT32_MAX = 0xffffffff
const INT32_MAX = 0x7fffffff

/** Where and how a read or write goes. */
export interface TransferOptions {
  /** Byte offset in the file, 0 to 2^53 - 1. Null, undefined and -1: the current position, which moves. Default: -1. */
  readonly offset?: number | bigint | null
  /** Bytes to transfer, 0 to the buffer's length. Default: the whole buffer. */
  readonly length?: number
  /** RWF_* flags of preadv2(2) and pwritev2(2). Default: 0. */
  readonly flags?: number
}

const NO_OPTIONS: TransferOptions = {}
const { DESCRIPTOR } = FileKind // as a constant of this module, compiled code holds its value
const { READ, WRITE } = Opcode

function transfer(opcode: Opcode, file: FileReference, buffer: View, options: TransferOptions | number | undefined): Operation<number> {
  let view = buffer
  let length = typedArrayBytes(buffer)
  if (length <= 0) {
    view = checkView(buffer)
    length = byteLengthOf(view)
  }
  let offset = -1
  let flags = 0
  if (typeof options === 'number') offset = fileOffset(options)
  else if (options !== undefined) {
    if (options.offset !== undefined) offset = fileOffset(options.offset)
    if (options.length !== undefined) length = checkInteger(options.length, 'length', 0, length)
    if (options.flags !== undefined) flags = checkInteger(options.flags, 'flags', 0, INT32_MAX)
  }
  // Linux moves at most 2^31 - 4096 bytes a call; a larger transfer is allowed and short, as with read(2).
  if (length > INT32_MAX) length = 0x7ffff000
  if (typeof file === 'number') {
    return new Operation(opcode, DESCRIPTOR, fileNumber(file), view, length, offset, flags, undefined)
  }
  return new Operation(opcode, fileKind(file), fileNumber(file), view, length, offset, flags, undefined)
}

/**
 * Reads into `buffer`. Resolves to the number of bytes read; 0 at the end of the file; fewer than asked is no error.
 *
 * The buffer is lent to the kernel until the operation's own completion: do not transfer or resize it meanwhile.
 *
 * @param options the offset alone, or {@link TransferOptions}
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_INVALID_STATE (detached buffer)
 * @see read(2), pread(2), preadv2(2)
 */
export function read(file: FileReference, buffer: View, options?: TransferOptions | number): Operation<number> {
  return transfer(READ, file, buffer, options)
}

/**
 * Writes from `buffer`. Resolves to the number of bytes written, which may be fewer than asked.
 * With O_APPEND the offset is ignored (Linux).
 *
 * @see write(2), pwrite(2), pwritev2(2)
 */
export function write(file: FileReference, buffer: View, options?: TransferOptions | number): Operation<number> {
  return transfer(WRITE, file, buffer, options)
}

/** IOV_MAX of Linux: the most buffers one vectored call takes. */
export const IOV_MAX = 1024

function vectored(opcode: Opcode, file: FileReference, buffers: readonly View[], options: TransferOptions | number | undefined): Operation<number> {
  if (!Array.isArray(buffers)) throw invalidArgType('buffers', 'an ArrayBufferView[]', buffers)
  // Each read once, into a list of the operation's own: the caller's may be a Proxy, or say something else the second time.
  const { length: count } = buffers
  if (count > IOV_MAX) throw outOfRange('buffers.length', `>= 0 && <= ${String(IOV_MAX)}`, count)
  const own: View[] = []
  let length = 0
  for (let index = 0; index < count; index++) {
    const view = checkView(buffers[index], `buffers[${String(index)}]`)
    own.push(view)
    length += byteLengthOf(view)
  }
  const detail = new OperationDetail()
  detail.buffers = own
  const given = typeof options === 'number' ? { offset: options } : (options ?? NO_OPTIONS)
  if (given.length !== undefined) throw invalidArgValue('length', given.length, 'has no meaning for vectored operations')
  const flags = given.flags === undefined ? 0 : checkInteger(given.flags, 'flags', 0, INT32_MAX)
  return new Operation(opcode, fileKind(file), fileNumber(file), undefined, length, fileOffset(given.offset), flags, detail)
}

/** Reads into several buffers in turn (at most 1024). Resolves to the bytes read in all. @see readv(2), preadv2(2) */
export function readv(file: FileReference, buffers: readonly View[], options?: Omit<TransferOptions, 'length'> | number): Operation<number> {
  return vectored(Opcode.READV, file, buffers, options)
}

/** Writes several buffers in turn (at most 1024). Resolves to the bytes written in all. @see writev(2), pwritev2(2) */
export function writev(file: FileReference, buffers: readonly View[], options?: Omit<TransferOptions, 'length'> | number): Operation<number> {
  return vectored(Opcode.WRITEV, file, buffers, options)
}

function onFile<Result>(opcode: Opcode, file: FileReference, length = 0, offset = 0, flags = 0, detail?: OperationDetail): Operation<Result> {
  return new Operation<Result>(opcode, fileKind(file), fileNumber(file), undefined, length, offset, flags, detail)
}

/** Closes a descriptor. Never retried: after any answer the number is free. @see close(2) */
export function close(file: FileReference): Operation<void> {
  return onFile(Opcode.CLOSE, file)
}

/** Writes the file's data and metadata to the device. @see fsync(2) */
export function fsync(file: FileReference): Operation<void> {
  return onFile(Opcode.FSYNC, file)
}

/** Writes the file's data, and the metadata needed to read it back, to the device. @see fdatasync(2) */
export function fdatasync(file: FileReference): Operation<void> {
  return onFile(Opcode.FDATASYNC, file)
}

/**
 * Starts or awaits write-out of a range of pages. Not a durability guarantee: no metadata, no device cache.
 * @param length bytes from `offset`; 0: to the end of the file
 * @param flags SYNC_FILE_RANGE_* ored
 * @see sync_file_range(2)
 */
export function syncFileRange(file: FileReference, offset: number, length: number, flags: number): Operation<void> {
  return onFile(Opcode.SYNC_FILE_RANGE, file, checkInteger(length, 'length', 0, UINT32_MAX), checkInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER), checkInteger(flags, 'flags', 0, INT32_MAX))
}

/** Allocates, punches or zeroes a range. @param mode FALLOC_FL_* ored; 0: allocate and extend @see fallocate(2) */
export function fallocate(file: FileReference, mode: number, offset: number | bigint, length: number | bigint): Operation<void> {
  return onFile(Opcode.FALLOCATE, file, byteCount(length), byteCount(offset, 'offset'), checkInteger(mode, 'mode', 0, INT32_MAX))
}

/** Cuts or extends an open file to `length` bytes. @see ftruncate(2) */
export function ftruncate(file: FileReference, length: number | bigint = 0): Operation<void> {
  return onFile(Opcode.FTRUNCATE, file, byteCount(length))
}

/** Tells the kernel how a range will be read. @param advice POSIX_FADV_* @see posix_fadvise(2) */
export function fadvise(file: FileReference, offset: number, length: number, advice: number): Operation<void> {
  return onFile(Opcode.FADVISE, file, checkInteger(length, 'length', 0, UINT32_MAX), byteCount(offset, 'offset'), checkInteger(advice, 'advice', 0, INT32_MAX))
}

/** Tells the kernel how memory will be used. The view must begin on a page. @param advice MADV_* @see madvise(2) */
export function madvise(buffer: View, advice: number): Operation<void> {
  const view = checkView(buffer)
  return new Operation(Opcode.MADVISE, FileKind.DESCRIPTOR, -1, view, byteLengthOf(view), 0, checkInteger(advice, 'advice', 0, INT32_MAX), undefined)
}

/** Reads directory entries in the kernel's format (linux_dirent64). Resolves to bytes filled; 0 at the end. @see getdents64(2) */
export function getdents64(file: FileReference, buffer: View): Operation<number> {
  const view = checkView(buffer)
  return new Operation(Opcode.GETDENTS64, fileKind(file), fileNumber(file), view, byteLengthOf(view), -1, 0, undefined)
}

/** Changes an open file's mode bits. @see fchmod(2) */
export function fchmod(file: FileReference, mode: number): Operation<void> {
  const detail = new OperationDetail()
  detail.mode = checkInteger(mode, 'mode', 0, 0o7777)
  return onFile(Opcode.FCHMOD, file, 0, 0, 0, detail)
}

/** Changes an open file's owner and group; -1 leaves one as it is. @see fchown(2) */
export function fchown(file: FileReference, uid: number, gid: number): Operation<void> {
  const detail = new OperationDetail()
  detail.mode = checkInteger(uid, 'uid', -1, UINT32_MAX)
  detail.argument = checkInteger(gid, 'gid', -1, UINT32_MAX)
  return onFile(Opcode.FCHOWN, file, 0, 0, 0, detail)
}

/** Refuses, just before submission, a buffer whose memory went away since the operation was made. */
export function checkStillLendable(operation: Operation): void {
  const { buffer } = operation
  if (buffer !== undefined && byteLengthOf(buffer) < operation.length) {
    checkAttached(buffer)
    throw outOfRange('length', `>= 0 && <= ${String(byteLengthOf(buffer))}`, operation.length)
  }
  const detail = operation.detail
  if (detail === undefined) return
  if (detail.members !== undefined) for (const member of detail.members) checkStillLendable(member)
  if (detail.callArguments !== undefined) {
    for (const argument of detail.callArguments) if (ArrayBuffer.isView(argument) && byteLengthOf(argument) === 0) checkAttached(argument)
  }
  if (detail.buffers !== undefined) {
    let length = 0
    for (const view of detail.buffers) {
      const bytes = byteLengthOf(view)
      if (bytes === 0) checkAttached(view)
      length += bytes
    }
    if (length < operation.length) throw outOfRange('length', `>= 0 && <= ${String(length)}`, operation.length)
  }
}
