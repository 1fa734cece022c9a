// ① interface — acall: what is submitted, and the checks of it.
import { callNumber, callWith, CallFlag } from '../operation/call.js'
import { checkInteger, invalidArgType, outOfRange } from '../operation/arguments.js'
import type { CallArgument, Operation } from '../operation/operation.js'
import { program, type ProgramStep } from '../operation/program.js'
import type { SystemCallName } from '../operation/system-call-numbers.js'
import { CallId } from './call-id.js'
import { CompletionRecord, type Cookie } from './completion.js'
import { CompletionRing } from './completion-ring.js'

/** A thread of the pool. Calls beyond the number of its threads wait. A thread ends after 200 ms without work. */
export const ACALL_SUBMIT_THREAD_POOL = 1
/** Always a thread, never the ring (or another driver's own way): the result is exactly the system call's. */
export const ACALL_SUBMIT_NO_RING = 2
const FLAGS_KNOWN = ACALL_SUBMIT_THREAD_POOL | ACALL_SUBMIT_NO_RING

interface SubmissionFields {
  /** ACALL_SUBMIT_* ored. Default: 0, a thread of its own for this call, started at once. */
  readonly flags?: number | undefined
  /** Returned with the completion. Default: 0. */
  readonly cookie?: Cookie | undefined
  /** Its completion becomes an entry of this ring. */
  readonly ring?: CompletionRing | undefined
  /** Its completion is written into this record, which no other call may use meanwhile. */
  readonly completion?: CompletionRecord | undefined
  /** Filled with the id of the call, for `wait` and `cancel`. */
  readonly id?: CallId | undefined
}

/** One system call. */
export interface CallSubmission extends SubmissionFields {
  /** Its number on this machine (`SYS.read`), or its name. */
  readonly nr: SystemCallName | number
  /**
   * Up to six: numbers, bigints, null (0), typed arrays (their memory is lent until the call has ended, its address passed) and
   * strings (passed as NUL-ended UTF-8). Default: none.
   */
  readonly args?: readonly CallArgument[] | undefined
  /** A single call has none. */
  readonly program?: undefined
}

/** A program of system calls, which one thread carries out. */
export interface ProgramSubmission extends SubmissionFields {
  /** Up to 256 steps. */
  readonly program: readonly ProgramStep[]
  /** The most steps it may make, every run counted. 1 to 2^31 - 1. Default: 65536. */
  readonly stepsMax?: number | undefined
  /** A program has none: its steps do. */
  readonly nr?: undefined
}

/** What `submit` takes: plain data, read before it returns. */
export type Submission = CallSubmission | ProgramSubmission

const UINT64_MAX = 2n ** 64n - 1n
const NO_ARGUMENTS: readonly CallArgument[] = []

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function checkFields(submission: Submission): void {
  if (typeof submission !== 'object' || (submission as Submission | null) === null) throw invalidArgType('submission', 'of type object', submission)
  const { flags, cookie, ring, completion, id } = submission
  if (flags !== undefined) checkInteger(flags, 'submission.flags', 0, FLAGS_KNOWN)
  // Most cookies are small integers.
  if (cookie !== undefined && !(typeof cookie === 'number' && cookie >= 0 && (cookie | 0) === cookie)) checkCookie(cookie)
  if (ring !== undefined && !(ring instanceof CompletionRing)) throw invalidArgType('submission.ring', 'an instance of CompletionRing', ring)
  if (completion !== undefined && !(completion instanceof CompletionRecord)) throw invalidArgType('submission.completion', 'an instance of CompletionRecord', completion)
  if (id !== undefined && !(id instanceof CallId)) throw invalidArgType('submission.id', 'an instance of CallId', id)
}

function checkCookie(cookie: Cookie): void {
  if (typeof cookie === 'number') checkInteger(cookie, 'submission.cookie', 0, Number.MAX_SAFE_INTEGER)
  else if (typeof cookie !== 'bigint') throw invalidArgType('submission.cookie', 'of type number or bigint', cookie)
  else if (cookie < 0n || cookie > UINT64_MAX) throw outOfRange('submission.cookie', '>= 0 && <= 2 ** 64 - 1', cookie)
}

/** The arguments of a call, checked as a list. @throws ERR_INVALID_ARG_TYPE */
export function argumentsOf({ args }: CallSubmission): readonly CallArgument[] {
  if (args === undefined) return NO_ARGUMENTS
  if (!Array.isArray(args)) throw invalidArgType('submission.args', 'an Array', args)
  return args as readonly CallArgument[]
}

/** A submission as an operation on a thread. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE */
export function onThread(submission: Submission): Operation {
  const flags = ((submission.flags ?? 0) & ACALL_SUBMIT_THREAD_POOL) === 0 ? CallFlag.OWN_THREAD : 0
  if (submission.program !== undefined) {
    return program(submission.program, submission.stepsMax === undefined ? {} : { stepsMax: submission.stepsMax }, flags)
  }
  // A copy: the list is the caller's, and may change before the call is made.
  return callWith(callNumber(submission.nr, 'submission.nr'), argumentsOf(submission).slice(), flags)
}
