// ③ proactor, ⑦ completion — completions as events: a cookie and a result each, taken in batches. No promise for an
// operation, one for a wait; an unread event is never overwritten, because no more is submitted than can be held.
import { Operation } from '../operation/operation.js'
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import { AbortError } from '../waiting/abort-error.js'
import { Wake, WaitQueue } from '../waiting/wait-queue.js'
import { ClosedError, errorOf, failureOf, type Failure } from './failure.js'
import type { Entry, Settler } from './in-flight.js'
import { checkOptions, type SubmitOptions } from './options.js'
import type { Proactor } from './proactor.js'

/** One completion. */
export class CompletionEvent<Cookie = unknown, Result = unknown> {
  readonly cookie: Cookie
  /** What the operation resolves to; undefined when it failed. */
  readonly result: Result | undefined
  /** A multishot operation goes on. */
  readonly more: boolean
  readonly #failure: Failure | undefined
  constructor(cookie: Cookie, result: Result | undefined, failure: Failure | undefined, more: boolean) {
    this.cookie = cookie
    this.result = result
    this.more = more
    this.#failure = failure
  }

  /** Why the operation failed; undefined when it did not. Made when asked for. */
  get error(): Error | undefined {
    return this.#failure === undefined ? undefined : errorOf(this.#failure)
  }
}

export interface CompletionQueueOptions {
  /** Operations in flight and events unread together, at most; further ones wait. 1 to 2^20. Default: 4096. */
  readonly capacity?: number
}

export interface WaitOptions {
  /** Wait for so many events. 0: take what is there. Default: 1. */
  readonly min?: number
  /** Take so many at most. Default: the capacity. */
  readonly max?: number
  /** Milliseconds after which to come back with what there is. Default: none. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

interface Held<Cookie> {
  readonly operation: Operation
  readonly cookie: Cookie
  readonly options: SubmitOptions | undefined
}

const NO_OPTIONS: WaitOptions = {}

/** A queue of completions. Made by `Proactor.completionQueue`. */
export class CompletionQueue<Cookie = unknown> implements Settler {
  readonly #proactor: Proactor
  readonly capacity: number
  #events: CompletionEvent<Cookie>[] = []
  readonly #waiters = new WaitQueue<boolean>()
  readonly #held: Held<Cookie>[] = []
  readonly #anything: { readonly min: number; readonly max: number }
  #submitted = 0
  #announced = false
  #closed = false

  constructor(proactor: Proactor, options: CompletionQueueOptions) {
    this.#proactor = proactor
    this.capacity = checkInteger(options.capacity ?? 4096, 'capacity', 1, 2 ** 20)
    this.#anything = { min: 1, max: this.capacity }
  }

  /** Operations submitted and not completed, those that wait for capacity included. */
  get inFlight(): number {
    return this.#submitted + this.#held.length
  }

  /** Events there to take. */
  get ready(): number {
    return this.#events.length
  }

  /**
   * Submits an operation; its end comes as an event with this cookie. Beyond the capacity it waits for events to be
   * taken.
   * @throws ERR_TRUEAIO_CLOSED, and what the operation's memory calls for (detached buffer)
   */
  submit(operation: Operation, cookie: Cookie, options?: SubmitOptions): void {
    if (this.#closed) throw new ClosedError('The completion queue')
    if (this.#submitted + this.#events.length < this.capacity) {
      this.#start(operation, cookie, options)
      return
    }
    // Wrong arguments are told now, to the caller, and not when their turn comes.
    if (!(operation instanceof Operation)) throw invalidArgType('operation', 'an instance of Operation', operation)
    if (options !== undefined) checkOptions(options)
    this.#held.push({ operation, cookie, options })
  }

  #start(operation: Operation, cookie: Cookie, options: SubmitOptions | undefined): void {
    this.#submitted++
    try {
      this.#proactor.submitTo(this, operation, options, cookie)
    } catch (error) {
      this.#submitted--
      throw error
    }
  }

  /** For the proactor. */
  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    const failed = result < 0
    this.#events.push(new CompletionEvent(entry.first as Cookie, failed ? undefined : value, failed ? failureOf(entry, result) : undefined, more))
    if (!more) this.#submitted--
    if (this.#waiters.length > 0 && !this.#announced) {
      // Waiters are answered when the driver's batch is complete, so that one wait takes it whole.
      this.#announced = true
      this.#proactor.afterCompletions(this.#answer)
    }
  }

  /**
   * Takes events: resolves when `min` are there, or on the timeout with fewer. Waits are served in order.
   * @throws AbortError (rejects), ERR_OUT_OF_RANGE
   */
  wait(options: WaitOptions = NO_OPTIONS): Promise<CompletionEvent<Cookie>[]> {
    const { min, max } = options === NO_OPTIONS ? this.#anything : this.#bounds(options)
    const { signal, timeout } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw new AbortError(signal.reason)
      if (this.#waiters.length === 0 && this.#events.length >= min) {
        resolve(this.#take(max))
        return
      }
      let timer: NodeJS.Timeout | undefined
      const detach = (): void => {
        if (timer !== undefined) clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const waiter = this.#waiters.add((closed) => {
        // Served in order: nobody behind takes the events that this one waits for.
        if (!closed && this.#events.length < min) return Wake.STOPPED
        detach()
        resolve(this.#take(max))
        return Wake.TOOK
      })
      const leave = (): boolean => {
        detach()
        const first = this.#waiters.first === waiter
        this.#waiters.remove(waiter)
        return first
      }
      const onAbort = (): void => {
        leave()
        reject(new AbortError(signal?.reason))
        this.#answer()
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      if (timeout === undefined) return
      timer = setTimeout(() => {
        // After a busy turn of the loop this timer runs before completions that are already there are told.
        this.#proactor.tellCompletions()
        if (!waiter.queued) return
        resolve(leave() ? this.#take(max) : [])
        this.#answer()
      }, timeout)
    })
  }

  /** The same, blocking this thread. While it blocks, nothing else of this thread runs. */
  waitSync(options: Omit<WaitOptions, 'signal'> = {}): CompletionEvent<Cookie>[] {
    const { min, max } = this.#bounds(options)
    this.#proactor.blockUntil(() => Math.min(min - this.#events.length, this.inFlight), options.timeout ?? -1)
    return this.#take(max)
  }

  /** Takes what is there, without waiting. */
  take(max: number = this.capacity): CompletionEvent<Cookie>[] {
    return this.#take(checkInteger(max, 'max', 1, 2 ** 20))
  }

  /** Takes no further submissions, drops those that have not started, and ends waits with what there is. */
  close(): void {
    this.#closed = true
    this.#held.length = 0
    this.#waiters.wakeAll(true)
  }

  #bounds(options: WaitOptions): { min: number; max: number } {
    const max = checkInteger(options.max ?? this.capacity, 'max', 1, 2 ** 20)
    const min = checkInteger(options.min ?? 1, 'min', 0, Math.min(max, this.capacity))
    if (options.timeout !== undefined && !(typeof options.timeout === 'number' && options.timeout >= 0)) {
      throw invalidArgType('timeout', 'of type number and ≥ 0', options.timeout)
    }
    return { min, max }
  }

  #take(max: number): CompletionEvent<Cookie>[] {
    let taken: CompletionEvent<Cookie>[]
    if (this.#events.length <= max) {
      taken = this.#events
      this.#events = []
    } else taken = this.#events.splice(0, max)
    while (this.#held.length > 0 && this.#submitted + this.#events.length < this.capacity) {
      const { operation, cookie, options } = this.#held.shift() as Held<Cookie>
      this.#start(operation, cookie, options)
    }
    return taken
  }

  readonly #answer = (): void => {
    this.#announced = false
    this.#waiters.wakeAll(false)
  }
}
