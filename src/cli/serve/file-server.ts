// ① interface — the server's life: it listens, answers the requests of each connection one after the other, and stops so that what is in progress ends.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Server as NetServer } from '../../net/index.js'
import { Refusal } from '../command.js'
import { AccessLog } from './access-log.js'
import { respond, type ResponderOptions } from './responder.js'
import { Root } from './root.js'

export interface FileServerOptions extends ResponderOptions {
  readonly host: string
  readonly port: number
  readonly followsLinks: boolean
  readonly certificate: { readonly cert: string, readonly key: string } | undefined
  /** Milliseconds for what is in progress when it stops. */
  readonly grace: number
  /** How requests are logged; undefined: not at all. */
  readonly log: 'combined' | 'json' | undefined
}

/** Against clients that send slowly or not at all: milliseconds for a head, for a request, for the next one on its connection, and for a reader. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000, connectionsCheckingInterval: 1_000 }
const READER_MILLISECONDS = 60_000

export class FileServer {
  readonly root: Root
  readonly url: string
  readonly #server: Server
  readonly #grace: number
  readonly #sockets: ReadonlySet<Socket>

  private constructor(root: Root, server: Server, url: string, grace: number, sockets: ReadonlySet<Socket>) {
    this.root = root
    this.url = url
    this.#server = server
    this.#grace = grace
    this.#sockets = sockets
  }

  /** @throws Refusal */
  static async start(directory: string | Buffer, options: FileServerOptions): Promise<FileServer> {
    const { certificate, host, port, grace } = options
    const root = await Root.open(directory, options)
    try {
      const server = await serverOf(certificate, new Connections(root, options).answer)
      server.timeout = READER_MILLISECONDS
      // A client that ends when it has asked, as `printf … | nc` does, is answered. Node 20 to 26 have this field.
      Object.assign(server, { httpAllowHalfOpen: true })
      const sockets = socketsOf(server)
      if (root.isEngine) await listenOnEngine(server, host, port)
      else await listenOnNode(server, host, port)
      const { address, family, port: given } = server.address() as AddressInfo
      const shown = family === 'IPv6' ? `[${address}]` : address
      return new FileServer(root, server, `http${certificate === undefined ? '' : 's'}://${shown}:${String(given)}/`, grace, sockets)
    } catch (error) {
      await root.close()
      throw error instanceof Refusal ? error : new Refusal(messageOf(error as NodeJS.ErrnoException, host, port))
    }
  }

  /** No more connections; what is in progress has its time. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    const look = setInterval(() => this.#server.closeIdleConnections(), 50)
    const end = setTimeout(() => this.#server.closeAllConnections(), this.#grace)
    this.#server.closeIdleConnections()
    // Those that have never asked for anything are not idle for Node.
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
    await closed
    clearInterval(look)
    clearTimeout(end)
    await this.root.close()
  }
}

function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

function messageOf({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE') return `port ${String(port)} of ${host} is in use: give another one with --port, or 0 for any that is free`
  if (code === 'EACCES') return `port ${String(port)} needs rights that this user does not have: give one above 1023 with --port`
  return `cannot listen: ${message}`
}

async function serverOf(certificate: FileServerOptions['certificate'], answer: RequestListener): Promise<Server> {
  if (certificate === undefined) return createServer(LIMITS, answer)
  const https = await import('node:https')
  try {
    return https.createServer({ ...LIMITS, cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }, answer)
  } catch (error) {
    throw new Refusal(`the certificate cannot be used: ${(error as Error).message}`)
  }
}

async function listenOnEngine(server: Server, host: string, port: number): Promise<void> {
  const { attach, listen } = await import('../../net/index.js')
  const own: NetServer = await listen({ host, port })
  const listening = new Promise((resolve) => server.once('listening', resolve))
  attach(server, own).catch((error: unknown) => {
    process.stderr.write(`trueaio: no more connections: ${(error as Error).message}\n`)
  })
  server.on('error', () => undefined) // it was reported
  await listening
}

function listenOnNode(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Requests of one connection are answered one after the other: however many a client sends at once, one file is open for it. */
class Connections {
  readonly #root: Root
  readonly #options: FileServerOptions
  readonly #log: AccessLog | undefined
  readonly #lines = new WeakMap<Socket, Promise<void>>()

  constructor(root: Root, options: FileServerOptions) {
    this.#root = root
    this.#options = options
    this.#log = options.log === undefined ? undefined : new AccessLog(options.log === 'json')
  }

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request
    const before = this.#lines.get(socket)
    const own = before === undefined ? this.#one(request, response) : before.then(() => this.#one(request, response))
    this.#lines.set(socket, own)
    void own.then(() => {
      if (this.#lines.get(socket) === own) this.#lines.delete(socket)
    })
  }

  async #one(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    if (socket.destroyed) return
    const began = performance.now()
    const remoteAddress = socket.remoteAddress ?? '-'
    const { bytes, isCut } = await respond(this.#root, this.#options, request, response)
    this.#log?.add({ request, remoteAddress, status: response.statusCode, bytes, milliseconds: performance.now() - began, isCut })
  }
}
