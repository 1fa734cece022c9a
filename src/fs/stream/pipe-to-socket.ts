// ① interface — a plain socket, or an http response on one, as the target of a direct pipe: sendfile between two writes of the socket's own. A
// response must have told its length, so that its body is the file's bytes and nothing else.
import type * as http from 'node:http'
import type * as net from 'node:net'
import type { Writable } from 'node:stream'
import type { Target } from './direct-target.js'
import { Hold } from './hold.js'
import { PlainMethods, WRITING } from './only-pipe.js'

/** What a socket takes at once is less; a slow reader gets it in its own time. */
const PIECE_BYTES = 2 ** 20

/** Node's classes. They are there already where a destination is one of theirs, and must not be loaded where it is not. */
interface Classes {
  readonly Socket: typeof net.Socket
  readonly ServerResponse: typeof http.ServerResponse
  readonly socketMethods: PlainMethods
  readonly socketEnd: PlainMethods
  readonly responseMethods: PlainMethods
}

let loaded: Classes | undefined

function classes(): Classes {
  if (loaded === undefined) {
    const { Socket } = process.getBuiltinModule('node:net')
    const { ServerResponse } = process.getBuiltinModule('node:http')
    loaded = {
      Socket, ServerResponse,
      socketMethods: new PlainMethods(Socket.prototype, ['_destroy', '_write', '_writev']), socketEnd: new PlainMethods(Socket.prototype, ['end']),
      responseMethods: new PlainMethods(ServerResponse.prototype, ['write', 'end']),
    }
  }
  return loaded
}

/** Fields of Node's own, the same from 20 to 26. */
interface SocketFields {
  readonly _handle: { readonly fd?: number, readonly isStreamBase?: boolean } | null
  readonly connecting: boolean
  readonly _httpMessage?: unknown
  readonly _bytesDispatched: number
  _unrefTimer(): void
}

interface ResponseFields {
  readonly chunkedEncoding: boolean
  readonly _hasBody: boolean
  readonly outputSize: number
  readonly strictContentLength?: boolean
}

/** Bytes that the kernel moved into a socket: its handle has not counted them. */
const sent = new WeakMap<net.Socket, number>()

export function socketTarget(destination: Writable): Target | undefined {
  if ('_handle' in destination) {
    const isSocket = destination instanceof classes().Socket && isReady(destination) && classes().socketEnd.areThoseOf(destination)
    return isSocket ? target(destination, new Hold(destination, [[destination, 'end'], [destination, '_destroy']])) : undefined
  }
  if (!('chunkedEncoding' in destination) || !(destination instanceof classes().ServerResponse)) return undefined
  const response = destination as http.ServerResponse
  const socket = readyForBody(response)
  return socket === undefined ? undefined : target(socket, new Hold(socket, [[response, 'end'], [socket, '_destroy']]))
}

function target(socket: net.Socket, hold: Hold): Target {
  return {
    way: 'sendfile', fd: (socket as unknown as SocketFields)._handle?.fd ?? -1, pieceBytes: PIECE_BYTES, offset: -1, hold,
    moved: (bytes) => countSent(socket, bytes),
  }
}

/** A socket of Node's own class, open for writing, with nothing of its own still to write. A TLS socket has a class of its own. */
function isReady(socket: net.Socket): boolean {
  const { _handle: handle, connecting } = socket as unknown as SocketFields
  if (handle === null || (handle.fd ?? -1) < 0 || connecting || socket.destroyed || socket.writableEnded || !socket.writable) return false
  if (Object.getPrototypeOf(socket) !== classes().Socket.prototype) return false
  if (socket.writableLength > 0 || socket.writableCorked > 0 || socket.writableNeedDrain) return false
  return WRITING.areThoseOf(socket) && classes().socketMethods.areThoseOf(socket)
}

/** The socket of a response that has told its length and sent its head. */
function readyForBody(response: http.ServerResponse): net.Socket | undefined {
  const fields = response as unknown as ResponseFields
  const { socket } = response
  if (socket === null || (socket as unknown as SocketFields)._httpMessage !== response || response.destroyed || response.writableEnded) return undefined
  if (!classes().responseMethods.areThoseOf(response) || response.writableCorked > 0 || fields.strictContentLength === true) return undefined
  if ((!response.headersSent && !response.hasHeader('content-length')) || !isReady(socket)) return undefined
  if (!response.headersSent) response.flushHeaders()
  // The head may not have gone out yet: then this chunk goes behind it.
  return fields.chunkedEncoding || !fields._hasBody || fields.outputSize > 0 || !isReady(socket) ? undefined : socket
}

/** As if the socket had written it: its time-out begins anew, and `bytesWritten` tells. */
function countSent(socket: net.Socket, bytes: number): void {
  const fields = socket as unknown as SocketFields
  fields._unrefTimer()
  const before = sent.get(socket)
  sent.set(socket, (before ?? 0) + bytes)
  if (before !== undefined) return
  const own = Object.getOwnPropertyDescriptor(classes().Socket.prototype, '_bytesDispatched')
  if (own?.get === undefined) return
  const get = (): number => (own.get?.call(socket) as number) + (sent.get(socket) ?? 0)
  Object.defineProperty(socket, '_bytesDispatched', { configurable: true, enumerable: false, get })
}
