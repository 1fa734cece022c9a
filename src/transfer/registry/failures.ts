// ① interface — devices that failed: for which work, why, and for how long each is not used. Each failure in a row makes it
// four times longer; a device with a wrong result is never used again.

const FIRST_MILLISECONDS = 1000
const GROWTH = 4
const LONGEST_MILLISECONDS = 600_000

interface Failure {
  readonly reason: string
  readonly inARow: number
  /** On the clock of `performance.now()`. */
  readonly until: number
}

/** Failures of one device. */
export class Failures {
  readonly #byWork = new Map<string, Failure>()

  note(work: string, error: unknown, forGood: boolean): void {
    const inARow = (this.#byWork.get(work)?.inARow ?? 0) + 1
    const pause = Math.min(FIRST_MILLISECONDS * GROWTH ** (inARow - 1), LONGEST_MILLISECONDS)
    this.#byWork.set(work, { reason: reasonOf(error), inARow, until: forGood ? Infinity : performance.now() + pause })
  }

  /** It did the work again. */
  forget(work: string): void {
    if (this.#byWork.get(work)?.until !== Infinity) this.#byWork.delete(work)
  }

  /** undefined: it may be taken. */
  whyNot(work: string): string | undefined {
    const failure = this.#byWork.get(work)
    if (failure === undefined) return undefined
    const left = failure.until - performance.now()
    if (left <= 0) return undefined
    return `failed: ${failure.reason}${left === Infinity ? '' : ` (tried again in ${String(Math.ceil(left / 1000))} s)`}`
  }

  rows(): { readonly work: string; readonly reason: string; readonly untilMilliseconds: number }[] {
    const now = performance.now()
    return [...this.#byWork].filter(([, { until }]) => until > now).map(([work, { reason, until }]) => ({ work, reason, untilMilliseconds: until - now }))
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as NodeJS.ErrnoException
  return code === undefined || error.message.includes(code) ? error.message : `${code}: ${error.message}`
}
