// ① interface — the order in which one connection's readers get its bytes: one receive in flight, as long as somebody waits for bytes. What comes
// although nobody waits any more is kept for the next reader.
import type { Operation } from '../operation/operation.js'
import { Errno } from '../operation/system-error.js'
import { errorOf, type Failure } from '../proactor/failure.js'
import { CancelReason } from '../proactor/in-flight.js'
import type { SubmitOptions } from '../proactor/options.js'
import { resolveWithError } from '../proactor/settle.js'
import { Fifo } from '../waiting/fifo.js'
import type { OpenSocket, ReceiveListener } from './open-socket.js'
import { LentPiece, type Piece } from './piece.js'

/** Options of a receive. */
export interface ReceiveOptions {
  /** Aborting it ends the wait with an AbortError. The connection stays as it is. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which a wait for one piece ends with ETIMEDOUT. Above 0. Default: none. */
  readonly timeout?: number | undefined
  /** Pieces are copies, which need no release. Default: false. */
  readonly copy?: boolean | undefined
}

type Resolve = (value: unknown) => void

/** A reader; it may have several waits. */
export interface Owner {
  /** It wants nothing more: its waits end as if the peer had ended. */
  hasLeft: boolean
}

interface Reader {
  readonly owner: Owner
  readonly resolve: Resolve
  readonly options: SubmitOptions | undefined
  readonly copy: boolean
  /** Instead of a receive: what it resolves to is the answer. */
  readonly operation: Operation<number> | undefined
  /** What it wants of a piece. */
  readonly answer: (piece: Piece | undefined) => unknown
}

const asNothing = (): number => 0

/** The bytes in memory of the reader's own; the piece is released. */
function ownBytes(piece: LentPiece): Buffer {
  const bytes = Buffer.from(piece.bytes)
  piece.release()
  return bytes
}

function ownPiece(piece: LentPiece): LentPiece {
  const bytes = ownBytes(piece)
  return new LentPiece(bytes, bytes.length, undefined)
}

/** The answer of an iterator. */
function asResult(piece: Piece | undefined): IteratorResult<Piece, undefined> {
  return piece === undefined ? { done: true, value: undefined } : { done: false, value: piece }
}

export class ReceiveLine implements ReceiveListener {
  readonly #socket: OpenSocket
  #readers = new Fifo<Reader>()
  #kept: LentPiece | undefined = undefined
  #hasEnded = false
  #broken: (() => Error) | undefined = undefined

  constructor(socket: OpenSocket) {
    this.#socket = socket
  }

  /** The peer has ended, and that was read. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** The next bytes; undefined: the peer has ended. */
  read<Answer>(owner: Owner, options: SubmitOptions | undefined, copy: boolean, answer: (piece: Piece | undefined) => Answer): Promise<Answer> {
    return new Promise<unknown>((resolve) => {
      this.#readers.push({ owner, resolve, options, copy, operation: undefined, answer })
      if (this.#readers.length === 1 && !this.#socket.isReceiving) this.#serve()
    }) as Promise<Answer>
  }

  /** Makes an operation on what is received, in its turn. Resolves to its result; -EAGAIN is one; 0: the peer has ended. */
  make(owner: Owner, operation: Operation<number>, options: SubmitOptions | undefined): Promise<number> {
    return new Promise<unknown>((resolve) => {
      this.#readers.push({ owner, resolve, options, copy: false, operation, answer: asNothing })
      if (this.#readers.length === 1 && !this.#socket.isReceiving) this.#serve()
    }) as Promise<number>
  }

  /** Somebody has left: whatever waits for it ends. */
  left(): void {
    const { first } = this.#readers
    if (first === undefined) return
    if (first.owner.hasLeft) this.#socket.cancelReceive()
    // Behind the first, which the receive is for.
    const kept = new Fifo<Reader>()
    for (let reader = this.#readers.shift(); reader !== undefined; reader = this.#readers.shift()) {
      if (reader !== first && reader.owner.hasLeft) reader.resolve(reader.answer(undefined))
      else kept.push(reader)
    }
    this.#readers = kept
  }

  /** Received and unread data, for the reader that takes over. */
  takeKept(): Buffer | undefined {
    const kept = this.#kept
    this.#kept = undefined
    return kept === undefined ? undefined : ownBytes(kept)
  }

  /** As much of it as goes there. The rest stays. The bytes that went; 0: there is nothing. */
  takeKeptInto(buffer: Buffer): number {
    const kept = this.takeKept()
    if (kept === undefined) return 0
    const rest = kept.subarray(kept.copy(buffer))
    if (rest.length > 0) this.#kept = new LentPiece(rest, rest.length, undefined)
    return kept.length - rest.length
  }

  /** All present and future waits fail. */
  break(makeError: () => Error): void {
    this.#broken ??= makeError
    this.#kept?.release()
    this.#kept = undefined
    if (!this.#socket.isReceiving) this.#serve()
  }

  /** Answers the first readers with what is there, and begins a receive for the next. */
  #serve(): void {
    for (let reader = this.#readers.first; reader !== undefined; reader = this.#readers.first) {
      if (reader.owner.hasLeft) reader.resolve(reader.answer(undefined))
      else if (this.#broken !== undefined) resolveWithError(reader.resolve, this.#broken)
      else if (this.#hasEnded) reader.resolve(reader.answer(undefined))
      else if (this.#kept === undefined || reader.operation !== undefined) break
      else {
        const kept = this.#kept
        this.#kept = undefined
        reader.resolve(reader.answer(reader.copy ? ownPiece(kept) : kept))
      }
      this.#readers.shift()
    }
    const next = this.#readers.first
    if (next !== undefined) this.#socket.receive(this, next.options, next.operation)
  }

  /** For the socket. */
  received(result: number): void {
    if (this.#readers.first?.operation !== undefined) this.#readers.shift()?.resolve(result)
    else if (result === 0) this.#hasEnded = true
    else if (this.#broken === undefined) this.#kept = this.#socket.takeReceived(result)
    this.#serve()
  }

  /** For the socket. */
  receiveFailed(failure: Failure): void {
    const isCancelled = failure.reason !== CancelReason.NONE
    const makeError = (): Error => errorOf(failure)
    if (failure.result === Errno.EAGAIN) this.#readers.shift()?.resolve(failure.result) // only an operation of a reader's own answers it
    else if (!isCancelled) this.#broken ??= makeError
    else if (this.#broken === undefined) {
      // Its own signal, its own deadline, or it has left: the others go on.
      const reader = this.#readers.shift()
      if (reader?.owner.hasLeft === true) reader.resolve(reader.answer(undefined))
      else if (reader !== undefined) resolveWithError(reader.resolve, makeError)
    }
    this.#serve()
  }
}

/** The pieces of a connection, one after the other. Not a generator: one that waits must be able to leave. */
export class Pieces implements AsyncIterableIterator<Piece, undefined>, Owner {
  readonly #line: ReceiveLine
  readonly #options: SubmitOptions | undefined
  readonly #copy: boolean
  hasLeft = false

  constructor(line: ReceiveLine, options: SubmitOptions | undefined, copy: boolean) {
    this.#line = line
    this.#options = options
    this.#copy = copy
  }

  next(): Promise<IteratorResult<Piece, undefined>> {
    if (this.hasLeft) return Promise.resolve(asResult(undefined))
    return this.#line.read(this, this.#options, this.#copy, asResult)
  }

  /** Ends this iteration. The connection stays open, and what comes is another reader's. */
  return(): Promise<IteratorResult<Piece, undefined>> {
    this.hasLeft = true
    this.#line.left()
    return Promise.resolve(asResult(undefined))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
