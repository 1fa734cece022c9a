// ② waiting — a number of permits, and those who wait for some of them in strict order. One thread's; between threads see
// shared-semaphore.ts.
import { checkInteger, outOfRange } from '../operation/arguments.js'
import { checkPatience, tooLate, type Patience } from './patience.js'
import { WaitQueue } from './wait-queue.js'

/** The most permits a semaphore can hold, and the most that one `down` can ask for: 2^31 - 1. */
export const PERMITS_MAX: number = 0x7fffffff

const DOWN: Promise<void> = Promise.resolve()

/**
 * A counting semaphore: `down` takes permits and waits until there are enough, `up` returns them. Waiters are served
 * strictly in order of arrival, also if the first wants many permits and later ones want few. A pending wait does not
 * keep the process alive, because only this thread could end it.
 * @see sem_wait(3), sem_post(3)
 */
export class Semaphore {
  #free: number
  readonly #waiters = new WaitQueue()

  /**
   * @param permits free at the start, 0 to 2^31 - 1
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  constructor(permits: number) {
    this.#free = checkInteger(permits, 'permits', 0, PERMITS_MAX)
  }

  /** Free permits. While there are waiters, they may be kept for the first one. */
  get free(): number {
    return this.#free
  }

  /** How many waits are pending. */
  get waiting(): number {
    return this.#waiters.length
  }

  /**
   * Takes permits; resolves once it has them, all of them together.
   * @param count permits, 1 to 2^31 - 1. Default: 1
   * @throws (rejects) AbortError, ETIMEDOUT
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  down(count = 1, options?: Patience): Promise<void> {
    checkInteger(count, 'count', 1, PERMITS_MAX)
    if (options !== undefined) checkPatience(options)
    if (options?.signal?.aborted !== true && this.#take(count)) return DOWN
    const attempt = (): true | undefined => this.#takeNow(count)
    const { signal, timeout } = options ?? {}
    return this.#waiters.wait<true>(attempt, { ordered: true, signal, timeout, late: () => tooLateFor(count), left: this.#serve }) as Promise<unknown> as Promise<void>
  }

  /**
   * Takes permits if they are free and there is no waiter. Never waits.
   * @returns whether it has them
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  tryDown(count = 1): boolean {
    return this.#take(checkInteger(count, 'count', 1, PERMITS_MAX))
  }

  /**
   * Returns permits, or adds new ones, and resumes the waiters that have enough. Any code may call it, not only the one
   * that took the permits.
   * @param count permits, 1 to 2^31 - 1. Default: 1
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE (also when there would be more than 2^31 - 1)
   */
  up(count = 1): void {
    checkInteger(count, 'count', 1, PERMITS_MAX)
    if (this.#free + count > PERMITS_MAX) throw outOfRange('count', `<= ${String(PERMITS_MAX - this.#free)}`, count)
    this.#free += count
    if (this.#waiters.length > 0) this.#serve()
  }

  #take(count: number): boolean {
    return this.#waiters.length === 0 && this.#takeNow(count) === true
  }

  #takeNow(count: number): true | undefined {
    if (this.#free < count) return undefined
    this.#free -= count
    return true
  }

  readonly #serve = (): void => {
    this.#waiters.wakeAll(undefined)
  }
}

function tooLateFor(count: number): never {
  throw tooLate('down', count === 1 ? 'the semaphore had no free permit' : `the semaphore did not have ${String(count)} free permits`)
}
