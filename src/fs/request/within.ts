// ① interface — a deadline for what Node itself does: its work can't be stopped, but its caller need not wait longer.
import { Errno, systemError } from '../../operation/system-error.js'
import { invalidArgType } from '../../operation/arguments.js'
import { AbortError } from '../../waiting/abort-error.js'
import { onAbort } from '../../waiting/on-abort.js'
import { deadlineOf } from './request.js'

/** The promise, or an AbortError or ETIMEDOUT if that comes first. */
export function within<Result>(work: Promise<Result>, options: unknown, syscall: string): Promise<Result> {
  const deadline = deadlineOf(options)
  if (deadline === undefined) return work
  const { signal, timeout } = deadline
  return new Promise<Result>((resolve, reject) => {
    // Whatever comes first settles; the work's own end must not go unheard either way.
    work.then(resolve, reject)
    if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
    if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) throw invalidArgType('timeout', 'of type number and above 0', timeout)
    if (signal?.aborted === true) throw new AbortError(signal.reason)
    const unheed = signal === undefined ? undefined : onAbort(signal, () => reject(new AbortError(signal.reason)))
    const timer = timeout === undefined || timeout === Infinity ? undefined : setTimeout(() => {
      reject(systemError(Errno.ETIMEDOUT, syscall, undefined, undefined, 'the operation did not end within its timeout'))
    }, timeout)
    const clear = (): void => {
      clearTimeout(timer)
      unheed?.()
    }
    work.then(clear, clear)
  })
}

interface Closable {
  close(): Promise<void>
}

/** The same for what opens: when it comes after its caller has stopped waiting, it is closed. */
export function openedWithin<Result>(work: Promise<Result>, options: unknown, syscall: string, closableOf: (result: Result) => Closable): Promise<Result> {
  if (deadlineOf(options) === undefined) return work
  return within(work, options, syscall).catch((error: unknown) => {
    // An error of its own is the caller's, who has it.
    work.then((late) => closableOf(late).close(), () => undefined).catch((failure: unknown) => process.emitWarning(failure as Error))
    throw error
  })
}
