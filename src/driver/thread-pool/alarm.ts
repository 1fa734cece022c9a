// ④ driver — thread-pool: instants at which something is to be done, by one Node timer: the driver's timers and the
// repeated signals of its cancels. A blocked thread (`wait`) looks at them itself, as no timer runs then.

/** Something due at an instant of the performance clock, in milliseconds. */
export interface Alarm {
  due: number
  readonly ring: () => void
  /** Its place in the heap; -1: not in it. */
  index: number
}

const DELAY_MAX = 0x7fffffff

export class Alarms {
  readonly #heap: Alarm[] = []
  readonly #after: () => void
  #timer: NodeJS.Timeout | undefined = undefined
  #timerDue = Infinity
  #keepAlive = false

  /** @param after runs when the Node timer has rung some */
  constructor(after: () => void) {
    this.#after = after
  }

  add(due: number, ring: () => void): Alarm {
    const alarm: Alarm = { due, ring, index: this.#heap.length }
    this.#heap.push(alarm)
    this.#up(alarm)
    this.#arm()
    return alarm
  }

  remove(alarm: Alarm): void {
    const { index } = alarm
    if (index < 0) return
    const last = this.#heap.pop() as Alarm // it has at least this one
    alarm.index = -1
    if (last === alarm) return
    this.#heap[index] = last
    last.index = index
    this.#up(last)
    this.#down(last)
  }

  /** Milliseconds to the next one, 0 if it is due; -1: none. */
  untilNext(): number {
    const first = this.#heap[0]
    return first === undefined ? -1 : Math.max(0, first.due - performance.now())
  }

  /** Rings all that are due. Returns how many. */
  ringDue(): number {
    const now = performance.now()
    let count = 0
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
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
    const first = this.#heap[0]
    if (first === undefined || first.due >= this.#timerDue) return
    clearTimeout(this.#timer)
    this.#timerDue = first.due
    const delay = Math.min(Math.max(1, Math.ceil(first.due - performance.now())), DELAY_MAX)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#timerDue = Infinity
      const rung = this.ringDue()
      this.#arm()
      if (rung > 0) this.#after()
    }, delay)
    if (!this.#keepAlive) this.#timer.unref()
  }

  #up(alarm: Alarm): void {
    const heap = this.#heap
    let index = alarm.index
    while (index > 0) {
      const parent = heap[(index - 1) >> 1] as Alarm // below index
      if (parent.due <= alarm.due) break
      this.#place(parent, index)
      index = (index - 1) >> 1
    }
    this.#place(alarm, index)
  }

  #down(alarm: Alarm): void {
    const heap = this.#heap
    let index = alarm.index
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const child = right !== undefined && left !== undefined && right.due < left.due ? right : left
      if (child === undefined || child.due >= alarm.due) break
      const childIndex = child.index
      this.#place(child, index)
      index = childIndex
    }
    this.#place(alarm, index)
  }

  #place(alarm: Alarm, index: number): void {
    this.#heap[index] = alarm
    alarm.index = index
  }
}
