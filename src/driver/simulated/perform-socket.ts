// ④ driver — simulated: operations on sockets. One that cannot go on yet waits at its socket, and is carried out again when that changes.
import { readAddress, type SocketAddress, type TargetAddress } from '../../operation/address.js'
import { emptyPiece, type BufferGroup } from '../../operation/buffer-group.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { MessageFlag, Shutdown } from '../../operation/socket.js'
import { asBuffer, bytesOf } from '../../operation/view.js'
import { Failure } from './inode.js'
import { memoryOf } from './lent-bytes.js'
import type { Network } from './network.js'
import type { OpenFiles } from './open-files.js'
import { counted, DONE, type Outcome } from './outcome.js'
import { hasArrived, type Arrival, type SimulatedSocket, type Waiter } from './socket.js'

/** It waits. */
export const BLOCKED: Outcome = { result: 0, value: undefined }
/** Bytes that may be on their way to one socket. */
const INBOX_BYTES_MAX = 65536
const DATAGRAMS_MAX = 256

/** One attempt to carry out an operation. */
export interface Attempt {
  readonly operation: Operation
  readonly network: Network
  readonly openFiles: OpenFiles
  /** Of all operations but those that make sockets. */
  readonly socket: SimulatedSocket
  readonly waiter: Waiter
  readonly bytesMax: number
  /** Bytes that earlier attempts have sent. */
  sent: number
}

/** Whether it is an operation on a socket. */
export function isOfSocket(opcode: Opcode): boolean {
  return opcode >= Opcode.SOCKET && opcode <= Opcode.RECVMSG_PIECE
}

/** Makes sockets. Undefined: it is not one that does. */
export function makeSockets({ detail, flags, opcode }: Operation, network: Network, openFiles: OpenFiles): Outcome | undefined {
  if (opcode === Opcode.SOCKET) return counted(openFiles.add(network.make(detail?.argument ?? 0, flags)))
  if (opcode !== Opcode.SOCKETPAIR) return undefined
  const pair = [network.make(detail?.argument ?? 0, flags), network.make(detail?.argument ?? 0, flags)] as const
  network.join(pair[0], pair[1])
  const first = openFiles.add(pair[0])
  try {
    return { result: 0, value: [first, openFiles.add(pair[1])] }
  } catch (error) {
    openFiles.close(first)
    throw error
  }
}

/** BLOCKED: the waiter is woken when it is worth another attempt. */
export function performOnSocket(attempt: Attempt): Outcome {
  const { network, operation, socket } = attempt
  const { detail, flags, length, opcode } = operation
  switch (opcode) {
    case Opcode.BIND:
      network.bind(socket, addressIn(detail?.address))
      return DONE
    case Opcode.LISTEN:
      network.bindAnywhere(socket)
      socket.backlog = length
      return DONE
    case Opcode.CONNECT: return connect(attempt, addressIn(detail?.address))
    case Opcode.ACCEPT: return accept(attempt)
    case Opcode.SEND: case Opcode.SENDMSG:
      if (detail?.descriptors !== undefined) throw new Failure('EOPNOTSUPP')
      return socket.isStream ? send(attempt) : sendDatagram(attempt)
    case Opcode.RECV: case Opcode.RECVMSG: case Opcode.RECV_PIECE: case Opcode.RECVMSG_PIECE: return receive(attempt)
    case Opcode.SHUTDOWN:
      shutdown(attempt, flags)
      return DONE
    case Opcode.GETSOCKOPT: return getOption(attempt)
    case Opcode.SETSOCKOPT:
      if (operation.buffer !== undefined) socket.options.set(optionKey(operation), Buffer.from(asBuffer(operation.buffer)))
      return DONE
    case Opcode.GETSOCKNAME: return { result: 0, value: socket.name }
    default: // GETPEERNAME
      if (socket.peer === undefined && socket.remote === undefined) throw new Failure('ENOTCONN')
      return { result: 0, value: socket.remote ?? socket.peer?.name }
  }
}

/** Waits for something that may be read, or for room to write. */
function block({ operation, socket, waiter }: Attempt, line: Set<Waiter>, at?: number): Outcome {
  if ((operation.flags & MessageFlag.MSG_DONTWAIT) !== 0 && operation.opcode !== Opcode.ACCEPT) throw new Failure('EAGAIN')
  line.add(waiter)
  if (at !== undefined && socket.inbox.length > 0) waiter.wake(at)
  return BLOCKED
}

function connect(attempt: Attempt, address: SocketAddress): Outcome {
  const { network, socket } = attempt
  if (!socket.isStream) {
    network.bindAnywhere(socket)
    socket.remote = address
    return DONE
  }
  if (socket.peer !== undefined) throw new Failure('EISCONN')
  const listener = network.find(socket, address)
  if (listener === undefined || listener.backlog < 0) throw new Failure(address.family === 'Unix' && listener === undefined ? 'ENOENT' : 'ECONNREFUSED')
  if (listener.accepted.length > listener.backlog) {
    listener.writers.add(attempt.waiter)
    return BLOCKED
  }
  network.bindAnywhere(socket)
  const far = network.make(socket.domain, 1)
  far.local = listener.local
  network.join(socket, far)
  listener.accepted.push(far)
  listener.wakeReaders(network.now)
  return DONE
}

function accept(attempt: Attempt): Outcome {
  const { network, openFiles, socket } = attempt
  if (socket.backlog < 0) throw new Failure('EINVAL')
  if (socket.readEnded) throw new Failure('EINVAL')
  const [first] = socket.accepted
  if (first === undefined) return block(attempt, socket.readers)
  const fd = openFiles.add(first) // EMFILE leaves it where it is
  socket.accepted.shift()
  socket.wakeWriters(network.now)
  return counted(fd)
}

function checkConnected({ network, socket }: Attempt): void {
  if (network.resets(socket)) network.reset(socket)
  if (!socket.wasReset) return
  socket.wasReset = false
  socket.readEnded = true
  socket.writeEnded = true
  throw new Failure('ECONNRESET')
}

function send(attempt: Attempt): Outcome {
  const { bytesMax, network, operation, socket } = attempt
  if (attempt.sent === 0) checkConnected(attempt)
  const { peer } = socket
  if (socket.writeEnded || peer === undefined) {
    if (attempt.sent > 0) return counted(attempt.sent)
    const reset = socket.writeEnded ? -1 : socket.inbox.findIndex(({ what }) => what === 'reset')
    if (reset >= 0) return sendToReset(attempt, reset)
    throw new Failure(socket.writeEnded || socket.readEnded ? 'EPIPE' : 'ENOTCONN')
  }
  if (peer.closed && peer.uses === 0) {
    // What goes to an end that is gone brings a reset back.
    socket.wasReset = true
    return counted(operation.length)
  }
  const all = Buffer.concat(memoryOf(operation)).subarray(attempt.sent)
  const piece = all.subarray(0, Math.min(bytesMax, Math.max(0, INBOX_BYTES_MAX - peer.bytes)))
  if (piece.length > 0) network.send(peer, Buffer.from(piece))
  attempt.sent += piece.length
  if (piece.length === all.length || bytesMax < Infinity || (piece.length > 0 && (operation.flags & MessageFlag.MSG_DONTWAIT) !== 0)) return counted(attempt.sent)
  return block(attempt, peer.writers)
}

/** As Linux: until the peer's reset is there, bytes vanish. Then the first call reports it, a send before received data is read. */
function sendToReset({ network, operation, socket }: Attempt, index: number): Outcome {
  const arrival = socket.inbox[index] as Arrival // its caller has found it
  if (!hasArrived(arrival, network.now)) return counted(operation.length)
  socket.inbox[index] = { ...arrival, what: 'end' }
  socket.writeEnded = true
  throw new Failure('ECONNRESET')
}

function sendDatagram({ network, operation, socket }: Attempt): Outcome {
  const target = operation.detail?.address === undefined ? socket.remote : addressIn(operation.detail.address)
  const to = socket.peer ?? (target === undefined ? undefined : network.find(socket, target))
  if (target === undefined && socket.peer === undefined) throw new Failure('EDESTADDRREQ')
  if (socket.domain !== 1) network.bindAnywhere(socket)
  // As on a real network, nobody tells that nobody is there, or that too much has come.
  if (to !== undefined && to.inbox.length < DATAGRAMS_MAX) network.sendDatagram(to, Buffer.concat(memoryOf(operation)), socket.name)
  return counted(operation.length)
}

function receive(attempt: Attempt): Outcome {
  const { network, operation, socket } = attempt
  if (socket.isStream && socket.inbox.length === 0) checkConnected(attempt)
  const [first] = socket.inbox
  if (socket.isStream && socket.peer === undefined && first === undefined && !socket.readEnded) throw new Failure('ENOTCONN')
  if (socket.readEnded) return received(attempt, Buffer.alloc(0), undefined, 0)
  if (first === undefined || !hasArrived(first, network.now)) return block(attempt, socket.readers, first?.at)
  const { what, from } = first
  if (what === 'end') return received(attempt, Buffer.alloc(0), undefined, 0)
  if (what === 'reset') {
    socket.inbox.shift()
    socket.readEnded = true
    socket.writeEnded = true
    throw new Failure('ECONNRESET')
  }
  const { group } = operation.detail ?? {}
  const index = group?.take() ?? 0
  if (group !== undefined && index < 0) return withoutBuffer(attempt, group)
  const wanted = operation.length
  const bytes = socket.isStream ? takeBytes(attempt, Math.min(wanted, attempt.bytesMax)) : what.subarray(0, wanted)
  if (!socket.isStream) {
    socket.inbox.shift()
    socket.bytes -= what.length
  }
  socket.wakeWriters(network.now)
  if (group !== undefined) Buffer.from(group.memory, group.offsetOf(index), bytes.length).set(bytes)
  return received(attempt, bytes, from, !socket.isStream && what.length > wanted ? MessageFlag.MSG_TRUNC : 0, index)
}

/** What has arrived of a stream, as much as is wanted. */
function takeBytes({ network, operation, socket }: Attempt, most: number): Buffer {
  const pieces: Buffer[] = []
  let left = most
  const peeks = (operation.flags & MessageFlag.MSG_PEEK) !== 0
  while (left > 0) {
    const [next] = socket.inbox
    if (next === undefined || !hasArrived(next, network.now) || typeof next.what === 'string') break
    const piece = next.what.subarray(0, left)
    pieces.push(piece)
    left -= piece.length
    if (peeks) break
    socket.bytes -= piece.length
    if (piece.length === next.what.length) socket.inbox.shift()
    else socket.inbox[0] = { ...next, what: next.what.subarray(piece.length) }
  }
  return Buffer.concat(pieces)
}

function withoutBuffer({ network, waiter }: Attempt, group: BufferGroup): Outcome {
  if (group.closed) throw new Failure('ENOBUFS')
  group.wait(() => waiter.wake(network.now))
  return BLOCKED
}

function received({ operation }: Attempt, bytes: Buffer, address: SocketAddress | undefined, flags: number, index = -1): Outcome {
  const { detail, opcode } = operation
  const { length } = bytes
  if (detail?.group !== undefined) {
    const piece = index < 0 ? emptyPiece() : detail.group.lend(index, length)
    return { result: length, value: opcode === Opcode.RECV_PIECE ? piece : { length, address, flags, piece, descriptors: [] } }
  }
  let at = 0
  for (const memory of memoryOf(operation)) {
    memory.set(bytes.subarray(at, at + memory.length))
    at += memory.length
  }
  return opcode === Opcode.RECV ? counted(length) : { result: length, value: { length, address, flags, descriptors: [] } }
}

function shutdown({ network, socket }: Attempt, how: number): void {
  const { peer } = socket
  if (peer === undefined && socket.backlog < 0) throw new Failure('ENOTCONN')
  if (how !== Shutdown.SHUT_WR) {
    socket.readEnded = true
    socket.wakeReaders(network.now)
  }
  if (how === Shutdown.SHUT_RD || socket.writeEnded) return
  socket.writeEnded = true
  if (peer === undefined) return
  network.send(peer, 'end')
  peer.wakeWriters(network.now)
}

function getOption({ operation, socket }: Attempt): Outcome {
  const value = socket.options.get(optionKey(operation)) ?? Buffer.alloc(4)
  if (operation.buffer === undefined) return { result: 0, value: value.readInt32LE(0) }
  const into = bytesOf(operation.buffer)
  const bytes = value.subarray(0, into.length)
  into.set(bytes)
  return counted(bytes.length)
}

function optionKey({ detail }: Operation): string {
  return `${String(detail?.argument)}:${String(detail?.mode)}`
}

function addressIn(target: TargetAddress | undefined): SocketAddress {
  const bytes = Buffer.from(target?.bytes ?? [])
  const address = readAddress(new DataView(new Uint8Array(bytes).buffer), 0, bytes.length)
  if (address === undefined) throw new Failure('EAFNOSUPPORT')
  return address
}
