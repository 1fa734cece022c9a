// ④ driver — simulated: virtual time, and what is to happen when. Time stands still between events.

/** Something that will happen. */
export interface Event {
  /** Virtual milliseconds. */
  readonly at: number
  readonly happen: () => void
  dropped: boolean
}

/** The time of one simulation, shared by all its drivers. */
export class Clock {
  /** Virtual milliseconds since the simulation began. Whole microseconds, so that sums stay exact in print. */
  now = 0
}

/** Events of one driver, soonest first; those of one instant in the order they were added. */
export class Agenda {
  readonly #clock: Clock
  /** Latest first, so that the next one is taken off the end. */
  readonly #events: Event[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @param delay virtual milliseconds from now */
  add(delay: number, happen: () => void): Event {
    const at = this.#clock.now + Math.round(delay * 1000) / 1000
    const event: Event = { at, happen, dropped: false }
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle] as Event).at > at) low = middle + 1 // middle is below length
      else high = middle
    }
    this.#events.splice(low, 0, event)
    return event
  }

  drop(event: Event): void {
    event.dropped = true
  }

  /** When the next event is; Infinity: there is none. */
  get next(): number {
    while (this.#events.at(-1)?.dropped === true) this.#events.pop()
    return this.#events.at(-1)?.at ?? Infinity
  }

  /** Moves time on to the next event and lets it happen. False: there is none. */
  step(): boolean {
    if (this.next === Infinity) return false
    const event = this.#events.pop() as Event // next saw it
    this.#clock.now = Math.max(this.#clock.now, event.at)
    event.happen()
    return true
  }
}
