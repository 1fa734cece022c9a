// ① interface — sockets that nobody can reach any more and that nobody closed: they are closed when they are collected, with a warning, as
// Node does it for a FileHandle. A socket with something in flight, with a reader or a stream, is reached by these.
import { closeKept } from '../lasting.js'
import type { Proactor } from '../proactor/proactor.js'

/** What is left of a socket when it is collected. It must not lead to the socket. */
export class Leftover {
  readonly #io: Proactor
  readonly #fd: number
  readonly #what: string

  /** @param what it is called in the warning */
  constructor(io: Proactor, fd: number, what: string) {
    this.#io = io
    this.#fd = fd
    this.#what = what
  }

  close(): void {
    process.emitWarning(`Closing ${this.#what} (descriptor ${String(this.#fd)}) on garbage collection: close it when it is not needed any more`)
    closeKept(this.#io, this.#fd).catch((error: unknown) => process.emitWarning(error as Error))
  }
}

const dropped = new FinalizationRegistry<Leftover>((leftover) => leftover.close())

/** @param held what everybody who uses the socket holds */
export function watchForDrop(held: object, leftover: Leftover): void {
  dropped.register(held, leftover, leftover)
}

/** It is being closed. */
export function closedInTime(leftover: Leftover): void {
  dropped.unregister(leftover)
}
