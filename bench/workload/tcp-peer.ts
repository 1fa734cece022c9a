// Benchmark — the other end of a transfer over TCP, in a process of its own, so that only the contender's time is measured: it takes
// everything, sends a file, or asks a web server for one.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { fileURLToPath } from 'node:url'

const CHUNK_BYTES = 2 ** 20
const SELF = fileURLToPath(import.meta.url)

/** What a peer does: `take` and `send` listen, `get` asks. */
export type PeerWork = { readonly kind: 'take' } | { readonly kind: 'send', readonly path: string } | { readonly kind: 'get', readonly url: string }

export interface Peer {
  /** Where it listens; 0: it does not. */
  readonly port: number
  /** Bytes that it has taken, when its one connection has ended. */
  readonly ended: Promise<number>
}

/** Starts a peer that serves one connection and ends. */
export async function startPeer(work: PeerWork): Promise<Peer> {
  const child = fork(SELF, [JSON.stringify(work)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ready = once(child, 'message') as Promise<[number]>
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the peer ended with ${String(code)}`)
  })
  failed.catch(() => undefined) // whoever waits meets it
  const [port] = await Promise.race([ready, failed])
  const ended = (once(child, 'message') as Promise<[number]>).then(([bytes]) => {
    child.disconnect()
    return bytes
  })
  return { port, ended: Promise.race([ended, failed]) }
}

function take(socket: NodeJS.ReadableStream): void {
  let bytes = 0
  socket.on('data', (part: Buffer) => (bytes += part.length))
  socket.on('end', () => process.send?.(bytes))
}

function listen(serve: (socket: net.Socket) => void): void {
  const server = net.createServer((socket) => {
    socket.on('error', fail)
    serve(socket)
    server.close()
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as net.AddressInfo).port))
}

function fail(error: Error): never {
  throw error
}

function main(work: PeerWork): void {
  switch (work.kind) {
    case 'take': listen(take); break
    case 'send':
      listen((socket) => {
        createReadStream(work.path, { highWaterMark: CHUNK_BYTES }).pipe(socket)
        socket.resume()
        socket.on('finish', () => process.send?.(socket.bytesWritten))
      })
      break
    case 'get':
      process.send?.(0)
      http.get(work.url, take).on('error', fail)
  }
}

// As a program of its own; as a module it only starts one.
if (process.argv[1] === SELF && process.send !== undefined) main(JSON.parse(process.argv[2] ?? '{}') as PeerWork)
