// ① interface — connect(): a name to addresses, both families in turn, and the first that answers.
import { closeKept } from '../lasting.js'
import type { AddressArgument as OperationAddress } from '../operation/address.js'
import { familyOf } from '../operation/address.js'
import { checkInteger } from '../operation/arguments.js'
import { bind, connect as connectTo, setsockopt, socket, SocketOption, SocketType } from '../operation/socket.js'
import { Errno, systemError } from '../operation/system-error.js'
import { checkOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { heed } from '../waiting/heed.js'
import { orAbort } from '../waiting/or-abort.js'
import { describePlace, parseAddress, type AddressArgument, type Place } from './address.js'
import { ATTEMPT_MILLISECONDS, firstSuccess } from './attempts.js'
import { Connection } from './connection.js'
import { proactorOf, type EngineOptions } from './engine.js'
import { resolveHost, type LookupFunction } from './resolve.js'

/** Options of {@link connect}. */
export interface ConnectOptions extends EngineOptions {
  /** Aborting it ends the attempt with an AbortError. */
  readonly signal?: AbortSignal | undefined
  /**
   * Milliseconds for the whole attempt, including the name look-up; then ETIMEDOUT. Above 0. Default: only the system's
   * limit.
   */
  readonly timeout?: number | undefined
  /** Milliseconds after which the next address is tried in parallel (RFC 8305). 10 at least. Default: 250. */
  readonly attemptDelay?: number | undefined
  /** The address to connect from. */
  readonly localAddress?: string | undefined
  /** The port to connect from. */
  readonly localPort?: number | undefined
  /** Each send goes out at once (no Nagle's delay). Default: true. */
  readonly noDelay?: boolean | undefined
  /** Replaces dns.lookup. */
  readonly lookup?: LookupFunction | undefined
}

/** As RFC 8305 has it, at least so long between two attempts. */
const DELAY_MIN = 10

/**
 * Connects to an address: 'host:port:tcp', 'host:port', a port of this machine, '[::1]:port', `{ host, port }`, a path
 * with a '/' (a Unix socket), '@name' (an abstract one), `{ path }`. A name's addresses of both families are tried in
 * turn, as in RFC 8305.
 *
 * @throws ECONNREFUSED …, as Node's net has them, with `address` and `port`; of several addresses an AggregateError; ENOTFOUND, ETIMEDOUT,
 * AbortError, ERR_INVALID_ARG_*
 */
export async function connect(address: AddressArgument, options: ConnectOptions = {}): Promise<Connection> {
  const place = parseAddress(address, 'tcp')
  const io = proactorOf(options)
  const delay = checkInteger(options.attemptDelay ?? ATTEMPT_MILLISECONDS, 'options.attemptDelay', 0, 2 ** 31 - 1)
  const { signal, timeout } = checkOptions({ signal: options.signal, timeout: options.timeout })
  if (signal === undefined && timeout === undefined) return attempted(io, place, options, delay, undefined)
  const limit = new AbortController()
  const unheed = heed({ signal, timeout }, () => timedOut(place), (error) => limit.abort(error))
  try {
    return await attempted(io, place, options, delay, limit.signal)
  } finally {
    unheed()
  }
}

function timedOut(place: Place): Error {
  const error = systemError(Errno.ETIMEDOUT, 'connect', undefined, undefined, `no connection to ${describePlace(place)} within the timeout`)
  return place.kind === 'path' ? Object.assign(error, { address: place.path }) : Object.assign(error, { address: place.host, port: place.port })
}

async function attempted(io: Proactor, place: Place, options: ConnectOptions, delay: number, signal: AbortSignal | undefined): Promise<Connection> {
  const targets = place.kind === 'path' ? [{ path: place.path }] : await targetsOf(place, options.lookup, signal)
  return firstSuccess<OperationAddress, Connection>({
    targets, signal, delay: Math.max(delay, DELAY_MIN),
    attempt: (target, stop) => attempt(io, target, options, stop),
    discard: (connection) => void connection.close(),
  })
}

async function targetsOf({ host, port, family }: Place & { readonly kind: 'host' }, lookup: LookupFunction | undefined, signal: AbortSignal | undefined): Promise<OperationAddress[]> {
  const resolving = resolveHost(host === '' ? 'localhost' : host, family, lookup)
  const found = signal === undefined ? await resolving : await orAbort(resolving, signal)
  return found.map(({ address }) => ({ address, port }))
}

async function attempt(io: Proactor, target: OperationAddress, { localAddress, localPort = 0, noDelay }: ConnectOptions, signal: AbortSignal): Promise<Connection> {
  const fd = await io.submit(socket(familyOf(target), SocketType.SOCK_STREAM))
  try {
    const isTcp = 'address' in target
    if (isTcp && (localAddress !== undefined || localPort !== 0)) {
      await io.submit(bind(fd, { address: localAddress ?? (target.address.includes(':') ? '::' : '0.0.0.0'), port: localPort }), { signal })
    }
    await io.submit(connectTo(fd, target), { signal })
    if (isTcp && noDelay !== false) await io.submit(setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1))
    return new Connection(io, fd, isTcp)
  } catch (error) {
    await closeKept(io, fd)
    throw error
  }
}
