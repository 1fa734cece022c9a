// ① interface — acall: waiting for entries of a ring. Within a thread by its wait queue; between threads by a word that
// sleepers wait on; filling an entry changes it if there are any.
import { WaitQueue, type QueueWaitOptions } from '../waiting/wait-queue.js'
import { flushPending } from '../waiting/pending.js'
import { RingHeader } from './ring-memory.js'

const { SIGNAL, SLEEPERS } = RingHeader
/** What keeps the loop turning while this thread waits for another one: V8's own wait does not. */
const KEEP_ALIVE_MILLISECONDS = 2 ** 30

/** ECMAScript 2024's, which the compiler's library for 2023 does not know. */
interface AsyncWait {
  waitAsync(words: Int32Array, index: number, value: number): { readonly async: false } | { readonly async: true; readonly value: Promise<string> }
}

export class RingWaiting {
  readonly #words: Int32Array
  readonly #shared: boolean
  readonly #queue = new WaitQueue()
  #listening = false
  #keepAlive: NodeJS.Timeout | undefined = undefined

  constructor(words: Int32Array, shared: boolean) {
    this.#words = words
    this.#shared = shared
  }

  /** Whether a new entry has to be announced to anybody. Sleepers count themselves before they look for entries. */
  get isWaitedFor(): boolean {
    return this.#queue.length > 0 || (this.#shared && Atomics.load(this.#words, SLEEPERS) > 0)
  }

  /** Wakes those who wait, here and in other threads. */
  announce(): void {
    if (this.#shared && Atomics.load(this.#words, SLEEPERS) > 0) {
      Atomics.add(this.#words, SIGNAL, 1)
      Atomics.notify(this.#words, SIGNAL)
    }
    this.#queue.wakeAll(undefined)
  }

  wait(attempt: () => number | undefined, options: QueueWaitOptions<number>): Promise<number> {
    const waited = this.#queue.wait(attempt, options)
    return this.#shared && this.#queue.length > 0 ? this.#waitForOthers(waited) : waited
  }

  /** A wait that other threads' calls may end. */
  async #waitForOthers(waited: Promise<number>): Promise<number> {
    this.#keepAlive ??= setInterval(() => { /* nothing to do but to be there */ }, KEEP_ALIVE_MILLISECONDS)
    // Its own errors are none: waking calls no code of a user's.
    if (!this.#listening) void this.#listen()
    try {
      return await waited
    } finally {
      this.#restIfAlone()
    }
  }

  /** Blocks this thread until another one has announced something since `signal` was read, or the time (ms) is over. */
  sleep(signal: number, milliseconds: number): void {
    flushPending()
    Atomics.wait(this.#words, SIGNAL, signal, milliseconds)
  }

  /** What a sleeper reads before it looks for entries a last time; it has counted itself then. */
  get signal(): number {
    return Atomics.load(this.#words, SIGNAL)
  }

  countSleeper(by: 1 | -1): void {
    Atomics.add(this.#words, SLEEPERS, by)
  }

  /** Wakes this thread's waiters whenever another thread has announced something, as long as there are any. */
  async #listen(): Promise<void> {
    this.#listening = true
    this.countSleeper(1)
    for (;;) {
      const { signal } = this
      this.#queue.wakeAll(undefined)
      if (this.#queue.length === 0) break
      const waiting = (Atomics as typeof Atomics & AsyncWait).waitAsync(this.#words, SIGNAL, signal)
      if (waiting.async) await waiting.value
    }
    this.countSleeper(-1)
    this.#listening = false
  }

  #restIfAlone(): void {
    if (this.#queue.length > 0) return
    clearInterval(this.#keepAlive)
    this.#keepAlive = undefined
    if (!this.#listening) return
    // The last one left on its timeout or signal: the listener is notified; others check once more without need.
    Atomics.add(this.#words, SIGNAL, 1)
    Atomics.notify(this.#words, SIGNAL)
  }
}
