// ③ proactor, ⑦ completion — a multishot operation's results as an async iterable. Not a generator: one that was never read
// from does not run its `finally`, and its operation would go on for ever.
import { failureOf } from './failure.js'
import type { Entry, Settler } from './in-flight.js'
import { resolveWithFailure } from './settle.js'
import { Fifo } from '../waiting/fifo.js'

type Answer<Result> = IteratorResult<Result, undefined>
type Resolve = (value: unknown) => void

/** Collects results between two `next()` calls. What comes faster than it is read is kept, not lost. */
export class Iteration<Result> implements Settler, AsyncGenerator<Result, undefined, undefined> {
  /** Cancels the operation. Called once at most, when the reader leaves before its end. */
  stop: () => void = () => undefined
  /** Gives back what nobody reads any more: a connection that was accepted is closed. */
  discard: (value: Result) => void = () => undefined
  readonly #results = new Fifo<Result>()
  /** How the operation failed, until a reader gets the error. */
  #fail: ((resolve: Resolve) => void) | undefined = undefined
  #ended = false
  #left = false
  readonly #readers = new Fifo<Resolve>()

  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    if (!more) this.#ended = true
    if (this.#left) {
      if (result >= 0) this.discard(value as Result)
      return
    }
    if (result >= 0) this.#results.push(value as Result)
    else {
      const failure = failureOf(entry, result)
      this.#fail = (resolve) => resolveWithFailure(resolve, failure)
    }
    while (this.#readers.length > 0 && this.#hasAnswer) this.#answer(this.#readers.shift() as Resolve)
  }

  next(): Promise<Answer<Result>> {
    return new Promise((resolve) => {
      if (this.#hasAnswer) this.#answer(resolve as Resolve)
      else this.#readers.push(resolve as Resolve)
    })
  }

  /** Cancels the operation, whether anything of it was read or not. Readers that still wait learn that there is no more. */
  return(value?: PromiseLike<undefined>): Promise<Answer<Result>> {
    this.#leave()
    return Promise.resolve(value).then((given) => ({ done: true, value: given }))
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- what it throws is to be a rejection
  async throw(error: unknown): Promise<Answer<Result>> {
    this.#leave()
    throw error as Error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get #hasAnswer(): boolean {
    return this.#results.length > 0 || this.#fail !== undefined || this.#ended || this.#left
  }

  #answer(resolve: Resolve): void {
    if (this.#results.length > 0) resolve({ done: false, value: this.#results.shift() as Result })
    else if (this.#fail !== undefined) {
      this.#fail(resolve)
      this.#fail = undefined
    } else resolve({ done: true, value: undefined })
  }

  #leave(): void {
    if (this.#left) return
    this.#left = true
    while (this.#results.length > 0) this.discard(this.#results.shift() as Result)
    this.#fail = undefined
    for (let resolve = this.#readers.shift(); resolve !== undefined; resolve = this.#readers.shift()) this.#answer(resolve)
    if (!this.#ended) this.stop()
  }
}
