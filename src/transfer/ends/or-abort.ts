// ① interface — waits for somebody else's promise, but no longer than until the transfer ends.

/** Rejects with the signal's reason when that comes first. What the promise resolves to then is handed to `late`. */
export function orAbort<Value>(promise: PromiseLike<Value>, signal: AbortSignal, late?: (value: Value) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    promise.then((value) => {
      signal.removeEventListener('abort', abort)
      if (signal.aborted) late?.(value)
      resolve(value)
    }, (error: unknown) => {
      signal.removeEventListener('abort', abort)
      reject(error instanceof Error ? error : new Error(String(error)))
    })
  })
}
