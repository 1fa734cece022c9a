// What the tests of trueaio/net run on: the drivers that have sockets here, servers on a free port, and clients of node:net as the other side.
import { once } from 'node:events'
import net from 'node:net'
import { after } from 'node:test'
import { ioUring, linuxAio, Proactor, threadPool } from 'trueaio'
import { connect, listen, type Connection, type ListenOptions, type Server } from 'trueaio/net'
import { withoutRing } from '../harsh/ring-here.js'

/** Drivers that have sockets here, by name. */
export const DRIVERS: readonly (readonly [name: string, make: () => Proactor])[] = process.platform === 'win32' ? [['iocp', () => new Proactor({ driver: ['iocp', 'node'] })]] : [
  ...(withoutRing === false ? [[ioUring.name, () => new Proactor({ driver: [ioUring, threadPool] })] as const] : []),
  [threadPool.name, () => new Proactor({ driver: threadPool })],
  [linuxAio.name, () => new Proactor({ driver: [linuxAio, threadPool] })],
]

export function portOf({ address }: Server): number {
  if (address.family === 'Unix') throw new Error('a Unix socket has no port')
  return address.port
}

/** A server that the end of the test file closes, if nobody has before. */
export async function listening(options: ListenOptions = {}, address: string = '127.0.0.1:0'): Promise<Server> {
  const server = await listen(address, options)
  after(() => server.close())
  return server
}

/** Two ends of one connection. */
export async function pair(options: ListenOptions = {}): Promise<readonly [Connection, Connection]> {
  const server = await listen('127.0.0.1:0', options)
  const accepted = server.accept()
  const near = await connect({ host: '127.0.0.1', port: portOf(server) }, { proactor: options.proactor })
  const far = await accepted
  await server.close()
  if (far === undefined) throw new Error('the server was closed')
  return [near, far]
}

/** A client of Node's own, connected. */
export async function nodeClient(port: number, options: Partial<net.NetConnectOpts> = {}): Promise<net.Socket> {
  const client = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, ...options })
  await once(client, 'connect')
  return client
}

/** All that comes until the end, as text. */
export async function textOf(connection: Connection): Promise<string> {
  const parts: Buffer[] = []
  for await (const piece of connection.pieces({ copy: true })) parts.push(piece.bytes)
  return Buffer.concat(parts).toString()
}
