// ① interface — work on many things at once, its results told one by one: the machinery under readFiles and statMany.
// Never more than `concurrency` results are on their way or waiting for the consumer.
import { checkInteger, invalidArgType } from '../../operation/arguments.js'
import { AbortError } from '../../waiting/abort-error.js'
import { onAbort } from '../../waiting/on-abort.js'

/** Options that `readFiles` and `statMany` share. */
export interface ManyOptions {
  /** How many paths are processed ahead of the consumer, 1 to 4096; also the most results that are held. Default: 64. */
  readonly concurrency?: number | undefined
  /** Results in the order of the paths; false: as they complete. Default: true. */
  readonly ordered?: boolean | undefined
  /** Aborting it ends the loop with an AbortError, after everything has been closed. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for each path; a path that takes longer has the error ETIMEDOUT. Above 0. Default: none. */
  readonly timeout?: number | undefined
}

/** Any iterable or async iterable. */
export type Many<Item> = Iterable<Item> | AsyncIterable<Item>

/** Does one piece of work. It never rejects: an error is a result. */
type Work<Item, Result> = (item: Item, signal: AbortSignal) => Promise<Result>

interface Slot<Result> {
  result: Result | undefined
  isDone: boolean
}

function checkSource(items: unknown): void {
  const isObject = typeof items === 'object' && items !== null
  if (!isObject || !(Symbol.asyncIterator in items || Symbol.iterator in items)) throw invalidArgType('paths', 'an iterable or an async iterable', items)
}

/** Checks at the call; nothing starts before the first `next`. */
export function aheadOf<Item, Result>(items: Many<Item>, work: Work<Item, Result>, options: ManyOptions): AsyncGenerator<Result, void, undefined> {
  checkSource(items)
  const { concurrency = 64, ordered, signal, timeout } = options
  checkInteger(concurrency, 'concurrency', 1, 4096)
  if (ordered !== undefined && typeof ordered !== 'boolean') throw invalidArgType('ordered', 'of type boolean', ordered)
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) throw invalidArgType('timeout', 'of type number and above 0', timeout)
  return new Ahead(items, work, concurrency, ordered !== false, signal).results()
}

class Ahead<Item, Result> {
  readonly #items: Many<Item>
  readonly #work: Work<Item, Result>
  readonly #concurrency: number
  readonly #ordered: boolean
  readonly #signal: AbortSignal | undefined
  readonly #stop = new AbortController()
  /** Started (ordered) or done (as they come), and not taken by the consumer. */
  readonly #slots: Slot<Result>[] = []
  #running = 0
  #held = 0
  #isPulling = false
  #isFilling = true
  #hasEnded = false
  #sourceError: { readonly reason: unknown } | undefined = undefined
  #wake: (() => void) | undefined = undefined

  constructor(items: Many<Item>, work: Work<Item, Result>, concurrency: number, ordered: boolean, signal: AbortSignal | undefined) {
    this.#items = items
    this.#work = work
    this.#concurrency = concurrency
    this.#ordered = ordered
    this.#signal = signal
  }

  async *results(): AsyncGenerator<Result, void, undefined> {
    const source = Symbol.asyncIterator in this.#items ? this.#items[Symbol.asyncIterator]() : this.#items[Symbol.iterator]()
    const abort = (): void => {
      this.#stop.abort(this.#signal?.reason)
      this.#wake?.()
    }
    if (this.#signal?.aborted === true) abort()
    const unheed = this.#signal === undefined || this.#signal.aborted ? undefined : onAbort(this.#signal, abort)
    try {
      for (;;) {
        this.#checkAborted()
        this.#pull(source)
        this.#checkAborted() // by the source
        const first = this.#slots[0]
        if (first?.isDone === true) {
          this.#slots.shift()
          this.#held--
          yield first.result as Result // done
        } else if (this.#running > 0 || !this.#hasEnded) await this.#change()
        else if (this.#sourceError !== undefined) throw this.#sourceError.reason
        else return
      }
    } finally {
      unheed?.()
      await this.#leave(source)
    }
  }

  #checkAborted(): void {
    if (this.#signal?.aborted === true) throw new AbortError(this.#signal.reason)
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  /**
   * Takes from the source while there is room; from one that answers later, one at a time. Begins when half of the room is free:
   * what starts together goes down together, and one at a time would cost three times as much.
   */
  #pull(source: Iterator<Item> | AsyncIterator<Item>): void {
    if (this.#held <= this.#concurrency - Math.max(1, this.#concurrency >> 1)) this.#isFilling = true
    if (!this.#isFilling) return
    while (this.#held < this.#concurrency && !this.#hasEnded && !this.#isPulling) {
      try {
        const next = source.next()
        if (next instanceof Promise) {
          this.#isPulling = true
          next.then((answer) => this.#pulled(answer, source), (error: unknown) => this.#sourceFailed(error))
        } else this.#take(next)
      } catch (error) {
        this.#sourceFailed(error)
      }
    }
    if (this.#held >= this.#concurrency) this.#isFilling = false
  }

  #pulled(answer: IteratorResult<Item>, source: Iterator<Item> | AsyncIterator<Item>): void {
    this.#isPulling = false
    if (!this.#stop.signal.aborted) {
      this.#take(answer)
      this.#pull(source)
    }
    this.#wake?.()
  }

  #sourceFailed(error: unknown): void {
    this.#isPulling = false
    this.#hasEnded = true
    this.#sourceError = { reason: error }
    this.#wake?.()
  }

  #take(answer: IteratorResult<Item>): void {
    if (answer.done === true) this.#hasEnded = true
    else this.#start(answer.value)
  }

  #start(item: Item): void {
    const slot: Slot<Result> = { result: undefined, isDone: false }
    if (this.#ordered) this.#slots.push(slot)
    this.#held++
    this.#running++
    void this.#work(item, this.#stop.signal).then((result) => {
      slot.result = result
      slot.isDone = true
      if (!this.#ordered) this.#slots.push(slot)
      this.#running--
      this.#wake?.()
    })
  }

  /** Cancels what runs, waits until it has closed what it opened, and tells the source that no more is wanted. */
  async #leave(source: Iterator<Item> | AsyncIterator<Item>): Promise<void> {
    this.#stop.abort()
    while (this.#running > 0) await this.#change()
    if (this.#hasEnded) return
    const returned = source.return?.()
    if (!this.#isPulling) await returned
    // A source that has been asked for more answers when it can: nobody waits for that.
    else Promise.resolve(returned).catch((error: unknown) => process.emitWarning(error as Error))
  }
}
