// ① interface — what a source delivers: one event for all that happened since the last one was taken. That is what keeps
// a queue that nobody reads from growing: it holds one event for each source at most.
import type { CompletionEvent, PostedEvent } from '../proactor/completion-queue.js'
import type { ChildChange } from '../operation/timer.js'
import type { FileChange } from './file-change.js'
import type { Source } from './source.js'

/** Whoever wants to know that its event has been taken. */
export interface EventOwner {
  eventTaken(): void
}

/** What happened to a source, or a value that was posted. */
export class SourceEvent<Cookie = unknown, Kind extends SourceKind = SourceKind, Result = unknown> implements PostedEvent {
  readonly kind: Kind
  readonly cookie: Cookie
  /** The source it is of; undefined: posted with `EventQueue.post`. */
  readonly source: Source<Cookie, Kind, Result> | undefined
  /** What it brings: see `QueueEvent`. Undefined when the source failed. */
  result: Result | undefined
  /** How often it happened since the source's last event was taken, or since the source was made. At least 1. */
  count: number
  /** Whether the source goes on: false for the event of a one-shot source, and for the last of one that failed or ended. */
  more: boolean
  /** Why the source failed; undefined when it did not. */
  error: Error | undefined
  /** For the queue. */
  dropped = false
  readonly #owner: EventOwner

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

  /** For the queue. */
  taken(): void {
    this.#owner.eventTaken()
  }
}

/** The kinds of sources. */
export type SourceKind = 'readiness' | 'timer' | 'child' | 'change' | 'signal' | 'user'

/** A descriptor became ready. `result`: the `PollEvent` bits that were true, of all looks together. */
export type ReadinessEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'readiness', number>>
/** A timer ran out, `count` times. `result` is undefined. */
export type TimerEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'timer', undefined>>
/** A child ended or changed. `result`: how. */
export type ChildEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'child', ChildChange>>
/** Something changed at a path or in it. `result`: the changes in order, `count` of them and those lost in an overflow. */
export type ChangeEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'change', readonly FileChange[]>>
/** The process got a signal. `result`: its number. */
export type SignalEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'signal', number>>
/** Somebody triggered a user source or posted a value. `result`: the (last) value. */
export type UserEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'user'>>

/** What comes out of a queue; `kind` tells which, and what type `result` has. */
export type QueueEvent<Cookie = unknown> =
  | CompletionEvent<Cookie> | ReadinessEvent<Cookie> | TimerEvent<Cookie> | ChildEvent<Cookie> | ChangeEvent<Cookie> | SignalEvent<Cookie> | UserEvent<Cookie>
