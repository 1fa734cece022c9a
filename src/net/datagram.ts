// ① interface — datagrams (UDP): one message a send, one message a receive, with the address of the other end.
import { closeKept } from '../lasting.js'
import { familyOf, SocketFamily, type AddressArgument as OperationAddress } from '../operation/address.js'
import { checkInteger } from '../operation/arguments.js'
import { bind, connect as connectTo, getsockname, setsockopt, socket, SocketOption, SocketType } from '../operation/socket.js'
import { checkOptions, type SubmitOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { parseAddress, type AddressArgument, type Place } from './address.js'
import { DatagramSocket } from './datagram-socket.js'
import { proactorOf, type EngineOptions } from './engine.js'
import { firstOf, resolveHost, type LookupFunction } from './resolve.js'

/** Options of {@link datagram}. */
export interface DatagramOptions extends EngineOptions {
  /** The peer: `send` goes there, and only its messages are received. */
  readonly peer?: AddressArgument | undefined
  /** Several sockets may be bound to the same port: the last one gets its messages. Default: false. */
  readonly reuseAddress?: boolean | undefined
  /** Several sockets, of several threads or processes, may be bound to the same port: the kernel spreads the messages. Default: false. */
  readonly reusePort?: boolean | undefined
  /** For '::': only IPv6, and not IPv4 as well. Default: false. */
  readonly ipv6Only?: boolean | undefined
  /** Messages to broadcast addresses may be sent. Default: false. */
  readonly broadcast?: boolean | undefined
  /** The most bytes that the kernel holds of received messages; further messages are lost. Default: the system's. */
  readonly receiveBufferBytes?: number | undefined
  /** The most bytes that the kernel holds of messages to send. Default: the system's. */
  readonly sendBufferBytes?: number | undefined
  /** Replaces dns.lookup. */
  readonly lookup?: LookupFunction | undefined
  /** Aborting it before the socket is bound rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined
}

type Setting = readonly [level: number, name: number, value: number]
const BYTES_MAX = 2 ** 30

function settingsOf({ reuseAddress, reusePort, broadcast, receiveBufferBytes, sendBufferBytes }: DatagramOptions): readonly Setting[] {
  const settings: Setting[] = []
  const { SOL_SOCKET, SO_REUSEADDR, SO_REUSEPORT, SO_BROADCAST, SO_RCVBUF, SO_SNDBUF } = SocketOption
  if (reuseAddress === true) settings.push([SOL_SOCKET, SO_REUSEADDR, 1])
  if (reusePort === true) settings.push([SOL_SOCKET, SO_REUSEPORT, 1])
  if (broadcast === true) settings.push([SOL_SOCKET, SO_BROADCAST, 1])
  if (receiveBufferBytes !== undefined) settings.push([SOL_SOCKET, SO_RCVBUF, checkInteger(receiveBufferBytes, 'options.receiveBufferBytes', 1, BYTES_MAX)])
  if (sendBufferBytes !== undefined) settings.push([SOL_SOCKET, SO_SNDBUF, checkInteger(sendBufferBytes, 'options.sendBufferBytes', 1, BYTES_MAX)])
  return settings
}

/**
 * A socket for datagrams, bound to an address: 'host:port:udp', 'host:port', ':port' (any address), a port,
 * '[::1]:port', `{ host, port }`. Port 0: a free one, which `address` returns.
 *
 * @throws EADDRINUSE, EACCES …, with `address` and `port`; ENOTFOUND; ERR_INVALID_ARG_*
 */
export async function datagram(address: AddressArgument = ':0:udp', options: DatagramOptions = {}): Promise<DatagramSocket> {
  const place = parseAddress(address, 'udp')
  const peer = options.peer === undefined ? undefined : parseAddress(options.peer, 'udp')
  const settings = settingsOf(options)
  const { signal } = checkOptions({ signal: options.signal })
  const io = proactorOf(options)
  const target = peer === undefined ? undefined : await addressOf(peer, options.lookup)
  const own = await addressOf(anyAddress(place, target), options.lookup)
  return bound(io, own, target, settings, options, signal === undefined ? undefined : { signal })
}

/** Any address is of the peer's family; without a peer of IPv4, as that is what every machine has. */
function anyAddress(place: Place, target: OperationAddress | undefined): Place {
  if (place.kind === 'path' || place.host !== '') return place
  const isIpv6 = place.family === 6 || (place.family === 0 && target !== undefined && 'address' in target && target.address.includes(':'))
  return { ...place, host: isIpv6 ? '::' : '0.0.0.0' }
}

async function addressOf(place: Place, lookup: LookupFunction | undefined): Promise<OperationAddress> {
  if (place.kind === 'path') return { path: place.path }
  const { address } = firstOf(await resolveHost(place.host === '' ? 'localhost' : place.host, place.family, lookup))
  return { address, port: place.port }
}

async function bound(
  io: Proactor, own: OperationAddress, target: OperationAddress | undefined, settings: readonly Setting[], { ipv6Only, lookup }: DatagramOptions, options: SubmitOptions | undefined,
): Promise<DatagramSocket> {
  const family = familyOf(own)
  const fd = await io.submit(socket(family, SocketType.SOCK_DGRAM), options)
  try {
    for (const [level, name, value] of settings) await io.submit(setsockopt(fd, level, name, value), options)
    if (family === SocketFamily.AF_INET6) await io.submit(setsockopt(fd, SocketOption.IPPROTO_IPV6, SocketOption.IPV6_V6ONLY, ipv6Only === true ? 1 : 0), options)
    await io.submit(bind(fd, own), options)
    if (target !== undefined) await io.submit(connectTo(fd, target), options)
    return new DatagramSocket(io, fd, await io.submit(getsockname(fd), options), target !== undefined, lookup)
  } catch (error) {
    await closeKept(io, fd)
    throw error
  }
}
