// ① interface — a connection as Node's stream, with what net.Socket documents, for http, tls, http2, WebSockets and everything else that takes a
// Duplex. At most one receive and one send are in flight; deliveries.ts says when their ends run listeners.
import { AsyncResource } from 'node:async_hooks'
import { IOV_MAX } from '../operation/file.js'
import { checkInteger } from '../operation/arguments.js'
import type { FileReference, Operation, View } from '../operation/operation.js'
import { sendInTurn, setsockopt, shutdown, Shutdown, SocketOption } from '../operation/socket.js'
import type { Failure } from '../proactor/failure.js'
import { behind } from './behind.js'
import { deliverSoon } from './deliveries.js'
import { fileAt, FileWrite, placeOf, type Part } from './file-writes.js'
import { endedByPeer, socketClosed, streamDestroyed, streamError } from './node-errors.js'
import type { OpenSocket } from './open-socket.js'
import { SocketFace } from './socket-face.js'

/** Options of `Connection.duplex`. */
export interface StreamOptions {
  /** True: when the peer ends, this side goes on until `end()`. False: it is ended as well. Default: false, as net.Socket's. */
  readonly allowHalfOpen?: boolean | undefined
  /** Bytes held for a reader, and taken from a writer, before they are held back. Default: Node's. */
  readonly highWaterMark?: number | undefined
  /** Aborting it destroys the stream. */
  readonly signal?: AbortSignal | undefined
}

/** What the stream needs of a connection. */
export interface Streamed {
  readonly socket: OpenSocket
  readonly isTcp: boolean
  giveTo(by: string): Buffer | undefined
}

type Done = (error?: Error | null) => void

const ENOTCONN = -107
const LINGER_BYTES = 8
/** What comes at the peer's end. */
const NOTHING = Buffer.alloc(0)

/** A write that is under way. */
interface Write {
  /** What is left of its bytes. */
  views: View[]
  left: number
  /** A part of a file that is sent instead. */
  file: FileWrite | undefined
  /** What comes behind. */
  rest: Part[] | undefined
  readonly done: Done
}

interface Chunk {
  readonly chunk: string | Buffer
  readonly encoding: BufferEncoding
}

/** A connection as Node's stream: what Node documents for `net.Socket`. Made by `Connection.duplex`. */
export class SocketStream extends SocketFace {
  readonly #resource = new AsyncResource('TRUEAIOSOCKET', { requireManualDestroy: true })
  /** @internal */
  isQueued = false
  /** Ends the attempt to connect, while there is one. @internal */
  abortConnect: (() => void) | undefined = undefined
  /** What came and was not pushed yet: bytes, or an end. */
  #came: Buffer | undefined = undefined
  #receiveError: Error | undefined = undefined
  #write_: Write | undefined = undefined
  /** The write, or the shutdown, has ended. */
  #hasSent = false
  #sendError: Error | undefined = undefined
  #finalDone: Done | undefined = undefined
  #isReading = false
  /** What waits for the connection. */
  #onceConnected: (() => void)[] = []

  /** @internal */
  constructor({ allowHalfOpen, highWaterMark, signal }: StreamOptions = {}) {
    super({
      allowHalfOpen: allowHalfOpen === true, autoDestroy: true, emitClose: false, decodeStrings: false,
      ...(highWaterMark === undefined ? {} : { highWaterMark }), ...(signal === undefined ? {} : { signal }),
    })
    this.on('end', onEnd)
  }

  /** From here on the stream reads, writes and closes the connection. @throws ERR_INVALID_STATE: it is in use @internal */
  attachTo(connection: Streamed): this {
    const kept = connection.giveTo('stream')
    this.opened(connection.socket, connection.isTcp)
    if (kept !== undefined) this.push(kept)
    return this
  }

  /** The connection that it was made for is there. @internal */
  connectedTo(connection: Streamed): void {
    this.connecting = false
    this.abortConnect = undefined
    this.attachTo(connection)
    const waiting = this.#onceConnected
    this.#onceConnected = []
    for (const act of waiting) act()
    this.emit('connect')
    this.emit('ready')
    if (!this.destroyed && !this.isPaused()) this.read(0)
  }

  /** @internal */
  override _read(): void {
    if (this.connecting) {
      this.#onceConnected.push(() => this._read())
      return
    }
    if (this.socket === undefined) {
      this.destroy(socketClosed())
      return
    }
    this.#receive(this.socket)
  }

  /** @internal */
  override _write(chunk: string | Buffer, encoding: BufferEncoding, done: Done): void {
    const view = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
    const file = view.length === 0 ? fileAt(view) : undefined
    if (file === undefined) this.#begin([view], view.length, done)
    else this.#begin([], 0, done, [file])
  }

  /** @internal */
  override _writev(chunks: Chunk[], done: Done): void {
    let views: View[] = []
    let bytes = 0
    let parts: Part[] | undefined
    for (const { chunk, encoding } of chunks) {
      const view = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
      const file = view.length === 0 ? fileAt(view) : undefined
      if (file === undefined) {
        views.push(view)
        bytes += view.length
      } else {
        parts = [...parts ?? [], views, file]
        views = []
      }
    }
    if (parts === undefined) this.#begin(views, bytes, done)
    else this.#begin([], 0, done, [...parts, views])
  }

  /**
   * Writes a part of a file, behind what was written before, without passing its bytes through this process. Keep the file open until it settles.
   * It counts nothing for back-pressure: wait for it before the next one.
   *
   * @param options.offset first byte of the file; default 0
   * @param options.length bytes; default: to the end of the file
   * @returns how many were sent: fewer than asked when the file ends before
   * @throws what a write ends with, and ERR_STREAM_DESTROYED when the stream is destroyed before
   * @see sendfile(2)
   */
  sendFile(file: FileReference, { offset = 0, length }: { readonly offset?: number | undefined, readonly length?: number | undefined } = {}): Promise<number> {
    checkInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER)
    const bytes = length === undefined ? Infinity : checkInteger(length, 'length', 0, Number.MAX_SAFE_INTEGER)
    return new Promise<unknown>((resolve) => {
      const write = new FileWrite(file, offset, bytes, resolve)
      this.write(placeOf(write), (error) => {
        if (error !== null && error !== undefined) write.failed(error)
      })
    }) as Promise<number>
  }

  /** @internal */
  override _final(done: Done): void {
    if (this.connecting) {
      this.#onceConnected.push(() => this._final(done))
      return
    }
    const { socket } = this
    if (socket === undefined || socket.isClosing) {
      done()
      return
    }
    this.#finalDone = done
    socket.submitSend(shutdown(socket.fd, Shutdown.SHUT_WR) as Operation as Operation<number>, this)
  }

  /** @internal */
  override _destroy(error: Error | null, done: Done): void {
    this.connecting = false
    this.closing()
    this.abortConnect?.()
    const { socket } = this
    const write = this.#write_
    const outcome = this.#hasSent ? this.#sendError : error ?? streamDestroyed()
    this.socket = undefined
    this.#write_ = undefined
    this.#finalDone = undefined
    const closed = (): void => {
      // Nothing is in flight any more. Those behind it in line end with it.
      write?.done(outcome)
      this.emit('close', error !== null)
      this.#resource.emitDestroy()
    }
    done(error) // first, as its event comes before 'close'
    const closedSoon = (): void => process.nextTick(closed)
    if (socket === undefined) closedSoon()
    else void socket.close(true).then(closedSoon, closedSoon) // a close that fails has closed all the same
  }

  /** Destroys the stream so that the peer's reads and writes fail with ECONNRESET. */
  resetAndDestroy(): this {
    const { socket } = this
    if (this.connecting) this.once('connect', () => this.resetAndDestroy())
    else if (socket === undefined) this.destroy(socketClosed())
    else {
      const linger = Buffer.alloc(LINGER_BYTES)
      linger.writeInt32LE(1, 0) // on, for 0 seconds
      // Whatever it says of a socket that is gone, the stream is to be destroyed.
      socket.io.submit(setsockopt(socket.fd, SocketOption.SOL_SOCKET, SocketOption.SO_LINGER, linger), () => this.destroy())
    }
    return this
  }

  // What the engine tells, inside a driver's loop.

  /** @internal */
  received(bytes: number): void {
    if (this.socket === undefined) return // destroyed meanwhile
    this.#came = bytes === 0 ? NOTHING : this.socket.copyReceived(bytes)
    deliverSoon(this)
  }

  /** @internal */
  receiveFailed({ result }: Failure): void {
    this.#receiveError = streamError(result, 'read')
    deliverSoon(this)
  }

  /** @internal */
  sent(bytes: number): void {
    const write = this.#write_
    if (write !== undefined && this.socket !== undefined) {
      if (write.file !== undefined) {
        this.#sendPart(this.socket, write, bytes)
        return
      }
      write.left -= bytes
      if (write.left > 0) {
        write.views = behind(write.views, bytes)
        this.#sendViews(this.socket, write.views)
        return
      }
      if (write.rest !== undefined) {
        this.#sendPart(this.socket, write, undefined)
        return
      }
    }
    this.#hasSent = true
    deliverSoon(this)
  }

  /** @internal */
  sendFailed({ result }: Failure): void {
    if (this.#finalDone === undefined || result !== ENOTCONN) this.#sendError = streamError(result, this.#finalDone === undefined ? 'write' : 'shutdown')
    this.#hasSent = true
    deliverSoon(this)
  }

  /** For deliveries.ts. @internal */
  deliver(): void {
    this.#resource.runInAsyncScope(this.#deliver, this)
  }

  /** Runs a function in the stream's own async context, where its listeners run. @internal */
  run(act: () => void): void {
    this.#resource.runInAsyncScope(act)
  }

  #deliver(): void {
    if (this.#hasSent) this.#deliverSent()
    if (this.#receiveError !== undefined) {
      const error = this.#receiveError
      this.#receiveError = undefined
      if (!this.destroyed) this.destroy(error)
    } else if (this.#came !== undefined) this.#deliverCame(this.#came)
  }

  #deliverSent(): void {
    this.#hasSent = false
    const done = this.#write_?.done ?? this.#finalDone
    const error = this.#sendError
    this.#write_ = undefined
    this.#finalDone = undefined
    this.#sendError = undefined
    if (done === undefined) return // destroyed meanwhile
    this._unrefTimer()
    if (error === undefined) done()
    else done(error)
  }

  #deliverCame(bytes: Buffer): void {
    this.#came = undefined
    this.#isReading = false
    if (this.destroyed) return
    this._unrefTimer()
    if (bytes.length === 0) {
      this.push(null)
      // Without a reader the end would not be seen: 'end' closes the stream.
      this.read(0)
      return
    }
    let wantsMore = true
    try {
      wantsMore = this.push(bytes)
    } finally {
      // As long as the reader wants more, the next receive goes out with what it has written; a listener that throws wants it, too.
      if (wantsMore && this.socket !== undefined) this.#receive(this.socket)
    }
  }

  #receive(socket: OpenSocket): void {
    if (this.#isReading || socket.isClosing) return
    this.#isReading = true
    socket.receive(this, undefined)
  }

  #begin(views: View[], bytes: number, done: Done, parts?: Part[]): void {
    const write: Write = { views, left: bytes, file: undefined, rest: parts, done }
    const { socket } = this
    if (this.connecting) {
      this.#write_ = write
      this.#onceConnected.push(() => this.#start(write, this.socket))
    } else if (socket === undefined || socket.isClosing) done(socketClosed())
    else this.#start(write, socket)
  }

  #start(write: Write, socket: OpenSocket | undefined): void {
    this.#write_ = write
    if (socket === undefined) return // destroyed meanwhile
    this._unrefTimer()
    if (write.rest === undefined) this.#sendViews(socket, write.views)
    else this.#sendPart(socket, write, undefined)
  }

  /** The next step of a write that has files in it. @param result what a file's piece has answered; undefined: none is under way */
  #sendPart(socket: OpenSocket, write: Write, result: number | undefined): void {
    for (let last = result; ; last = undefined) {
      const operation = write.file?.next(socket.fd, last)
      if (operation !== undefined) {
        socket.submitSend(operation, this)
        return
      }
      const part = write.rest?.shift()
      write.file = part instanceof FileWrite ? part : undefined
      if (part === undefined) break
      if (part instanceof FileWrite || part.length === 0) continue
      write.views = part
      write.left = part.reduce((sum, { byteLength }) => sum + byteLength, 0)
      this.#sendViews(socket, part)
      return
    }
    this.#hasSent = true
    deliverSoon(this)
  }

  #sendViews(socket: OpenSocket, views: View[]): void {
    const [only] = views
    const data = views.length === 1 && only !== undefined ? only : views.length > IOV_MAX ? views.slice(0, IOV_MAX) : views
    socket.submitSend(sendInTurn(socket.fd, data), this)
  }
}

const prototypeWrite = Reflect.get(SocketStream.prototype, 'write') as (this: SocketStream, ...given: readonly unknown[]) => boolean

/** As net.Socket: where no half-open connection is allowed, a write after both ends is EPIPE. */
function onEnd(this: SocketStream): void {
  if (!this.allowHalfOpen) this.write = writeAfterEnd
}

function writeAfterEnd(this: SocketStream, ...given: readonly unknown[]): boolean {
  if (!this.writableEnded) return Reflect.apply(prototypeWrite, this, given)
  const error = endedByPeer()
  const done = given.find((one) => typeof one === 'function') as Done | undefined
  if (done !== undefined) process.nextTick(done, error)
  this.destroy(error)
  return false
}
