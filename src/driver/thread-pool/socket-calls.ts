// ④ driver — thread-pool: calls on sockets, made on the loop's own thread in the way that does not wait. Works for sockets.ts.
import type { Binding } from '../../native/binding.js'
import { SOCKADDR_BYTES_MAX, SocketFamily, type TargetAddress } from '../../operation/address.js'
import { emptyPiece, type BufferGroup, type Piece } from '../../operation/buffer-group.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, OperationDetail, View } from '../../operation/operation.js'
import { MessageFlag, SocketOption } from '../../operation/socket.js'
import {
  GROUP_MESSAGE_BYTES, messageBytes, NAMED_AT, NAMED_BYTES, readMessage, readNamed, writeAddress, writeGroupMessage, writeReceivedMessage, writeSentMessage,
} from '../../operation/socket-structures.js'
import { Errno } from '../../operation/system-error.js'
import { PollEvent } from '../../operation/timer.js'
import { CALL_NUMBER, systemCall } from './encode.js'

/** What `perform` answers a receive for which its group has no buffer now. */
export const NO_BUFFER = -65536
const F_GETFL = 3
const O_NONBLOCK = 0o4000
const PAIR_BYTES = 8
const OPTION_BYTES = 8
const { MSG_DONTWAIT } = MessageFlag
const SENDTO = systemCall('sendto')
const RECVFROM = systemCall('recvfrom')
const FCNTL = systemCall('fcntl')
const GETSOCKOPT = systemCall('getsockopt')

/** Whether it is an operation on a socket. */
export function isOfSocket(opcode: Opcode): boolean {
  return opcode >= Opcode.SOCKET && opcode <= Opcode.RECVMSG_PIECE
}

/** Bytes of lent memory that an operation on a socket needs; 0: none. */
export function socketBytes(operation: Operation): number {
  switch (operation.opcode) {
    case Opcode.SOCKETPAIR: return PAIR_BYTES
    case Opcode.BIND: case Opcode.CONNECT: return SOCKADDR_BYTES_MAX
    case Opcode.SENDMSG: case Opcode.RECVMSG: return messageBytes(operation.detail as OperationDetail)
    case Opcode.RECVMSG_PIECE: return GROUP_MESSAGE_BYTES
    case Opcode.GETSOCKOPT: return OPTION_BYTES
    case Opcode.GETSOCKNAME: case Opcode.GETPEERNAME: return NAMED_BYTES
    default: return 0
  }
}

/** The readiness that an operation waits for when its call answers EAGAIN; 0: it does not wait. */
export function awaitedEvents({ flags, opcode }: Operation): number {
  switch (opcode) {
    case Opcode.ACCEPT: return PollEvent.POLLIN
    case Opcode.RECV: case Opcode.RECVMSG: case Opcode.RECV_PIECE: case Opcode.RECVMSG_PIECE: return (flags & MSG_DONTWAIT) !== 0 ? 0 : PollEvent.POLLIN
    case Opcode.SEND: case Opcode.SENDMSG: return (flags & MSG_DONTWAIT) !== 0 ? 0 : PollEvent.POLLOUT
    case Opcode.CONNECT: return PollEvent.POLLOUT
    default: return 0
  }
}

export class SocketCalls {
  readonly #binding: Binding
  readonly #memory: LentMemory
  /** By slot: bytes sent so far of a send that goes on. */
  readonly #sent = new Map<number, number>()
  /** By slot: the buffer of a group that something was received into. */
  readonly #received = new Map<number, number>()
  /** Slots whose connect has begun, and whose end readiness tells. */
  readonly #connecting = new Set<number>()

  constructor(binding: Binding, memory: LentMemory) {
    this.#binding = binding
    this.#memory = memory
  }

  /** Whether the call may wait all the same, and is a thread's. */
  needsThread({ detail, opcode }: Operation, file: number): boolean {
    switch (opcode) {
      case Opcode.BIND: return detail?.address?.family === SocketFamily.AF_UNIX
      case Opcode.CONNECT: case Opcode.ACCEPT: {
        const mode = this.#call(FCNTL, file, F_GETFL)
        return mode >= 0 && (mode & O_NONBLOCK) === 0
      }
      default: return false
    }
  }

  /** Makes the call: its result, or a negative errno. EAGAIN: it waits for its socket. */
  perform(operation: Operation, file: number, slot: number, region: number): number {
    const { buffer, detail, flags, length, opcode } = operation
    const memory = this.#memory
    const number = CALL_NUMBER[opcode] as number
    switch (opcode) {
      case Opcode.SOCKET: return this.#call(number, detail?.argument ?? 0, flags, detail?.mode ?? 0)
      case Opcode.SOCKETPAIR: return this.#call(number, detail?.argument ?? 0, flags, detail?.mode ?? 0, memory.cellAddress(region))
      case Opcode.BIND: return this.#call(number, file, memory.cellAddress(region), writeAddress(memory, region, detail?.address as TargetAddress))
      case Opcode.LISTEN: return this.#call(number, file, length)
      case Opcode.CONNECT: return this.#connect(operation, file, slot, region)
      case Opcode.ACCEPT: return this.#call(number, file, 0, 0, flags)
      case Opcode.SHUTDOWN: return this.#call(number, file, flags)
      case Opcode.RECV: return this.#call(RECVFROM, file, memory.addressOf(buffer as View), length, flags | MSG_DONTWAIT)
      case Opcode.RECVMSG:
        writeReceivedMessage(memory, region, detail as OperationDetail)
        return this.#call(number, file, memory.cellAddress(region), flags | MSG_DONTWAIT)
      case Opcode.RECV_PIECE: case Opcode.RECVMSG_PIECE: return this.#receivePiece(operation, file, slot, region)
      case Opcode.SEND: case Opcode.SENDMSG: return this.#send(operation, file, slot, region)
      case Opcode.SETSOCKOPT:
        return this.#call(number, file, detail?.argument ?? 0, detail?.mode ?? 0, memory.addressOf(buffer as View), length)
      case Opcode.GETSOCKOPT: return this.#getOption(operation, file, region)
      default:
        memory.view.setUint32(region, NAMED_BYTES - NAMED_AT, true)
        return this.#call(number, file, memory.cellAddress(region + NAMED_AT), memory.cellAddress(region))
    }
  }

  /** Whether a connect has begun, and the socket's readiness tells its end. */
  isConnecting(slot: number): boolean {
    return this.#connecting.has(slot)
  }

  /** What was sent before a send ended with this result comes before what went wrong after it. */
  ended(slot: number, result: number): number {
    this.#connecting.delete(slot)
    const sent = this.#sent.get(slot)
    if (sent === undefined) return result
    this.#sent.delete(slot)
    return result > 0 ? sent + result : sent
  }

  /** Whether a receive with this result is the last of a multishot one: the other side has ended. */
  isEnd({ opcode }: Operation, region: number, result: number): boolean {
    if (result !== 0) return false
    return opcode === Opcode.RECV_PIECE || (opcode === Opcode.RECVMSG_PIECE && readMessage(this.#memory, region, 0).address === undefined)
  }

  /** What the caller gets for a result ≥ 0. */
  value({ buffer, detail, opcode }: Operation, slot: number, region: number, result: number): unknown {
    const { view } = this.#memory
    switch (opcode) {
      case Opcode.SOCKET: case Opcode.ACCEPT: case Opcode.SEND: case Opcode.RECV: case Opcode.SENDMSG: return result
      case Opcode.RECV_PIECE: return this.#pieceOf(detail?.group, slot, result)
      case Opcode.RECVMSG_PIECE: return { ...readMessage(this.#memory, region, result), piece: this.#pieceOf(detail?.group, slot, result) }
      case Opcode.SOCKETPAIR: return [view.getInt32(region, true), view.getInt32(region + 4, true)]
      case Opcode.RECVMSG: return readMessage(this.#memory, region, result, detail)
      case Opcode.GETSOCKOPT: return buffer === undefined ? view.getInt32(region + 4, true) : view.getUint32(region, true)
      case Opcode.GETSOCKNAME: case Opcode.GETPEERNAME: return readNamed(this.#memory, region)
      default: return undefined
    }
  }

  /** NO_BUFFER: all of the group's are out. */
  #receivePiece({ detail, flags, length, opcode }: Operation, file: number, slot: number, region: number): number {
    const group = detail?.group as BufferGroup
    const index = group.take()
    if (index < 0) return NO_BUFFER
    const address = this.#memory.addressOf(new Uint8Array(group.memory, group.offsetOf(index), 1))
    let result: number
    if (opcode === Opcode.RECV_PIECE) result = this.#call(RECVFROM, file, address, length, flags | MSG_DONTWAIT)
    else {
      writeGroupMessage(this.#memory, region, address, length)
      result = this.#call(CALL_NUMBER[opcode] as number, file, this.#memory.cellAddress(region), flags | MSG_DONTWAIT)
    }
    if (result > 0) this.#received.set(slot, index)
    else group.putBack(index)
    return result
  }

  #pieceOf(group: BufferGroup | undefined, slot: number, length: number): Piece {
    const index = this.#received.get(slot)
    if (index === undefined || group === undefined) return emptyPiece()
    this.#received.delete(slot)
    return group.lend(index, length)
  }

  #connect(operation: Operation, file: number, slot: number, region: number): number {
    if (this.#connecting.delete(slot)) return -this.#errorOf(file, region)
    const bytes = writeAddress(this.#memory, region, operation.detail?.address as TargetAddress)
    const result = this.#call(CALL_NUMBER[Opcode.CONNECT] as number, file, this.#memory.cellAddress(region), bytes)
    if (result !== Errno.EINPROGRESS && result !== Errno.EINTR) return result
    this.#connecting.add(slot)
    return Errno.EAGAIN
  }

  /** SO_ERROR: how the connect ended. */
  #errorOf(file: number, region: number): number {
    const { view } = this.#memory
    view.setUint32(region, 4, true)
    const answer = this.#call(GETSOCKOPT, file, SocketOption.SOL_SOCKET, SocketOption.SO_ERROR, this.#memory.cellAddress(region + 4), this.#memory.cellAddress(region))
    return answer < 0 ? -answer : view.getInt32(region + 4, true)
  }

  #getOption({ buffer, detail, length, opcode }: Operation, file: number, region: number): number {
    const { view } = this.#memory
    view.setUint32(region, buffer === undefined ? 4 : length, true)
    view.setInt32(region + 4, 0, true) // some options fill a byte only
    const into = buffer === undefined ? this.#memory.cellAddress(region + 4) : this.#memory.addressOf(buffer)
    return this.#call(CALL_NUMBER[opcode] as number, file, detail?.argument ?? 0, detail?.mode ?? 0, into, this.#memory.cellAddress(region))
  }

  /** All of it, as far as the socket takes it now. */
  #send(operation: Operation, file: number, slot: number, region: number): number {
    const goesOn = (operation.flags & MSG_DONTWAIT) === 0
    for (;;) {
      const before = this.#sent.get(slot) ?? 0
      const result = this.#sendFrom(operation, file, region, before)
      if (!goesOn || result <= 0 || before + result >= operation.length) return result
      this.#sent.set(slot, before + result)
    }
  }

  #sendFrom({ buffer, detail, flags, length, opcode }: Operation, file: number, region: number, before: number): number {
    const memory = this.#memory
    if (opcode === Opcode.SEND) return this.#call(SENDTO, file, memory.addressOf(buffer as View) + before, length - before, flags | MSG_DONTWAIT)
    writeSentMessage(memory, region, detail as OperationDetail, before)
    return this.#call(CALL_NUMBER[opcode] as number, file, memory.cellAddress(region), flags | MSG_DONTWAIT)
  }

  #call(number: number, ...callArguments: readonly number[]): number {
    return this.#binding.socketCall?.(number, ...callArguments) ?? Errno.ENOSYS
  }
}
