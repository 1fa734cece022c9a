// ① interface — what a listening socket and a socket for datagrams have in common: things arrive at it, for a loop or one by one,
// until it is closed.
import { closeKept } from '../lasting.js'
import type { SocketAddress } from '../operation/address.js'
import type { Proactor } from '../proactor/proactor.js'
import { Arrivals, takeWithin, type TakeOptions } from './arrival-takers.js'
import type { ArrivalLine } from './arrivals.js'
import { closedInTime, Leftover, watchForDrop } from './dropped.js'

/** The part of a line that is used here. */
type Line<Arrival> = Pick<ArrivalLine<unknown, unknown, Arrival>, 'take' | 'left' | 'setReferenced' | 'close'>

export abstract class ArrivalSource<Arrival> implements AsyncIterable<Arrival, undefined>, AsyncDisposable {
  readonly #io: Proactor
  readonly #line: Line<Arrival>
  readonly #leftover: Leftover
  #whenClosed: Promise<void> | undefined = undefined
  /** Its descriptor. The socket owns it: do not close it. */
  readonly fd: number
  /** The address it is bound to, with the port that the system chose if port 0 was given. */
  readonly address: SocketAddress

  protected constructor(io: Proactor, fd: number, address: SocketAddress, line: Line<Arrival>) {
    this.#io = io
    this.fd = fd
    this.address = address
    this.#line = line
    this.#leftover = new Leftover(io, fd, 'a socket that listens or takes datagrams')
    watchForDrop(line, this.#leftover)
  }

  get isClosed(): boolean {
    return this.#whenClosed !== undefined
  }

  /**
   * Resolves to the next arrival; undefined: the socket was closed. Several calls are served in turn.
   * @param syscall named by the error of a deadline
   */
  protected next(options: TakeOptions, syscall: string): Promise<Arrival | undefined> {
    return takeWithin(this.#line, options, syscall)
  }

  /**
   * Yields arrivals until the socket is closed. Leaving the loop leaves the socket open: later arrivals wait in the
   * kernel.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Arrival, undefined> {
    return new Arrivals(this.#line)
  }

  /** Its waits keep the process alive (the default). */
  ref(): this {
    this.#line.setReferenced(true)
    return this
  }

  /** Its waits do not keep the process alive. */
  unref(): this {
    this.#line.setReferenced(false)
    return this
  }

  /** Pending waits resolve to undefined; connections that were taken continue. */
  close(): Promise<void> {
    this.#whenClosed ??= this.#close()
    return this.#whenClosed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    closedInTime(this.#leftover)
    await this.#line.close()
    await closeKept(this.#io, this.fd)
    await this.closed()
  }

  /** What is to be done when its descriptor is closed. */
  protected closed(): Promise<void> {
    return Promise.resolve()
  }
}
