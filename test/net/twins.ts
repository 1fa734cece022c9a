// The same program on a server and a client of node:net, and on those of trueaio/net: what listeners hear must be the same.
import { once } from 'node:events'
import net from 'node:net'
import type { Proactor } from 'trueaio'
import { attach, createConnection, listen } from 'trueaio/net'

/** Both are servers of node:net; the second takes its connections from trueaio/net. */
export interface Twin {
  readonly name: string
  serve(options: net.ServerOpts, listener: (socket: net.Socket) => void): Promise<net.Server>
  serveAt(where: net.ListenOptions, options: net.ServerOpts, listener: (socket: net.Socket) => void): Promise<net.Server>
  connect(options: net.NetConnectOpts): net.Socket
}

const ANY = { host: '127.0.0.1', port: 0 }

export const nodeTwin: Twin = {
  name: 'node:net',
  serve: (options, listener) => nodeTwin.serveAt(ANY, options, listener),
  async serveAt(where, options, listener) {
    const server = net.createServer(options, listener)
    server.listen(where)
    await once(server, 'listening')
    return server
  },
  connect: (options) => net.connect(options),
}

/** @param proactor default: that of the thread's sockets */
export function twinOn(proactor?: Proactor): Twin {
  const twin: Twin = {
    name: 'trueaio/net',
    serve: (options, listener) => twin.serveAt(ANY, options, listener),
    async serveAt({ host, path, port }, options, listener) {
      const server = net.createServer(options, listener)
      void attach(server, await listen(path === undefined ? { host, port: port ?? 0 } : { path }, { proactor }))
      await once(server, 'listening')
      return server
    },
    connect: (options) => createConnection({ ...options, proactor }) as unknown as net.Socket,
  }
  return twin
}

export const ourTwin: Twin = twinOn()

export function portOf(server: net.Server): number {
  return (server.address() as net.AddressInfo).port
}

/** Notes what a socket emits, with what counts of it. */
export function logEvents(socket: net.Socket, prefix: string, log: string[]): void {
  for (const event of ['connect', 'ready', 'end', 'finish', 'drain', 'timeout'] as const) socket.on(event, () => log.push(`${prefix} ${event}`))
  socket.on('error', (error: NodeJS.ErrnoException) => log.push(`${prefix} error ${String(error.code)} ${String(error.syscall)} ${String(error.errno)} ${error.message}`))
  socket.on('close', (hadError) => log.push(`${prefix} close ${String(hadError)}`))
}
