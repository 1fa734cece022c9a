// ① interface — Node's own servers (net, http, https, tls, http2, and what hangs on them, such as WebSockets) on connections of this module. The
// server gets each as a stream by its event 'connection', which Node documents for this; what it asks of its handle is answered here.
import type { Server as NodeServer } from 'node:net'
import { invalidArgType } from '../operation/arguments.js'
import type { SocketAddress } from '../operation/address.js'
import { errnoOf } from '../operation/system-error.js'
import type { SocketStream } from './duplex.js'
import { Server } from './server.js'
import type { CountingServer } from './socket-face.js'

/** What stands where Node's server has its native handle, from 20 to 26: `listening`, `address()`, `close()`, `ref()` and `unref()` ask it. */
class Handle {
  readonly #server: Server
  readonly fd: number
  constructor(server: Server) {
    this.#server = server
    this.fd = server.fd
  }

  getsockname(out: Record<string, unknown>): number {
    const { address } = this.#server
    if (address.family === 'Unix') return errnoOf('ENOTSUP')
    Object.assign(out, addressOf(address))
    return 0
  }

  close(done?: () => void): void {
    void this.#server.close().finally(() => done?.())
  }

  ref(): void {
    this.#server.ref()
  }

  unref(): void {
    this.#server.unref()
  }
}

function addressOf(address: SocketAddress): object {
  return address.family === 'Unix' ? {} : { address: address.address, family: address.family, port: address.port }
}

/** Fields of Node's own, the same from 20 to 26. */
interface ServerFields extends CountingServer {
  _handle: Handle | null
  _pipeName?: string
  readonly allowHalfOpen: boolean
  readonly pauseOnConnect: boolean
  readonly highWaterMark?: number
  maxConnections?: number
  readonly dropMaxConnection?: boolean
}

/**
 * Lets a server of Node's serve the connections of `server`, as if it had listened itself: `listening`, `address()`,
 * `close()`, `getConnections()`, `maxConnections` and its timeouts work, and 'listening' is emitted. Closing it closes
 * `server`.
 *
 * @param nodeServer of node:net, node:http, node:https, node:tls or node:http2; not listening
 * @returns a promise that resolves when no more connections arrive. It rejects with the error that ended them, which is
 * also the server's 'error' event
 * @throws ERR_INVALID_ARG_TYPE, ERR_SERVER_ALREADY_LISTEN
 */
export function attach(nodeServer: NodeServer, server: Server): Promise<void> {
  const fields = nodeServer as unknown as ServerFields
  if (typeof (nodeServer as Partial<NodeServer> | undefined)?.emit !== 'function' || !('_handle' in fields)) throw invalidArgType('nodeServer', 'a server of node:net, node:http, node:https, node:tls or node:http2', nodeServer)
  if (!(server instanceof Server)) throw invalidArgType('server', 'an instance of Server', server)
  if (fields._handle !== null) throw Object.assign(new Error('Listen method has been called more than once without closing.'), { code: 'ERR_SERVER_ALREADY_LISTEN' })
  fields._handle = new Handle(server)
  if (server.address.family === 'Unix') fields._pipeName = server.address.path
  process.nextTick(() => {
    if (fields._handle !== null) nodeServer.emit('listening')
  })
  const done = serve(nodeServer, fields, server)
  // A caller that does not wait for it is notified by the event.
  done.catch((error: unknown) => nodeServer.emit('error', error))
  return done
}

async function serve(nodeServer: NodeServer, fields: ServerFields, server: Server): Promise<void> {
  for await (const connection of server) {
    const { maxConnections } = fields
    if (maxConnections !== undefined && fields._connections >= maxConnections) {
      const { localAddress: local, remoteAddress: remote } = connection
      nodeServer.emit('drop', { ...dropped('local', local), ...dropped('remote', remote) })
      void connection.close()
      continue
    }
    const stream = connection.duplex({ allowHalfOpen: fields.allowHalfOpen || endsByItself(nodeServer), highWaterMark: fields.highWaterMark })
    counted(stream, fields)
    if (fields.pauseOnConnect) stream.pause()
    // A listener that throws is an uncaught exception, and the next connection is served.
    stream.run(() => nodeServer.emit('connection', stream))
    if (!fields.pauseOnConnect && !stream.destroyed && stream.readableFlowing !== false) stream.read(0)
  }
}

/** TLS and http2 end the stream under theirs, when they have written what is left. Recognised without loading either. */
function endsByItself(nodeServer: NodeServer): boolean {
  return 'setSecureContext' in nodeServer || 'updateSettings' in nodeServer
}

function counted(stream: SocketStream, fields: ServerFields): void {
  fields._connections++
  stream.server = fields
  stream._server = fields
}

function dropped(end: string, address: SocketAddress | undefined): object {
  if (address === undefined || address.family === 'Unix') return {}
  return { [`${end}Address`]: address.address, [`${end}Port`]: address.port, [`${end}Family`]: address.family }
}
