// ② waiting — a condition variable: to give up a mutex and wait for word of a change in one step, so that no word falls
// between the two.
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import { Mutex } from './mutex.js'
import { checkPatience, tooLate, type Patience } from './patience.js'
import { WaitQueue } from './wait-queue.js'

const NOTIFIED = true

/**
 * A condition. Use it in a loop: `while (!ready) await condition.wait(mutex)`, since another waiter may have run first.
 * Waiters are notified in order of arrival. A notification without waiters is lost.
 * @see pthread_cond_wait(3)
 */
export class Condition {
  readonly #waiters = new WaitQueue<typeof NOTIFIED>()

  /** How many wait for a notification. */
  get waiting(): number {
    return this.#waiters.length
  }

  /**
   * Releases the mutex, waits for a notification, and holds the mutex again, however the wait ended: the same lock is
   * valid before and after. `signal` and `timeout` end the wait for the notification; the call then still waits for the
   * mutex.
   * @throws (rejects) AbortError, ETIMEDOUT, ERR_TRUEAIO_NOT_LOCKED: nobody holds the mutex
   * @throws ERR_INVALID_ARG_TYPE
   */
  async wait(mutex: Mutex, options: Patience = {}): Promise<void> {
    if (!(mutex instanceof Mutex)) throw invalidArgType('mutex', 'an instance of Mutex', mutex)
    checkPatience(options)
    const lock = mutex.holder
    if (lock === undefined) throw Object.assign(new Error('Condition.wait needs a held mutex, and this mutex is not held: lock it first'), { code: 'ERR_TRUEAIO_NOT_LOCKED' })
    const { signal, timeout } = options
    // In the queue before the mutex is free: whoever changes something from now on finds this waiter.
    const notified = this.#waiters.wait<typeof NOTIFIED>((key) => key, { signal, timeout, late: tooLateToHear })
    lock.release()
    try {
      await notified
    } finally {
      await mutex.take(lock)
    }
  }

  /**
   * Notifies waiters, in order of arrival.
   * @param count 1 to 2^31 - 1. Default: 1
   * @returns how many there were
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  notify(count = 1): number {
    return this.#waiters.wake(NOTIFIED, checkInteger(count, 'count', 1, 0x7fffffff))
  }

  /** Notifies all waiters. Returns how many there were. */
  notifyAll(): number {
    return this.#waiters.wakeAll(NOTIFIED)
  }
}

function tooLateToHear(): never {
  throw tooLate('wait', 'the condition was not notified')
}
