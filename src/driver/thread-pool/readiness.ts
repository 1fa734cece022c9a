// ④ driver — thread-pool: waiting for descriptors to become ready without a thread: POLL, and the second rung of the
// ladder for reads and writes that met EAGAIN. Over epoll instances (native/readiness.c) made at the first use: one that
// the loop watches and, for an open file that is watched more often than Linux allows there, one apart.
import type { Binding, NativeReadiness } from '../../native/binding.js'
import { Errno } from '../../operation/system-error.js'
import { ReapedBatch } from '../../ring/reaped-batch.js'

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
  readonly #nearBatch = new ReapedBatch(BATCH, 2)
  readonly #apartBatch = new ReapedBatch(BATCH, 2)
  /** In the loop's own instance. */
  #near: NativeReadiness | undefined = undefined
  /** Waited for by a thread. */
  #apart: NativeReadiness | undefined = undefined
  /** Keys, which are numbers of open descriptors, of those that the instance apart has. */
  readonly #keysApart = new Set<number>()
  #keepAlive = false

  /** @param onReady the loop has found something ready: `take` tells what */
  constructor(binding: Binding, onReady: () => void) {
    this.#binding = binding
    this.#onReady = onReady
  }

  /** Readable when something is ready; -1: nothing was ever watched there. */
  get fd(): number {
    return this.#near?.fd ?? -1
  }

  /** The same, of those that are watched apart. */
  get fdApart(): number {
    return this.#apart?.fd ?? -1
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
    const wanted = (events & EVENTS_MASK) + (multishot ? EPOLLET : EPOLLONESHOT)
    let key = this.#addNear(fd, wanted)
    if (key === Errno.EINVAL) key = this.#addApart(fd, wanted)
    if (key >= 0) this.#waiting.set(key, whenReady)
    return key
  }

  remove(key: number): void {
    if (!this.#waiting.delete(key)) return
    if (this.#keysApart.delete(key)) this.#apart?.remove(key)
    else this.#near?.remove(key)
  }

  /** The events of `events` that a file which cannot be watched always has. */
  alwaysReady(events: number): number {
    return events & ALWAYS_READY
  }

  /** Notifies all that are ready. A waiter for one event only removes itself. Returns how many. */
  take(): number {
    return this.#takeFrom(this.#near, this.#nearBatch) + (this.#apart === undefined ? 0 : this.#takeFrom(this.#apart, this.#apartBatch))
  }

  ref(keepAlive: boolean): void {
    this.#keepAlive = keepAlive
    this.#near?.ref(keepAlive)
    this.#apart?.ref(keepAlive)
  }

  close(): void {
    this.#near?.close()
    this.#apart?.close()
    this.#near = undefined
    this.#apart = undefined
    this.#keysApart.clear()
    this.#waiting.clear()
  }

  #takeFrom(native: NativeReadiness | undefined, batch: ReapedBatch): number {
    const { words } = batch
    let total = 0
    for (;;) {
      if (batch.left === 0) batch.filled(native?.take(words) ?? 0)
      const isFull = batch.left === words.length
      for (let at = batch.next(); at >= 0; at = batch.next()) {
        // One told just before may have removed another of this batch.
        this.#waiting.get(words[at] as number)?.(words[at + 1] as number)
        total++
      }
      if (!isFull) return total
    }
  }

  #addNear(fd: number, wanted: number): number {
    if (this.#near === undefined) {
      const opened = this.#open(this.#onReady, false)
      if (typeof opened === 'number') return opened
      this.#near = opened
    }
    return this.#near.add(fd, wanted)
  }

  #addApart(fd: number, wanted: number): number {
    if (this.#apart === undefined) {
      const opened = this.#open(this.#onReadyApart, true)
      if (typeof opened === 'number') return opened
      this.#apart = opened
      opened.arm()
    }
    const key = this.#apart.add(fd, wanted)
    if (key >= 0) this.#keysApart.add(key)
    return key
  }

  readonly #onReadyApart = (): void => {
    this.#onReady()
    // Not before: what is found is taken first, and what came in between is still there to be seen.
    this.#apart?.arm()
  }

  #open(onReady: () => void, apart: boolean): NativeReadiness | number {
    const native = this.#binding.readinessCreate?.(onReady, apart) ?? Errno.ENOSYS
    if (typeof native !== 'number') native.ref(this.#keepAlive)
    return native
  }
}
