// ④ driver — simulated: operations on open files.
import { constants } from 'node:fs'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, OperationDetail, View } from '../../operation/operation.js'
import { bytesOf } from '../../operation/view.js'
import { writeDirectoryEntries } from './directory-entries.js'
import { Failure, type Inode } from './inode.js'
import { memoryOf } from './lent-bytes.js'
import type { OpenFile } from './open-files.js'
import { performOnAttributes } from './perform-attributes.js'
import { counted, DONE, type Circumstances, type Outcome, type World } from './outcome.js'

const RWF_APPEND = 0x10
/** From RWF_HIPRI to RWF_DONTCACHE. */
const RWF_KNOWN = 0xff
const SYNC_FILE_RANGE_MAX = 7
const POSIX_FADV_MAX = 5
const FALLOC_FL_KEEP_SIZE = 1
const FALLOC_FL_PUNCH_HOLE = 2
const FALLOC_FL_ZERO_RANGE = 0x10
const COPY_BYTES = 65536

/** Undefined: the operation is not one on an open file. */
export function performOnFile(world: World, operation: Operation, circumstances: Circumstances): Outcome | undefined {
  const { opcode, length, offset } = operation
  const detail = operation.detail as OperationDetail // those that read it below are made with one
  const now = world.tree.now()
  switch (opcode) {
    case Opcode.READ: case Opcode.READV:
      checkTransferFlags(operation)
      return counted(read(circumstances.file(), memoryOf(operation), offset, circumstances.bytesMax))
    case Opcode.WRITE: case Opcode.WRITEV:
      checkTransferFlags(operation)
      return counted(write(world, circumstances.file(), memoryOf(operation), offset, circumstances.bytesMax, (operation.flags & RWF_APPEND) !== 0))
    case Opcode.CLOSE:
      circumstances.close()
      return DONE
    case Opcode.FSYNC: case Opcode.FDATASYNC: case Opcode.SYNC_FILE_RANGE: case Opcode.FADVISE:
      circumstances.file()
      if (opcode === Opcode.SYNC_FILE_RANGE && operation.flags > SYNC_FILE_RANGE_MAX) throw new Failure('EINVAL')
      if (opcode === Opcode.FADVISE && operation.flags > POSIX_FADV_MAX) throw new Failure('EINVAL')
      return DONE
    case Opcode.MADVISE:
      return DONE
    case Opcode.FTRUNCATE: {
      const { bytes } = writableInode(circumstances.file(), 'EINVAL')
      bytes.resize(length)
      circumstances.file().inode.touch(now)
      return DONE
    }
    case Opcode.FALLOCATE:
      allocate(writableInode(circumstances.file(), 'EBADF'), operation.flags, offset, length)
      circumstances.file().inode.touch(now)
      return DONE
    case Opcode.GETDENTS64:
      return counted(writeDirectoryEntries(circumstances.file(), bytesOf(operation.buffer as View, 0, length)))
    case Opcode.FCHMOD: {
      const { inode } = circumstances.file()
      changeMode(inode, detail.mode)
      inode.changed = now
      return DONE
    }
    case Opcode.FCHOWN: {
      const { inode } = circumstances.file()
      changeOwner(inode, detail)
      inode.changed = now
      return DONE
    }
    case Opcode.FUTIMES: {
      const { inode } = circumstances.file()
      changeTimes(inode, detail)
      inode.changed = now
      return DONE
    }
    case Opcode.COPY_FILE_RANGE: case Opcode.SENDFILE:
      return counted(copy(world, circumstances.file(), world.openFiles.get(detail.file2), operation, Math.min(length, circumstances.bytesMax)))
    case Opcode.REFLINK: {
      const target = world.openFiles.get(detail.file2)
      const { bytes } = writableInode(target, 'EBADF')
      bytes.resize(0)
      const source = circumstances.file()
      const all = new Uint8Array(source.inode.bytes.size)
      source.inode.bytes.read(0, all)
      if (bytes.write(0, all) < all.byteLength) throw new Failure('ENOSPC')
      target.inode.touch(now)
      return DONE
    }
    case Opcode.FGETXATTR: case Opcode.FSETXATTR: case Opcode.FLISTXATTR: case Opcode.FREMOVEXATTR:
      return performOnAttributes(circumstances.file().inode, operation, now)
    default:
      return undefined
  }
}

function checkTransferFlags({ flags }: Operation): void {
  if ((flags & ~RWF_KNOWN) !== 0) throw new Failure('ENOTSUP')
}

export function changeMode(inode: Inode, mode: number): void {
  inode.mode = (inode.mode & constants.S_IFMT) | mode
}

export function changeOwner(inode: Inode, detail: OperationDetail): void {
  if (detail.mode !== -1) inode.uid = detail.mode
  if (detail.argument !== -1) inode.gid = detail.argument
}

export function changeTimes(inode: Inode, detail: OperationDetail): void {
  inode.accessed = { seconds: detail.seconds, nanoseconds: detail.nanoseconds }
  inode.modified = { seconds: detail.seconds2, nanoseconds: detail.nanoseconds2 }
}

function read(file: OpenFile, targets: readonly Uint8Array[], offset: number, bytesMax: number): number {
  if (!file.readable) throw new Failure('EBADF')
  const { bytes } = file.inode
  const start = offset < 0 ? file.position : offset
  let total = 0
  for (const target of targets) {
    const part = target.subarray(0, Math.min(target.byteLength, bytesMax - total))
    const count = bytes.read(start + total, part)
    total += count
    if (count < target.byteLength) break
  }
  if (offset < 0) file.position += total
  return total
}

function write(world: World, file: OpenFile, sources: readonly Uint8Array[], offset: number, bytesMax: number, append: boolean): number {
  const { bytes } = writableInode(file, 'EBADF')
  const appends = append || (file.flags & constants.O_APPEND) !== 0
  const start = appends ? bytes.size : offset < 0 ? file.position : offset
  let total = 0
  let wanted = 0
  for (const source of sources) {
    const part = source.subarray(0, Math.min(source.byteLength, bytesMax - total))
    wanted += part.byteLength
    const count = bytes.write(start + total, part)
    total += count
    if (count < source.byteLength) break
  }
  if (total === 0 && wanted > 0) throw new Failure('ENOSPC')
  if (total === 0) return 0 // nothing was to be written: the position stays, also of a file that appends
  if (offset < 0) file.position = start + total
  file.inode.touch(world.tree.now())
  return total
}

function writableInode(file: OpenFile, otherwise: string): Inode {
  if (!file.writable) throw new Failure(otherwise)
  return file.inode
}

function allocate(inode: Inode, mode: number, offset: number, length: number): void {
  if (length === 0) throw new Failure('EINVAL')
  const { bytes } = inode
  const end = offset + length
  switch (mode & ~FALLOC_FL_KEEP_SIZE) {
    case 0:
      if (!bytes.allocate(offset, end)) throw new Failure('ENOSPC')
      break
    case FALLOC_FL_PUNCH_HOLE:
      if ((mode & FALLOC_FL_KEEP_SIZE) === 0) throw new Failure('ENOTSUP')
      bytes.clear(offset, end)
      return
    case FALLOC_FL_ZERO_RANGE:
      bytes.clear(offset, end)
      break
    default:
      throw new Failure('ENOTSUP')
  }
  if ((mode & FALLOC_FL_KEEP_SIZE) === 0) bytes.size = Math.max(bytes.size, end)
}

function copy(world: World, source: OpenFile, target: OpenFile, operation: Operation, length: number): number {
  if (!source.readable) throw new Failure('EBADF')
  const detail = operation.detail as OperationDetail // copies have one
  let from = operation.offset < 0 ? source.position : operation.offset
  let to = detail.offset2
  const piece = new Uint8Array(Math.min(length, COPY_BYTES))
  let total = 0
  while (total < length) {
    const count = source.inode.bytes.read(from, piece.subarray(0, Math.min(piece.byteLength, length - total)))
    if (count === 0) break
    const written = write(world, target, [piece.subarray(0, count)], to, Infinity, false)
    total += written
    from += written
    if (to >= 0) to += written
    if (written < count) break
  }
  if (operation.offset < 0) source.position = from
  return total
}
