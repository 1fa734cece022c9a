// ① interface — who gets the arrivals of a socket: connections, datagrams. One multishot operation is in flight while
// somebody takes; when nobody does, it is cancelled, and the rest waits in the kernel. arrival-source.ts uses it.
import type { Operation } from '../operation/operation.js'
import { Errno, isTransient } from '../operation/system-error.js'
import { errorOf, failureOf } from '../proactor/failure.js'
import { CancelReason, type Entry, type Settler } from '../proactor/in-flight.js'
import type { Proactor } from '../proactor/proactor.js'
import { resolveWithError } from '../proactor/settle.js'
import { Fifo } from '../waiting/fifo.js'

/** What has arrived and was not taken yet: at most so many before the operation is cancelled. */
const AHEAD_MAX = 64
/** After so many milliseconds without descriptors or memory it is tried again. */
const RETRY_MILLISECONDS = 50
const ENOBUFS = -105
type Resolve = (value: unknown) => void

/** A taker of arrivals; it may have several waits. */
export interface Taker {
  /** It wants nothing more: its waits end as if the socket had been closed. */
  hasLeft: boolean
  /** Why, if its wait is to fail. */
  readonly problem?: Error | undefined
}

interface Wait<Handed> {
  readonly taker: Taker
  readonly resolve: Resolve
  readonly answer: (handed: Handed | undefined) => unknown
}

export interface ArrivalOptions<Result, Arrived, Handed> {
  readonly io: Proactor
  /** The operation whose results arrive: of many shots, or of one where the driver has no others. */
  readonly operation: (multishot: boolean) => Operation<Result>
  /** What is kept of a result. Called inside a driver's loop: it runs no code of a user's. */
  readonly arrived: (result: Result) => Arrived
  /** What a taker gets of it. */
  readonly handOut: (arrived: Arrived) => Handed
  /** What nobody is to take any more. */
  readonly discard: (arrived: Arrived) => Promise<void>
  /** Errors that say nothing of what arrives next: they are ignored. */
  readonly passedOver: ReadonlySet<number>
  /** Errors that a taker is to know, and after which it goes on. */
  readonly toldOnce: ReadonlySet<number>
}

export class ArrivalLine<Result, Arrived, Handed> implements Settler {
  readonly #options: ArrivalOptions<Result, Arrived, Handed>
  readonly #io: Proactor
  #multishot = true
  #operation: Operation<Result>
  #waits = new Fifo<Wait<Handed>>()
  /** What nobody has taken yet. */
  readonly #ahead = new Fifo<Arrived>()
  #entry: Entry | undefined = undefined
  #generation = 0
  #isWaiting = false
  /** What is in flight was asked to end. */
  #isStopping = false
  #isReferenced = true
  #retry: NodeJS.Timeout | undefined = undefined
  #broken: (() => Error) | undefined = undefined
  /** The error is one taker's, and then it goes on. */
  #tellsOnce = false
  #isClosed = false
  #whenIdle: (() => void) | undefined = undefined

  constructor(options: ArrivalOptions<Result, Arrived, Handed>) {
    this.#options = options
    this.#io = options.io
    this.#operation = options.operation(true)
  }

  /** The next; undefined: the socket is closed, or the taker has left. */
  take<Answer>(taker: Taker, answer: (handed: Handed | undefined) => Answer): Promise<Answer> {
    if (this.#waits.length === 0 && !this.#isClosed && !taker.hasLeft) {
      const arrived = this.#ahead.shift()
      if (arrived !== undefined) return Promise.resolve(answer(this.#options.handOut(arrived)))
    }
    return new Promise<unknown>((resolve) => {
      this.#waits.push({ taker, resolve, answer })
      this.#serve()
    }) as Promise<Answer>
  }

  /** Takers have left. What has arrived for them is the next one's. */
  left(): void {
    const kept = new Fifo<Wait<Handed>>()
    for (let wait = this.#waits.shift(); wait !== undefined; wait = this.#waits.shift()) {
      if (wait.taker.hasLeft) leave(wait)
      else kept.push(wait)
    }
    this.#waits = kept
    if (kept.length === 0) this.#stop()
  }

  /** Whether waiting keeps the process alive. */
  setReferenced(isReferenced: boolean): void {
    if (isReferenced === this.#isReferenced) return
    this.#isReferenced = isReferenced
    if (this.#isWaiting) this.#io.countUnreferenced(isReferenced ? -1 : 1)
    if (isReferenced) this.#retry?.ref()
    else this.#retry?.unref()
  }

  /** Ends all waits, discards what nobody took, and resolves when nothing is in flight any more. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#stop()
    this.#serve()
    if (this.#isWaiting) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
    const discarded: Promise<void>[] = []
    for (let arrived = this.#ahead.shift(); arrived !== undefined; arrived = this.#ahead.shift()) discarded.push(this.#options.discard(arrived))
    await Promise.all(discarded)
  }

  #serve(): void {
    for (let wait = this.#waits.first; wait !== undefined; wait = this.#waits.first) {
      if (wait.taker.hasLeft) leave(wait)
      else if (this.#isClosed) wait.resolve(wait.answer(undefined))
      else {
        const arrived = this.#ahead.shift()
        if (arrived !== undefined) wait.resolve(wait.answer(this.#options.handOut(arrived)))
        else if (this.#broken === undefined) break
        else {
          resolveWithError(wait.resolve, this.#broken)
          if (this.#tellsOnce) this.#broken = undefined
        }
      }
      this.#waits.shift()
    }
    if (this.#waits.length > 0 && !this.#isWaiting && this.#retry === undefined) this.#begin()
  }

  #begin(): void {
    this.#isWaiting = true
    this.#isStopping = false
    if (!this.#isReferenced) this.#io.countUnreferenced(1)
    this.#note(this.#io.submitTo(this, this.#operation, undefined, undefined))
  }

  /** What is in flight, unless it has ended already. */
  #note(entry: Entry): void {
    if (!this.#isWaiting) return
    this.#entry = entry
    this.#generation = entry.generation
  }

  /** Not a cancel, behind which the engine closes what still comes: that is the next taker's. */
  #stop(): void {
    const entry = this.#entry
    if (entry === undefined || entry.generation !== this.#generation) return
    this.#isStopping = true
    this.#io.stop(entry, true)
  }

  /** For the engine. */
  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    if (result >= 0) this.#ahead.push(this.#options.arrived(value as Result))
    if (!more) {
      this.#isWaiting = false
      this.#entry = undefined
      if (!this.#isReferenced) this.#io.countUnreferenced(-1)
      if (result < 0) this.#failed(entry, result)
    }
    this.#serve()
    if (more && this.#ahead.length >= AHEAD_MAX && !this.#isStopping) this.#stop()
    if (!more) this.#whenIdle?.()
  }

  #failed(entry: Entry, result: number): void {
    const { operation, passedOver, toldOnce } = this.#options
    if (this.#isClosed || entry.cancelReason !== CancelReason.NONE || passedOver.has(result)) return
    if (this.#isStopping && (result === Errno.ECANCELED || result === Errno.EINTR)) return
    if (result === Errno.ENOTSUP && this.#multishot) {
      this.#multishot = false
      this.#operation = operation(false)
    } else if (isTransient(result) || result === ENOBUFS) this.#retryLater()
    else {
      const failure = failureOf(entry, result)
      this.#broken = () => errorOf(failure)
      this.#tellsOnce = toldOnce.has(result)
    }
  }

  /** Out of descriptors or memory: what arrives waits in the kernel until there are some. */
  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#serve()
    }, RETRY_MILLISECONDS)
    if (!this.#isReferenced) this.#retry.unref()
  }
}

function leave<Handed>({ answer, resolve, taker }: Wait<Handed>): void {
  const { problem } = taker
  if (problem === undefined) resolve(answer(undefined))
  else resolveWithError(resolve, () => problem)
}
