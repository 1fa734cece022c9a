// ① interface — several attempts of which one is to succeed (RFC 8305, section 5): the next begins when the one before has failed, or
// has not succeeded for a while. The first success ends the others.

/** How long an attempt is alone, in milliseconds: what RFC 8305 recommends, and what Node's net has. */
export const ATTEMPT_MILLISECONDS = 250

export interface Attempts<Target, Result> {
  readonly targets: readonly Target[]
  /** Begins one. It must end soon after its signal was aborted. */
  readonly attempt: (target: Target, signal: AbortSignal) => Promise<Result>
  /** What to do with a success that comes too late. */
  readonly discard: (result: Result) => void
  readonly delay: number
  readonly signal: AbortSignal | undefined
}

/**
 * The first success.
 * @throws the error of the only attempt; of several an AggregateError with all errors, and the first one's code; the signal's reason
 */
export function firstSuccess<Target, Result>({ targets, attempt, discard, delay, signal }: Attempts<Target, Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const stop = new AbortController()
    const errors: Error[] = []
    let begun = 0
    let running = 0
    let isOver = false
    let timer: NodeJS.Timeout | undefined

    const end = (): void => {
      isOver = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      stop.abort()
    }
    const onAbort = (): void => {
      end()
      reject(signal?.reason as Error)
    }
    const failed = (error: unknown): void => {
      running--
      if (isOver) return
      errors.push(error as Error)
      if (begun < targets.length) beginNext()
      else if (running === 0) {
        end()
        reject(errors.length === 1 ? errors[0] as Error : allFailed(errors)) // there is one
      }
    }
    const succeeded = (result: Result): void => {
      running--
      if (isOver) {
        discard(result)
        return
      }
      end()
      resolve(result)
    }
    const beginNext = (): void => {
      clearTimeout(timer)
      const target = targets[begun++] as Target // the caller has looked
      running++
      attempt(target, stop.signal).then(succeeded, failed)
      if (begun < targets.length) timer = setTimeout(beginNext, delay)
    }

    if (signal?.aborted === true) {
      onAbort()
      return
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    beginNext()
  })
}

/** As Node's net has it: no message of its own, the code of the first. */
function allFailed(errors: readonly Error[]): AggregateError {
  return Object.assign(new AggregateError(errors), { code: (errors[0] as NodeJS.ErrnoException | undefined)?.code })
}
