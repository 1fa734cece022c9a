// ② waiting — those who wait for something, in order, each with the function that is called when it may have come. Nobody
// sleeps and nobody is lost: to wait is to look, and to be in the queue before looking again. Every stage waits with this.
import { AbortError } from './abort-error.js'
import { timerAfter } from './heed.js'
import { onAbort } from './on-abort.js'

/** The result of a waiter's function. */
export const Wake = {
  /** The waiter does not take the wake: it stays, and the next one is asked. */
  PASSED: 0,
  /** The waiter took the wake and leaves the queue. */
  TOOK: 1,
  /** The waiter cannot take it yet, and no later waiter may: it stays, and no other is asked. */
  STOPPED: 2,
} as const
export type Wake = (typeof Wake)[keyof typeof Wake]

/** A waiter. */
export class Waiter<Key = undefined> {
  /** Whether a wake counts it against its number. Others are asked each time. */
  readonly exclusive: boolean
  /** @internal */
  readonly wake: (key: Key) => Wake
  /** For the queue. @internal */
  readonly ticket: number
  /** @internal */
  previous: Waiter<Key> | undefined = undefined
  /** @internal */
  next: Waiter<Key> | undefined = undefined
  /** @internal */
  queued = true

  /** @internal */
  constructor(wake: (key: Key) => Wake, exclusive: boolean, ticket: number) {
    this.wake = wake
    this.exclusive = exclusive
    this.ticket = ticket
  }
}

/** Options of `WaitQueue.wait`. */
export interface QueueWaitOptions<Result> {
  /** Counts against the number given to `wake`. Default: true. */
  readonly exclusive?: boolean | undefined
  /** Milliseconds, ≥ 0, after which `late` gives the result. Default: none. */
  readonly timeout?: number | undefined
  /** Gives the result of a wait on its timeout; an exception rejects the wait. Required with `timeout`. */
  readonly late?: (() => Result) | undefined
  /** Aborting it ends the wait with an AbortError. */
  readonly signal?: AbortSignal | undefined
  /** No later waiter is asked before this one has what it waits for. Default: false. */
  readonly ordered?: boolean | undefined
  /** The last waiter to arrive is the first to be asked. Default: false. */
  readonly lastFirst?: boolean | undefined
  /** Called when the wait was given up (timeout, signal): later waiters may continue now. */
  readonly left?: (() => void) | undefined
}

/** A queue of waiters. */
export class WaitQueue<Key = undefined> {
  #head: Waiter<Key> | undefined = undefined
  #tail: Waiter<Key> | undefined = undefined
  #tickets = 0
  #length = 0

  /** Number of waiters. */
  get length(): number {
    return this.#length
  }

  /** The waiter that has waited longest. */
  get first(): Waiter<Key> | undefined {
    return this.#head
  }

  /** Adds a function to the end. It is called by wakes until it takes something or is removed. */
  add(wake: (key: Key) => Wake, exclusive = true): Waiter<Key> {
    return this.#addAt(false, wake, exclusive)
  }

  /** Adds a function to the front, for last-in, first-out order. */
  addFirst(wake: (key: Key) => Wake, exclusive = true): Waiter<Key> {
    return this.#addAt(true, wake, exclusive)
  }

  #addAt(front: boolean, wake: (key: Key) => Wake, exclusive: boolean): Waiter<Key> {
    const waiter = new Waiter(wake, exclusive, this.#tickets++)
    if (front) {
      waiter.next = this.#head
      if (this.#head === undefined) this.#tail = waiter
      else this.#head.previous = waiter
      this.#head = waiter
    } else {
      waiter.previous = this.#tail
      if (this.#tail === undefined) this.#head = waiter
      else this.#tail.next = waiter
      this.#tail = waiter
    }
    this.#length++
    return waiter
  }

  /** Removes a waiter. False: it was removed already. */
  remove(waiter: Waiter<Key>): boolean {
    if (!waiter.queued) return false
    waiter.queued = false
    if (waiter.previous === undefined) this.#head = waiter.next
    else waiter.previous.next = waiter.next
    if (waiter.next === undefined) this.#tail = waiter.previous
    else waiter.next.previous = waiter.previous
    // Its own `next` stays: a wake that is just at this waiter finds its way on.
    this.#length--
    return true
  }

  /**
   * Asks waiters in order, until `count` exclusive ones took something. Waiters that arrive meanwhile are left for the
   * next wake.
   * @param count exclusive waiters to wake. Default: 1; Infinity: all
   * @returns how many took something, those not exclusive included
   */
  wake(key: Key, count = 1): number {
    let took = 0
    let left = count
    const end = this.#tickets
    for (let waiter = this.#head; waiter !== undefined && left > 0; waiter = waiter.next) {
      if (!waiter.queued || waiter.ticket >= end) continue // removed by one that was asked before it, or come since
      const said = waiter.wake(key)
      if (said === Wake.STOPPED) break
      if (said !== Wake.TOOK) continue
      this.remove(waiter)
      took++
      if (waiter.exclusive) left--
    }
    return took
  }

  /** Asks everybody. */
  wakeAll(key: Key): number {
    return this.wake(key, Infinity)
  }

  /**
   * Waits until `attempt` returns something other than undefined. It is tried at once, unless others wait already, and
   * again at each wake. On the timeout the wait ends with the result of `late`.
   * @throws (rejects) AbortError, what `attempt` or `late` throws
   */
  wait<Result>(attempt: (key: Key | undefined) => Result | undefined, options: QueueWaitOptions<Result> = {}): Promise<Result> {
    const { signal, timeout, late, left, exclusive = true, lastFirst = false } = options
    const notYet = options.ordered === true ? Wake.STOPPED : Wake.PASSED
    return new Promise<Result>((resolve, reject) => {
      const refuse: (error: Error) => void = reject
      if (signal?.aborted === true) throw new AbortError(signal.reason)
      if (this.#length === 0 || !exclusive || lastFirst) {
        const result = attempt(undefined)
        if (result !== undefined) {
          resolve(result)
          return
        }
      }
      let timer: NodeJS.Timeout | undefined
      let unheed: (() => void) | undefined
      const leave = (): void => {
        if (timer !== undefined) clearTimeout(timer)
        unheed?.()
      }
      const waiter = this.#addAt(lastFirst, (key) => {
        let result: Result | undefined
        try {
          result = attempt(key)
        } catch (error) {
          leave()
          refuse(error as Error)
          return Wake.TOOK
        }
        if (result === undefined) return notYet
        leave()
        resolve(result)
        return Wake.TOOK
      }, exclusive)
      if (signal !== undefined) {
        unheed = onAbort(signal, () => {
          this.remove(waiter)
          leave()
          refuse(new AbortError(signal.reason))
          left?.()
        })
      }
      timer = timerAfter(timeout, () => {
        this.remove(waiter)
        leave()
        try {
          resolve((late as () => Result)()) // comes with the timeout
        } catch (error) {
          refuse(error as Error)
        }
        left?.()
      })
    })
  }
}
