// ① interface — a connection as Node's stream, with what net.Socket documents, for http, tls, http2, WebSockets and everything else that takes a
// Duplex. At most one receive and one send are in flight; deliveries.ts says when their ends run listeners.
import { AsyncResource } from 'node:async_hooks'
import { IOV_MAX } from '../operation/file.js'
import { checkInteger } from '../operation/arguments.js'
import type { FileReference, View } from '../operation/operation.js'
import type { Failure } from '../proactor/failure.js'
import { deliverSoon } from './deliveries.js'
import { fileAt, FileWrite, placeOf, type Part } from './file-writes.js'
import { closedEarly, endedByPeer, notResettable, socketClosed, streamError } from './node-errors.js'
import type { OpenSocket } from './open-socket.js'
import { SocketFace, viewOf, type Chunk } from './socket-face.js'
import { bytesIn, StreamWriting, type Done, type Write } from './stream-writing.js'

/** Options of `Connection.duplex`. */
export interface StreamOptions {
  /**
   * True: when the peer ends, this side stays open until `end()`. False: it ends as well. Default: false, as in
   * net.Socket.
   */
  readonly allowHalfOpen?: boolean | undefined
  /** Bytes buffered for a reader, and for a writer, before back-pressure begins. Default: Node's. */
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

/** What comes at the peer's end. */
const NOTHING = Buffer.alloc(0)

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
  #isReading = false
  readonly #writing = new StreamWriting(() => deliverSoon(this))
  /** A write that waits for the connection. */
  #early: Write | undefined = undefined
  #resets = false

  /** @param isTcp false: a Unix socket @internal */
  constructor({ allowHalfOpen, highWaterMark, signal }: StreamOptions = {}, isTcp = true) {
    super({
      allowHalfOpen: allowHalfOpen === true, autoDestroy: true, emitClose: false, decodeStrings: false,
      ...(highWaterMark === undefined ? {} : { highWaterMark }), ...(signal === undefined ? {} : { signal }),
    })
    this.isTcp = isTcp
    this.on('end', onEnd)
  }

  /** @internal */
  protected override get bytesDispatched(): number {
    return this.#writing.bytesDispatched
  }

  /** @internal */
  protected override get bytesWaiting(): number {
    return this.connecting ? this.#early?.left ?? 0 : 0
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
    this.emit('connect')
    this.emit('ready')
    if (!this.destroyed && !this.isPaused()) this.read(0)
  }

  /** @internal */
  override _read(): void {
    if (this.connecting) {
      this.once('connect', () => this._read())
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
    const view = viewOf({ chunk, encoding })
    const file = fileAt(view)
    if (file === undefined) this.#begin([view], view.length, done)
    else this.#begin([], 0, done, [file])
  }

  /** @internal */
  override _writev(chunks: Chunk[], done: Done): void {
    let views: View[] = []
    let parts: Part[] | undefined
    for (const chunk of chunks) {
      const view = viewOf(chunk)
      const file = fileAt(view)
      if (file === undefined) views.push(view)
      else {
        parts = [...parts ?? [], views, file]
        views = []
      }
    }
    if (parts === undefined) this.#begin(views, bytesIn(views), done)
    else this.#begin([], 0, done, [...parts, views])
  }

  /**
   * Writes a part of a file, after earlier writes, without passing its bytes through this process. Keep the file open
   * until the promise settles. It does not count for back-pressure: wait for it before the next one. `offset` is the
   * first byte of the file (default 0), `length` the number of bytes (default: to the end of the file).
   *
   * @returns the number of bytes sent: fewer than requested if the file ends before
   * @throws the error of a write, and ERR_STREAM_DESTROYED if the stream is destroyed before
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
      this.once('connect', () => this._final(done))
      return
    }
    const { socket } = this
    if (socket === undefined || socket.isClosing) {
      done()
      return
    }
    this.#writing.end(socket, done)
  }

  /** @internal */
  override _destroy(error: Error | null, done: Done): void {
    const early = this.connecting ? this.#early : undefined
    this.connecting = false
    this.closing()
    this.abortConnect?.()
    const { socket } = this
    this.socket = undefined
    const answer = this.#writing.abandon(this.#inLine(), error)
    const closed = (): void => {
      // Nothing is in flight any more.
      early?.done(closedEarly())
      answer()
      this.emit('close', error !== null)
      this.#resource.emitDestroy()
    }
    done(error) // first, as its event comes before 'close'
    // Behind all ticks of this turn, as libuv closes its handles.
    const closedSoon = (): void => void setImmediate(closed)
    if (socket === undefined) closedSoon()
    else void socket.close({ triesSend: true, resets: this.#resets }).then(closedSoon, closedSoon) // a close that fails has closed all the same
  }

  /** Bytes that were written behind the write that is in progress. */
  #inLine(): View[] {
    const views: View[] = []
    if (this.writableCorked > 0) return views
    for (const chunk of this.writableBuffer) {
      const view = viewOf(chunk)
      if (views.length === IOV_MAX || fileAt(view) !== undefined) break
      views.push(view)
    }
    return views
  }

  /**
   * Destroys the stream so that the peer's reads and writes fail with ECONNRESET.
   * @throws ERR_INVALID_HANDLE_TYPE: a Unix socket, which has no resets
   */
  resetAndDestroy(): this {
    if (this.socket === undefined && !this.connecting) return this.destroy(socketClosed())
    if (!this.isTcp) throw notResettable()
    if (this.connecting) this.once('connect', () => this.#reset())
    else this.#reset()
    return this
  }

  #reset(): void {
    this.#resets = true
    this.destroy()
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

  /** For deliveries.ts. @internal */
  deliver(): void {
    this.#resource.runInAsyncScope(this.#deliver, this)
  }

  /** Runs a function in the stream's own async context, where its listeners run. @internal */
  run(act: () => void): void {
    this.#resource.runInAsyncScope(act)
  }

  #deliver(): void {
    this.#deliverSent()
    if (this.#receiveError !== undefined) {
      const error = this.#receiveError
      this.#receiveError = undefined
      if (!this.destroyed) this.destroy(error)
    } else if (this.#came !== undefined) this.#deliverCame(this.#came)
  }

  #deliverSent(): void {
    const answer = this.destroyed ? undefined : this.#writing.takeAnswer()
    if (answer === undefined) return
    this._unrefTimer()
    if (answer.error === undefined) answer.done()
    else answer.done(answer.error)
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
    if (!this.connecting) {
      this.#start(write)
      return
    }
    this.#early = write
    this.once('connect', () => this.#start(write))
  }

  #start(write: Write): void {
    const { socket } = this
    if (socket === undefined || socket.isClosing) {
      write.done(socketClosed())
      return
    }
    this._unrefTimer()
    this.#writing.begin(socket, write)
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
