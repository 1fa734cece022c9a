// ① interface — the timers of one queue on one clock: a heap, and for the first of them one timer operation in the engine
// (③). However many there are, the system has one. The operation also ends waits that block the thread.
import { timer } from '../operation/timer.js'
import { DeadlineHeap } from '../waiting/deadline-heap.js'
import type { ArmedOperation } from './armed-operation.js'
import type { SourceHost } from './source-host.js'
import type { TimerSource } from './timer-source.js'

/** Clocks of the system and of JavaScript differ by their rounding; what runs ahead of that is a simulated clock. */
const ROUNDING_MILLISECONDS = 2

export class Timers {
  readonly #host: SourceHost
  readonly #absolute: boolean
  readonly #heap = new DeadlineHeap<TimerSource>()
  #armed: ArmedOperation | undefined = undefined
  #armedFor = Infinity
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

  add(source: TimerSource): void {
    this.#heap.add(source)
    // Not at once: of many timers set one after the other only the first needs the system.
    if (source.deadline < this.#armedFor) this.#armSoon()
  }

  remove(source: TimerSource): void {
    // The operation stays armed for a later one: a stray wake-up costs less. With none left it would keep the process alive.
    if (this.#heap.remove(source) && this.#heap.length === 0) this.#armSoon()
  }

  moveLater(source: TimerSource, deadline: number): void {
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

  /** For the queue: sees to it that the system wakes us for the first timer. */
  arm(): void {
    const { first } = this.#heap
    if (first === undefined) {
      this.#armed?.withdraw()
      this.#armedFor = Infinity
      return
    }
    const { deadline } = first
    if (deadline >= this.#armedFor) return
    this.#armed?.withdraw()
    this.#armedFor = deadline
    const operation = this.#absolute ? timer(deadline, { absolute: true }) : timer(Math.max(0, deadline - this.now))
    this.#armed = this.#host.arm(operation, (_value, _more, error) => {
      this.#armedFor = Infinity
      if (error === undefined) this.#expire(deadline)
      else this.#fail(error)
    })
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
