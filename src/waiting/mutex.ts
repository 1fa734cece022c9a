// ② waiting — one at a time, in strict order: a semaphore of one permit whose holder is known, so that nobody gives back
// what somebody else holds.
import { invalidArgType } from '../operation/arguments.js'
import { checkPatience, tooLate, type Patience } from './patience.js'
import { WaitQueue } from './wait-queue.js'

/** A held lock: disposing of it passes the mutex to the next waiter. Disposing again does nothing. */
export class MutexLock implements Disposable {
  readonly #mutex: Mutex

  /** Made by `Mutex.lock`. @internal */
  constructor(mutex: Mutex) {
    this.#mutex = mutex
  }

  /** Whether this lock holds the mutex now. */
  get held(): boolean {
    return this.#mutex.holder === this
  }

  /** Passes the mutex to the next waiter. */
  release(): void {
    this.#mutex.release(this)
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

/**
 * A mutex. `using lock = await mutex.lock()` holds it to the end of the block; `runExclusive` holds it while a function runs.
 * It is not recursive: a holder that locks again waits for itself.
 * @see pthread_mutex_lock(3)
 */
export class Mutex {
  #holder: MutexLock | undefined = undefined
  readonly #waiters = new WaitQueue()

  /** Whether it is held. */
  get locked(): boolean {
    return this.#holder !== undefined
  }

  /** The lock that holds it. */
  get holder(): MutexLock | undefined {
    return this.#holder
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.length
  }

  /**
   * Resolves once the mutex is the caller's, in order of the calls.
   * @throws (rejects) AbortError, ETIMEDOUT
   * @throws ERR_INVALID_ARG_TYPE
   */
  lock(options: Patience = {}): Promise<MutexLock> {
    checkPatience(options)
    const { signal, timeout } = options
    return this.#waiters.wait<MutexLock>(this.#attempt, { ordered: true, signal, timeout, late: tooLateToLock, left: this.#serve })
  }

  /** Returns the lock if the mutex is free, else undefined. Never waits. */
  tryLock(): MutexLock | undefined {
    return this.#waiters.length > 0 ? undefined : this.#attempt()
  }

  /**
   * Calls a function, and holds the mutex until its result has settled.
   * @throws (rejects) what the function throws, AbortError, ETIMEDOUT
   * @throws ERR_INVALID_ARG_TYPE
   */
  async runExclusive<Result>(function_: () => Result | PromiseLike<Result>, options?: Patience): Promise<Result> {
    if (typeof function_ !== 'function') throw invalidArgType('function', 'of type function', function_)
    const lock = await this.lock(options)
    try {
      return await function_()
    } finally {
      lock.release()
    }
  }

  /** For locks: ends this one's turn, if it is its turn. @internal */
  release(lock: MutexLock): void {
    if (this.#holder !== lock) return
    this.#holder = undefined
    this.#serve()
  }

  /** For conditions: makes this lock the holder again, whatever it takes. @internal */
  async take(lock: MutexLock): Promise<void> {
    await this.#waiters.wait<true>(() => {
      if (this.#holder !== undefined) return undefined
      this.#holder = lock
      return true
    }, { ordered: true })
  }

  readonly #attempt = (): MutexLock | undefined => {
    if (this.#holder !== undefined) return undefined
    this.#holder = new MutexLock(this)
    return this.#holder
  }

  readonly #serve = (): void => {
    this.#waiters.wakeAll(undefined)
  }
}

function tooLateToLock(): never {
  throw tooLate('lock', 'the mutex was not free')
}
