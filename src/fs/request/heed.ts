// ① interface — a deadline and an abort for a call that goes with others in one submission: its caller is told at once, and what it
// asked for is left to end with the others.
import { Errno, systemError } from '../../operation/system-error.js'
import { invalidArgType } from '../../operation/arguments.js'
import { AbortError } from '../../waiting/abort-error.js'
import { onAbort } from '../../waiting/on-abort.js'
import type { Countdown, PathBytes } from './request.js'

function nothing(): void {
  // There was nothing to heed.
}

/**
 * Calls `stop`, once at most, when the signal is aborted or the time is over. `syscall` and `path` are named by the error of a timeout.
 * @returns to be called when the work has ended: from then on neither counts
 * @throws ERR_INVALID_ARG_TYPE for what is no signal, or no timeout
 */
export function heed(countdown: Countdown | undefined, syscall: string, path: PathBytes, stop: (error: Error) => void): () => void {
  if (countdown === undefined) return nothing
  const { signal, timeout } = countdown.options
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) throw invalidArgType('timeout', 'of type number and above 0', timeout)
  if (signal?.aborted === true) throw new AbortError(signal.reason)
  const unheed = signal === undefined ? undefined : onAbort(signal, () => {
    clear()
    stop(new AbortError(signal.reason))
  })
  const timer = timeout === undefined || timeout === Infinity ? undefined : setTimeout(() => {
    clear()
    stop(systemError(Errno.ETIMEDOUT, syscall, path, undefined, 'the operation did not end within its timeout'))
  }, timeout)
  const clear = (): void => {
    clearTimeout(timer)
    unheed?.()
  }
  return clear
}
