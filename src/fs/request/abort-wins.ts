// ① interface — an abort of what Node's own functions take a signal for (whole files, and stat) counts until the promise
// settles. With Node that is some turns of the loop later; here all of it may be done within one.
import { AbortError } from '../../waiting/abort-error.js'
import { withDone, type DoneSoFar } from './done-so-far.js'
import { deadlineOf } from './request.js'

/**
 * Settles as `work` does, a turn of the loop later, unless the signal has been aborted by then: a program that aborts in the
 * tick, or the turn, of its call gets an AbortError, as from Node, however quick the work was. Without a signal: `work` itself.
 * @param done what an AbortError then reports of work that was done after all
 */
export function abortWins<Result>(work: Promise<Result>, signal: AbortSignal | undefined, done?: DoneSoFar): Promise<Result> {
  return signal === undefined ? work : unlessAborted(work, signal, done)
}

async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal, done: DoneSoFar = {}): Promise<Result> {
  const result = await work
  await new Promise((resolve) => setImmediate(resolve))
  if (signal.aborted) throw withDone(new AbortError(signal.reason), done)
  return result
}

/** A function of a path and options, whose signal then counts as above. */
export function abortable<Path, Options, Result>(work: (path: Path, options?: Options) => Promise<Result> | undefined): (path: Path, options?: Options) => Promise<Result> | undefined {
  return (path, options) => {
    const going = work(path, options)
    return going === undefined ? undefined : abortWins(going, deadlineOf(options)?.signal)
  }
}
