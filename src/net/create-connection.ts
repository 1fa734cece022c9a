// ① interface — `createConnection` for Node's clients: http.request and http.Agent take it as an option, and so does everything that
// takes such a function. It answers a stream at once, which connects on its own.
import { isIP } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { invalidArgType } from '../operation/arguments.js'
import { parseAddress } from './address.js'
import { connect, type ConnectOptions } from './connect.js'
import { SocketStream, type StreamOptions } from './duplex.js'
import type { LookupFunction } from './resolve.js'

/** The supported options of net.createConnection; others are ignored. */
export interface CreateConnectionOptions extends StreamOptions {
  /** The name or address to connect to. Default: this machine. */
  readonly host?: string | null | undefined
  /** The port to connect to, 0 to 65535. */
  readonly port?: number | string | null | undefined
  /** A Unix socket. */
  readonly path?: string | null | undefined
  /** 4 or 6: only addresses of that family. 0: both. */
  readonly family?: number | undefined
  /** The address to connect from. */
  readonly localAddress?: string | undefined
  /** The port to connect from. */
  readonly localPort?: number | undefined
  /** Sends without Nagle's delay (TCP_NODELAY). */
  readonly noDelay?: boolean | undefined
  /** Probes a silent peer (SO_KEEPALIVE). Default: false. */
  readonly keepAlive?: boolean | undefined
  /** Milliseconds of silence before the first probe. */
  readonly keepAliveInitialDelay?: number | undefined
  /** Milliseconds without activity after which 'timeout' is emitted. */
  readonly timeout?: number | undefined
  /** Replaces dns.lookup, with the same arguments. */
  readonly lookup?: unknown
  /** Milliseconds before the next address is tried in parallel. */
  readonly autoSelectFamilyAttemptTimeout?: number | undefined
  /** Carries out the connection's operations. Default: the proactor of the thread's sockets. */
  readonly proactor?: ConnectOptions['proactor']
}

/**
 * Connects, as net.createConnection does. It emits 'connect' and 'ready' when it is connected, 'error' and 'close' when
 * it fails. Data written before is sent then.
 * @param listener for 'connect'
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function createConnection(options: CreateConnectionOptions, listener?: () => void): SocketStream {
  if (typeof options !== 'object' || (options as object | null) === null) throw invalidArgType('options', 'of type object', options)
  const { host, port, path, family } = options
  const address = typeof path === 'string' ? { path } : { host: host ?? 'localhost', port: Number(port), family: family === 4 || family === 6 ? family : 0 } as const
  parseAddress(address, 'tcp') // its checks, at once
  const stream = new SocketStream(options, typeof path !== 'string')
  stream.connecting = true
  if (listener !== undefined) stream.once('connect', listener)
  if (options.timeout !== undefined && options.timeout > 0) stream.setTimeout(options.timeout)
  if (options.keepAlive === true) stream.setKeepAlive(true, options.keepAliveInitialDelay ?? 0)
  const stop = new AbortController()
  stream.abortConnect = () => stop.abort()
  const connecting = connect(address, {
    signal: stop.signal, proactor: options.proactor, localAddress: options.localAddress, localPort: options.localPort, noDelay: options.noDelay === true,
    attemptDelay: options.autoSelectFamilyAttemptTimeout, lookup: typeof options.lookup === 'function' ? options.lookup as LookupFunction : undefined,
  })
  const failed = (error: Error): void => {
    if (!stream.destroyed) stream.destroy(error)
  }
  connecting.then((connection) => {
    if (stream.destroyed) void connection.close()
    else process.nextTick(() => stream.run(() => stream.connectedTo(connection)))
  }, failed)
  return stream
}

/**
 * The same with Node's own TLS over it: the `createConnection` of https.request.
 * @param options of tls.connect as well
 */
export function createSecureConnection(options: CreateConnectionOptions & Omit<ConnectionOptions, keyof CreateConnectionOptions>): TLSSocket {
  const { timeout, ...own } = options
  const socket = createConnection({ ...own, allowHalfOpen: true }) // TLS ends it when it has written what is left
  const { host } = options
  const servername = options.servername ?? (typeof host === 'string' && isIP(host) === 0 ? host : undefined)
  const secure = connectTls({ ...own as ConnectionOptions, socket, ...(servername === undefined ? {} : { servername }) })
  if (timeout !== undefined && timeout > 0) secure.setTimeout(timeout)
  return secure
}
