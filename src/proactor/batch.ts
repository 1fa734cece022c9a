// ③ proactor — the batch of this tick: everything submitted in one piece of JavaScript goes to the drivers together,
// in one microtask after it.
import type { Operation } from '../operation/operation.js'
import { isInTurn } from '../operation/socket.js'
import type { Driver } from './driver.js'
import { countScheduled } from '../waiting/pending.js'

const resolved = Promise.resolve()

export class Batch {
  readonly #drivers: readonly (Driver | undefined)[]
  readonly #after: () => void
  #gathering: (() => void)[] = []
  #scheduled = false
  /** A flush stands in the queue of ticks, behind all microtasks. */
  #isLastQueued = false
  #isCounted = false
  #stopped = false
  #isLastTurn = false
  /** A flush is in progress: another one need not be scheduled. */
  flushing = false

  /** @param after runs when a flush is over */
  constructor(drivers: readonly (Driver | undefined)[], after: () => void) {
    this.#drivers = drivers
    this.#after = after
  }

  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#count()
    // Not queueMicrotask: that makes an AsyncResource each time (about 300 ns).
    void resolved.then(this.flush)
  }

  /** Schedules the hand-over of one operation. */
  scheduleFor(operation: Operation): void {
    if (operation.offset === 0 && isInTurn(operation)) this.scheduleLast()
    else this.schedule()
  }

  /**
   * As `schedule`, but behind all microtasks: for what a loop over promises asks for one by one. A loop over datagrams gets each in a microtask
   * of its own, and what it sends would otherwise be a system call for each (31 µs of CPU an echo, and 18 to 24 together).
   */
  scheduleLast(): void {
    if (this.#scheduled || this.#isLastQueued) return
    this.#isLastQueued = true
    this.#count()
    process.nextTick(this.#flushLast)
  }

  readonly #flushLast = (): void => {
    if (this.#isLastQueued) this.flush()
  }

  /** Something waits, for the first time since the last flush. */
  #count(): void {
    if (!this.#isCounted) countScheduled(1)
    this.#isCounted = true
    if (this.#isLastTurn) this.#turnOnceMore()
  }

  /**
   * 'beforeExit' is emitted again after work that its listeners began. Work that ends within its flush has never been the
   * loop's, so the loop is given something else to do.
   */
  lastTurn(): void {
    if (this.scheduled) this.#turnOnceMore()
    else this.#isLastTurn = true
  }

  #turnOnceMore(): void {
    this.#isLastTurn = false
    setImmediate(() => undefined)
  }

  /** Something waits for the end of this piece of JavaScript. */
  get scheduled(): boolean {
    return this.#scheduled || this.#isLastQueued
  }

  /** Runs a function before the next hand-over: it submits what it has gathered until then. @param isLast behind all microtasks, see `scheduleLast` */
  gather(submitGathered: () => void, isLast = false): void {
    this.#gathering.push(submitGathered)
    if (isLast) this.scheduleLast()
    else this.schedule()
  }

  submitGathered(): void {
    const gathering = this.#gathering
    if (gathering.length === 0) return
    this.#gathering = [] // first: what they submit may lead here again
    for (const submitIt of gathering) submitIt()
  }

  readonly flush = (): void => {
    if (this.#gathering.length > 0) this.submitGathered()
    if (this.#isCounted) countScheduled(-1)
    this.#isCounted = false
    this.#isLastQueued = false
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
