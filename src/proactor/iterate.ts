// ③ proactor, ⑦ completion — a multishot operation's results as an async iterable.
import { errorOf, failureOf, type Failure } from './failure.js'
import type { Entry, Settler } from './in-flight.js'

/** Collects results between two `next()` calls. What comes faster than it is read is kept, not lost. */
export class Iteration<Result> implements Settler {
  readonly #results: Result[] = []
  #failure: Failure | undefined = undefined
  #ended = false
  #wake: (() => void) | undefined = undefined

  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    if (result >= 0) this.#results.push(value as Result)
    else this.#failure = failureOf(entry, result)
    if (!more) this.#ended = true
    this.#wake?.()
  }

  /** @param stop cancels the operation: called when the reader leaves early */
  async *read(stop: () => void): AsyncGenerator<Result, void, undefined> {
    try {
      for (;;) {
        while (this.#results.length > 0) yield this.#results.shift() as Result
        if (this.#failure !== undefined) throw errorOf(this.#failure)
        if (this.#ended) return
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        this.#wake = undefined
      }
    } finally {
      if (!this.#ended) stop()
    }
  }
}
