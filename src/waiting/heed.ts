// ② waiting — what ends a wait that is not in a queue: a signal and a deadline, one rule for all who have them.
import { AbortError } from './abort-error.js'
import { onAbort } from './on-abort.js'
import type { Patience } from './patience.js'

/** Beyond it Node's timers fire at once; 24 days are as good as none. */
const TIMER_MILLISECONDS_MAX = 0x7fffffff

/** Calls `call` after so many milliseconds; never, where there are none, or more than a timer takes. */
export function timerAfter(milliseconds: number | undefined, call: () => void): NodeJS.Timeout | undefined {
  return milliseconds === undefined || milliseconds > TIMER_MILLISECONDS_MAX ? undefined : setTimeout(call, milliseconds)
}

/**
 * Calls `stop`, once at most, when the signal is aborted or the time is over. Signal and timeout have been checked.
 * @param late makes the error of a deadline
 * @returns to be called when the wait has ended: from then on neither counts
 * @throws AbortError, where the signal was aborted before
 */
export function heed({ signal, timeout }: Patience, late: () => Error, stop: (error: Error) => void): () => void {
  if (signal?.aborted === true) throw new AbortError(signal.reason)
  const end = (error: Error): void => {
    leave()
    stop(error)
  }
  const unheed = signal === undefined ? undefined : onAbort(signal, () => end(new AbortError(signal.reason)))
  const timer = timerAfter(timeout, () => end(late()))
  const leave = (): void => {
    clearTimeout(timer)
    unheed?.()
  }
  return leave
}
