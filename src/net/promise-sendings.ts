// ① interface — what a connection sends, with a promise for each: bytes, a part of a file, the end of the stream.
import { sendfile } from '../operation/copy.js'
import type { FileReference, Operation, View } from '../operation/operation.js'
import type { MoveRequest } from '../operation/move.js'
import { shutdown, Shutdown } from '../operation/socket.js'
import { Errno } from '../operation/system-error.js'
import { poll, PollEvent } from '../operation/timer.js'
import { resolveWithError } from '../proactor/settle.js'
import { SendingBytes, SendingSteps } from './sending.js'

type Resolve = (value: unknown) => void

/** Bytes of a file that go at once: what a slow peer takes of them it takes in its own time, and an abort ends it. */
const FILE_PIECE_BYTES = 2 ** 20

export class PromisedBytes extends SendingBytes {
  readonly #resolve: Resolve
  /** Ends what watches over it. */
  release: (() => void) | undefined = undefined

  constructor(fd: number, data: View | readonly View[], resolve: Resolve, zeroCopy = false) {
    super(fd, data, zeroCopy)
    this.#resolve = resolve
  }

  succeeded(): void {
    this.release?.()
    this.#resolve(undefined)
  }

  failed(makeError: () => Error): void {
    this.release?.()
    resolveWithError(this.#resolve, makeError)
  }
}

export class PromisedFile extends SendingSteps {
  readonly #resolve: Resolve
  readonly #file: FileReference
  readonly #target: number
  readonly #length: number
  #offset: number
  #sent = 0
  release: (() => void) | undefined = undefined

  /** @param length bytes to send; Infinity: to the file's end */
  constructor(file: FileReference, target: number, offset: number, length: number, resolve: Resolve) {
    super()
    this.#file = file
    this.#target = target
    this.#offset = offset
    this.#length = length
    this.#resolve = resolve
  }

  next(result: number | undefined): Operation<number> | undefined {
    if (result !== undefined) {
      this.#sent += result
      this.#offset += result
    }
    const left = this.#length - this.#sent
    // Nothing moved: the file is at its end.
    if (result === 0 || left === 0) return undefined
    return sendfile(this.#file, this.#target, Math.min(left, FILE_PIECE_BYTES), { sourceOffset: this.#offset })
  }

  get hasBegun(): boolean {
    return this.#sent > 0
  }

  succeeded(): void {
    this.release?.()
    this.#resolve(this.#sent)
  }

  failed(makeError: () => Error): void {
    this.release?.()
    resolveWithError(this.#resolve, makeError)
  }
}

/** What a move sends, trip by trip. */
export class PromisedMove extends SendingSteps {
  readonly #resolve: Resolve
  readonly #request: MoveRequest
  readonly #moved: () => void
  readonly #target: number
  #waits = false
  release: (() => void) | undefined = undefined

  /** @param moved is called behind each trip. It runs no code of a user's */
  constructor(request: MoveRequest, target: number, moved: () => void, resolve: Resolve) {
    super()
    this.#moved = moved
    this.#request = request
    this.#target = target
    this.#resolve = resolve
  }

  next(result: number | undefined): Operation<number> | undefined {
    if (result !== undefined && !this.#waits) {
      this.#request.answered(result)
      this.#moved()
      if (this.#request.isOver) return undefined
    }
    this.#waits = false
    return this.#request.trip()
  }

  override blocked(): Operation<number> {
    this.#request.answered(Errno.EAGAIN)
    this.#waits = true
    return poll(this.#target, PollEvent.POLLOUT)
  }

  get hasBegun(): boolean {
    return this.#request.moved > 0
  }

  succeeded(): void {
    this.release?.()
    this.#resolve(this.#request.moved)
  }

  failed(makeError: () => Error): void {
    this.release?.()
    resolveWithError(this.#resolve, makeError)
  }
}

/** The end of the stream, behind everything that was sent. */
export class PromisedEnd extends SendingSteps {
  readonly hasBegun = false
  readonly #resolve: Resolve
  readonly #target: number

  constructor(target: number, resolve: Resolve) {
    super()
    this.#target = target
    this.#resolve = resolve
  }

  next(result: number | undefined): Operation<number> | undefined {
    // It answers nothing, which counts as 0.
    return result === undefined ? shutdown(this.#target, Shutdown.SHUT_WR) as Operation as Operation<number> : undefined
  }

  succeeded(): void {
    this.#resolve(undefined)
  }

  failed(makeError: () => Error): void {
    resolveWithError(this.#resolve, makeError)
  }
}
