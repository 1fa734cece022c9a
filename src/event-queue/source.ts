// ① interface — what all sources have in common: a cookie, at most one unread event, and the switch that turns it off and
// on. The kinds are readiness-source.ts, socket-sources.ts, timer-source.ts, child-source.ts, process-source.ts, path-source.ts, signal-source.ts,
// user-source.ts.
import type { SourceHost } from './source-host.js'

/** The kinds of sources. */
export type SourceKind = 'readiness' | 'accept' | 'receive' | 'timer' | 'child' | 'process' | 'change' | 'signal' | 'user'

/** Options of a source. */
export interface SourceOptions {
  /** One event, then the source is gone. Default: false, it stays until removed. */
  readonly once?: boolean | undefined
}

// One event for all that happened since the last one was taken. That keeps a queue that nobody reads from growing: it holds
// one event for each source at most.
/** A listener for the moment when its event has been taken. */
export interface EventOwner {
  eventTaken(): void
}

/** What happened to a source, or a value that was posted. */
export class SourceEvent<Cookie = unknown, Kind extends SourceKind = SourceKind, Result = unknown> {
  /** The kind of its source; `'user'` if it was posted. */
  readonly kind: Kind
  /** The source's cookie when it happened, or the cookie that was posted. */
  readonly cookie: Cookie
  /** The source it is of; undefined: posted with `EventQueue.post`. */
  readonly source: Source<Cookie, Kind, Result> | undefined
  /** The value of the event: see `QueueEvent`. Undefined when the source failed. */
  result: Result | undefined
  /** How often it happened since the source's last event was taken, or since the source was made. At least 1. */
  count: number
  /**
   * Whether the source can have further events: false for the event of a one-shot source, and for the last event of one
   * that failed or ended.
   */
  more: boolean
  /** Why the source failed; undefined when it did not. */
  error: Error | undefined
  /** For the queue. @internal */
  dropped = false
  readonly #owner: EventOwner

  /** @internal */
  constructor(kind: Kind, cookie: Cookie, source: Source<Cookie, Kind, Result> | undefined, owner: EventOwner, count: number) {
    this.kind = kind
    this.cookie = cookie
    this.source = source
    this.#owner = owner
    this.result = undefined
    this.count = count
    this.more = true
    this.error = undefined
  }

  /** For the queue. @internal */
  taken(): void {
    this.#owner.eventTaken()
  }
}

/** Something that a queue waits for, again and again or once. Made by the methods of `EventQueue`. */
export abstract class Source<Cookie = unknown, Kind extends SourceKind = SourceKind, Result = unknown> {
  /** The kind of its events. */
  readonly kind: Kind
  /** The cookie that its events return. It may be changed at any time: an unread event keeps its cookie. */
  cookie: Cookie
  /** It ends after its first event. */
  readonly once: boolean
  /** @internal */
  protected readonly host: SourceHost
  /** Unread in the queue or, while the source is disabled, kept here. */
  #event: SourceEvent<Cookie, Kind, Result> | undefined = undefined
  #enabled = true
  #live = true
  #removed = false

  /** @internal */
  constructor(kind: Kind, cookie: Cookie, once: boolean, host: SourceHost) {
    this.kind = kind
    this.cookie = cookie
    this.once = once
    this.host = host
    host.begun(this)
  }

  /** Whether it can have further events: it is neither removed, nor over (one-shot and happened, or failed). */
  get live(): boolean {
    return this.#live
  }

  /** Whether it is enabled: false between `disable` and `enable`. */
  get enabled(): boolean {
    return this.#enabled
  }

  /** Whether `remove` was called, or the queue closed. */
  get removed(): boolean {
    return this.#removed
  }

  /**
   * Disables the source: until `enable` it has no event, and an unread event is taken out of the queue. A timer keeps
   * running, and signals, triggers and changes are still counted; the count comes when the source is enabled. A
   * descriptor or a child is not watched in the meantime; when the source is enabled, its state is read again.
   * @returns false: the source is over, or was disabled already
   */
  disable(): boolean {
    if (!this.#enabled || !this.#live) return false
    this.#enabled = false
    if (this.#event !== undefined) this.host.drop(this.#event)
    this.pause()
    return true
  }

  /**
   * Enables the source. An event that was held back is delivered at once.
   * @returns false: it is removed, its queue is closed, or it was enabled already
   */
  enable(): boolean {
    if (this.#enabled || this.#removed || this.host.closed) return false
    this.#enabled = true
    const kept = this.#event
    if (kept !== undefined) {
      // A new one: the queue may still have the old one in its list, marked as withdrawn.
      this.#event = this.#newEvent(kept.result, kept.count, kept.more, kept.error)
      this.host.post(this.#event)
    }
    if (this.#live) this.resume()
    return true
  }

  /**
   * Removes the source from the queue, with its unread event. After this call no `getEvents` yields an event of it. An
   * event that was taken before (in a batch that is being processed) is not affected.
   * @returns false: it was removed already, or was over with its last event taken
   */
  remove(): boolean {
    if (this.#removed || (!this.#live && this.#event === undefined)) return false
    this.#removed = true
    this.forget()
    this.#end()
    return true
  }

  /** For the queue. @internal */
  eventTaken(): void {
    this.#event = undefined
  }

  /** It happened. Told at once, or added to what is unread. @internal */
  protected fire(result: Result, count = 1): void {
    if (!this.#live) return
    const event = this.#event
    if (event === undefined) this.#tell(result, count, !this.once, undefined)
    else {
      event.result = event.result === undefined ? result : this.merge(event.result, result)
      event.count += count
      event.more = !this.once
    }
    if (this.once) this.#end()
  }

  /** It cannot go on. @internal */
  protected fail(error: Error): void {
    if (!this.#live) return
    const event = this.#event
    if (event === undefined) this.#tell(undefined, 1, false, error)
    else {
      event.error = error
      event.more = false
    }
    this.#end()
  }

  /** It ends by itself, and its unread event, if there is one, is its last. @internal */
  protected end(): void {
    if (!this.#live) return
    if (this.#event !== undefined) this.#event.more = false
    this.#end()
  }

  /** Whatever has not been read is not told any more. @internal */
  protected forget(): void {
    if (this.#event === undefined) return
    if (this.#enabled) this.host.drop(this.#event)
    this.#event = undefined
  }

  /** Puts a new result to an unread one. Default: the last one counts. @internal */
  protected merge(_unread: Result, result: Result): Result {
    return result
  }

  /** Disabled: stops what need not go on. @internal */
  protected pause(): void { /* most sources go on counting */ }

  /** Enabled again. @internal */
  protected resume(): void { /* and so have not stopped */ }

  /** It is over: gives back what it holds. @internal */
  protected abstract stop(): void

  #tell(result: Result | undefined, count: number, more: boolean, error: Error | undefined): void {
    const event = this.#newEvent(result, count, more, error)
    this.#event = event
    if (this.#enabled) this.host.post(event)
  }

  #newEvent(result: Result | undefined, count: number, more: boolean, error: Error | undefined): SourceEvent<Cookie, Kind, Result> {
    const event = new SourceEvent<Cookie, Kind, Result>(this.kind, this.cookie, this, this, count)
    event.result = result
    event.more = more
    event.error = error
    return event
  }

  #end(): void {
    if (!this.#live) return
    this.#live = false
    this.stop()
    this.host.ended(this)
  }
}
