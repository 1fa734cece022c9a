// ② waiting — waits for somebody else's promise, but no longer than until a signal is aborted. What the promise stands for goes on.
import { onAbort } from './on-abort.js'

/** Rejects with the signal's reason when that comes first. */
export function orAbort<Value>(promise: PromiseLike<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    const unheed = signal.aborted ? undefined : onAbort(signal, abort)
    if (unheed === undefined) abort()
    promise.then((value) => {
      unheed?.()
      resolve(value)
    }, (error: unknown) => {
      unheed?.()
      reject(error instanceof Error ? error : new Error(String(error)))
    })
  })
}
