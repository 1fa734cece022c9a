// ① interface — acall: how the end of a call is reported: in a separate record, or in an entry of a ring.
import type { ProgramOutcome } from '../operation/program.js'
import type { CallId } from './call-id.js'

/** How a call ended. */
export const CallStatus = {
  /** It has not ended. */
  PENDING: 0,
  /** It was made, and `result` is what it returned, whether or not it was cancelled. */
  DONE: 1,
  /** It had no effect: it was withdrawn before it was made. `result` is -ECANCELED, or why it could not be made. */
  CANCELLED: 2,
  /**
   * It had begun and was interrupted. For a call, `result` is -EINTR; it does not say what the call had done by then.
   * (A read or write that had moved bytes ends as DONE with their number.) For a program, the outcome has each step.
   */
  INTERRUPTED: 3,
  /**
   * It cannot be interrupted and continues by itself: its memory stays lent, and its effect may still happen. `result`
   * is -ECANCELED.
   */
  ABANDONED: 4,
} as const
export type CallStatus = (typeof CallStatus)[keyof typeof CallStatus]

/** Cookies: integers from 0 to 2^53 - 1 as numbers, or to 2^64 - 1 as bigints. */
export type Cookie = number | bigint

/** A record for a submission's `completion`: the result is written into it. It may be used again after that. */
export class CompletionRecord {
  /** `CallStatus.PENDING` until the call has ended; then the other fields are valid. */
  status: CallStatus = 0
  /** What the call returned: ≥ 0, or a negative errno. Of a program, of the step made last. */
  result = 0
  /** The submission's cookie. */
  cookie: Cookie = 0
  /** The outcome of a program whose first step was made. */
  outcome: ProgramOutcome | undefined = undefined
  /** A call that has not ended will be reported here. For the module itself. @internal */
  inUse = false
}

/** One entry taken from a ring. */
export class RingCompletion {
  /** How the call ended; never `CallStatus.PENDING`. */
  readonly status: CallStatus
  /** What the call returned: ≥ 0, or a negative errno. Of a program, of the last step that was made. */
  readonly result: number
  /** The submission's cookie. */
  readonly cookie: Cookie
  /** Steps that a program has made; 0 for a single call. */
  readonly stepsMade: number
  /** The call's id, if its submission asked for one. */
  readonly id: CallId | undefined

  /** @internal */
  constructor(status: CallStatus, result: number, cookie: Cookie, stepsMade: number, id: CallId | undefined) {
    this.status = status
    this.result = result
    this.cookie = cookie
    this.stepsMade = stepsMade
    this.id = id
  }
}
