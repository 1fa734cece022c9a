// ① interface — the drop-in's way to the engine: one operation (②) to the proactor of this thread (③), and its end as
// Node's fs would tell it: the same name of the call, the same paths, the same sentence.
import { defaultProactor } from '../../default-proactor.js'
import { Errno, systemError } from '../../operation/system-error.js'
import type { Operation } from '../../operation/operation.js'
import { errorOf, failureOf, OPERATION_TOO_LATE, type Failure } from '../../proactor/failure.js'
import { CancelReason, type Entry, type Settler } from '../../proactor/in-flight.js'
import type { SubmitOptions } from '../../proactor/options.js'
import { resolveWithError } from '../../proactor/settle.js'
import { AbortError } from '../../waiting/abort-error.js'

/** Options that every function of the drop-in takes in addition to Node's own. */
export interface Deadline {
  /** Aborting it cancels operations in flight and rejects with an AbortError. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the function gives up with ETIMEDOUT. Above 0. Default: none. */
  readonly timeout?: number | undefined
}

export type PathBytes = string | Uint8Array
type Resolve = (value: unknown) => void

/** One call of the drop-in that is one operation of the engine. */
class Request {
  readonly resolve: Resolve
  readonly syscall: string
  readonly path: PathBytes | undefined
  readonly dest: PathBytes | undefined
  readonly convert: ((value: never) => unknown) | undefined
  constructor(resolve: Resolve, syscall: string, path: PathBytes | undefined, dest: PathBytes | undefined, convert: ((value: never) => unknown) | undefined) {
    this.resolve = resolve
    this.syscall = syscall
    this.path = path
    this.dest = dest
    this.convert = convert
  }
}

const requestSettler: Settler = {
  settle(entry: Entry, result: number, value: unknown) {
    const { resolve, syscall, path, dest, convert } = entry.first as Request
    if (result < 0) {
      const failure = failureOf(entry, result)
      resolveWithError(resolve, () => nodeError(failure, syscall, path, dest))
    } else resolve(convert === undefined ? value : convert(value as never))
  },
}

/** The error of a deadline, with the names of Node's fs. */
export function operationTooLate(syscall: string, path?: PathBytes, dest?: PathBytes): Error {
  return systemError(Errno.ETIMEDOUT, syscall, path, dest, OPERATION_TOO_LATE)
}

/** The error that Node's fs would give: its names for calls (`stat`, not `statx`), and only the paths it tells. */
export function nodeError(failure: Failure, syscall: string, path?: PathBytes, dest?: PathBytes): Error {
  const { problem, reason, result } = failure
  if (problem !== undefined) return problem
  if (reason !== CancelReason.NONE && (result === Errno.ECANCELED || result === Errno.EINTR)) {
    if (reason !== CancelReason.TIMED_OUT) return errorOf(failure)
    return operationTooLate(syscall, path, dest)
  }
  return systemError(result, syscall, path, dest)
}

/**
 * Submits an operation for a promise.
 * @param syscall the call's name in errors
 * @param convert makes the caller's result of the engine's, or a promise of it; it must not throw
 */
export function request<Result>(
  operation: Operation, options: SubmitOptions | undefined, syscall: string,
  path?: PathBytes, dest?: PathBytes, convert?: (value: never) => Result | Promise<Result>,
): Promise<Result> {
  // What `submitTo` throws (a bad signal or timeout) rejects.
  return new Promise<unknown>((resolve) => requestFor(resolve, operation, options, syscall, path, dest, convert)) as Promise<Result>
}

/** The same for a promise that there is already. */
export function requestFor(
  resolve: (value: unknown) => void, operation: Operation, options: SubmitOptions | undefined, syscall: string,
  path?: PathBytes, dest?: PathBytes, convert?: (value: never) => unknown,
): void {
  defaultProactor().submitTo(requestSettler, operation, options, new Request(resolve, syscall, path, dest, convert))
}

/** The deadline among a function's options, for a single operation. Undefined when there is none: that is the fast way. */
export function deadlineOf(options: unknown): SubmitOptions | undefined {
  if (typeof options !== 'object' || options === null) return undefined
  const { signal, timeout } = options as Deadline
  return signal === undefined && timeout === undefined ? undefined : { signal, timeout }
}

/** A deadline for a function of several operations: each gets the time that is left. */
export class Countdown {
  readonly signal: AbortSignal | undefined
  readonly #given: number | undefined
  readonly #end: number

  constructor({ signal, timeout }: SubmitOptions) {
    this.signal = signal
    // A timeout that is no number above 0 is passed on as it is, for the engine to refuse by name.
    this.#given = timeout
    this.#end = typeof timeout === 'number' && timeout > 0 ? performance.now() + timeout : NaN
  }

  get options(): SubmitOptions {
    const left = Number.isNaN(this.#end) ? this.#given : Math.max(this.#end - performance.now(), Number.MIN_VALUE)
    return { signal: this.signal, timeout: left }
  }
}

/** Throws Node's AbortError when the signal is aborted, as Node's functions of several steps do between them. */
export function checkAborted(countdown: Countdown | undefined): void {
  if (countdown?.signal?.aborted === true) throw new AbortError(countdown.signal.reason)
}

export function countdownOf(options: unknown): Countdown | undefined {
  const deadline = deadlineOf(options)
  return deadline === undefined ? undefined : new Countdown(deadline)
}
