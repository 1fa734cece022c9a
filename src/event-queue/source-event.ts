// ① interface — the events of a queue by their kinds, and what each kind brings as its result.
import type { CompletionEvent } from '../proactor/completion-queue.js'
import type { Piece } from '../operation/buffer-group.js'
import type { ChildChange } from '../operation/timer.js'
import type { FileChange } from './file-change.js'
import type { SourceEvent } from './source.js'

/** A descriptor became ready. `result`: the `PollEvent` bits that were true, of all checks together. */
export type ReadinessEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'readiness', number>>
/** A connection was accepted. `result`: its descriptor, which the taker of the event closes. */
export type AcceptEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'accept', number>>
/** A socket has received. `result`: the piece, to be released; an empty one, with `more` false: the peer has ended its side. */
export type ReceiveEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'receive', Piece>>
/** A timer expired, `count` times. `result` is undefined. */
export type TimerEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'timer', undefined>>
/** A child ended or changed. `result`: how. */
export type ChildEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'child', ChildChange>>
/** A process ended. `result` is undefined: the system reports only to its parent how it ended. */
export type ProcessEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'process', undefined>>
/** Something changed at a path or in it. `result`: the changes in order, `count` of them and those lost in an overflow. */
export type ChangeEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'change', readonly FileChange[]>>
/** The process got a signal. `result`: its number. */
export type SignalEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'signal', number>>
/** A user source was triggered or a value posted. `result`: the (last) value. */
export type UserEvent<Cookie = unknown> = Readonly<SourceEvent<Cookie, 'user'>>

/** An event of a queue; `kind` says which one it is, and what type `result` has. */
export type QueueEvent<Cookie = unknown> =
  | CompletionEvent<Cookie> | ReadinessEvent<Cookie> | AcceptEvent<Cookie> | ReceiveEvent<Cookie> | TimerEvent<Cookie> | ChildEvent<Cookie> | ProcessEvent<Cookie>
  | ChangeEvent<Cookie> | SignalEvent<Cookie> | UserEvent<Cookie>
