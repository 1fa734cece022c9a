// ② operation — what can be asked of sockets: making and naming them, connecting, accepting, sending and receiving.
import { checkAddress, type AddressArgument, type SocketAddress } from './address.js'
import { BufferGroup, type Piece } from './buffer-group.js'
import { checkInteger, checkView, fileKind, fileNumber, invalidArgType, invalidArgValue, outOfRange } from './arguments.js'
import { IOV_MAX } from './file.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type FileReference, type View } from './operation.js'
import { byteLengthOf } from './view.js'

/** Types of sockets, and flags of socket(2). */
export const SocketType = { SOCK_STREAM: 1, SOCK_DGRAM: 2, SOCK_RAW: 3, SOCK_SEQPACKET: 5, SOCK_NONBLOCK: 0o4000, SOCK_CLOEXEC: 0o2000000 } as const
const ALWAYS: number = SocketType.SOCK_NONBLOCK | SocketType.SOCK_CLOEXEC

/** Flags of send(2) and recv(2). */
export const MessageFlag = {
  MSG_OOB: 0x1, MSG_PEEK: 0x2, MSG_DONTROUTE: 0x4, MSG_CTRUNC: 0x8, MSG_TRUNC: 0x20, MSG_DONTWAIT: 0x40, MSG_EOR: 0x80, MSG_WAITALL: 0x100,
  MSG_CONFIRM: 0x800, MSG_ERRQUEUE: 0x2000, MSG_NOSIGNAL: 0x4000, MSG_MORE: 0x8000, MSG_CMSG_CLOEXEC: 0x40000000,
} as const

/** Which halves `shutdown` ends. */
export const Shutdown = { SHUT_RD: 0, SHUT_WR: 1, SHUT_RDWR: 2 } as const

/** Levels and names of getsockopt(2) and setsockopt(2), as Linux numbers them on x64 and arm64. */
export const SocketOption = {
  SOL_SOCKET: 1, SO_REUSEADDR: 2, SO_TYPE: 3, SO_ERROR: 4, SO_BROADCAST: 6, SO_SNDBUF: 7, SO_RCVBUF: 8, SO_KEEPALIVE: 9, SO_LINGER: 13, SO_REUSEPORT: 15,
  SO_PEERCRED: 17, SO_ACCEPTCONN: 30, SO_PROTOCOL: 38, SO_DOMAIN: 39, SO_BUSY_POLL: 46, SO_INCOMING_CPU: 49,
  IPPROTO_IP: 0, IP_TOS: 1, IP_TTL: 2, IP_MULTICAST_IF: 32, IP_MULTICAST_TTL: 33, IP_MULTICAST_LOOP: 34, IP_ADD_MEMBERSHIP: 35, IP_DROP_MEMBERSHIP: 36,
  IPPROTO_TCP: 6, TCP_NODELAY: 1, TCP_CORK: 3, TCP_KEEPIDLE: 4, TCP_KEEPINTVL: 5, TCP_KEEPCNT: 6, TCP_DEFER_ACCEPT: 9, TCP_QUICKACK: 12,
  TCP_USER_TIMEOUT: 18, TCP_FASTOPEN: 23,
  IPPROTO_UDP: 17,
  IPPROTO_IPV6: 41, IPV6_UNICAST_HOPS: 16, IPV6_MULTICAST_IF: 17, IPV6_MULTICAST_HOPS: 18, IPV6_MULTICAST_LOOP: 19, IPV6_ADD_MEMBERSHIP: 20,
  IPV6_DROP_MEMBERSHIP: 21, IPV6_V6ONLY: 26,
} as const

const INT32_MAX = 0x7fffffff
const INT32_MIN = -0x80000000
const BACKLOG = 511
/** Linux moves at most so much in one call. */
const TRANSFER_MAX = 0x7ffff000
/** SCM_MAX_FD: so many descriptors go along with one message. */
const DESCRIPTORS_MAX = 253
const { DESCRIPTOR } = FileKind
const { SEND, SENDMSG, RECV } = Opcode

function onSocket<Result>(opcode: Opcode, file: FileReference, length: number, flags: number, detail?: OperationDetail, buffer?: View): Operation<Result> {
  return new Operation<Result>(opcode, fileKind(file), fileNumber(file), buffer, length, -1, flags, detail)
}

function made<Result>(opcode: Opcode, domain: number, type: number, protocol: number): Operation<Result> {
  const detail = new OperationDetail()
  detail.argument = checkInteger(domain, 'domain', 0, 255)
  detail.mode = checkInteger(protocol, 'protocol', 0, INT32_MAX)
  return new Operation<Result>(opcode, DESCRIPTOR, -1, undefined, 0, -1, checkInteger(type, 'type', 0, INT32_MAX) | ALWAYS, detail)
}

/**
 * Makes a socket. Resolves to its descriptor, which the caller closes. It is non-blocking, as Node's are, and closed on
 * exec.
 * @param domain `SocketFamily`; `familyOf(address)` gives it
 * @param type `SocketType`
 * @see socket(2)
 */
export function socket(domain: number, type: number, protocol = 0): Operation<number> {
  return made(Opcode.SOCKET, domain, type, protocol)
}

/** Makes two sockets that are connected to each other. Resolves to both descriptors. @see socketpair(2) */
export function socketpair(domain: number, type: number, protocol = 0): Operation<readonly [number, number]> {
  return made(Opcode.SOCKETPAIR, domain, type, protocol)
}

function addressed(address: AddressArgument): OperationDetail {
  const detail = new OperationDetail()
  detail.address = checkAddress(address)
  return detail
}

/** Binds a socket to an address. Port 0: a free one, which `getsockname` returns. @see bind(2) */
export function bind(file: FileReference, address: AddressArgument): Operation<void> {
  return onSocket(Opcode.BIND, file, 0, 0, addressed(address))
}

/**
 * Lets others connect to a socket.
 * @param backlog connections that may wait to be accepted; the system has its own limit
 * @see listen(2)
 */
export function listen(file: FileReference, backlog: number = BACKLOG): Operation<void> {
  return onSocket(Opcode.LISTEN, file, checkInteger(backlog, 'backlog', 0, INT32_MAX), 0)
}

/**
 * Connects a socket, and waits until it is connected. A socket whose connect was cancelled or failed cannot be used
 * again: close it. Errors have `address` and `port`, as Node's.
 * @see connect(2)
 */
export function connect(file: FileReference, address: AddressArgument): Operation<void> {
  return onSocket(Opcode.CONNECT, file, 0, 0, addressed(address))
}

/** Options of {@link accept}. */
export interface AcceptOptions {
  /** True: accepts repeatedly, one result for each connection, until cancelled. Default: false. */
  readonly multishot?: boolean
}

/**
 * Accepts a connection. Resolves to its descriptor, which the caller closes; `getpeername` returns the address of the
 * other side. A connection that is accepted after its caller stopped waiting is closed. EMFILE leaves the connection in
 * the backlog: accept it later.
 * @see accept4(2)
 */
export function accept(file: FileReference, options: AcceptOptions = {}): Operation<number> {
  let detail: OperationDetail | undefined
  if (options.multishot === true) {
    detail = new OperationDetail()
    detail.multishot = true
  }
  return onSocket(Opcode.ACCEPT, file, 0, ALWAYS, detail)
}

/** Options of all sends and receives. */
export interface MessageOptions {
  /** `MessageFlag` bits ored. Default: 0. */
  readonly flags?: number
}

/** Options of {@link send}. */
export interface SendOptions extends MessageOptions {
  /** Bytes to send, 0 to the view's length. Not for a list of views. Default: all. */
  readonly length?: number
  /**
   * True: from 16 KiB on the kernel may send from the memory without a copy, if a ring makes the send and the socket
   * supports it. The send then resolves when the kernel no longer reads the memory: when the peer has acknowledged it,
   * and over loopback when the peer has read it. Only large sends gain. Not for a list of views. Default: false.
   */
  readonly zeroCopy?: boolean
}

/** Options of {@link recv} and {@link recvmsg}. */
export interface ReceiveOptions extends MessageOptions {
  /** Bytes to receive at most. Default: the whole buffer. */
  readonly length?: number
}

/** Options of a receive into buffers of a group. */
export interface GroupReceiveOptions extends ReceiveOptions {
  /** True: receives repeatedly, one result each time, until cancelled or the peer has ended its side. Default: false. */
  readonly multishot?: boolean
}

function flagsOf(options: MessageOptions | undefined, always: number): number {
  return options?.flags === undefined ? always : checkInteger(options.flags, 'flags', 0, INT32_MAX) | always
}

function oneView<Result>(opcode: Opcode, file: FileReference, given: View, options: SendOptions | undefined, always: number): Operation<Result> {
  const view = checkView(given, opcode === SEND ? 'data' : 'buffer')
  let length = byteLengthOf(view)
  if (options?.length !== undefined) length = checkInteger(options.length, 'length', 0, length)
  if (length > TRANSFER_MAX) length = TRANSFER_MAX
  if (options?.zeroCopy === true && opcode === SEND) {
    const detail = new OperationDetail()
    detail.zeroCopy = true
    return onSocket(opcode, file, length, flagsOf(options, always), detail, view)
  }
  if (typeof file === 'number') return new Operation<Result>(opcode, DESCRIPTOR, fileNumber(file), view, length, -1, flagsOf(options, always), undefined)
  return onSocket(opcode, file, length, flagsOf(options, always), undefined, view)
}

function severalViews<Result>(opcode: Opcode, file: FileReference, given: View | readonly View[], name: string, flags: number, address?: AddressArgument): Operation<Result> {
  const detail = new OperationDetail()
  const list: readonly View[] = ArrayBuffer.isView(given) ? [given] : given
  if (!Array.isArray(list)) throw invalidArgType(name, 'an ArrayBufferView or an ArrayBufferView[]', given)
  // Each read once, into a list of the operation's own: the caller's may be a Proxy, or say something else the second time.
  const { length: count } = list as readonly View[]
  if (count > IOV_MAX) throw outOfRange(`${name}.length`, `>= 0 && <= ${String(IOV_MAX)}`, count)
  const own: View[] = []
  let length = 0
  for (let index = 0; index < count; index++) {
    const view = checkView((list as readonly View[])[index], `${name}[${String(index)}]`)
    own.push(view)
    length += byteLengthOf(view)
  }
  detail.buffers = own
  if (address !== undefined) detail.address = checkAddress(address)
  return onSocket(opcode, file, length, flags, detail)
}

/**
 * Sends the bytes of one view, or of several in turn (at most 1024). Resolves to the number of bytes sent. On a stream
 * socket all are sent, as by a blocking send(2), unless MSG_DONTWAIT is among the flags. A send that was cancelled or
 * failed half way resolves to fewer. Sends on one socket go one after the other, in order of submission. EPIPE raises
 * no signal.
 * @see send(2)
 */
export function send(file: FileReference, data: View | readonly View[], options?: SendOptions): Operation<number> {
  if (ArrayBuffer.isView(data)) return oneView(SEND, file, data, options, MessageFlag.MSG_NOSIGNAL)
  if (options?.length !== undefined) throw invalidArgValue('length', options.length, 'has no meaning for several views')
  return severalViews(Opcode.SENDMSG, file, data, 'data', flagsOf(options, MessageFlag.MSG_NOSIGNAL))
}

/**
 * Receives into a buffer. Resolves to the number of bytes; 0: the peer has ended its side. The buffer is lent to the kernel until
 * the operation's own completion.
 * @see recv(2)
 */
export function recv(file: FileReference, buffer: View, options?: ReceiveOptions): Operation<number>
/**
 * Receives into a buffer of a group, which is taken when there is something to receive. Resolves to a piece, which the
 * caller releases. An empty piece means that the peer has ended its side. While all buffers of the group are lent, the
 * receive waits.
 */
export function recv(file: FileReference, group: BufferGroup, options?: GroupReceiveOptions): Operation<Piece>
export function recv(file: FileReference, into: View | BufferGroup, options?: GroupReceiveOptions): Operation<number> | Operation<Piece> {
  return into instanceof BufferGroup ? fromGroup<Piece>(Opcode.RECV_PIECE, file, into, options) : oneView<number>(RECV, file, into, options, 0)
}

function fromGroup<Result>(opcode: Opcode, file: FileReference, group: BufferGroup, options: GroupReceiveOptions = {}): Operation<Result> {
  group.check()
  const detail = new OperationDetail()
  detail.group = group
  detail.multishot = options.multishot === true
  const length = options.length === undefined ? group.size : checkInteger(options.length, 'length', 1, group.size)
  return onSocket(opcode, file, length, flagsOf(options, 0), detail)
}

/** The offset that no send has otherwise, and that marks one as its submitter's to keep in order. */
const IN_TURN = 0

/**
 * For interfaces that keep the sends of a socket in order themselves, or need no order, that go on after a short one, and that keep the descriptor
 * open until each has ended: the engine looks at neither, which saves two system calls a send.
 */
export function inTurn(operation: Operation<number>): Operation<number> {
  const { opcode, fileKind, file, buffer, length, flags, detail } = operation
  return new Operation<number>(opcode, fileKind, file, buffer, length, IN_TURN, flags, detail)
}

/** Whether it was made by one of these. */
export function isInTurn({ offset, opcode }: Operation): boolean {
  return offset === IN_TURN && (opcode === SEND || opcode === SENDMSG)
}

/** `inTurn(sendmsg(fd, data, { address }))` of one view, made at once. */
export function sendToInTurn(fd: number, data: View, address: AddressArgument | undefined): Operation<number> {
  const detail = new OperationDetail()
  const length = byteLengthOf(checkView(data, 'data'))
  detail.buffers = [data]
  if (address !== undefined) detail.address = checkAddress(address)
  return new Operation<number>(SENDMSG, DESCRIPTOR, fd, undefined, length, IN_TURN, MessageFlag.MSG_NOSIGNAL, detail)
}

/** `inTurn(send(fd, data))`, made at once. */
export function sendInTurn(fd: number, data: View | readonly View[]): Operation<number> {
  if (!ArrayBuffer.isView(data)) return inTurn(send(fd, data))
  const length = byteLengthOf(checkView(data, 'data'))
  return new Operation<number>(SEND, DESCRIPTOR, fd, data, length > TRANSFER_MAX ? TRANSFER_MAX : length, IN_TURN, MessageFlag.MSG_NOSIGNAL, undefined)
}

/** `recv(fd, buffer)` for interfaces whose own the descriptor and the buffer are, at most 64 KiB long. */
export function receiveInto(fd: number, buffer: Buffer): Operation<number> {
  return new Operation<number>(RECV, DESCRIPTOR, fd, buffer, buffer.length, -1, 0, undefined)
}

/** Options of {@link sendmsg}. */
export interface SendMessageOptions extends MessageOptions {
  /** The destination, for a socket that is not connected. */
  readonly address?: AddressArgument
  /**
   * Descriptors to pass over a Unix socket: the receiver gets new numbers for the same open files. At most 253. Keep
   * them open until the operation has ended. On a stream at least one byte of data must go with them.
   * @see unix(7),
   * SCM_RIGHTS
   */
  readonly descriptors?: readonly number[] | undefined
}

/**
 * Sends one message to an address or over a connection, optionally with descriptors. Resolves to the bytes sent.
 * @see sendmsg(2)
 */
export function sendmsg(file: FileReference, data: View | readonly View[], options: SendMessageOptions = {}): Operation<number> {
  const operation = severalViews<number>(SENDMSG, file, data, 'data', flagsOf(options, MessageFlag.MSG_NOSIGNAL), options.address)
  const { descriptors } = options
  if (descriptors !== undefined && operation.detail !== undefined) operation.detail.descriptors = checkDescriptors(descriptors)
  return operation
}

/** In a list of the operation's own; undefined: there are none. */
function checkDescriptors(given: readonly number[]): readonly number[] | undefined {
  if (!Array.isArray(given)) throw invalidArgType('descriptors', 'a number[]', given)
  const { length: count } = given as readonly number[]
  if (count > DESCRIPTORS_MAX) throw outOfRange('descriptors.length', `>= 0 && <= ${String(DESCRIPTORS_MAX)}`, count)
  const own: number[] = []
  for (let index = 0; index < count; index++) own.push(checkInteger(given[index], `descriptors[${String(index)}]`, 0, INT32_MAX))
  return count === 0 ? undefined : own
}

/** A message that was received. */
export interface ReceivedMessage {
  /** Bytes received. */
  readonly length: number
  /** Who sent it; undefined on a connection. */
  readonly address: SocketAddress | undefined
  /** `MessageFlag` bits: MSG_TRUNC for a datagram that was longer than the buffers, MSG_CTRUNC for more descriptors than were asked for. */
  readonly flags: number
  /** Descriptors that were received, which the caller closes. They are closed on exec. */
  readonly descriptors: readonly number[]
}

/** Options of `recvmsg`. */
export interface ReceiveMessageOptions extends MessageOptions {
  /** Descriptors to receive at most, up to 253. The kernel closes any others and sets MSG_CTRUNC. Default: 0. */
  readonly descriptors?: number | undefined
}

/** A message that was received into a buffer of a group. */
export interface ReceivedPiece extends ReceivedMessage {
  /** Its bytes, until they are released. */
  readonly piece: Piece
}

/**
 * Receives one message into a view, or into several in turn (at most 1024), and the descriptors passed with it.
 * @see recvmsg(2)
 */
export function recvmsg(file: FileReference, buffers: View | readonly View[], options?: ReceiveMessageOptions): Operation<ReceivedMessage>
/** The same into a buffer of a group. */
export function recvmsg(file: FileReference, group: BufferGroup, options?: GroupReceiveOptions): Operation<ReceivedPiece>
export function recvmsg(file: FileReference, buffers: View | readonly View[] | BufferGroup, options: GroupReceiveOptions & ReceiveMessageOptions = {}): Operation<ReceivedMessage> {
  if (buffers instanceof BufferGroup) {
    if (options.descriptors !== undefined) throw invalidArgValue('descriptors', options.descriptors, 'has no meaning for a group: give buffers')
    return fromGroup<ReceivedPiece>(Opcode.RECVMSG_PIECE, file, buffers, options)
  }
  const descriptors = options.descriptors === undefined ? 0 : checkInteger(options.descriptors, 'descriptors', 0, DESCRIPTORS_MAX)
  const operation = severalViews<ReceivedMessage>(Opcode.RECVMSG, file, buffers, 'buffers', flagsOf(options, descriptors > 0 ? MessageFlag.MSG_CMSG_CLOEXEC : 0))
  if (operation.detail !== undefined) operation.detail.argument = descriptors
  return operation
}

/** Ends one half of a connection, or both. @param how `Shutdown` @see shutdown(2) */
export function shutdown(file: FileReference, how: number): Operation<void> {
  return onSocket(Opcode.SHUTDOWN, file, 0, checkInteger(how, 'how', 0, 2))
}

function option<Result>(opcode: Opcode, file: FileReference, level: number, name: number, value: View | undefined): Operation<Result> {
  const detail = new OperationDetail()
  detail.argument = checkInteger(level, 'level', 0, INT32_MAX)
  detail.mode = checkInteger(name, 'name', 0, INT32_MAX)
  return onSocket(opcode, file, value === undefined ? 0 : byteLengthOf(value), 0, detail, value)
}

/**
 * Reads a socket's option. Resolves to its value as an integer; with a buffer, to the number of bytes filled.
 * @param level `SocketOption.SOL_SOCKET`, `IPPROTO_TCP` …
 * @param name `SocketOption.SO_RCVBUF` …
 * @see getsockopt(2)
 */
export function getsockopt(file: FileReference, level: number, name: number, buffer?: View): Operation<number> {
  return option(Opcode.GETSOCKOPT, file, level, name, buffer === undefined ? undefined : checkView(buffer))
}

/** Sets a socket's option: to an integer, or to the structure in a buffer. @see setsockopt(2) */
export function setsockopt(file: FileReference, level: number, name: number, value: number | View): Operation<void> {
  const view = typeof value === 'number' ? new Int32Array([checkInteger(value, 'value', INT32_MIN, INT32_MAX)]) : checkView(value, 'value')
  return option(Opcode.SETSOCKOPT, file, level, name, view)
}

/** The address of a socket's own end. @see getsockname(2) */
export function getsockname(file: FileReference): Operation<SocketAddress> {
  return onSocket(Opcode.GETSOCKNAME, file, 0, 0)
}

/** The address of the other end. @see getpeername(2) */
export function getpeername(file: FileReference): Operation<SocketAddress> {
  return onSocket(Opcode.GETPEERNAME, file, 0, 0)
}
