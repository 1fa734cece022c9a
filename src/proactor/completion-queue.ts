// ③ proactor, ⑦ completion — completions as events: a cookie and a result each, taken in batches. No promise for an
// operation, one for a wait; an unread event is never overwritten, because no more is submitted than can be held.
import { Operation } from '../operation/operation.js'
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import { AbortError } from '../waiting/abort-error.js'
import { Fifo } from '../waiting/fifo.js'
import { timerAfter } from '../waiting/heed.js'
import { onAbort } from '../waiting/on-abort.js'
import { Wake, WaitQueue } from '../waiting/wait-queue.js'
import { ClosedError, errorOf, failureOf, type Failure } from './failure.js'
import type { Entry, Settler } from './in-flight.js'
import { checkOptions, type SubmitOptions } from './options.js'

// On the prototype, so that an event has no field for them.
const KIND = 'operation'
const COUNT = 1

/** One completion. */
export class CompletionEvent<Cookie = unknown, Result = unknown> {
  /** The cookie that the operation was submitted with. */
  readonly cookie: Cookie
  /** What the operation resolves to; undefined when it failed. */
  readonly result: Result | undefined
  /** A multishot operation will have further events. */
  readonly more: boolean
  readonly #failure: Failure | undefined
  /** @internal */
  constructor(cookie: Cookie, result: Result | undefined, failure: Failure | undefined, more: boolean) {
    this.cookie = cookie
    this.result = result
    this.more = more
    this.#failure = failure
  }

  /** Distinguishes it from other events of an event queue (`trueaio/event-queue`). */
  get kind(): 'operation' {
    return KIND
  }

  /** Each completion of an operation is one event. */
  get count(): number {
    return COUNT
  }

  /** An operation is no source. */
  get source(): undefined {
    return undefined
  }

  /** Why the operation failed; undefined when it did not. The error is made on the first access. */
  get error(): Error | undefined {
    return this.#failure === undefined ? undefined : errorOf(this.#failure)
  }
}

/** An event that is no operation's end, put among the completions with `post`. */
export interface PostedEvent {
  /** For the queue: withdrawn before it was read. */
  dropped: boolean
  /** Called when it is taken. */
  taken(): void
}

/** Options of `Proactor.completionQueue`. */
export interface CompletionQueueOptions {
  /** Operations in flight and events unread together, at most; further ones wait. 1 to 2^20. Default: 4096. */
  readonly capacity?: number
}

/** Options of a wait for events. */
export interface WaitOptions {
  /** How many events to wait for. 0: take the events there are. Default: 1. */
  readonly min?: number
  /** How many to take at most. Default: the capacity. */
  readonly max?: number
  /** Milliseconds after which the wait ends with the events there are. Default: none. */
  readonly timeout?: number
  /** Aborting it ends the wait with an AbortError. */
  readonly signal?: AbortSignal
}

interface Held<Cookie> {
  readonly operation: Operation
  readonly cookie: Cookie
  readonly options: SubmitOptions | undefined
}

const NO_OPTIONS: WaitOptions = {}
/** The number of withdrawn events and taken places from which on the list is compacted. */
const DROPPED_MAX = 256
const HEAD_MAX = 1024

function isDropped(event: object): boolean {
  return (event as Partial<PostedEvent>).dropped === true
}

/** What a queue needs of its proactor. */
export interface QueueHost {
  submitTo(settler: Settler, operation: Operation, options: SubmitOptions | undefined, cookie: unknown): Entry
  /** Calls back once the completions of this wake-up have been delivered. */
  afterCompletions(then: () => void): void
  tellCompletions(): void
  blockUntil(missing: () => number, milliseconds: number): void
}

/** A queue of completions. Made by `Proactor.completionQueue`. Other events (`Posted`) may be added to it. */
export class CompletionQueue<Cookie = unknown, Posted extends PostedEvent = never> {
  readonly #proactor: QueueHost
  /** Operations in flight and events unread together, at most. */
  readonly capacity: number
  #events: (CompletionEvent<Cookie> | Posted | undefined)[] = []
  /** What stands before it has been taken. */
  #head = 0
  /** Of the events: posted ones, and of these the withdrawn ones. They take none of the capacity. */
  #posted = 0
  #dropped = 0
  /** Operations of others in progress that may lead to posted events: what a blocked thread can wait for. @internal */
  expected = 0
  readonly #waiters = new WaitQueue<boolean>()
  readonly #held = new Fifo<Held<Cookie>>()
  readonly #anything: { readonly min: number; readonly max: number }
  #submitted = 0
  #announced = false
  #closed = false

  /** @internal */
  constructor(proactor: QueueHost, options: CompletionQueueOptions) {
    this.#proactor = proactor
    this.capacity = checkInteger(options.capacity ?? 4096, 'capacity', 1, 2 ** 20)
    this.#anything = { min: 1, max: this.capacity }
  }

  /** Operations submitted and not completed, including those that wait for capacity. */
  get inFlight(): number {
    return this.#submitted + this.#held.length
  }

  /** Events there to take. */
  get ready(): number {
    return this.#events.length - this.#head - this.#dropped
  }

  get #hasRoom(): boolean {
    return this.#submitted + this.#events.length - this.#head - this.#posted < this.capacity
  }

  /**
   * Submits an operation; its completion is an event with this cookie. Beyond the capacity it waits until events are
   * taken.
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_STATE (detached buffer)
   */
  submit(operation: Operation, cookie: Cookie, options?: SubmitOptions): void {
    if (this.#closed) throw new ClosedError('The completion queue')
    if (this.#hasRoom) {
      this.#start(operation, cookie, options)
      return
    }
    // Wrong arguments are reported now, to the caller, and not when their turn comes.
    if (!(operation instanceof Operation)) throw invalidArgType('operation', 'an instance of Operation', operation)
    this.#held.push({ operation, cookie, options: options === undefined ? undefined : checkOptions(options) })
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

  /** For the proactor. @internal */
  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    const failed = result < 0
    this.#events.push(new CompletionEvent(entry.first as Cookie, failed ? undefined : value, failed ? failureOf(entry, result) : undefined, more))
    if (!more) this.#submitted--
    if (this.#waiters.length > 0) this.#announce()
  }

  /** Waiters are answered when the driver's batch is complete, so that one wait takes it whole. */
  #announce(): void {
    if (this.#announced) return
    this.#announced = true
    this.#proactor.afterCompletions(this.#answer)
  }

  /** Puts an event of somebody else's at the end. How many there can be is for its owner to bound. @internal */
  post(event: Posted): void {
    this.#events.push(event)
    this.#posted++
    if (this.#waiters.length > 0) this.#announce()
  }

  /** Takes back a posted event that nobody has taken yet. @internal */
  drop(event: Posted): void {
    event.dropped = true
    this.#dropped++
    if (this.#dropped < DROPPED_MAX || this.#dropped * 2 < this.#events.length - this.#head) return
    this.#events = this.#events.filter((kept) => kept !== undefined && !isDropped(kept))
    this.#head = 0
    this.#posted -= this.#dropped
    this.#dropped = 0
  }

  /**
   * Takes events. Resolves when there are `min`, or on the timeout with fewer. Waits are served in order.
   * @throws AbortError (rejects), ERR_OUT_OF_RANGE
   */
  wait(options: WaitOptions = NO_OPTIONS): Promise<(CompletionEvent<Cookie> | Posted)[]> {
    const { min, max } = options === NO_OPTIONS ? this.#anything : this.#bounds(options)
    const { signal, timeout } = options
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) throw new AbortError(signal.reason)
      if (this.#waiters.length === 0 && this.#suffices(min)) {
        resolve(this.#take(max))
        return
      }
      let timer: NodeJS.Timeout | undefined
      let unheed: (() => void) | undefined
      const detach = (): void => {
        if (timer !== undefined) clearTimeout(timer)
        unheed?.()
      }
      const waiter = this.#waiters.add((closed) => {
        // Served in order: nobody behind takes the events that this one waits for.
        if (!closed && !this.#suffices(min)) return Wake.STOPPED
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
      unheed = signal === undefined ? undefined : onAbort(signal, () => {
        leave()
        reject(new AbortError(signal.reason))
        this.#answer()
      })
      timer = timerAfter(timeout, () => {
        // After a busy turn of the loop this timer runs before completions that are already there are delivered.
        this.#proactor.tellCompletions()
        if (!waiter.queued) return
        resolve(leave() ? this.#take(max) : [])
        this.#answer()
      })
    })
  }

  /** The same, blocking this thread. While it blocks, nothing else of this thread runs. */
  waitSync(options: Omit<WaitOptions, 'signal'> = {}): (CompletionEvent<Cookie> | Posted)[] {
    const { min, max } = this.#bounds(options)
    this.#proactor.blockUntil(() => this.#lacking(min), options.timeout ?? -1)
    return this.#take(max)
  }

  /** Completions that a blocked thread waits for at once. One can lead to several posted events, or to none: then one at a time. */
  #lacking(min: number): number {
    const events = min - this.ready
    return this.expected > 0 ? Math.min(events, 1) : Math.min(events, this.inFlight)
  }

  /** Whether a wait for `min` events ends: they are there, or the queue is closed and nothing comes any more. */
  #suffices(min: number): boolean {
    return this.ready >= min || (this.#closed && this.#submitted === 0)
  }

  /** Takes the events there are, without waiting. */
  take(max: number = this.capacity): (CompletionEvent<Cookie> | Posted)[] {
    return this.#take(checkInteger(max, 'max', 1, 2 ** 20))
  }

  /** Refuses further submissions, drops those that have not started, and ends waits with the events there are. */
  close(): void {
    this.#closed = true
    while (this.#held.shift() !== undefined);
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

  #take(max: number): (CompletionEvent<Cookie> | Posted)[] {
    let taken: (CompletionEvent<Cookie> | Posted)[]
    if (this.#posted === 0 && this.#head === 0 && this.#events.length <= max) {
      taken = this.#events as CompletionEvent<Cookie>[] // nothing before the head, so no empty place
      this.#events = []
    } else taken = this.#takeOneByOne(max)
    while (this.#held.length > 0 && this.#hasRoom) {
      const { operation, cookie, options } = this.#held.shift() as Held<Cookie>
      this.#start(operation, cookie, options)
    }
    return taken
  }

  #takeOneByOne(max: number): (CompletionEvent<Cookie> | Posted)[] {
    const events = this.#events
    const taken: (CompletionEvent<Cookie> | Posted)[] = []
    while (taken.length < max && this.#head < events.length) {
      const event = events[this.#head] as CompletionEvent<Cookie> | Posted // not before the head
      events[this.#head++] = undefined
      if (event instanceof CompletionEvent) taken.push(event)
      else {
        this.#posted--
        if (event.dropped) this.#dropped--
        else {
          event.taken()
          taken.push(event)
        }
      }
    }
    if (this.#head === events.length) {
      this.#events = []
      this.#head = 0
    } else if (this.#head >= HEAD_MAX && this.#head * 2 >= events.length) {
      events.splice(0, this.#head)
      this.#head = 0
    }
    return taken
  }

  readonly #answer = (): void => {
    this.#announced = false
    this.#waiters.wakeAll(false)
  }
}
