// ① interface — one connection: bytes in, in pieces; bytes out, in the order in which they were given; its ends. The work is done by
// receiving.ts (who reads), sending.ts (what is on the wire) and open-socket.ts (the descriptor).
import type { ReadableStream, WritableStream } from 'node:stream/web'
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import type { SocketAddress } from '../operation/address.js'
import type { MoveRequest } from '../operation/move.js'
import type { FileReference } from '../operation/operation.js'
import { recv, send, setsockopt, SocketOption } from '../operation/socket.js'
import { ClosedError } from '../proactor/failure.js'
import { checkOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { SocketStream, type StreamOptions } from './duplex.js'
import { forward, forwardInto, SplicedBytes, type PipeSink } from './forward.js'
import type { Pipe } from './pipes.js'
import { giveUpOn } from './given-up.js'
import { OpenSocket } from './open-socket.js'
import type { Piece } from './piece.js'
import { PromisedBytes, PromisedEnd, PromisedFile, PromisedMove } from './promise-sendings.js'
import { Pieces, ReceiveLine, type Owner, type ReceiveOptions } from './receiving.js'
import { dataOf, type Sendable } from './sendable.js'
import { receiveMoved } from './receive-moved.js'
import { SendLine } from './sending.js'
import { readableOf, writableOf } from './web-streams.js'

/** Options of `Connection.send`. */
export interface SendOptions {
  /**
   * Aborting it ends the send with an AbortError. If a part of it was on the wire, the sending side ends: nothing can
   * follow it.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * Milliseconds after which the send ends in the same way with ETIMEDOUT, including its time in the queue. Above 0.
   * Default: none.
   */
  readonly timeout?: number | undefined
}

/** Options of `Connection.send`. */
export interface SendBytesOptions extends SendOptions {
  /**
   * True: from 16 KiB on the network card may read the memory itself, where a ring does it and the socket can. It then resolves when the peer has
   * acknowledged all of it, over loopback when it has read it. It pays for large sends, some MiB, over a network. Of one view, not of text or a list.
   * Default: false.
   */
  readonly zeroCopy?: boolean | undefined
}

/** Options of `Connection.sendFile`. */
export interface SendFileOptions extends SendOptions {
  /** First byte of the file to send. Default: 0. */
  readonly offset?: number | undefined
  /** Bytes to send. Default: to the end of the file. */
  readonly length?: number | undefined
}

/** How a connection receives and sends. */
export interface ConnectionExplanation {
  /** How bytes are received. */
  readonly receive: string
  /** How bytes are sent. */
  readonly send: string
}

const NOBODY: Owner = { hasLeft: false }
const asIs = (piece: Piece | undefined): Piece | undefined => piece

/** A stream socket that is connected. Made by `connect` and by servers. */
export class Connection implements AsyncDisposable {
  /** For the modules of this folder. @internal */
  readonly socket: OpenSocket
  readonly #isTcp: boolean
  readonly #sends: SendLine
  readonly #receives: ReceiveLine
  #taken: string | undefined = undefined
  #readable: ReadableStream<Uint8Array> | undefined = undefined
  #writable: WritableStream<Sendable> | undefined = undefined

  /** Use `connect` and `listen`. @internal */
  constructor(io: Proactor, fd: number, isTcp: boolean) {
    this.socket = new OpenSocket(io, fd)
    this.#isTcp = isTcp
    this.#sends = new SendLine(this.socket)
    this.#receives = new ReceiveLine(this.socket)
  }

  /** Its descriptor. The connection owns it: do not close it. */
  get fd(): number {
    return this.socket.fd
  }

  /** Whether `close()` was called. */
  get isClosed(): boolean {
    return this.socket.isClosing
  }

  /** Bytes received so far. */
  get bytesReceived(): number {
    return this.socket.bytesReceived
  }

  /** Bytes that the kernel has taken to send so far. */
  get bytesSent(): number {
    return this.socket.bytesSent
  }

  /** The local address; undefined once it is closed. @see getsockname(2) */
  get localAddress(): SocketAddress | undefined {
    return this.socket.address(false)
  }

  /** The peer's address; undefined once it is closed, or when the peer has reset it. @see getpeername(2) */
  get remoteAddress(): SocketAddress | undefined {
    return this.socket.address(true)
  }

  /**
   * Yields what the peer sends, in pieces as they arrive, until its end. Release each piece. Leaving the loop leaves
   * the connection open; later data is for the next reader. While nobody reads, nothing is received, and the kernel
   * makes the peer wait.
   *
   * @throws ECONNRESET …, ETIMEDOUT, AbortError, ERR_TRUEAIO_CLOSED: from `next()`; ERR_INVALID_ARG_TYPE at once
   */
  pieces({ copy = false, signal, timeout }: ReceiveOptions = {}): Pieces {
    this.#checkFree()
    const options = signal === undefined && timeout === undefined ? undefined : checkOptions({ signal, timeout })
    return new Pieces(this.#receives, options, copy)
  }

  /**
   * Resolves to the next piece; undefined: the peer has ended. Several calls are served in turn.
   * @throws as `pieces`
   */
  receive({ copy = false, signal, timeout }: ReceiveOptions = {}): Promise<Piece | undefined> {
    this.#checkFree()
    const options = signal === undefined && timeout === undefined ? undefined : checkOptions({ signal, timeout })
    return this.#receives.read(NOBODY, options, copy, asIs)
  }

  /**
   * Sends all data, after earlier sends. Resolves when the kernel has it. Sends of one tick go together.
   * @throws EPIPE, ECONNRESET …, ETIMEDOUT, AbortError, ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE
   */
  send(data: Sendable, options?: SendBytesOptions): Promise<void> {
    this.#checkFree()
    const memory = dataOf(data)
    const zeroCopy = options?.zeroCopy === true
    if (zeroCopy && !ArrayBuffer.isView(data)) throw invalidArgType('data', 'an instance of Buffer, TypedArray or DataView, to be sent without a copy', data)
    return new Promise<unknown>((resolve) => {
      const sending = new PromisedBytes(this.socket.fd, memory, resolve, zeroCopy)
      if (options !== undefined) sending.release = giveUpOn(this.#sends, sending, options)
      this.#sends.add(sending)
    }) as Promise<void>
  }

  /**
   * Sends bytes of a file, after earlier sends, without passing them through this process. Keep the file open until the
   * promise settles.
   * @returns the number of bytes: fewer than requested if the file ends before
   * @see sendfile(2)
   */
  sendFile(file: FileReference, { offset = 0, length, signal, timeout }: SendFileOptions = {}): Promise<number> {
    this.#checkFree()
    checkInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER)
    const bytes = length === undefined ? Infinity : checkInteger(length, 'length', 0, Number.MAX_SAFE_INTEGER)
    return new Promise<unknown>((resolve) => {
      const sending = new PromisedFile(file, this.socket.fd, offset, bytes, resolve)
      if (signal !== undefined || timeout !== undefined) sending.release = giveUpOn(this.#sends, sending, { signal, timeout })
      this.#sends.add(sending)
    }) as Promise<number>
  }

  /** Ends the sending side, after all earlier sends; the peer reads the end. Receiving continues. */
  shutdown(): Promise<void> {
    this.#checkFree()
    return new Promise<unknown>((resolve) => this.#sends.add(new PromisedEnd(this.socket.fd, resolve))) as Promise<void>
  }

  /**
   * Closes it. Pending calls end with ERR_TRUEAIO_CLOSED. Bytes that the kernel has are still delivered; those queued
   * here are not. Wait for `send` or `shutdown` before.
   */
  close(): Promise<void> {
    return this.#close(false)
  }

  #close(resets: boolean): Promise<void> {
    if (!this.socket.isClosing) {
      const makeError = (): Error => new ClosedError('The connection')
      this.#sends.break(makeError)
      this.#receives.break(makeError)
    }
    return this.socket.close({ resets })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** Closes it so that the peer's reads and writes fail with ECONNRESET. Bytes that the kernel has not sent are lost. */
  reset(): Promise<void> {
    return this.#close(true)
  }

  /** False: a Unix socket, which has no options of TCP's: setting them does nothing. @internal */
  get isTcp(): boolean {
    return this.#isTcp
  }

  /**
   * False: small sends wait until the peer has acknowledged earlier ones (Nagle). Connections of this module begin with
   * true.
   */
  setNoDelay(noDelay = true): Promise<void> {
    return this.#set(SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, noDelay ? 1 : 0)
  }

  /**
   * Lets the kernel probe an idle peer.
   * @param delay milliseconds of silence before the first probe; 0: the system's default
   */
  async setKeepAlive(keepAlive = false, delay = 0): Promise<void> {
    checkInteger(delay, 'delay', 0, 2 ** 31 - 1)
    await this.#set(SocketOption.SOL_SOCKET, SocketOption.SO_KEEPALIVE, keepAlive ? 1 : 0)
    if (keepAlive && delay >= 1000) await this.#set(SocketOption.IPPROTO_TCP, SocketOption.TCP_KEEPIDLE, Math.floor(delay / 1000))
  }

  /** Says which driver receives and sends, and how. */
  explain(): ConnectionExplanation {
    const { io, fd } = this.socket
    return { receive: `one shot, into a slot of its own: ${io.explain(recv(fd, Buffer.alloc(1)))}`, send: `copy, one at a time: ${io.explain(send(fd, Buffer.alloc(1)))}` }
  }

  /**
   * For the modules of this folder: from here on the connection is somebody else's to read, write and close. Returns what has come and was not read.
   * @throws ERR_INVALID_STATE
   * @internal
   */
  giveTo(by: string): Buffer | undefined {
    this.#checkFree()
    if (this.socket.isReceiving || !this.#sends.isIdle) {
      throw Object.assign(new Error(`The connection has a send or a receive in flight: wait for it before you use its ${by}`), { code: 'ERR_INVALID_STATE' })
    }
    this.#taken = by
    return this.#receives.takeKept()
  }

  /**
   * Moves all received data into another connection, until the peer ends, and then ends that connection's sending side.
   * The bytes move through a pipe inside the kernel, and not through this process. A proxy makes one call for each
   * direction. Resolves to the number of bytes moved; close both when it has settled. With `timeout` a wait for bytes
   * ends with ETIMEDOUT after that many milliseconds.
   *
   * @throws as `receive` and `send`
   * @see splice(2)
   */
  forwardTo(target: Connection, { signal, timeout }: Pick<ReceiveOptions, 'signal' | 'timeout'> = {}): Promise<number> {
    this.#checkFree()
    target.#checkFree()
    const options = signal === undefined && timeout === undefined ? undefined : checkOptions({ signal, timeout })
    return forward({ socket: this.socket, receives: this.#receives }, { socket: target.socket, sends: target.#sends }, options)
  }

  /** For transfers: the next bytes into memory of the caller's, however large; 0: the peer has ended. An abort may lose what has just come. @throws as `receive` @internal */
  receiveInto(buffer: Buffer, { signal }: Pick<ReceiveOptions, 'signal'> = {}): Promise<number> {
    this.#checkFree()
    const kept = this.#receives.takeKeptInto(buffer)
    return kept > 0 ? Promise.resolve(kept) : this.#receives.make(NOBODY, recv(this.fd, buffer), signal === undefined ? undefined : checkOptions({ signal }))
  }

  /** For transfers: gives all that comes, to its end, to a sink that takes it out of pipes. Resolves to the bytes. @throws as `receive`, and what the sink throws @internal */
  forwardInto(sink: PipeSink, { signal }: Pick<ReceiveOptions, 'signal'> = {}): Promise<number> {
    this.#checkFree()
    return forwardInto({ socket: this.socket, receives: this.#receives }, sink, signal === undefined ? undefined : checkOptions({ signal }))
  }

  /** For transfers: sends what a request moves to this socket, behind what was given before. Resolves to its bytes. @param moved is called behind each trip @internal */
  sendMoved(request: MoveRequest, { signal }: Pick<ReceiveOptions, 'signal'>, moved: () => void): Promise<number> {
    this.#checkFree()
    return new Promise<unknown>((resolve) => {
      const sending = new PromisedMove(request, this.fd, moved, resolve)
      if (signal !== undefined) sending.release = giveUpOn(this.#sends, sending, { signal })
      this.#sends.add(sending)
    }) as Promise<number>
  }

  /** For transfers: what a request moves from this socket, to its end or to the bytes wanted. Resolves to its bytes. @throws as `receive` @internal */
  receiveMoved(request: MoveRequest, { signal }: Pick<ReceiveOptions, 'signal'>, moved: () => void): Promise<number> {
    this.#checkFree()
    return receiveMoved({ line: this.#receives, owner: NOBODY, fd: this.fd }, request, moved, signal === undefined ? undefined : checkOptions({ signal }))
  }

  /** For transfers: sends what a pipe holds, behind what was given before. @internal */
  sendPiped(pipe: Pipe, bytes: number): Promise<void> {
    this.#checkFree()
    return new Promise<unknown>((resolve) => this.#sends.add(new SplicedBytes(pipe, this.fd, bytes, resolve))) as Promise<void>
  }

  /**
   * The connection as a stream with the events, methods and errors of net.Socket. From then on only the stream reads,
   * writes and closes it.
   * @throws ERR_INVALID_STATE: an operation is in flight, or it is a stream already
   */
  duplex(options?: StreamOptions): SocketStream {
    return new SocketStream(options).attachTo(this)
  }

  /** The received data as a web stream of bytes. Each chunk is a copy. Cancelling the stream closes nothing. */
  get readable(): ReadableStream<Uint8Array> {
    this.#readable ??= readableOf(this)
    return this.#readable
  }

  /** A web stream of data to send. Closing it ends this side; aborting it resets the connection. */
  get writable(): WritableStream<Sendable> {
    this.#writable ??= writableOf(this)
    return this.#writable
  }

  #set(level: number, name: number, value: number): Promise<void> {
    if (!this.#isTcp) return Promise.resolve()
    if (this.socket.isClosing) return Promise.reject(new ClosedError('The connection'))
    return this.socket.io.submit(setsockopt(this.fd, level, name, value))
  }

  #checkFree(): void {
    if (this.#taken !== undefined) throw Object.assign(new Error(`The connection is used by its ${this.#taken}`), { code: 'ERR_INVALID_STATE' })
  }
}
