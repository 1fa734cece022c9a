// ③ proactor — abort signals and deadlines: who is to be cancelled, when. One listener for each signal and one timer
// for each proactor, however many operations share them.
import { DeadlineHeap } from '../waiting/deadline-heap.js'
import { CancelReason, type AbortGroup, type Entry } from './in-flight.js'

/** Signals with nothing to wait on them that are listened to at most. */
const IDLE_MAX = 1024

type Cancel = (entry: Entry, reason: CancelReason) => void

/**
 * A signal is listened to while operations wait on it, and no longer: a listener keeps this proactor alive as long as the
 * signal, and a signal of a timer alive by itself. Taken off once in a turn of the loop, not after each operation: a signal that
 * serves one operation after the other stays listened to.
 */
export class AbortGroups {
  readonly #groups = new Map<AbortSignal, AbortGroup>()
  readonly #cancel: Cancel
  /** Those whose last operation has ended since the loop turned; some may have a new one by now. */
  #idle: AbortGroup[] = []
  #sweep: NodeJS.Immediate | undefined = undefined

  constructor(cancel: Cancel) {
    this.#cancel = cancel
  }

  /** The signal must not be aborted yet. */
  add(signal: AbortSignal, entry: Entry): void {
    let group = this.#groups.get(signal)
    if (group === undefined) {
      group = { signal, entries: new Set(), isIdle: false, handleEvent: () => this.#abort(signal) }
      signal.addEventListener('abort', group, { once: true })
      this.#groups.set(signal, group)
    }
    group.entries.add(entry)
    entry.abortGroup = group
  }

  remove(entry: Entry): void {
    const group = entry.abortGroup
    entry.abortGroup = undefined
    if (group === undefined || !group.entries.delete(entry) || group.entries.size > 0 || group.isIdle) return
    group.isIdle = true
    // A thread that blocks again and again does not turn its loop.
    if (this.#idle.push(group) >= IDLE_MAX) this.sweep()
    else this.#sweep ??= setImmediate(this.sweep).unref()
  }

  /** Takes the listeners off signals that nothing waits on. */
  readonly sweep = (): void => {
    clearImmediate(this.#sweep)
    this.#sweep = undefined
    const idle = this.#idle
    this.#idle = []
    for (const group of idle) {
      const { entries, signal } = group
      group.isIdle = false
      if (entries.size > 0 || this.#groups.get(signal) !== group) continue
      this.#groups.delete(signal)
      signal.removeEventListener('abort', group)
    }
  }

  #abort(signal: AbortSignal): void {
    const group = this.#groups.get(signal)
    if (group === undefined) return
    this.#groups.delete(signal)
    // Those that end meanwhile leave by themselves; what is used again belongs to another group by then.
    for (const entry of group.entries) this.#cancel(entry, CancelReason.ABORTED)
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
