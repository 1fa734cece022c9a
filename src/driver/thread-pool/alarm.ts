// ④ driver — thread-pool: instants at which something is to be done, by one Node timer: the driver's timers and the
// repeated signals of its cancels. A blocked thread (`wait`) looks at them itself, as no timer runs then.
import { DeadlineHeap } from '../../waiting/deadline-heap.js'

/** Something due at an instant of the performance clock, in milliseconds. */
export interface Alarm {
  deadline: number
  readonly ring: () => void
  heapIndex: number
}

const DELAY_MAX = 0x7fffffff

export class Alarms {
  readonly #heap = new DeadlineHeap<Alarm>()
  readonly #after: () => void
  #timer: NodeJS.Timeout | undefined = undefined
  #timerDue = Infinity
  #keepAlive = false

  /** @param after runs when the Node timer has rung some */
  constructor(after: () => void) {
    this.#after = after
  }

  add(deadline: number, ring: () => void): Alarm {
    const alarm: Alarm = { deadline, ring, heapIndex: -1 }
    this.#heap.add(alarm)
    this.#arm()
    return alarm
  }

  remove(alarm: Alarm): void {
    this.#heap.remove(alarm)
  }

  /** Milliseconds to the next one, 0 if it is due; -1: none. */
  untilNext(): number {
    const { first } = this.#heap
    return first === undefined ? -1 : Math.max(0, first.deadline - performance.now())
  }

  /** Rings all that are due. Returns how many. */
  ringDue(): number {
    const now = performance.now()
    let count = 0
    for (let { first } = this.#heap; first !== undefined && first.deadline <= now; first = this.#heap.first) {
      this.remove(first)
      first.ring()
      count++
    }
    return count
  }

  ref(keepAlive: boolean): void {
    this.#keepAlive = keepAlive
    if (keepAlive) this.#timer?.ref()
    else this.#timer?.unref()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    const { first } = this.#heap
    if (first === undefined || first.deadline >= this.#timerDue) return
    clearTimeout(this.#timer)
    this.#timerDue = first.deadline
    const delay = Math.min(Math.max(1, Math.ceil(first.deadline - performance.now())), DELAY_MAX)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#timerDue = Infinity
      const rung = this.ringDue()
      this.#arm()
      if (rung > 0) this.#after()
    }, delay)
    if (!this.#keepAlive) this.#timer.unref()
  }
}
