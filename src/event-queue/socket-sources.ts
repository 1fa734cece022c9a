// ① interface — what arrives at a socket as a source: connections, and bytes. One operation is in flight while no event of the source is unread; the
// rest waits in the kernel, so that a queue that nobody reads holds one connection or one piece of each socket.
import { closeKept } from '../lasting.js'
import type { BufferGroup, Piece } from '../operation/buffer-group.js'
import type { FileReference, Operation } from '../operation/operation.js'
import { accept, recv } from '../operation/socket.js'
import { isTransient } from '../operation/system-error.js'
import type { ArmedOperation } from './armed-operation.js'
import { Source, type SourceOptions } from './source.js'
import type { SourceHost } from './source-host.js'

/** After so many milliseconds without descriptors or memory it is tried again. */
const RETRY_MILLISECONDS = 50
const ECONNABORTED = -103

abstract class SocketSource<Cookie, Kind extends 'accept' | 'receive', Result> extends Source<Cookie, Kind, Result> {
  readonly #operation: Operation
  #armed: ArmedOperation | undefined = undefined
  #retry: NodeJS.Timeout | undefined = undefined
  #unread: Result | undefined = undefined

  constructor(kind: Kind, host: SourceHost, operation: Operation, cookie: Cookie, options: SourceOptions) {
    super(kind, cookie, options.once === true, host)
    this.#operation = operation
    this.#arm()
  }

  /** What nobody is to take any more is given back. @internal */
  protected abstract discard(result: Result): void
  /** Whether nothing comes behind it. @internal */
  protected abstract isLast(result: Result): boolean

  override eventTaken(): void {
    super.eventTaken()
    this.#unread = undefined
    this.#arm()
  }

  protected override forget(): void {
    super.forget()
    const unread = this.#unread
    this.#unread = undefined
    if (unread !== undefined) this.discard(unread)
  }

  protected override resume(): void {
    this.#arm()
  }

  protected override stop(): void {
    clearTimeout(this.#retry)
    this.#armed?.withdraw()
    this.#armed = undefined
  }

  #arm(): void {
    if (!this.live || !this.enabled || this.#unread !== undefined || this.#armed?.live === true) return
    this.#armed = this.host.arm(this.#operation, (value, _more, error) => {
      if (error !== undefined) this.#failed(error)
      else {
        this.#unread = value as Result
        this.fire(value as Result)
        if (this.isLast(value as Result)) this.end()
      }
    })
  }

  #failed(error: NodeJS.ErrnoException): void {
    if (error.errno === ECONNABORTED) this.#arm() // it was gone before it was accepted
    else if (isTransient(error.errno ?? 0)) this.#retry = setTimeout(() => this.#arm(), RETRY_MILLISECONDS)
    else this.fail(error)
  }
}

/** Connections of a listening socket, one for each event. */
export class AcceptSource<Cookie = unknown> extends SocketSource<Cookie, 'accept', number> {
  /** Use `EventQueue.accept`. @internal */
  constructor(host: SourceHost, file: FileReference, cookie: Cookie, options: SourceOptions) {
    super('accept', host, accept(file), cookie, options)
  }

  /** @internal */
  protected discard(fd: number): void {
    void closeKept(this.host.proactor, fd)
  }

  /** @internal */
  protected isLast(): boolean {
    return false
  }
}

/** Data that a socket receives, one piece for each event. */
export class ReceiveSource<Cookie = unknown> extends SocketSource<Cookie, 'receive', Piece> {
  /** Use `EventQueue.receive`. @internal */
  constructor(host: SourceHost, file: FileReference, group: BufferGroup, cookie: Cookie, options: SourceOptions) {
    super('receive', host, recv(file, group), cookie, options)
  }

  /** @internal */
  protected discard(piece: Piece): void {
    piece.release()
  }

  /** @internal */
  protected isLast({ bytes }: Piece): boolean {
    return bytes.length === 0
  }
}
