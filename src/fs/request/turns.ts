// ① interface — so many at once, and the others in order of arrival; a deadline and an abort count while waiting.
import { WaitQueue } from '../../waiting/wait-queue.js'
import { operationTooLate, type Countdown, type PathBytes } from './request.js'

export class Turns {
  readonly #most: number
  readonly #waiting = new WaitQueue<true>()
  #taken = 0

  constructor(most: number) {
    this.#most = most
  }

  /** Runs `work` when it is its turn. `syscall` and `path` are named by the error of a timeout. */
  async run<Result>(work: () => Promise<Result>, countdown: Countdown | undefined, syscall: string, path: PathBytes): Promise<Result> {
    if (this.#taken < this.#most) this.#taken++
    else await this.#turn(countdown, syscall, path)
    try {
      return await work()
    } finally {
      if (this.#waiting.wake(true) === 0) this.#taken-- // otherwise the turn has passed to another one
    }
  }

  #turn(countdown: Countdown | undefined, syscall: string, path: PathBytes): Promise<true> {
    const given = (key: true | undefined): true | undefined => key
    if (countdown === undefined) return this.#waiting.wait(given)
    const { signal, timeout } = countdown.options
    const late = (): never => {
      throw operationTooLate(syscall, path)
    }
    return this.#waiting.wait(given, { signal, timeout, late })
  }
}
