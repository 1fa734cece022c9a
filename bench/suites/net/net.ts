// Benchmark suite — sockets: servers of trueaio/net beside those of Node, each under the same load of another process. What counts
// is the server's processor time for an operation.
import dgram from 'node:dgram'
import { once } from 'node:events'
import { createReadStream, openSync, closeSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { attach, connect, datagram, listen, type Connection } from 'trueaio/net'
import { Unavailable, type Case, type Context, type ProcessContender, type Suite, type Workload } from '../../suite.js'
import { freePort, underLoad } from '../../workload/net-server.js'

export const NET_CONNECTIONS = 'trueaio/net, connections'
export const NET_STREAMS = 'trueaio/net, streams of Node'
export const NET_NODE = 'node:net, node:http, node:dgram'

export const RESPONDER = 'raw responder, 64 connections'
export const HTTP = 'http, 64 connections'
export const UDP = 'UDP echo, 64 bytes, 16 peers'
export const PROXY = 'proxy, 1 MiB'
export const FILE = 'file of 1 MiB to a socket'
const PIPES = new Set([PROXY, FILE])
const MIB = 2 ** 20

const REQUEST = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n'
const RESPONSE = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, World!'
const response = Buffer.from(RESPONSE)

function case_(name: string, inFlight: number): Case {
  return { name, work: name, inFlight, bytes: PIPES.has(name) ? MIB : 0, quick: name === RESPONDER || name === HTTP }
}

/** A server that is ready: where it is, and how it ends. */
interface Ready {
  readonly port: number
  readonly close: () => Promise<void> | void
}

type Make = (context: Context, sinkPort: number) => Promise<Ready>

async function ours(serve: (connection: Connection) => Promise<void>): Promise<Ready> {
  const server = await listen('127.0.0.1:0')
  void (async () => {
    for await (const connection of server) serve(connection).catch(() => undefined).finally(() => void connection.close())
  })()
  if (server.address.family === 'Unix') throw new Error('listening on a port')
  return { port: server.address.port, close: () => server.close() }
}

async function nodes(server: net.Server, isOurs: boolean): Promise<Ready> {
  if (isOurs) void attach(server, await listen('127.0.0.1:0'))
  else server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as net.AddressInfo).port, close: () => void server.close() }
}

const responder: Make = () => ours(async (connection) => {
  for await (const piece of connection.pieces()) {
    piece.release()
    void connection.send(response)
  }
})

const rawServer = (): net.Server => net.createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(response))
  socket.on('error', () => socket.destroy())
})

const httpServer = (): http.Server => http.createServer((_, answer) => {
  answer.writeHead(200, { 'content-type': 'text/plain', 'content-length': '13' })
  answer.end('Hello, World!')
})

const datagrams: Make = async () => {
  const socket = await datagram('127.0.0.1:0')
  void (async () => {
    for await (const message of socket) void socket.send(message.bytes, message.address).finally(() => message.release())
  })()
  if (socket.address.family === 'Unix') throw new Error('bound to a port')
  return { port: socket.address.port, close: () => socket.close() }
}

const nodeDatagrams: Make = async () => {
  const socket = dgram.createSocket('udp4')
  socket.on('message', (message, { port, address }) => socket.send(message, port, address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, close: () => void socket.close() }
}

const proxy: Make = (_, sinkPort) => ours(async (connection) => {
  const target = await connect({ host: '127.0.0.1', port: sinkPort })
  await Promise.all([connection.forwardTo(target), target.forwardTo(connection)]).finally(() => void target.close())
})

const nodeProxy: Make = (_, sinkPort) => nodes(net.createServer((socket) => {
  const target = net.connect(sinkPort, '127.0.0.1')
  socket.pipe(target).pipe(socket)
  for (const one of [socket, target]) one.on('error', () => one.destroy())
}), false)

const file: Make = async ({ files }) => {
  const fd = openSync(files.blocks, 'r')
  const ready = await ours(async (connection) => {
    for await (const piece of connection.pieces()) {
      piece.release()
      await connection.sendFile(fd, { offset: 0, length: MIB })
    }
  })
  return {
    port: ready.port,
    async close(): Promise<void> {
      await ready.close()
      closeSync(fd)
    },
  }
}

const nodeFile: Make = ({ files }) => nodes(net.createServer((socket) => {
  socket.on('data', () => createReadStream(files.blocks, { end: MIB - 1 }).pipe(socket, { end: false }))
  socket.on('error', () => socket.destroy())
}), false)

const MAKES: Readonly<Record<string, Readonly<Record<string, Make>>>> = {
  [RESPONDER]: { [NET_CONNECTIONS]: responder, [NET_STREAMS]: () => nodes(rawServer(), true), [NET_NODE]: () => nodes(rawServer(), false) },
  [HTTP]: { [NET_STREAMS]: () => nodes(httpServer(), true), [NET_NODE]: () => nodes(httpServer(), false) },
  [UDP]: { [NET_CONNECTIONS]: datagrams, [NET_NODE]: nodeDatagrams },
  [PROXY]: { [NET_CONNECTIONS]: proxy, [NET_NODE]: nodeProxy },
  [FILE]: { [NET_CONNECTIONS]: file, [NET_NODE]: nodeFile },
}

/** Bytes of one answer of a server. */
async function answerBytes(work: string, port: number): Promise<number> {
  if (work === UDP) return 64
  if (PIPES.has(work)) return MIB
  if (work === RESPONDER) return response.length
  const socket = net.connect(port, '127.0.0.1')
  socket.write(REQUEST)
  let bytes = 0
  for (;;) {
    const [part] = await once(socket, 'data') as [Buffer]
    bytes += part.length
    if (part.toString('latin1').endsWith('Hello, World!')) break
  }
  socket.destroy()
  return bytes
}

async function make(name: string, context: Context, { work, inFlight }: Case): Promise<Workload> {
  const sinkPort = work === PROXY ? await freePort() : 0
  const ready = await (MAKES[work]?.[name] as Make)(context, sinkPort) // takesPart has looked
    .catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException
      throw code === 'ENOTSUP' || code === 'ERR_TRUEAIO_NO_DRIVER' ? new Unavailable(message) : error
    })
  const load = {
    kind: work === UDP ? 'datagram' : work === PROXY ? 'pump' : 'stream', port: ready.port, connections: inFlight, sinkPort,
    request: work === UDP ? 'x'.repeat(64) : REQUEST, answerBytes: await answerBytes(work, ready.port),
  } as const
  return underLoad(load, ready.close)
}

function contender(name: string): ProcessContender {
  return { kind: 'process', name, quick: true, takesPart: ({ work }) => MAKES[work]?.[name] !== undefined, make: (context, one) => make(name, context, one) }
}

export const netSuite: Suite = {
  name: 'net',
  title: 'Sockets',
  unit: 'requests',
  cases: [case_(RESPONDER, 64), case_(HTTP, 64), case_(UDP, 16), case_(PROXY, 1), case_(FILE, 4)],
  contenders: [NET_CONNECTIONS, NET_STREAMS, NET_NODE].map(contender),
  reference: NET_NODE,
  stride: 1,
  byDefault: false,
}
