// ① interface — an open socket for datagrams: sends in any number, messages in the order of their arrival.
import type { AddressArgument as OperationAddress, SocketAddress } from '../operation/address.js'
import { getpeername, inTurn, MessageFlag, recvmsg, sendmsg, sendToInTurn, type ReceivedPiece } from '../operation/socket.js'
import { BufferGroup } from '../operation/buffer-group.js'
import type { View } from '../operation/operation.js'
import { ClosedError } from '../proactor/failure.js'
import type { SubmitOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { parseAddress, type AddressArgument } from './address.js'
import { ArrivalSource } from './arrival-source.js'
import type { TakeOptions } from './arrival-takers.js'
import { ArrivalLine } from './arrivals.js'
import { LentPiece, type Piece } from './piece.js'
import { firstOf, resolveHost, type HostIp, type LookupFunction } from './resolve.js'
import { dataOf, type Sendable } from './sendable.js'

/** One message that was received. Release its bytes. */
export interface Datagram extends Piece {
  /** The sender's address, which `send` accepts. Undefined: a Unix socket without a name. */
  readonly address: SocketAddress | undefined
  /** Whether it was longer than its buffer of 64 KiB: the rest is lost. */
  readonly isTruncated: boolean
}

class ReceivedDatagram extends LentPiece implements Datagram {
  readonly address: SocketAddress | undefined
  readonly isTruncated: boolean

  constructor(bytes: Buffer, address: SocketAddress | undefined, isTruncated: boolean) {
    super(bytes, bytes.length, undefined)
    this.address = address
    this.isTruncated = isTruncated
  }
}

/** More than the longest datagram of UDP. */
const DATAGRAM_BYTES_MAX = 2 ** 16
/** Messages that the kernel may bring before the first of them is copied. */
const DATAGRAMS_AT_ONCE = 64
const NONE: ReadonlySet<number> = new Set()
/** What ICMP says of a message that was sent: ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EHOSTDOWN. The next one may arrive. */
const OF_AN_EARLIER_SEND: ReadonlySet<number> = new Set([-111, -113, -101, -112])

/** Messages in the order of their arrival. */
export class DatagramSocket extends ArrivalSource<Datagram> {
  readonly #io: Proactor
  /** What messages are received into, until they are copied. */
  readonly #group: BufferGroup
  readonly #lookup: LookupFunction | undefined
  /** Whether it was made with a peer. */
  readonly isConnected: boolean

  /** Use `datagram`. @internal */
  constructor(io: Proactor, fd: number, address: SocketAddress, isConnected: boolean, lookup: LookupFunction | undefined) {
    const group = new BufferGroup({ count: DATAGRAMS_AT_ONCE, size: DATAGRAM_BYTES_MAX }, true)
    super(io, fd, address, new ArrivalLine<ReceivedPiece, Datagram, Datagram>({
      io, operation: (multishot) => recvmsg(fd, group, { multishot }),
      arrived: ({ address: from, flags, piece }) => new ReceivedDatagram(piece.bytes, from, (flags & MessageFlag.MSG_TRUNC) !== 0),
      handOut: (message) => message, discard: () => Promise.resolve(),
      passedOver: NONE, toldOnce: OF_AN_EARLIER_SEND,
    }))
    this.#group = group
    this.#io = io
    this.isConnected = isConnected
    this.#lookup = lookup
  }

  /** The peer, if it was made with one. */
  get remoteAddress(): SocketAddress | undefined {
    if (!this.isConnected || this.isClosed) return undefined
    const [asked] = this.#io.runSync([getpeername(this.fd)])
    return asked.status === 'fulfilled' ? asked.value : undefined
  }

  /**
   * Sends one message. Memory is lent until the promise settles.
   * @param to an address as `datagram` takes it, or one that a message came from. Default: the peer
   * @returns the number of bytes sent, which is always all of them
   * @throws EMSGSIZE, EDESTADDRREQ, ECONNREFUSED (of an earlier one to the peer) …, ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_*
   */
  send(data: Sendable, to?: AddressArgument | SocketAddress, options?: SubmitOptions): Promise<number> {
    if (this.isClosed) return Promise.reject(new ClosedError('The socket'))
    const memory = dataOf(data)
    // What a message came from needs no look at its form.
    if (to === undefined || (typeof to === 'object' && 'address' in to)) return this.#submit(memory, to, options)
    const place = parseAddress(to, 'udp')
    if (place.kind === 'path') return this.#submit(memory, { path: place.path }, options)
    return resolveHost(place.host === '' ? 'localhost' : place.host, place.family, this.#lookup).then((addresses) => {
      const address: OperationAddress = { address: this.#ofOwnFamily(addresses).address, port: place.port }
      return this.#submit(memory, address, options)
    })
  }

  #submit(memory: View | readonly View[], address: OperationAddress | undefined, options: SubmitOptions | undefined): Promise<number> {
    const operation = ArrayBuffer.isView(memory) ? sendToInTurn(this.fd, memory, address)
      : inTurn(sendmsg(this.fd, memory, address === undefined ? undefined : { address }))
    return this.#io.submit(operation, options)
  }

  /**
   * Resolves to the next message; undefined: the socket was closed. Several calls are served in turn.
   * @throws ETIMEDOUT, AbortError, errors of recvmsg(2)
   */
  receive(options: TakeOptions = {}): Promise<Datagram | undefined> {
    return this.next(options, 'recvmsg')
  }

  /** How messages are received and sent. */
  explain(): { readonly receive: string, readonly send: string } {
    return { receive: `again and again, copied: ${this.#io.explain(recvmsg(this.fd, Buffer.alloc(1)))}`, send: `copy: ${this.#io.explain(sendmsg(this.fd, Buffer.alloc(1)))}` }
  }

  protected override closed(): Promise<void> {
    this.#group.close()
    return Promise.resolve()
  }

  /** An address that this socket can send to: of IPv4, an IPv6 socket knows it as well. */
  #ofOwnFamily(addresses: readonly HostIp[]): HostIp {
    const family = this.address.family === 'IPv6' ? 6 : 4
    const found = addresses.find((one) => one.family === family) ?? firstOf(addresses)
    return family === 6 && found.family === 4 ? { address: `::ffff:${found.address}`, family: 6 } : found
  }
}
