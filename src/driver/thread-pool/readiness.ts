// ④ driver — thread-pool: waiting for descriptors to become ready without a thread: POLL, and the second rung of the
// ladder for reads and writes that met EAGAIN. Over an epoll instance (native/readiness.c) made at the first use.
import type { Binding, NativeReadiness } from '../../native/binding.js'
import { Errno } from '../../operation/system-error.js'

const EPOLLET = 2 ** 31
const EPOLLONESHOT = 2 ** 30
/** What poll(2) says of a regular file whatever its state: readable and writable, normal data. */
const ALWAYS_READY = 0x1 | 0x4 | 0x40 | 0x100
const EVENTS_MASK = 0xffff
const BATCH = 64

/** Called with the events that are true. */
export type WhenReady = (events: number) => void

export class Readiness {
  readonly #binding: Binding
  readonly #onReady: () => void
  readonly #waiting = new Map<number, WhenReady>()
  readonly #pairs = new Int32Array(2 * BATCH)
  #native: NativeReadiness | undefined = undefined
  #keepAlive = false

  /** @param onReady the loop has found something ready: `take` tells what */
  constructor(binding: Binding, onReady: () => void) {
    this.#binding = binding
    this.#onReady = onReady
  }

  /** Readable when something is ready; -1: nothing was ever watched. */
  get fd(): number {
    return this.#native?.fd ?? -1
  }

  /** How many descriptors are watched. */
  get count(): number {
    return this.#waiting.size
  }

  /**
   * Watches a descriptor, once or, with `multishot`, at each change to ready. Returns a key to stop it by; or a negative
   * errno: EPERM for a file that is always ready and cannot be watched.
   */
  add(fd: number, events: number, multishot: boolean, whenReady: WhenReady): number {
    const native = this.#open()
    if (typeof native === 'number') return native
    const key = native.add(fd, (events & EVENTS_MASK) + (multishot ? EPOLLET : EPOLLONESHOT))
    if (key >= 0) this.#waiting.set(key, whenReady)
    return key
  }

  remove(key: number): void {
    if (this.#waiting.delete(key)) this.#native?.remove(key)
  }

  /** The events of `events` that a file which cannot be watched always has. */
  alwaysReady(events: number): number {
    return events & ALWAYS_READY
  }

  /** Tells all that are ready. Who waits for one event only removes itself. Returns how many. */
  take(): number {
    let total = 0
    for (;;) {
      const count = this.#native?.take(this.#pairs) ?? 0
      for (let index = 0; index < count; index++) {
        // One told just before may have removed another of this batch.
        this.#waiting.get(this.#pairs[2 * index] as number)?.(this.#pairs[2 * index + 1] as number)
      }
      total += count
      if (count < BATCH) return total
    }
  }

  ref(keepAlive: boolean): void {
    this.#keepAlive = keepAlive
    this.#native?.ref(keepAlive)
  }

  close(): void {
    this.#native?.close()
    this.#native = undefined
    this.#waiting.clear()
  }

  #open(): NativeReadiness | number {
    if (this.#native !== undefined) return this.#native
    const native = this.#binding.readinessCreate?.(this.#onReady) ?? Errno.ENOSYS
    if (typeof native === 'number') return native
    this.#native = native
    native.ref(this.#keepAlive)
    return native
  }
}
