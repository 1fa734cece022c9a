// ③ proactor — the batch of this tick: everything submitted in one piece of JavaScript goes to the drivers together,
// in one microtask after it.
import type { Driver } from './driver.js'
import { countScheduled } from '../waiting/pending.js'

const resolved = Promise.resolve()

export class Batch {
  readonly #drivers: readonly (Driver | undefined)[]
  readonly #after: () => void
  #gathering: (() => void)[] = []
  #scheduled = false
  #stopped = false
  #isLastTurn = false
  /** A flush is under way: what it is followed by need not be scheduled. */
  flushing = false

  /** @param after runs when a flush is over */
  constructor(drivers: readonly (Driver | undefined)[], after: () => void) {
    this.#drivers = drivers
    this.#after = after
  }

  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    countScheduled(1)
    if (this.#isLastTurn) this.#turnOnceMore()
    // Not queueMicrotask: that makes an AsyncResource each time (about 300 ns).
    void resolved.then(this.flush)
  }

  /**
   * 'beforeExit' is told again after work that its listeners began. Work that ends within its flush has never been the
   * loop's, so the loop is given something else to do.
   */
  lastTurn(): void {
    if (this.#scheduled) this.#turnOnceMore()
    else this.#isLastTurn = true
  }

  #turnOnceMore(): void {
    this.#isLastTurn = false
    setImmediate(() => undefined)
  }

  /** Something waits for the end of this piece of JavaScript. */
  get scheduled(): boolean {
    return this.#scheduled
  }

  /** Runs a function before the next hand-over: it submits what it has gathered until then. */
  gather(submitGathered: () => void): void {
    this.#gathering.push(submitGathered)
    this.schedule()
  }

  submitGathered(): void {
    const gathering = this.#gathering
    if (gathering.length === 0) return
    this.#gathering = [] // first: what they submit may lead here again
    for (const submitIt of gathering) submitIt()
  }

  readonly flush = (): void => {
    if (this.#gathering.length > 0) this.submitGathered()
    if (this.#scheduled) countScheduled(-1)
    this.#scheduled = false
    this.flushing = true
    const drivers = this.#drivers
    if (!this.#stopped) for (let index = 0; index < drivers.length; index++) drivers[index]?.flush()
    this.flushing = false
    this.#after()
  }

  /** The drivers are closed: a flush still on its way must not reach them. */
  stop(): void {
    this.#stopped = true
  }
}
