// ② waiting — how long a wait lasts: the options of every wait, their checks, and the error of one that was too long.
import { invalidArgType } from '../operation/arguments.js'
import { Errno, systemError, type SystemError } from '../operation/system-error.js'

/** Options of every wait. */
export interface Patience {
  /** Aborting it ends the wait: AbortError, code ABORT_ERR. */
  readonly signal?: AbortSignal | undefined
  /**
   * Milliseconds, ≥ 0, after which the wait ends: ETIMEDOUT. 0: do not wait. Infinity, or more than 2^31 - 1: none.
   * Default: none.
   */
  readonly timeout?: number | undefined
}

/** @throws ERR_INVALID_ARG_TYPE */
export function checkPatience(options: Patience): void {
  const { signal, timeout } = options
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) throw invalidArgType('timeout', 'of type number and ≥ 0', timeout)
}

/** The error of a wait that ended without what it waited for. */
export function tooLate(syscall: string, what: string): SystemError {
  return systemError(Errno.ETIMEDOUT, syscall, undefined, undefined, `${what} within the timeout`)
}
