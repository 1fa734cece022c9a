// ② waiting — timers of node:timers that are never early, last longer than 2^31 ms, follow the wall clock when
// absolute, and can be waited for by a blocked thread. What the drivers node and iocp carry timers out with.
import type { Operation } from '../operation/operation.js'
import { TimerFlag } from '../operation/timer.js'

/** A submission as the driver keeps it: the proactor uses its own object again for others. */
export interface Taken {
  readonly slot: number
  readonly generation: number
  readonly operation: Operation
}

/** The longest setTimeout takes; beyond it, it fires at once. */
const DELAY_MS_MAX = 0x7fffffff
/** An absolute timer looks at the wall clock at least so often, to notice that it was set. */
const WALL_CLOCK_LOOK_MS = 60_000

interface PendingTimer {
  readonly taken: Taken
  readonly absolute: boolean
  /** Milliseconds between ticks; 0: one shot. */
  readonly interval: number
  /** On the performance clock, or the wall clock when absolute. */
  due: number
  ticks: number
  handle: NodeJS.Timeout | undefined
}

/** Told of each tick; `more`: another will follow. */
export type OnTick = (taken: Taken, ticks: number, more: boolean) => void

export class TimerTable {
  readonly #pending = new Map<number, PendingTimer>()
  readonly #onTick: OnTick
  readonly #afterWake: () => void
  #keepAlive = false

  /** @param afterWake runs after ticks told on a wake-up of the loop */
  constructor(onTick: OnTick, afterWake: () => void) {
    this.#onTick = onTick
    this.#afterWake = afterWake
  }

  /** How many have their end before them. */
  get size(): number {
    return this.#pending.size
  }

  /** Starts a timer's clock. */
  add(taken: Taken): void {
    const { operation } = taken
    const time = ((operation.detail?.seconds ?? 0) * 1e9 + (operation.detail?.nanoseconds ?? 0)) / 1e6
    const absolute = (operation.flags & TimerFlag.ABSOLUTE) !== 0
    const timer: PendingTimer = {
      taken, absolute, interval: operation.detail?.multishot === true ? time : 0,
      due: absolute ? time : performance.now() + time, ticks: 0, handle: undefined,
    }
    this.#pending.set(taken.slot, timer)
    this.#arm(timer)
  }

  /** Whether a submission was a pending timer; it is one no more. */
  cancel(slot: number, generation: number): boolean {
    const timer = this.#pending.get(slot)
    if (timer === undefined || timer.taken.generation !== generation) return false
    this.#remove(timer)
    return true
  }

  ref(keepAlive: boolean): void {
    this.#keepAlive = keepAlive
    for (const { handle } of this.#pending.values()) {
      if (keepAlive) handle?.ref()
      else handle?.unref()
    }
  }

  /** Milliseconds until the next tick of any timer; Infinity: none. */
  untilNext(): number {
    let least = Infinity
    for (const timer of this.#pending.values()) least = Math.min(least, remaining(timer))
    return least
  }

  /** Whether one will end by itself. */
  get hasOneShot(): boolean {
    for (const timer of this.#pending.values()) if (timer.interval === 0) return true
    return false
  }

  /** Tells every tick that is due. Returns how many. */
  tellDue(): number {
    let count = 0
    for (const timer of [...this.#pending.values()]) {
      // One told just before may have ended it, or told it by a wait of its own.
      if (this.#pending.get(timer.taken.slot) !== timer || remaining(timer) > 0) continue
      this.#tick(timer)
      count++
    }
    return count
  }

  #arm(timer: PendingTimer): void {
    clearTimeout(timer.handle)
    const delay = Math.min(Math.ceil(Math.max(remaining(timer), 0)), timer.absolute ? WALL_CLOCK_LOOK_MS : DELAY_MS_MAX)
    timer.handle = setTimeout(() => {
      // Node counts whole milliseconds of the loop's own clock and may come up to one of them early.
      if (remaining(timer) > 0) this.#arm(timer)
      else {
        this.#tick(timer)
        this.#afterWake()
      }
    }, delay)
    if (!this.#keepAlive) timer.handle.unref()
  }

  #tick(timer: PendingTimer): void {
    timer.ticks++
    const more = timer.interval > 0
    if (more) {
      // A loop that was held up for several periods gets one tick, as from a ring.
      timer.due = Math.max(timer.due + timer.interval, performance.now())
      this.#arm(timer)
    } else this.#remove(timer)
    this.#onTick(timer.taken, timer.ticks, more)
  }

  #remove(timer: PendingTimer): void {
    clearTimeout(timer.handle)
    this.#pending.delete(timer.taken.slot)
  }
}

function remaining(timer: PendingTimer): number {
  return timer.due - (timer.absolute ? Date.now() : performance.now())
}
