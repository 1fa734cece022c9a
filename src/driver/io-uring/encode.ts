// ④ driver — io_uring: an operation as a submission entry. Reads and writes, which are most of all, are written in
// entries.ts; here is everything else, each as io_uring_enter(2) describes its opcode.
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import { FileKind, type Operation, type OperationDetail, type View } from '../../operation/operation.js'
import { SOCKADDR_BYTES_MAX, type TargetAddress } from '../../operation/address.js'
import { MessageFlag } from '../../operation/socket.js'
import { GROUP_MESSAGE_BYTES, messageBytes, writeAddress, writeGroupMessage, writeMessageForm, writeReceivedMessage, writeSentMessage } from '../../operation/socket-structures.js'
import { pathBytes, writeIovecs, writeOpenHow, writePath, writeTimespec } from '../../operation/structures.js'
import { TimerFlag } from '../../operation/timer.js'
import {
  IORING_ACCEPT_MULTISHOT, IORING_FSYNC_DATASYNC, IORING_OP, IORING_POLL_ADD_MULTI, IORING_SETUP_COOP_TASKRUN, IORING_RECV_MULTISHOT, IORING_SETUP_NO_SQARRAY, IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_SUBMIT_ALL, IORING_TIMEOUT_ABS,
  IORING_TIMEOUT_ETIME_SUCCESS, IORING_TIMEOUT_MULTISHOT, IORING_TIMEOUT_REALTIME, IOSQE_ASYNC, IOSQE_BUFFER_SELECT, IOSQE_FIXED_FILE, Sqe,
} from '../../ring/layout/io-uring.js'
import { IovecLayout, OpenHowLayout, SiginfoLayout, StatxLayout } from '../../ring/layout/structures.js'
import { ASYNC_BYTES } from './copied-inline.js'
import { sendsWithoutCopy } from './zero-copy.js'

const TWO_32 = 4294967296
const AT_REMOVEDIR = 0x200
const O_CLOEXEC = 0o2000000
/** O_ACCMODE, O_CREAT, O_TRUNC and O_NONBLOCK. */
const OPEN_KIND = 0o3 | 0o100 | 0o1000 | 0o4000
const O_WRONLY = 0o1
/** user_data of a message: low word, which no slot has. */
export const MESSAGE_MARK = -1

/** The ring's opcode for each of ours; -1: the ring has none. */
export const RING_OPCODE: Int16Array = new Int16Array(OPCODE_COUNT).fill(-1)
const opcodes: readonly (readonly [Opcode, number])[] = [
  [Opcode.NOP, IORING_OP.NOP], [Opcode.READ, IORING_OP.READ], [Opcode.WRITE, IORING_OP.WRITE], [Opcode.READV, IORING_OP.READV],
  [Opcode.WRITEV, IORING_OP.WRITEV], [Opcode.OPEN, IORING_OP.OPENAT2], [Opcode.CLOSE, IORING_OP.CLOSE], [Opcode.FSYNC, IORING_OP.FSYNC],
  [Opcode.FDATASYNC, IORING_OP.FSYNC], [Opcode.SYNC_FILE_RANGE, IORING_OP.SYNC_FILE_RANGE], [Opcode.FALLOCATE, IORING_OP.FALLOCATE],
  [Opcode.FTRUNCATE, IORING_OP.FTRUNCATE], [Opcode.FADVISE, IORING_OP.FADVISE], [Opcode.MADVISE, IORING_OP.MADVISE],
  [Opcode.STATX, IORING_OP.STATX], [Opcode.RENAME, IORING_OP.RENAMEAT], [Opcode.UNLINK, IORING_OP.UNLINKAT], [Opcode.RMDIR, IORING_OP.UNLINKAT],
  [Opcode.MKDIR, IORING_OP.MKDIRAT], [Opcode.SYMLINK, IORING_OP.SYMLINKAT], [Opcode.LINK, IORING_OP.LINKAT], [Opcode.GETXATTR, IORING_OP.GETXATTR],
  [Opcode.SETXATTR, IORING_OP.SETXATTR], [Opcode.FGETXATTR, IORING_OP.FGETXATTR], [Opcode.FSETXATTR, IORING_OP.FSETXATTR],
  [Opcode.SPLICE, IORING_OP.SPLICE], [Opcode.TEE, IORING_OP.TEE], [Opcode.POLL, IORING_OP.POLL_ADD], [Opcode.TIMER, IORING_OP.TIMEOUT],
  [Opcode.MESSAGE, IORING_OP.MSG_RING], [Opcode.WAITID, IORING_OP.WAITID],
  [Opcode.CONNECT, IORING_OP.CONNECT], [Opcode.ACCEPT, IORING_OP.ACCEPT], [Opcode.SEND, IORING_OP.SEND], [Opcode.RECV, IORING_OP.RECV],
  [Opcode.RECV_PIECE, IORING_OP.RECV], [Opcode.RECVMSG_PIECE, IORING_OP.RECVMSG], [Opcode.SENDMSG, IORING_OP.SENDMSG], [Opcode.RECVMSG, IORING_OP.RECVMSG],
]
for (const [ours, theirs] of opcodes) RING_OPCODE[ours] = theirs

/**
 * Whether the kernel ends a soft link when this one fails. For the others it sets the result and forgets to mark the
 * request as failed (io_statx, io_fsync, io_renameat … of Linux 6.18), so that what is linked behind them runs.
 */
export function failureBreaksLink(opcode: Opcode): boolean {
  switch (opcode) {
    case Opcode.NOP: case Opcode.READ: case Opcode.WRITE: case Opcode.READV: case Opcode.WRITEV: case Opcode.OPEN: case Opcode.CLOSE:
    case Opcode.FADVISE: case Opcode.SPLICE: case Opcode.TEE: case Opcode.POLL: case Opcode.TIMER: case Opcode.MESSAGE: case Opcode.WAITID:
    case Opcode.CONNECT: case Opcode.ACCEPT: case Opcode.SEND: case Opcode.RECV: case Opcode.SENDMSG: case Opcode.RECVMSG:
    case Opcode.RECV_PIECE: case Opcode.RECVMSG_PIECE:
      return true
    default:
      return false
  }
}

/** How the ring carries it out, by the kernel's name of its opcode. @param setupFlags of the ring */
export function explanation(operation: Operation, setupFlags: number): string {
  if (sendsWithoutCopy(operation, receivesAgain(setupFlags))) return 'IORING_OP_SEND_ZC, without a copy where the socket can'
  const how = `IORING_OP_${Object.entries(IORING_OP).find(([, value]) => value === RING_OPCODE[operation.opcode])?.[0] ?? 'none'}`
  return operation.length > ASYNC_BYTES && operation.buffer !== undefined ? `${how}, on a kernel worker when buffered` : how
}

/** Bytes of lent memory an operation needs for its paths and structures; 0: none. */
export function regionBytes(operation: Operation): number {
  const { detail } = operation
  if (detail === undefined) return 0
  switch (operation.opcode) {
    case Opcode.OPEN: return OpenHowLayout.BYTES + pathBytes(detail.path as string)
    case Opcode.STATX: return StatxLayout.BYTES + pathBytes(detail.path as string)
    case Opcode.READV: case Opcode.WRITEV: return (detail.buffers?.length ?? 0) * IovecLayout.BYTES
    case Opcode.WAITID: return SiginfoLayout.BYTES
    case Opcode.CONNECT: return SOCKADDR_BYTES_MAX
    case Opcode.RECVMSG_PIECE: return GROUP_MESSAGE_BYTES
    case Opcode.SENDMSG: case Opcode.RECVMSG: return messageBytes(detail)
    default:
      return (detail.path === undefined ? 0 : pathBytes(detail.path)) + (detail.path2 === undefined ? 0 : pathBytes(detail.path2))
  }
}

/** Writes `value` (an address, offset or length up to 2^53) into two words. */
function put64(words: Int32Array, word: number, value: number): void {
  words[word] = value | 0
  words[word + 1] = Math.floor(value / TWO_32) | 0
}

/**
 * Writes an operation into the 16 words at `at`, its paths and structures into the region at `region`. Returns 0, or
 * the negative errno with which it must fail (a path too long); the entry is then to be made a NOP.
 * @param directIndex slot of the registered-file table that stands for the chain's file; -1: not in such a chain
 * @param setupFlags what the ring was made with: tells how new its kernel is
 */
export function encode(operation: Operation, memory: LentMemory, words: Int32Array, at: number, region: number, directIndex: number, setupFlags: number): number {
  const detail = operation.detail as OperationDetail // unused by the opcodes that have none
  words.fill(0, at, at + Sqe.WORDS)
  words[at] = RING_OPCODE[operation.opcode] as number
  words[at + Sqe.FD] = operation.file
  if (operation.fileKind !== FileKind.DESCRIPTOR) useFixedFile(operation, words, at, directIndex)
  switch (operation.opcode) {
    case Opcode.NOP:
      return 0
    case Opcode.READV: case Opcode.WRITEV: {
      const buffers = detail.buffers ?? []
      writeIovecs(memory, region, buffers)
      put64(words, at + Sqe.ADDR_LOW, memory.cellAddress(region))
      words[at + Sqe.LEN] = buffers.length
      put64(words, at + Sqe.OFF_LOW, operation.offset)
      words[at + Sqe.OP_FLAGS] = operation.flags
      return 0
    }
    case Opcode.OPEN:
      return encodeOpen(operation, detail, memory, words, at, region, directIndex)
    case Opcode.CLOSE:
      if (operation.fileKind !== FileKind.DESCRIPTOR) {
        words[at + Sqe.FILE_INDEX] = (words[at + Sqe.FD] as number) + 1
        words[at + Sqe.FD] = 0
        words[at] = IORING_OP.CLOSE
      }
      return 0
    case Opcode.FDATASYNC:
      words[at + Sqe.OP_FLAGS] = IORING_FSYNC_DATASYNC
      return 0
    case Opcode.FSYNC:
      return 0
    case Opcode.SYNC_FILE_RANGE: case Opcode.FADVISE:
      put64(words, at + Sqe.OFF_LOW, operation.offset)
      words[at + Sqe.LEN] = operation.length
      words[at + Sqe.OP_FLAGS] = operation.flags
      return 0
    case Opcode.FALLOCATE:
      put64(words, at + Sqe.OFF_LOW, operation.offset)
      put64(words, at + Sqe.ADDR_LOW, operation.length)
      words[at + Sqe.LEN] = operation.flags
      return 0
    case Opcode.FTRUNCATE:
      put64(words, at + Sqe.OFF_LOW, operation.length)
      return 0
    case Opcode.MADVISE:
      if (operation.buffer !== undefined) put64(words, at + Sqe.ADDR_LOW, memory.addressOf(operation.buffer))
      words[at + Sqe.LEN] = operation.length
      words[at + Sqe.OP_FLAGS] = operation.flags
      return 0
    case Opcode.STATX: {
      put64(words, at + Sqe.OFF_LOW, memory.cellAddress(region))
      words[at + Sqe.LEN] = detail.argument
      words[at + Sqe.OP_FLAGS] = operation.flags
      return putPath(detail.path, memory, words, at + Sqe.ADDR_LOW, region + StatxLayout.BYTES)
    }
    case Opcode.UNLINK: case Opcode.RMDIR:
      words[at + Sqe.OP_FLAGS] = operation.opcode === Opcode.RMDIR ? AT_REMOVEDIR : 0
      return putPath(detail.path, memory, words, at + Sqe.ADDR_LOW, region)
    case Opcode.MKDIR:
      words[at + Sqe.LEN] = detail.mode
      return putPath(detail.path, memory, words, at + Sqe.ADDR_LOW, region)
    case Opcode.SYMLINK:
      words[at + Sqe.FD] = detail.file2
      return putTwoPaths(detail, memory, words, at, region)
    case Opcode.RENAME: case Opcode.LINK:
      words[at + Sqe.LEN] = detail.file2
      words[at + Sqe.OP_FLAGS] = operation.flags
      return putTwoPaths(detail, memory, words, at, region)
    case Opcode.GETXATTR: case Opcode.SETXATTR: case Opcode.FGETXATTR: case Opcode.FSETXATTR:
      return encodeXattr(operation, detail, memory, words, at, region)
    case Opcode.SPLICE: case Opcode.TEE:
      words[at + Sqe.FD] = detail.file2
      words[at + Sqe.FILE_INDEX] = operation.file
      // A tee has no offsets, and the kernel refuses any but 0.
      put64(words, at + Sqe.ADDR_LOW, operation.opcode === Opcode.TEE ? 0 : operation.offset)
      put64(words, at + Sqe.OFF_LOW, operation.opcode === Opcode.TEE ? 0 : detail.offset2)
      words[at + Sqe.LEN] = operation.length
      words[at + Sqe.OP_FLAGS] = operation.flags
      return 0
    case Opcode.POLL:
      words[at + Sqe.OP_FLAGS] = operation.flags
      words[at + Sqe.LEN] = detail.multishot ? IORING_POLL_ADD_MULTI : 0
      return 0
    case Opcode.TIMER:
      return encodeTimer(operation, detail, memory, words, at, setupFlags)
    case Opcode.MESSAGE:
      words[at + Sqe.LEN] = operation.length
      words[at + Sqe.OFF_LOW] = MESSAGE_MARK
      words[at + Sqe.OFF_HIGH] = operation.flags
      return 0
    case Opcode.WAITID:
      words[at + Sqe.LEN] = detail.argument
      words[at + Sqe.FILE_INDEX] = operation.flags
      memory.bytes.fill(0, region, region + SiginfoLayout.BYTES)
      put64(words, at + Sqe.OFF_LOW, memory.cellAddress(region))
      return 0
    case Opcode.CONNECT: case Opcode.ACCEPT: case Opcode.SEND: case Opcode.RECV: case Opcode.SENDMSG: case Opcode.RECVMSG:
    case Opcode.RECV_PIECE: case Opcode.RECVMSG_PIECE:
      return encodeSocket(operation, memory, words, at, region, setupFlags)
    default:
      throw new Error(`trueaio: io-uring received an operation that it does not offer (${String(operation.opcode)})`)
  }
}

function encodeSocket(operation: Operation, memory: LentMemory, words: Int32Array, at: number, region: number, setupFlags: number): number {
  const { buffer, flags, length, opcode } = operation
  const detail = operation.detail as OperationDetail // of all that need a region
  words[at + Sqe.OP_FLAGS] = flags
  switch (opcode) {
    case Opcode.CONNECT:
      put64(words, at + Sqe.OFF_LOW, writeAddress(memory, region, detail.address as TargetAddress))
      break
    case Opcode.ACCEPT:
      if (operation.detail?.multishot === true && sendsAll(setupFlags)) words[at] = (words[at] as number) | (IORING_ACCEPT_MULTISHOT << 16)
      return 0
    case Opcode.RECVMSG:
      writeReceivedMessage(memory, region, detail)
      break
    case Opcode.RECV_PIECE: {
      // Again and again the kernel receives a whole buffer each time, and refuses a length (6.0 to 6.12).
      const again = detail.multishot && length === detail.group?.size && detail.group.headroom === 0 && receivesAgain(setupFlags)
      words[at] = (words[at] as number) | (IOSQE_BUFFER_SELECT << 8) | (again ? IORING_RECV_MULTISHOT << 16 : 0)
      words[at + Sqe.LEN] = again ? 0 : length
      return 0
    }
    case Opcode.RECVMSG_PIECE:
      words[at] = (words[at] as number) | (IOSQE_BUFFER_SELECT << 8)
      if (isMessageOfMany(operation)) {
        words[at] = (words[at]) | (IORING_RECV_MULTISHOT << 16)
        writeMessageForm(memory, region)
      } else writeGroupMessage(memory, region, 0, length)
      break
    case Opcode.SENDMSG: {
      const [only] = detail.buffers ?? []
      // One view and an address need no msghdr of the kernel's.
      if (only !== undefined && detail.buffers?.length === 1 && detail.address !== undefined && detail.descriptors === undefined && receivesAgain(setupFlags)) {
        words[at] = IORING_OP.SEND
        put64(words, at + Sqe.ADDR_LOW, memory.addressOf(only))
        words[at + Sqe.LEN] = operation.length
        words[at + Sqe.FILE_INDEX] = writeAddress(memory, region, detail.address)
        put64(words, at + Sqe.OFF_LOW, memory.cellAddress(region))
        if ((flags & MessageFlag.MSG_DONTWAIT) === 0) words[at + Sqe.OP_FLAGS] = flags | MessageFlag.MSG_WAITALL
        return 0
      }
      writeSentMessage(memory, region, detail)
      break
    }
    default:
      if (sendsWithoutCopy(operation, receivesAgain(setupFlags))) words[at] = IORING_OP.SEND_ZC
      put64(words, at + Sqe.ADDR_LOW, memory.addressOf(buffer as View))
      words[at + Sqe.LEN] = length
  }
  // With this flag the kernel sends the rest of a short send; before 5.19 it means nothing for one. Descriptors it would send once more with the
  // rest (before 6.9): that is then asked for from here.
  if (opcode === Opcode.SEND || opcode === Opcode.SENDMSG) words[at + Sqe.OP_FLAGS] = (flags & MessageFlag.MSG_DONTWAIT) === 0 && operation.detail?.descriptors === undefined ? flags | MessageFlag.MSG_WAITALL : flags
  if (region >= 0) put64(words, at + Sqe.ADDR_LOW, memory.cellAddress(region))
  if (opcode !== Opcode.CONNECT && region >= 0) words[at + Sqe.LEN] = 1
  return 0
}

function useFixedFile(operation: Operation, words: Int32Array, at: number, directIndex: number): void {
  if (operation.fileKind === FileKind.CHAIN_OPENED) words[at + Sqe.FD] = directIndex
  words[at] = (words[at] as number) | (IOSQE_FIXED_FILE << 8)
}

function encodeOpen(operation: Operation, detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number, directIndex: number): number {
  let { flags } = operation
  // The kernel's first attempt is with O_NONBLOCK (up to 6.18), and a FIFO that nobody reads answers ENXIO to that. A worker waits for its reader.
  if ((flags & OPEN_KIND) === O_WRONLY) words[at] = (words[at] as number) | (IOSQE_ASYNC << 8)
  if (directIndex >= 0) {
    // A direct descriptor is not inherited anyway, and the kernel refuses the two together (EINVAL).
    flags &= ~O_CLOEXEC
    words[at + Sqe.FILE_INDEX] = directIndex + 1
  }
  const pathAt = region + OpenHowLayout.BYTES
  if (detail.argument === 0) {
    words[at] = ((words[at] as number) & ~0xff) | IORING_OP.OPENAT
    words[at + Sqe.LEN] = detail.mode
    words[at + Sqe.OP_FLAGS] = flags
  } else {
    // openat2 refuses a mode where nothing is created; open(2) ignores it.
    const creates = (flags & (0o100 | 0o20000000)) !== 0
    writeOpenHow(memory, region, flags, creates ? detail.mode : 0, detail.argument)
    words[at + Sqe.LEN] = OpenHowLayout.BYTES
    put64(words, at + Sqe.OFF_LOW, memory.cellAddress(region))
  }
  return putPath(detail.path, memory, words, at + Sqe.ADDR_LOW, pathAt)
}

/** Whether the kernel sends the rest of a short send by itself, and accepts again and again: since 5.19, and a flag of then stands for it. */
export function sendsAll(setupFlags: number): boolean {
  return (setupFlags & IORING_SETUP_COOP_TASKRUN) !== 0
}

/** Whether the kernel takes rings of provided buffers: since 5.19. */
export function providesBuffers(setupFlags: number): boolean {
  return sendsAll(setupFlags)
}

/** Whether each of its results has a header in its buffer: `writeMessageForm`. */
export function isMessageOfMany({ detail, length, opcode }: Operation): boolean {
  return opcode === Opcode.RECVMSG_PIECE && detail?.multishot === true && detail.group !== undefined && detail.group.headroom > 0 && length === detail.group.size
}

/** The same of receives, and sends to an address without a message: since 6.0. */
export function receivesAgain(setupFlags: number): boolean {
  return (setupFlags & IORING_SETUP_SINGLE_ISSUER) !== 0
}

/** Whether a timer's end can be a link's success: since 5.16, and a flag of 5.18 stands for it. */
export function timersLink(setupFlags: number): boolean {
  return (setupFlags & IORING_SETUP_SUBMIT_ALL) !== 0
}

function encodeTimer(operation: Operation, detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, setupFlags: number): number {
  const instant = memory.briefAt(at / Sqe.WORDS)
  writeTimespec(memory, instant, detail.seconds, detail.nanoseconds)
  put64(words, at + Sqe.ADDR_LOW, memory.cellAddress(instant))
  words[at + Sqe.LEN] = 1
  // The end of a timer is its success, so that what is linked behind it runs.
  let flags = timersLink(setupFlags) ? IORING_TIMEOUT_ETIME_SUCCESS : 0
  if ((operation.flags & TimerFlag.ABSOLUTE) !== 0) flags |= IORING_TIMEOUT_ABS | IORING_TIMEOUT_REALTIME
  // Since 6.4; a flag of 6.6 stands for it. Elsewhere each tick is a timer of its own: the driver arms it again.
  if (detail.multishot && (setupFlags & IORING_SETUP_NO_SQARRAY) !== 0) flags = IORING_TIMEOUT_MULTISHOT
  words[at + Sqe.OP_FLAGS] = flags
  return 0
}

function encodeXattr(operation: Operation, detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const name = putPath(detail.path2, memory, words, at + Sqe.ADDR_LOW, region)
  if (name < 0) return name
  if (operation.buffer !== undefined && operation.length > 0) put64(words, at + Sqe.OFF_LOW, memory.addressOf(operation.buffer))
  words[at + Sqe.LEN] = operation.length
  words[at + Sqe.OP_FLAGS] = operation.flags
  if (detail.path === undefined) return 0
  const pathAt = region + pathBytes(detail.path2 as string)
  return putPath(detail.path, memory, words, at + Sqe.ADDR3_LOW, pathAt)
}

function putPath(path: string | Uint8Array | undefined, memory: LentMemory, words: Int32Array, word: number, at: number): number {
  const written = writePath(memory, at, path ?? '')
  if (written < 0) return written
  put64(words, word, memory.cellAddress(at))
  return 0
}

function putTwoPaths(detail: OperationDetail, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const first = putPath(detail.path, memory, words, at + Sqe.ADDR_LOW, region)
  if (first < 0) return first
  return putPath(detail.path2, memory, words, at + Sqe.OFF_LOW, region + pathBytes(detail.path ?? ''))
}
