// ② operation — bytes from one descriptor to another without passing through this process.
import { byteCount, checkInteger, fileOffset, plainDescriptor } from './arguments.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type FileReference } from './operation.js'

/** Options of operations between two descriptors. */
export interface CopyOptions {
  /** Where to read; null: the current position of the source, which moves. Default: null. */
  readonly sourceOffset?: number | bigint | null
  /** Where to write; null: the current position of the target, which moves. Default: null. */
  readonly targetOffset?: number | bigint | null
  /** The call's own flags. Default: 0. */
  readonly flags?: number
}

function between(opcode: Opcode, source: FileReference, target: FileReference, length: number, options: CopyOptions): Operation<number> {
  const detail = new OperationDetail()
  detail.file2 = plainDescriptor(target, 'target')
  detail.offset2 = fileOffset(options.targetOffset, 'targetOffset')
  // The kernel takes at most 2^31 - 4096 bytes a call; a larger transfer is short.
  const bytes = Math.min(byteCount(length), 0x7ffff000)
  return new Operation(
    opcode, FileKind.DESCRIPTOR, plainDescriptor(source, 'source'), undefined, bytes,
    fileOffset(options.sourceOffset, 'sourceOffset'), checkInteger(options.flags ?? 0, 'flags', 0, 0x7fffffff), detail,
  )
}

/** Copies between two files inside the kernel, sharing blocks where the file system can. Resolves to bytes copied. @see copy_file_range(2) */
export function copyFileRange(source: FileReference, target: FileReference, length: number, options: CopyOptions = {}): Operation<number> {
  return between(Opcode.COPY_FILE_RANGE, source, target, length, options)
}

/** Sends a file's bytes to a descriptor (socket, pipe, file). Resolves to bytes sent. @see sendfile(2) */
export function sendfile(source: FileReference, target: FileReference, length: number, options: { readonly sourceOffset?: number | bigint | null } = {}): Operation<number> {
  return between(Opcode.SENDFILE, source, target, length, options)
}

/** Moves bytes between two descriptors of which one is a pipe. @param options.flags SPLICE_F_* @see splice(2) */
export function splice(source: FileReference, target: FileReference, length: number, options: CopyOptions = {}): Operation<number> {
  return between(Opcode.SPLICE, source, target, length, options)
}

/** Duplicates bytes from one pipe into another without consuming them. @see tee(2) */
export function tee(source: FileReference, target: FileReference, length: number, options: { readonly flags?: number } = {}): Operation<number> {
  return between(Opcode.TEE, source, target, length, options)
}

/** Makes `target` share all of `source`'s blocks (btrfs, xfs, …); ENOTSUP or EXDEV elsewhere. @see ioctl_ficlone(2) */
export function reflink(source: FileReference, target: FileReference): Operation<void> {
  return between(Opcode.REFLINK, source, target, 0, {}) as Operation<never>
}
