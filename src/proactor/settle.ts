// ③ proactor, ⑦ completion — how a submission's end reaches whoever waits for it: a promise, or a callback.
// (Events are completion-queue.ts; chains are chain-runner.ts.)
import { AsyncResource } from 'node:async_hooks'
import { errorOf, failureOf, type Failure } from './failure.js'
import type { Entry, Settler } from './in-flight.js'

type Resolve = (value: unknown) => void

// One executor for all promises: `new Promise` calls it at once, so the function can pass through a variable instead of a
// closure for each operation.
let resolveOfNewest: Resolve | undefined
const executor = (resolve: Resolve): void => {
  resolveOfNewest = resolve
}

/** The promise of an entry whose settler is `promiseSettler`. */
export function promiseOf<Result>(entry: Entry): Promise<Result> {
  // An async hook may make other promises of this kind inside `new`, but before the executor is called.
  const promise = new Promise<Result>(executor as (resolve: (value: Result) => void) => void)
  entry.first = resolveOfNewest
  resolveOfNewest = undefined
  return promise
}

export const promiseSettler: Settler = {
  firstOnly: true,
  settle(entry, result, value, more) {
    const resolve = entry.first as Resolve | undefined
    if (resolve === undefined) return // the end of a multishot operation whose first result it had
    if (more) entry.first = undefined
    if (result >= 0) resolve(value)
    else resolveWithFailure(resolve, failureOf(entry, result))
  },
}

/**
 * Rejects so that the error carries the caller's stack: it is made inside a microtask whose chain of promises leads to
 * whoever awaits, which is where V8 looks for `at async …` lines. Costs nothing unless something fails.
 */
export function resolveWithFailure(resolve: Resolve, failure: Failure): void {
  resolveWithError(resolve, () => errorOf(failure))
}

/** The same for an error that the caller of this makes itself. */
export function resolveWithError(resolve: Resolve, makeError: () => Error): void {
  let go: (() => void) | undefined
  const start = new Promise<void>((resolveStart) => {
    go = resolveStart
  })
  const fail = (): never => {
    const error = makeError()
    // What the system said was not made by the engine's own functions: they have no place in its stack.
    if ('errno' in error) Error.captureStackTrace(error, fail)
    throw error
  }
  resolve(start.then(fail))
  // The promise above is linked to the caller's in one microtask and V8 can walk the link from the next one on.
  void resolved.then(go)
}

const resolved = Promise.resolve()

export type Callback<Result> = (error: Error | null, result?: Result) => void

interface Delivery {
  readonly callback: Callback<unknown>
  readonly resource: AsyncResource
  readonly failure: Failure | undefined
  readonly value: unknown
}

/** Callbacks run outside of the driver's loops, in order, each in the async context it was submitted from. */
export class CallbackSettler implements Settler {
  readonly #deliveries: Delivery[] = []
  #next = 0
  #scheduled = false

  prepare(entry: Entry, callback: Callback<unknown>): void {
    entry.first = callback
    entry.isSpecial = true
    entry.second = new AsyncResource('TRUEAIO', { requireManualDestroy: true })
  }

  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    const resource = entry.second as AsyncResource
    this.#deliveries.push({ callback: entry.first as Callback<unknown>, resource, failure: result < 0 ? failureOf(entry, result) : undefined, value })
    if (!more) resource.emitDestroy()
    this.schedule()
  }

  /** Sees to it that what is queued is delivered, after the current piece of JavaScript. */
  schedule(): void {
    if (this.#scheduled || this.#next === this.#deliveries.length) return
    this.#scheduled = true
    process.nextTick(this.#deliverScheduled)
  }

  readonly #deliverScheduled = (): void => {
    this.#scheduled = false
    this.deliver()
  }

  /** Runs what is queued. A callback that throws ends this run; the rest follow in the next tick. */
  deliver(): void {
    const deliveries = this.#deliveries
    try {
      while (this.#next < deliveries.length) {
        const { callback, resource, failure, value } = deliveries[this.#next++] as Delivery // below length
        if (failure === undefined) resource.runInAsyncScope(callback, undefined, null, value)
        else resource.runInAsyncScope(callback, undefined, errorOf(failure))
      }
    } finally {
      if (this.#next === deliveries.length) {
        deliveries.length = 0
        this.#next = 0
      } else this.schedule()
    }
  }
}

/** For the next tick: an error that nobody waits for. */
export function raise(error: unknown): never {
  throw error
}
