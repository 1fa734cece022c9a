// ① interface — posix-aio: tells the ends of requests and lists to who asked for it, by function or signal. Never from
// inside a driver's loop: what is due is notified in the next tick, in order.
import { AsyncResource } from 'node:async_hooks'
import { SIGEV_THREAD } from './constants.js'
import { signalNumber, type sigevent } from './sigevent.js'

/** The current async context, if a function is called for an event. */
export function contextFor(event: sigevent | undefined): AsyncResource | undefined {
  return event?.sigev_notify === SIGEV_THREAD ? new AsyncResource('TRUEAIO_POSIX_AIO', { requireManualDestroy: true }) : undefined
}

export class Notifier {
  /** Pairs of an event and its context: an object for each would be one more on the path of every request. */
  readonly #due: (sigevent | AsyncResource | undefined)[] = []
  #next = 0
  #scheduled = false

  push(event: sigevent, context: AsyncResource | undefined): void {
    this.#due.push(event, context)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    process.nextTick(this.#deliver)
  }

  /** A function that throws ends this run; the rest follow in the next tick. */
  readonly #deliver = (): void => {
    this.#scheduled = false
    const due = this.#due
    try {
      while (this.#next < due.length) {
        const event = due[this.#next++] as sigevent // pairs, below length
        const context = due[this.#next++] as AsyncResource | undefined
        if (context === undefined) process.kill(process.pid, signalNumber(event.sigev_signo))
        else {
          context.emitDestroy()
          context.runInAsyncScope(event.sigev_notify_function as (value: unknown) => void, undefined, event.sigev_value)
        }
      }
    } finally {
      if (this.#next === due.length) {
        due.length = 0
        this.#next = 0
      } else this.#schedule()
    }
  }
}
