// ① interface — a deadline for what Node itself does: its work can't be stopped, but its caller need not wait longer.
import { checkOptions } from '../../proactor/options.js'
import { heed } from '../../waiting/heed.js'
import { deadlineOf, operationTooLate } from './request.js'

/** The promise, or an AbortError or ETIMEDOUT if that comes first. */
export function within<Result>(work: Promise<Result>, options: unknown, syscall: string): Promise<Result> {
  const deadline = deadlineOf(options)
  if (deadline === undefined) return work
  return new Promise<Result>((resolve, reject) => {
    // Whatever comes first settles; the work's own end must not go unheard either way.
    work.then(resolve, reject)
    const unheed = heed(checkOptions(deadline), () => operationTooLate(syscall), reject)
    work.then(unheed, unheed)
  })
}

interface Closable {
  close(): Promise<void>
}

/** The same for what opens: when it comes after its caller has stopped waiting, it is closed. */
export function openedWithin<Result>(work: Promise<Result>, options: unknown, syscall: string, closableOf: (result: Result) => Closable): Promise<Result> {
  if (deadlineOf(options) === undefined) return work
  return within(work, options, syscall).catch((error: unknown) => {
    // The caller already has an error of its own.
    work.then((late) => closableOf(late).close(), () => undefined).catch((failure: unknown) => process.emitWarning(failure as Error))
    throw error
  })
}
