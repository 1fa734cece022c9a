// ③ proactor — what a proactor and a submission can be told, and the checks of it.
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import type { Entry } from './in-flight.js'

/** What every submission may carry. */
export interface SubmitOptions {
  /** Aborting it cancels the operation, as far as the system can carry that. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which it is cancelled: ETIMEDOUT. Above 0. Default: none. */
  readonly timeout?: number | undefined
  /** I/O priority as ioprio_set(2) has it: class << 13 | level. Default: the thread's. */
  readonly priority?: number | undefined
  /** One after the other with all ordered operations of the same descriptor, in order of submission. Default: false. */
  readonly ordered?: boolean | undefined
  /** Starts when everything submitted before has ended; everything after starts when it has ended. Default: false. */
  readonly barrier?: boolean | undefined
  /** For the thread pool: operations of one lane never hold all its threads. 0 to 255. Default: by kind of operation. */
  readonly lane?: number | undefined
}

export interface ProactorOptions {
  /** Operations with a driver at once, 1 to 2^20; more wait in order. Default: 4096, or what the driver holds. */
  readonly inFlightMax?: number
  /** Bytes of buffers lent at once; more wait in order. Default: 2^30. */
  readonly bytesLentMax?: number
  /** Entries of the submission ring, 1 to 32768; a small one stays in the processor's cache. Default: 256. */
  readonly entries?: number
  /** Threads of the pool, 1 to 1024. Default: 2 × cores, at least 4. */
  readonly threads?: number
  /** Keep a latency histogram for each operation. Default: false. */
  readonly latency?: boolean
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function checkOptions(options: SubmitOptions): void {
  const { signal, timeout, priority, lane } = options
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) throw invalidArgType('timeout', 'of type number and above 0', timeout)
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
  if (priority !== undefined) checkInteger(priority, 'priority', 0, 0xffff)
  if (lane !== undefined) checkInteger(lane, 'lane', 0, 255)
}

/** Notes the plain options in a submission's entry; signal and timeout are the dispatcher's to arm. */
export function noteOptions(entry: Entry, options: SubmitOptions): void {
  entry.isSpecial = true
  entry.priority = options.priority ?? 0
  entry.lane = options.lane ?? 0
  entry.ordered = options.ordered === true
  entry.barrier = options.barrier === true
}
