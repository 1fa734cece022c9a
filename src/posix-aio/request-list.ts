// ① interface — posix-aio: one `lio_listio`: how many of its requests have not ended, and who waits for that.
import type { AsyncResource } from 'node:async_hooks'
import { WaitQueue } from '../waiting/wait-queue.js'
import type { Notifier } from './notifier.js'
import type { sigevent } from './sigevent.js'

export class RequestList {
  /** Not ended yet, and one for the submission itself, so that no list ends before it is complete. */
  remaining = 1
  /** A request failed. */
  failed = false
  /** A request was not queued: too many are outstanding. */
  refused = false
  readonly ended: WaitQueue = new WaitQueue()
  readonly #notifier: Notifier
  readonly #event: sigevent | undefined
  readonly #context: AsyncResource | undefined

  constructor(notifier: Notifier, event: sigevent | undefined, context: AsyncResource | undefined) {
    this.#notifier = notifier
    this.#event = event
    this.#context = context
  }

  /** One has ended, or the submission is over. */
  oneEnded(): void {
    if (--this.remaining > 0) return
    if (this.#event !== undefined) this.#notifier.push(this.#event, this.#context)
    this.ended.wakeAll(undefined)
  }
}
