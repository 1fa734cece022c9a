// ① interface — the timers of one queue on one clock: a heap, and for the first of them a timer operation in the engine
// (③). However many there are, the system has a few. The operation also ends waits that block the thread.
import type { Operation } from '../operation/operation.js'
import { nop, timer } from '../operation/timer.js'
import { DeadlineHeap, type Due } from '../waiting/deadline-heap.js'
import type { ArmedOperation } from './armed-operation.js'
import type { SourceHost } from './source-host.js'

/**
 * Timer operations at once. One for a later instant stays when an earlier one is needed: it is there when its time comes,
 * and to take it back and make it again each time cost two thirds of a timer's event.
 */
const ARMED_MAX = 8
/** Clocks of the system and of JavaScript differ by their rounding; what runs ahead of that is a simulated clock. */
const ROUNDING_MILLISECONDS = 2

/** What stands on a clock until its deadline. */
export interface Expiring extends Due {
  /** It is `now`, which is not before the deadline. */
  expire(now: number): void
  /** The system refuses to tell the time. */
  refused(error: Error): void
}

interface Wakeup {
  readonly deadline: number
  operation: ArmedOperation | undefined
}

export class Timers {
  readonly #host: SourceHost
  readonly #absolute: boolean
  readonly #heap = new DeadlineHeap<Expiring>()
  /** Timer operations in progress, those for later instants first. */
  readonly #armed: Wakeup[] = []
  /** Milliseconds by which a simulated driver's time is ahead of the process's. */
  #ahead = 0

  /** @param absolute on the wall clock */
  constructor(host: SourceHost, absolute: boolean) {
    this.#host = host
    this.#absolute = absolute
  }

  /** Milliseconds on this clock. */
  get now(): number {
    return this.#absolute ? Date.now() : performance.now() + this.#ahead
  }

  add(source: Expiring): void {
    this.#heap.add(source)
    // Not at once: of many timers set one after the other only the first needs the system.
    if (source.deadline < this.#nextWakeup) this.#armSoon()
  }

  remove(source: Expiring): void {
    // The operation stays armed for a later one: a stray wake-up costs less. With none left it would keep the process alive.
    if (this.#heap.remove(source) && this.#heap.length === 0) this.#armSoon()
  }

  moveLater(source: Expiring, deadline: number): void {
    this.#heap.moveLater(source, deadline)
  }

  #armingSoon = false

  #armSoon(): void {
    this.#host.armLater(this)
    if (this.#armingSoon) return
    this.#armingSoon = true
    void Promise.resolve().then(() => {
      this.#armingSoon = false
      this.arm()
    })
  }

  /** The instant of the next wake-up by the system; Infinity: none. */
  get #nextWakeup(): number {
    return this.#armed.at(-1)?.deadline ?? Infinity
  }

  /** For the queue: sees to it that the system wakes us for the first timer. */
  arm(): void {
    const { first } = this.#heap
    if (first === undefined) {
      for (const { operation } of this.#armed) operation?.withdraw()
      this.#armed.length = 0
      return
    }
    const { deadline } = first
    if (deadline >= this.#nextWakeup) return
    if (this.#armed.length === ARMED_MAX) this.#armed.shift()?.operation?.withdraw()
    const wakeup: Wakeup = { deadline, operation: undefined }
    this.#armed.push(wakeup)
    wakeup.operation = this.#host.arm(this.#until(deadline), (_value, _more, error) => {
      const index = this.#armed.lastIndexOf(wakeup)
      if (index >= 0) this.#armed.splice(index, 1)
      if (error === undefined) this.#expire(deadline)
      else this.#fail(error)
    })
  }

  /** What completes at an instant. One that is past costs no timer of the system, and still lets the loop turn now and then. */
  #until(deadline: number): Operation {
    const { now } = this
    if (deadline <= now) return nop()
    return this.#absolute ? timer(deadline, { absolute: true }) : timer(deadline - now)
  }

  /** @param least the system's own clock says that it is not earlier */
  #expire(least: number): void {
    let { now } = this
    if (least > now) {
      if (!this.#absolute && least - now > ROUNDING_MILLISECONDS) this.#ahead += least - now
      now = least
    }
    for (let { first } = this.#heap; first !== undefined && first.deadline <= now; first = this.#heap.first) first.expire(now)
    this.arm()
  }

  #fail(error: Error): void {
    for (const source of [...this.#heap.items]) source.refused(error)
  }
}
