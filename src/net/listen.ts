// ① interface — listen(): a name to an address, an address to a listening socket.
import { closeKept } from '../lasting.js'
import type { AddressArgument as OperationAddress } from '../operation/address.js'
import { familyOf, SocketFamily } from '../operation/address.js'
import { checkInteger } from '../operation/arguments.js'
import { bind, getsockname, listen as listenOn, setsockopt, socket, SocketOption, SocketType } from '../operation/socket.js'
import type { SubmitOptions } from '../proactor/options.js'
import { checkOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { parseAddress, type AddressArgument } from './address.js'
import { proactorOf, type EngineOptions } from './engine.js'
import { listenError } from './errors.js'
import { firstOf, resolveHost, type LookupFunction } from './resolve.js'
import { Server } from './server.js'

/** Options of {@link listen}. */
export interface ListenOptions extends EngineOptions {
  /** Connections that the kernel holds until they are accepted; the system has its own limit. Default: 511. */
  readonly backlog?: number | undefined
  /** Several sockets, of several threads or processes, may listen on the same port: the kernel spreads the connections. Default: false. */
  readonly reusePort?: boolean | undefined
  /** For '::': only IPv6, and not IPv4 as well. Default: false. */
  readonly ipv6Only?: boolean | undefined
  /** Connections begin without Nagle's delay: each send goes out at once. Default: true. */
  readonly noDelay?: boolean | undefined
  /** The kernel probes idle peers of new connections. Default: false. */
  readonly keepAlive?: boolean | undefined
  /** Milliseconds of silence before the first probe, in whole seconds; 0: the system's default. Default: 0. */
  readonly keepAliveDelay?: number | undefined
  /** Replaces dns.lookup. */
  readonly lookup?: LookupFunction | undefined
  /** Aborting it before the server listens rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined
}

/** What libuv does where '::' is not available. */
const WITHOUT_IPV6: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EINVAL']

/**
 * Listens on an address: 'host:port:tcp', 'host:port', ':port' (any address), a port, '[::1]:port', `{ host, port }`, a
 * path with a '/' (a Unix socket), '@name' (an abstract one), `{ path }`. Port 0: a free one, which `address` returns.
 *
 * @throws EADDRINUSE, EACCES …, as Node's net has them: `syscall` 'listen', with `address` and `port`; ENOTFOUND; ERR_INVALID_ARG_*
 */
export async function listen(address: AddressArgument, options: ListenOptions = {}): Promise<Server> {
  const place = parseAddress(address, 'tcp')
  const io = proactorOf(options)
  const backlog = checkInteger(options.backlog ?? 511, 'options.backlog', 0, 2 ** 31 - 1)
  const delay = checkInteger(options.keepAliveDelay ?? 0, 'options.keepAliveDelay', 0, 2 ** 31 - 1)
  const { signal } = checkOptions({ signal: options.signal })
  const submitOptions = signal === undefined ? undefined : { signal }
  const settings: [level: number, name: number, value: number][] = []
  if (place.kind === 'host') {
    settings.push([SocketOption.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1])
    if (options.reusePort === true) settings.push([SocketOption.SOL_SOCKET, SocketOption.SO_REUSEPORT, 1])
    // What is accepted has these options of the listening socket's.
    if (options.noDelay !== false) settings.push([SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1])
    if (options.keepAlive === true) settings.push([SocketOption.SOL_SOCKET, SocketOption.SO_KEEPALIVE, 1])
    if (options.keepAlive === true && delay >= 1000) settings.push([SocketOption.IPPROTO_TCP, SocketOption.TCP_KEEPIDLE, Math.floor(delay / 1000)])
  }
  const make = async (target: OperationAddress): Promise<Server> => {
    const family = familyOf(target)
    const own: typeof settings = family === SocketFamily.AF_INET6 ? [...settings, [SocketOption.IPPROTO_IPV6, SocketOption.IPV6_V6ONLY, options.ipv6Only === true ? 1 : 0]] : settings
    return bound(io, target, family, own, backlog, submitOptions)
  }
  if (place.kind === 'path') return make({ path: place.path })
  const { host, port } = place
  if (host !== '') {
    return make({ address: firstOf(await resolveHost(host, place.family, options.lookup)).address, port })
  }
  if (place.family === 4) return make({ address: '0.0.0.0', port })
  try {
    return await make({ address: '::', port })
  } catch (error) {
    if (place.family === 6 || !WITHOUT_IPV6.includes((error as NodeJS.ErrnoException).code)) throw error
    return make({ address: '0.0.0.0', port })
  }
}

async function bound(
  io: Proactor, target: OperationAddress, family: number, settings: readonly (readonly [number, number, number])[], backlog: number, options: SubmitOptions | undefined,
): Promise<Server> {
  const fd = await io.submit(socket(family, SocketType.SOCK_STREAM), options)
  try {
    for (const [level, name, value] of settings) await io.submit(setsockopt(fd, level, name, value), options)
    await io.submit(bind(fd, target), options)
    await io.submit(listenOn(fd, backlog), options)
    const address = await io.submit(getsockname(fd), options)
    const path = 'path' in target && !String(target.path).startsWith('\0') ? String(target.path) : undefined
    return new Server(io, fd, address, path)
  } catch (error) {
    await closeKept(io, fd)
    throw listenError(error as Error, 'path' in target ? String(target.path) : target.address, 'path' in target ? undefined : target.port)
  }
}

