// ② waiting — a mutex in shared memory, for several threads: a shared semaphore of one permit.
import { invalidArgType } from '../operation/arguments.js'
import type { Patience } from './patience.js'
import { SharedSemaphore } from './shared-semaphore.js'

/** A held lock, for all threads. Disposing of it passes the mutex to the next waiter. Disposing again does nothing. */
export class SharedMutexLock implements Disposable {
  #semaphore: SharedSemaphore | undefined

  /** Made by `SharedMutex.lock`. @internal */
  constructor(semaphore: SharedSemaphore) {
    this.#semaphore = semaphore
  }

  /** Passes the mutex to the next waiter. */
  release(): void {
    const semaphore = this.#semaphore
    this.#semaphore = undefined
    semaphore?.up()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

/**
 * A mutex for several threads. A thread that ends while it holds the mutex leaves it locked: release it in `finally`,
 * or with `using`.
 */
export class SharedMutex {
  readonly #semaphore: SharedSemaphore

  /**
   * @param memory of one that another thread made. Default: a new one
   * @throws ERR_INVALID_ARG_TYPE
   */
  constructor(memory?: SharedArrayBuffer) {
    if (memory !== undefined && !(memory instanceof SharedArrayBuffer)) throw invalidArgType('memory', 'an instance of SharedArrayBuffer', memory)
    this.#semaphore = new SharedSemaphore(memory ?? 1)
  }

  /** Send this to another thread, which makes its own `new SharedMutex(memory)` over it. */
  get memory(): SharedArrayBuffer {
    return this.#semaphore.memory
  }

  /**
   * Resolves once the mutex is the caller's. A pending wait keeps the process alive.
   * @throws (rejects) AbortError, ETIMEDOUT, ERR_TRUEAIO_TOO_MANY_WAITERS
   * @throws ERR_INVALID_ARG_TYPE
   */
  async lock(options?: Patience): Promise<SharedMutexLock> {
    await this.#semaphore.down(1, options)
    return new SharedMutexLock(this.#semaphore)
  }

  /**
   * The same, blocking this thread.
   * @throws ETIMEDOUT, ERR_TRUEAIO_TOO_MANY_WAITERS, ERR_INVALID_ARG_TYPE
   */
  lockSync(options?: Pick<Patience, 'timeout'>): SharedMutexLock {
    this.#semaphore.downSync(1, options)
    return new SharedMutexLock(this.#semaphore)
  }

  /** Returns the lock if the mutex is free and has no waiter, else undefined. */
  tryLock(): SharedMutexLock | undefined {
    return this.#semaphore.tryDown() ? new SharedMutexLock(this.#semaphore) : undefined
  }

  /**
   * Calls a function, and holds the mutex until its result has settled.
   * @throws (rejects) what the function throws, AbortError, ETIMEDOUT, ERR_TRUEAIO_TOO_MANY_WAITERS
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
}
