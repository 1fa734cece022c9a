// ④ driver — iocp: operations on sockets as records (⑥ native/windows/port_sockets.c), and their results. Addresses, messages and options are
// written as for Linux; the addon translates. A receive into a group's buffer takes one first, and waits at the group while there is none.
import { SOCKADDR_BYTES_MAX, type TargetAddress } from '../../operation/address.js'
import { emptyPiece, type BufferGroup, type Piece } from '../../operation/buffer-group.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, OperationDetail, View } from '../../operation/operation.js'
import {
  GROUP_MESSAGE_BYTES, messageBytes, NAMED_AT, NAMED_BYTES, readMessage, readNamed, writeAddress, writeGroupMessage, writeReceivedMessage, writeSentMessage,
} from '../../operation/socket-structures.js'
import { Errno } from '../../operation/system-error.js'
import { Call } from './calls.js'
import { putArgument, putNumber } from './encode.js'

/** Numbers of sockets begin here: they are the driver's own, as Windows' sockets are no descriptors of its C library. */
const SOCKET_BASE = 0x1000000
const OPTION_BYTES = 8
/** What `encode` answers when the group has no buffer now. */
export const NO_BUFFER = -65536

const NUMBER: Readonly<Partial<Record<Opcode, number>>> = {
  [Opcode.SOCKET]: Call.SOCKET, [Opcode.BIND]: Call.BIND, [Opcode.LISTEN]: Call.LISTEN, [Opcode.CONNECT]: Call.CONNECT, [Opcode.ACCEPT]: Call.ACCEPT, [Opcode.SEND]: Call.SEND,
  [Opcode.RECV]: Call.RECV, [Opcode.SENDMSG]: Call.SENDMSG, [Opcode.RECVMSG]: Call.RECVMSG, [Opcode.SHUTDOWN]: Call.SHUTDOWN, [Opcode.GETSOCKOPT]: Call.GETSOCKOPT,
  [Opcode.SETSOCKOPT]: Call.SETSOCKOPT, [Opcode.GETSOCKNAME]: Call.GETSOCKNAME, [Opcode.GETPEERNAME]: Call.GETPEERNAME, [Opcode.RECV_PIECE]: Call.RECV, [Opcode.RECVMSG_PIECE]: Call.RECVMSG,
}

export function isOfSocket(opcode: Opcode): boolean {
  return NUMBER[opcode] !== undefined
}

export function isSocket(file: number): boolean {
  return file >= SOCKET_BASE
}

/** Bytes of lent memory that an operation on a socket needs; 0: none. */
export function socketBytes({ opcode, detail }: Operation): number {
  switch (opcode) {
    case Opcode.BIND: case Opcode.CONNECT: return SOCKADDR_BYTES_MAX
    case Opcode.SENDMSG: case Opcode.RECVMSG: return messageBytes(detail as OperationDetail)
    case Opcode.RECVMSG_PIECE: return GROUP_MESSAGE_BYTES
    case Opcode.GETSOCKOPT: return OPTION_BYTES
    case Opcode.GETSOCKNAME: case Opcode.GETPEERNAME: return NAMED_BYTES
    default: return 0
  }
}

/** The operations on sockets that are in progress. */
export class SocketRecords {
  readonly #memory: LentMemory
  /** By slot. */
  readonly #operations = new Map<number, Operation>()
  /** By slot: the buffer of a group that is received into. */
  readonly #buffers = new Map<number, number>()

  constructor(memory: LentMemory) {
    this.#memory = memory
  }

  /** Writes number and arguments of a record. Returns 0, NO_BUFFER, or the negative errno with which it must fail. */
  encode(operation: Operation, slot: number, words: Int32Array, at: number, region: number): number {
    const { buffer, detail, file, flags, length, opcode } = operation
    const memory = this.#memory
    if (detail?.multishot === true) return Errno.ENOTSUP
    putNumber(words, at, NUMBER[opcode] as number)
    putArgument(words, at, 0, opcode === Opcode.SOCKET ? (detail?.argument ?? 0) : file)
    const cell = region < 0 ? 0 : memory.cellAddress(region)
    let failure = 0
    switch (opcode) {
      case Opcode.SOCKET: put(words, at, flags, detail?.mode ?? 0); break
      case Opcode.BIND: case Opcode.CONNECT: put(words, at, cell, writeAddress(memory, region, detail?.address as TargetAddress)); break
      case Opcode.LISTEN: put(words, at, length); break
      case Opcode.SHUTDOWN: put(words, at, flags); break
      case Opcode.SEND: case Opcode.RECV: put(words, at, memory.addressOf(buffer as View), length, flags); break
      case Opcode.SENDMSG: writeSentMessage(memory, region, detail as OperationDetail); put(words, at, cell, flags); break
      case Opcode.RECVMSG: writeReceivedMessage(memory, region, detail as OperationDetail); put(words, at, cell, flags); break
      case Opcode.RECV_PIECE: case Opcode.RECVMSG_PIECE: failure = this.#encodePiece(operation, slot, words, at, region); break
      case Opcode.SETSOCKOPT: put(words, at, detail?.argument ?? 0, detail?.mode ?? 0, memory.addressOf(buffer as View), length); break
      case Opcode.GETSOCKOPT:
        memory.view.setUint32(region, buffer === undefined ? 4 : length, true)
        memory.view.setInt32(region + 4, 0, true)
        put(words, at, detail?.argument ?? 0, detail?.mode ?? 0, buffer === undefined ? cell + 4 : memory.addressOf(buffer), cell)
        break
      case Opcode.GETSOCKNAME: case Opcode.GETPEERNAME:
        memory.view.setUint32(region, NAMED_BYTES - NAMED_AT, true)
        put(words, at, cell + NAMED_AT, cell)
        break
      default:
    }
    if (failure === 0) this.#operations.set(slot, operation)
    return failure
  }

  /** The value of what stands at `slot`, which has ended with this result. */
  ended(slot: number, region: number, result: number): unknown {
    const operation = this.#operations.get(slot) as Operation // it was noted by `encode`
    const { buffer, detail, opcode } = operation
    this.#operations.delete(slot)
    const { view } = this.#memory
    if (opcode === Opcode.RECV_PIECE || opcode === Opcode.RECVMSG_PIECE) return this.#endedPiece(operation, slot, region, result)
    if (result < 0) return undefined
    switch (opcode) {
      case Opcode.SOCKET: case Opcode.ACCEPT: case Opcode.SEND: case Opcode.RECV: case Opcode.SENDMSG: return result
      case Opcode.RECVMSG: return readMessage(this.#memory, region, result, detail)
      case Opcode.GETSOCKOPT: return buffer === undefined ? view.getInt32(region + 4, true) : view.getUint32(region, true)
      case Opcode.GETSOCKNAME: case Opcode.GETPEERNAME: return readNamed(this.#memory, region)
      default: return undefined
    }
  }

  #encodePiece({ detail, flags, length, opcode }: Operation, slot: number, words: Int32Array, at: number, region: number): number {
    const group = detail?.group as BufferGroup // such a receive has one
    const index = group.closed ? -1 : group.take()
    if (index < 0) return group.closed ? Errno.ENOBUFS : NO_BUFFER
    this.#buffers.set(slot, index)
    const address = this.#memory.addressOf(new Uint8Array(group.memory, group.offsetOf(index), 1))
    if (opcode === Opcode.RECV_PIECE) put(words, at, address, length, flags)
    else {
      writeGroupMessage(this.#memory, region, address, length)
      put(words, at, this.#memory.cellAddress(region), flags)
    }
    return 0
  }

  #endedPiece({ detail, opcode }: Operation, slot: number, region: number, result: number): unknown {
    const group = detail?.group as BufferGroup // such a receive has one
    const index = this.#buffers.get(slot) as number // noted by `encode`
    this.#buffers.delete(slot)
    const piece: Piece | undefined = result > 0 ? group.lend(index, result) : undefined
    if (piece === undefined) group.putBack(index)
    if (result < 0) return undefined
    return opcode === Opcode.RECV_PIECE ? (piece ?? emptyPiece()) : { ...readMessage(this.#memory, region, result), piece: piece ?? emptyPiece() }
  }
}

/** The arguments from the second on. */
function put(words: Int32Array, at: number, ...values: readonly number[]): void {
  values.forEach((value, index) => putArgument(words, at, index + 1, value))
}
