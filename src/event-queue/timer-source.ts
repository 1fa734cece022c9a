// ① interface — a timer as a source. It stands in a heap with all others of its clock (timers.ts); only the first of them
// is in the system.
import { invalidArgType, outOfRange } from '../operation/arguments.js'
import { Source } from './source.js'
import type { SourceHost } from './source-host.js'
import type { Timers } from './timers.js'

/** Options of `EventQueue.timer`. */
export interface TimerSourceOptions {
  /** True: `time` is an instant, in milliseconds since the epoch, and follows the wall clock. Default: false, from now. */
  readonly absolute?: boolean | undefined
  /** Milliseconds (fractions count) between one expiry and the next, 0.001 or more. Default: none, it expires once. */
  readonly repeat?: number | undefined
}

/** The clocks of a queue. */
export interface Clocks {
  /** Milliseconds that nobody sets. */
  readonly monotonic: Timers
  /** Milliseconds since the epoch. */
  readonly wall: Timers
}

/** A microsecond: less would be lost in the rounding of an instant since the epoch. */
const REPEAT_MIN = 0.001

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
function check(time: number, repeat: number | undefined): void {
  if (typeof time !== 'number') throw invalidArgType('time', 'of type number', time)
  if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER)) throw outOfRange('time', '>= 0 && <= 9007199254740991', time)
  if (repeat === undefined) return
  if (typeof repeat !== 'number') throw invalidArgType('options.repeat', 'of type number', repeat)
  if (!(repeat >= REPEAT_MIN && repeat <= Number.MAX_SAFE_INTEGER)) throw outOfRange('options.repeat', '>= 0.001 && <= 9007199254740991', repeat)
}

/** A timer. Made by `EventQueue.timer`. */
export class TimerSource<Cookie = unknown> extends Source<Cookie, 'timer', undefined> {
  readonly #clocks: Clocks
  #timers: Timers
  /** For its heap. @internal */
  deadline: number = Infinity
  /** For its heap. @internal */
  heapIndex = -1
  #repeat: number | undefined

  /** Use `EventQueue.timer`. @internal */
  constructor(host: SourceHost, clocks: Clocks, time: number, cookie: Cookie, options: TimerSourceOptions) {
    check(time, options.repeat)
    super('timer', cookie, false, host)
    this.#clocks = clocks
    this.#timers = clocks.monotonic
    this.#repeat = options.repeat
    this.#start(time, options)
  }

  /** Milliseconds between two expiries; undefined: it expires once. */
  get repeat(): number | undefined {
    return this.#repeat
  }

  /**
   * Sets the timer again, as if it had just been made. An unread event is dropped.
   * @param time as for `EventQueue.timer`
   * @returns false: the timer is over
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  modify(time: number, options: TimerSourceOptions = {}): boolean {
    check(time, options.repeat)
    if (!this.live) return false
    this.stop()
    this.forget()
    this.#repeat = options.repeat
    this.#start(time, options)
    return true
  }

  #start(time: number, { absolute }: TimerSourceOptions): void {
    this.#timers = absolute === true ? this.#clocks.wall : this.#clocks.monotonic
    this.deadline = absolute === true ? time : this.#timers.now + time
    this.#timers.add(this)
  }

  /** For its clock: it is `now`, which is not before its deadline. @internal */
  expire(now: number): void {
    const repeat = this.#repeat
    if (repeat === undefined) {
      this.#timers.remove(this)
      this.fire(undefined)
      this.end()
      return
    }
    // Periods that went by unseen are counted, and none is made up for later.
    const periods = 1 + Math.floor((now - this.deadline) / repeat)
    this.#timers.moveLater(this, Math.max(this.deadline + periods * repeat, now))
    this.fire(undefined, periods)
  }

  /** For its clock: the system refuses to tell the time. @internal */
  refused(error: Error): void {
    this.fail(error)
  }

  /** @internal */
  protected override stop(): void {
    this.#timers.remove(this)
  }
}
