// ③ proactor, ⑦ completion — several operations at once, blocking this thread until all have ended.
import { errorOf, failureOf } from './failure.js'
import type { Entry, Settler } from './in-flight.js'

export class BlockingCollector implements Settler {
  readonly results: PromiseSettledResult<unknown>[]
  remaining: number

  constructor(count: number) {
    this.results = new Array<PromiseSettledResult<unknown>>(count)
    this.remaining = count
  }

  settle(entry: Entry, result: number, value: unknown): void {
    this.results[entry.first as number] = result < 0 ? { status: 'rejected', reason: errorOf(failureOf(entry, result)) } : { status: 'fulfilled', value }
    this.remaining--
  }
}
