// ③ proactor — options of a proactor and of a submission, and their checks.
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import type { DriverFactory, DriverOptions } from './driver.js'
import type { AbortGroups, Deadlines } from './cancel.js'
import { CancelReason, type Entry } from './in-flight.js'

/** Options of a submission. */
export interface SubmitOptions {
  /** Aborting it cancels the operation. If the system cannot stop it, the caller stops waiting. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the operation is cancelled: ETIMEDOUT. Above 0. Default: none. */
  readonly timeout?: number | undefined
  /** I/O priority as ioprio_set(2) has it: class << 13 | level. Default: the thread's. */
  readonly priority?: number | undefined
  /** Runs in order of submission with all ordered operations of the same descriptor. Default: false. */
  readonly ordered?: boolean | undefined
  /**
   * Starts when everything submitted before it has ended; everything submitted after it starts when it has ended.
   * Default: false.
   */
  readonly barrier?: boolean | undefined
  /**
   * For the thread pool: operations of one lane never occupy all its threads. 0 to 255. Default: by kind of operation.
   */
  readonly lane?: number | undefined
}

export interface ProactorOptions {
  /**
   * Operations with a driver at once, 1 to 2^20; operations beyond it wait in order. Default: 4096, or what the driver
   * holds.
   */
  readonly inFlightMax?: number
  /** Bytes of buffers lent at once; operations beyond it wait in order. Default: 2^30. */
  readonly bytesLentMax?: number
  /** Entries of the submission ring, 1 to 32768; a small one stays in the processor's cache. Default: 256. */
  readonly entries?: number
  /** Threads of the pool, 1 to 1024. Default: 2 × cores, at least 4. */
  readonly threads?: number
  /** Keep a latency histogram for each operation. Default: false. */
  readonly latency?: boolean
}

/** What the proactor that owns a dispatcher gives it. */
export interface DispatcherOptions {
  readonly candidates: readonly DriverFactory[]
  readonly driver: DriverOptions
  readonly bytesLentMax: number
  readonly latency: boolean
  /** Shown to diagnostics channels. */
  readonly proactor: object
  readonly onMessage: (value: number, tag: number) => void
}

/** A submission's options as they were when it was submitted: each was read once, and found right. */
export interface CheckedOptions {
  readonly signal: AbortSignal | undefined
  /** Milliseconds; undefined: none. */
  readonly timeout: number | undefined
  readonly priority: number
  readonly lane: number
  readonly ordered: boolean
  readonly barrier: boolean
}

/**
 * Reads a submission's options and checks them, before anything of it begins.
 * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, and what a getter of the caller's throws
 */
export function checkOptions(options: SubmitOptions): CheckedOptions {
  if (typeof options !== 'object' || (options as object | null) === null) throw invalidArgType('options', 'of type object', options)
  const { signal, timeout, priority = 0, ordered, barrier, lane = 0 } = options
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) throw invalidArgType('timeout', 'of type number and above 0', timeout)
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
  checkInteger(priority, 'priority', 0, 0xffff)
  checkInteger(lane, 'lane', 0, 255)
  return { signal, timeout: timeout === Infinity ? undefined : timeout, priority, lane, ordered: ordered === true, barrier: barrier === true }
}

/** Puts the options of a submission into effect. False: its signal was aborted before. */
export function applyOptions(entry: Entry, options: CheckedOptions, aborts: AbortGroups, deadlines: Deadlines): boolean {
  const { signal, timeout } = options
  noteOptions(entry, options)
  if (signal?.aborted === true) {
    entry.cancelReason = CancelReason.ABORTED
    return false
  }
  if (signal !== undefined) aborts.add(signal, entry)
  if (timeout !== undefined) deadlines.add(entry, timeout)
  return true
}

function noteOptions(entry: Entry, options: CheckedOptions): void {
  entry.isSpecial = true
  entry.signal = options.signal
  entry.priority = options.priority
  entry.lane = options.lane
  entry.ordered = options.ordered
  entry.barrier = options.barrier
}
