// ① interface — the properties and methods of net.Socket that are about its socket and not about its bytes: addresses, options, timeouts,
// state. duplex.ts is the stream behind them.
import { Duplex, type DuplexOptions } from 'node:stream'
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import type { SocketAddress } from '../operation/address.js'
import { setsockopt, SocketOption } from '../operation/socket.js'
import { IdleTimer } from './idle-timer.js'
import type { OpenSocket } from './open-socket.js'

/** What a server of Node's counts its connections by: fields that net.Socket has from Node 20 to 26. */
export interface CountingServer {
  _connections: number
  _emitCloseIfDrained(): void
}

/** What a stream was given to write. */
export interface Chunk {
  readonly chunk: string | Buffer
  readonly encoding: BufferEncoding
}

export function viewOf({ chunk, encoding }: Chunk): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
}

export abstract class SocketFace extends Duplex {
  /** What waits behind the write that is in progress. Not among the types of Duplex, and there from Node 11 on. @internal */
  declare readonly writableBuffer: readonly Chunk[]
  /** Bytes given to the system to send. @internal */
  protected abstract readonly bytesDispatched: number
  /** Bytes of a write that waits for the connection. @internal */
  protected abstract readonly bytesWaiting: number
  /** Undefined: it is not connected yet, or not any more. @internal */
  protected socket: OpenSocket | undefined = undefined
  /** @internal */
  protected isTcp = true
  /** As `net.Socket.connecting`. */
  connecting = false
  /** Milliseconds as set by `setTimeout`; undefined: never set. */
  timeout: number | undefined = undefined
  /** For Node's servers: who counts this connection. */
  server: CountingServer | undefined = undefined
  _server: CountingServer | undefined = undefined
  /** What it had is still asked for when it is closed. */
  #counted: OpenSocket | undefined = undefined
  readonly #idle: IdleTimer
  #local: SocketAddress | undefined = undefined
  #remote: SocketAddress | undefined = undefined
  #isReferenced = true

  protected constructor(options: DuplexOptions) {
    super(options)
    this.#idle = new IdleTimer(() => this._onTimeout())
  }

  /** Not connected, or not yet. */
  get pending(): boolean {
    return this.socket === undefined || this.connecting
  }

  get readyState(): 'opening' | 'open' | 'readOnly' | 'writeOnly' | 'closed' {
    if (this.connecting) return 'opening'
    if (this.readable) return this.writable ? 'open' : 'readOnly'
    return this.writable ? 'writeOnly' : 'closed'
  }

  get bytesRead(): number {
    return this.#counted?.bytesReceived ?? 0
  }

  /** Bytes sent and given to be sent. */
  get bytesWritten(): number {
    const bytes = this.bytesDispatched + this.bytesWaiting
    return this.destroyed ? bytes : this.writableBuffer.reduce((sum, { chunk, encoding }) => sum + Buffer.byteLength(chunk, encoding), bytes)
  }

  get bufferSize(): number {
    return this.writableLength
  }

  get localAddress(): string | undefined {
    return addressIn(this.#ownAddress())
  }

  get localPort(): number | undefined {
    return portIn(this.#ownAddress())
  }

  get localFamily(): string | undefined {
    return familyIn(this.#ownAddress())
  }

  get remoteAddress(): string | undefined {
    return addressIn(this.#peerAddress())
  }

  get remotePort(): number | undefined {
    return portIn(this.#peerAddress())
  }

  get remoteFamily(): string | undefined {
    return familyIn(this.#peerAddress())
  }

  /** As `net.Socket.address`: empty without an address. */
  address(): { address: string, family: string, port: number } | Record<string, never> {
    const address = this.#ownAddress()
    return address === undefined || address.family === 'Unix' ? {} : { address: address.address, family: address.family, port: address.port }
  }

  /** Emits 'timeout' after that many milliseconds without a read or write; 0: never. The listener is called once. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    if (typeof milliseconds !== 'number') throw invalidArgType('msecs', 'of type number', milliseconds)
    if (listener !== undefined && typeof listener !== 'function') throw invalidArgType('callback', 'of type function', listener)
    if (this.destroyed) return this
    this.timeout = milliseconds
    this.#idle.set(milliseconds)
    if (listener !== undefined) {
      if (milliseconds === 0) this.removeListener('timeout', listener)
      else this.once('timeout', listener)
    }
    return this
  }

  setNoDelay(noDelay?: boolean): this {
    return this.#set(SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, noDelay === undefined || noDelay ? 1 : 0)
  }

  /** @param delay milliseconds of silence before the first probe, in whole seconds; 0: as it is */
  setKeepAlive(enable?: boolean, delay = 0): this {
    const seconds = Math.floor(checkInteger(Math.floor(delay), 'initialDelay', 0, 2 ** 31 - 1) / 1000)
    this.#set(SocketOption.SOL_SOCKET, SocketOption.SO_KEEPALIVE, enable === true ? 1 : 0)
    return enable === true && seconds > 0 ? this.#set(SocketOption.IPPROTO_TCP, SocketOption.TCP_KEEPIDLE, seconds) : this
  }

  /** Waiting for bytes keeps the process alive (the default). */
  ref(): this {
    return this.#setReferenced(true)
  }

  /** Waiting for bytes does not keep the process alive. */
  unref(): this {
    return this.#setReferenced(false)
  }

  /** Ends this side and destroys the stream once everything is written. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  /** Called by Node's servers and clients. */
  _onTimeout(): void {
    if (this.socket?.isSending === true && this.socket.bytesSent !== this.#bytesAtTimeout) {
      // A slow peer takes bytes all the same.
      this.#bytesAtTimeout = this.socket.bytesSent
      this.#idle.set(this.timeout ?? 0)
      return
    }
    this.emit('timeout')
  }

  #bytesAtTimeout = -1

  /** Called by Node's own modules as well: something was read or written. */
  _unrefTimer(): void {
    this.#idle.refresh()
  }

  protected opened(socket: OpenSocket, isTcp: boolean): void {
    this.socket = socket
    this.#counted = socket
    this.isTcp = isTcp
    if (!this.#isReferenced) socket.setReferenced(false)
  }

  /** The socket is about to be closed. */
  protected closing(): void {
    this.#idle.clear()
    const server = this._server
    if (server === undefined) return
    this._server = undefined
    server._connections--
    server._emitCloseIfDrained()
  }

  #setReferenced(isReferenced: boolean): this {
    this.#isReferenced = isReferenced
    this.socket?.setReferenced(isReferenced)
    return this
  }

  #set(level: number, name: number, value: number): this {
    const { socket } = this
    // Not connected yet: set as soon as it is. A Unix socket has none of these.
    if (socket === undefined) {
      if (this.connecting) this.once('connect', () => this.#set(level, name, value))
    } else if (this.isTcp && !socket.isClosing) socket.io.submit(setsockopt(socket.fd, level, name, value), ignore)
    return this
  }

  #ownAddress(): SocketAddress | undefined {
    this.#local ??= this.socket?.address(false)
    return this.#local
  }

  #peerAddress(): SocketAddress | undefined {
    this.#remote ??= this.socket?.address(true)
    return this.#remote
  }
}

/** As net.Socket, which does not look at the answer. */
function ignore(): void {
  // A socket that its peer has reset refuses its options.
}

function addressIn(address: SocketAddress | undefined): string | undefined {
  return address === undefined || address.family === 'Unix' ? undefined : address.address
}

function portIn(address: SocketAddress | undefined): number | undefined {
  return address === undefined || address.family === 'Unix' ? undefined : address.port
}

function familyIn(address: SocketAddress | undefined): string | undefined {
  return address === undefined || address.family === 'Unix' ? undefined : address.family
}
