// ③ proactor — abort signals and deadlines: who is to be cancelled, when. One listener for each signal and one timer
// for each proactor, however many operations share them.
import { DeadlineHeap } from '../waiting/deadline-heap.js'
import { CancelReason, type AbortGroup, type Entry } from './in-flight.js'

type Cancel = (entry: Entry, reason: CancelReason) => void

export class AbortGroups {
  readonly #groups = new WeakMap<AbortSignal, AbortGroup>()
  readonly #cancel: Cancel

  constructor(cancel: Cancel) {
    this.#cancel = cancel
  }

  /** The signal must not be aborted yet. */
  add(signal: AbortSignal, entry: Entry): void {
    let group = this.#groups.get(signal)
    if (group === undefined) {
      group = { signal, entries: new Set() }
      this.#groups.set(signal, group)
      const { entries } = group
      // The listener stays as long as the signal: taking it off after each operation costs more than the operation.
      signal.addEventListener('abort', () => {
        for (const entry of [...entries]) this.#cancel(entry, CancelReason.ABORTED)
      }, { once: true })
    }
    group.entries.add(entry)
    entry.abortGroup = group
  }

  remove(entry: Entry): void {
    entry.abortGroup?.entries.delete(entry)
    entry.abortGroup = undefined
  }
}

// The timer stays armed when the last deadline leaves: the next operation usually brings one again, and a stray
// wake-up is cheaper than arming anew each time.
/** The deadlines of what is in flight; an operation that ends early leaves at once. */
export class Deadlines {
  readonly #heap = new DeadlineHeap<Entry>()
  readonly #cancel: Cancel
  #timer: NodeJS.Timeout | undefined = undefined
  #timerAt = Infinity

  constructor(cancel: Cancel) {
    this.#cancel = cancel
  }

  add(entry: Entry, milliseconds: number): void {
    entry.deadline = performance.now() + milliseconds
    this.#heap.add(entry)
    this.#arm()
  }

  remove(entry: Entry): void {
    this.#heap.remove(entry)
    entry.deadline = Infinity
  }

  /** Milliseconds until the next deadline; -1: none. */
  untilNext(): number {
    const { first } = this.#heap
    return first === undefined ? -1 : Math.max(0, first.deadline - performance.now())
  }

  /** Cancels everything whose time is over. */
  expire(): void {
    const now = performance.now()
    for (;;) {
      const { first } = this.#heap
      if (first === undefined || first.deadline > now) break
      this.remove(first)
      this.#cancel(first, CancelReason.TIMED_OUT)
    }
    this.#arm()
  }

  #arm(): void {
    const { first } = this.#heap
    if (first === undefined || first.deadline >= this.#timerAt) return
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timerAt = first.deadline
    const delay = Math.min(Math.max(0, Math.ceil(first.deadline - performance.now())), 0x7fffffff)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#timerAt = Infinity
      this.expire()
    }, delay)
    // What keeps the process alive is the operation in flight, not its deadline.
    this.#timer.unref()
  }

  close(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
