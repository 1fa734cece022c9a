// ① interface — readiness of a descriptor as a source: a multishot poll in the engine where its driver has one, a poll of
// one shot, armed again for the next wait, where it has none or where the level is wanted.
import { checkInteger } from '../operation/arguments.js'
import type { FileReference } from '../operation/operation.js'
import { poll } from '../operation/timer.js'
import type { ArmedOperation } from './armed-operation.js'
import { Source, type SourceOptions } from './source.js'
import type { SourceHost } from './source-host.js'

/** Options of `EventQueue.watch`. */
export interface ReadinessOptions extends SourceOptions {
  /**
   * True: each wait checks whether the descriptor is ready (level). False: an event arrives when it becomes ready, and
   * at the beginning if it is ready then; the taker of the event reads or writes until EAGAIN (edge). Default: false.
   */
  readonly level?: boolean | undefined
}

const EVENTS_MAX = 0xffff

/** The same check as `poll`'s: here it can be made without a poll. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
function checkEvents(events: number): number {
  return checkInteger(events, 'events', 0, EVENTS_MAX)
}

/** A descriptor's readiness. Made by `EventQueue.watch`. */
export class ReadinessSource<Cookie = unknown> extends Source<Cookie, 'readiness', number> {
  readonly #file: FileReference
  #events: number
  #level: boolean
  #armed: ArmedOperation | undefined = undefined

  /** Use `EventQueue.watch`. @internal */
  constructor(host: SourceHost, file: FileReference, events: number, cookie: Cookie, options: ReadinessOptions) {
    poll(file, checkEvents(events)) // its checks of the file, before anything is begun
    super('readiness', cookie, options.once === true, host)
    this.#file = file
    this.#events = events
    this.#level = options.level === true
    this.arm()
  }

  /** The `PollEvent` bits it waits for. */
  get events(): number {
    return this.#events
  }

  /**
   * Waits for other events from now on. An unread event is dropped, and the descriptor is checked again.
   * @param events `PollEvent` ored, 0 to 65535; 0: errors and hang-ups only, which are always reported
   * @returns false: the source is over
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  modify(events: number): boolean {
    checkEvents(events)
    if (!this.live) return false
    this.#events = events
    this.forget()
    this.stop()
    if (this.enabled) this.arm()
    return true
  }

  /** For the queue: begins to watch, unless it does already. @internal */
  arm(): void {
    if (!this.live || !this.enabled || this.#armed?.live === true) return
    const multishot = !this.once && !this.#level
    this.#armed = this.host.arm(poll(this.#file, this.#events, { multishot }), (value, _more, error) => {
      if (error === undefined) this.fire(value as number)
      else this.#refused(multishot, error)
    })
  }

  #refused(multishot: boolean, error: NodeJS.ErrnoException): void {
    if (multishot && error.code === 'ENOTSUP') {
      this.#level = true // one shot after the other, then
      this.arm()
    } else if (multishot && error.code === 'EAGAIN') this.arm() // the system ended it for lack of room
    else this.fail(error)
  }

  /** @internal */
  override eventTaken(): void {
    super.eventTaken()
    // Not at once: the taker of the event has not read from the descriptor yet.
    if (this.#level && this.live) this.host.armLater(this)
  }

  /** @internal */
  protected override merge(unread: number, result: number): number {
    return unread | result
  }

  /** @internal */
  protected override pause(): void {
    this.stop()
    this.forget()
  }

  /** @internal */
  protected override resume(): void {
    this.arm()
  }

  /** @internal */
  protected override stop(): void {
    this.#armed?.withdraw()
    this.#armed = undefined
  }
}
