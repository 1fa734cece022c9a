// ① interface — acall: a completion ring as its users see it. Of any size, as many as wanted, each filled by any number of
// submitters and emptied by any number of takers; a shared one also across worker threads.
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import { RingMemory } from './ring-memory.js'
import { RingWaiting } from './ring-waiting.js'
import type { CallId } from './call-id.js'
import type { CallStatus, Cookie, RingCompletion } from './completion.js'

/** The most entries a ring holds. */
export const RING_CAPACITY_MAX = 1048576
const UINT32_MAX = 0xffffffff
/** Where one thread waits both for its own calls and for other threads, it looks at them in turn. */
const TURN_MILLISECONDS = 1

/** Options of {@link CompletionRing}. */
export interface CompletionRingOptions {
  /** Its memory is a SharedArrayBuffer: other threads can `attach` to `buffer`. Default: false. */
  readonly shared?: boolean
}

/** Options of `CompletionRing.wait`. */
export interface RingWaitOptions {
  /** Entries are counted from this number on. 0 to 2^32 - 1. Default: the ring's `tail`, the first entry not taken. */
  readonly tail?: number
  /** How many to wait for, 0 to the capacity. Default: 1. */
  readonly min?: number
  /** Milliseconds after which the wait ends with fewer, ≥ 0. Default: none. */
  readonly timeout?: number
  /** Aborting it ends the wait with an AbortError. */
  readonly signal?: AbortSignal
}

/** A submitter in this thread whose calls complete in a ring. */
export interface RingPoster {
  /** Blocks until `remaining` is 0, the time (ms, < 0: none) is over, or nothing of its is in flight. */
  blockUntil(remaining: () => number, milliseconds: number): void
  /** It has begun to post to a ring, and is to have itself forgotten when it ends. */
  joined(ring: CompletionRing): void
}

const NO_OPTIONS: RingWaitOptions = {}

/**
 * A completion ring. `acall.submit` reserves a place before it takes a submission, and refuses it (EAGAIN) when all
 * places are reserved. So an entry stays until it is taken.
 *
 * If a thread ends with calls in flight, a shared ring loses the places reserved for them.
 */
export class CompletionRing {
  readonly #memory: RingMemory
  readonly #waiting: RingWaiting
  readonly #shared: boolean
  readonly #posters: RingPoster[] = []
  /** Places reserved by this thread and not filled yet. */
  #expected = 0

  /**
   * @param capacity entries, 1 to 2^20: those of calls in flight and those not taken yet
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  constructor(capacity: number | SharedArrayBuffer, options: CompletionRingOptions = {}) {
    const attached = typeof capacity === 'object'
    this.#shared = attached || options.shared === true
    this.#memory = attached ? RingMemory.attach(capacity) : RingMemory.make(checkInteger(capacity, 'capacity', 1, RING_CAPACITY_MAX), this.#shared)
    this.#waiting = new RingWaiting(this.#memory.words, this.#shared)
  }

  /** The ring of another thread, from its `buffer`. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (not a ring's) */
  static attach(buffer: SharedArrayBuffer): CompletionRing {
    if (!(buffer instanceof SharedArrayBuffer)) throw invalidArgType('buffer', 'an instance of SharedArrayBuffer', buffer)
    return new CompletionRing(buffer)
  }

  /** The most entries that it holds, for calls in flight and for entries not taken yet. */
  get capacity(): number {
    return this.#memory.capacity
  }

  /** The memory that other threads attach to; undefined unless the ring is shared. */
  get buffer(): SharedArrayBuffer | undefined {
    const { buffer } = this.#memory.words
    return buffer instanceof SharedArrayBuffer ? buffer : undefined
  }

  /** The number of the first entry not taken: entries are counted from 0 on, modulo 2^32. */
  get tail(): number {
    return this.#memory.tail >>> 0
  }

  /** Entries that can be taken now. */
  get ready(): number {
    return (this.#memory.valid() - this.#memory.tail) | 0
  }

  /** Places that no call in flight and no entry uses. */
  get room(): number {
    return this.#memory.room
  }

  /** Takes entries, the oldest first, without waiting. Their places are free again. @param max 1 and more; default: all */
  take(max: number = RING_CAPACITY_MAX): RingCompletion[] {
    return this.#memory.take(max === RING_CAPACITY_MAX ? max : checkInteger(max, 'max', 1, RING_CAPACITY_MAX))
  }

  /**
   * Waits until the ring holds `min` entries from number `tail` on. Resolves to how many there are: `min` or more, or
   * fewer after the timeout. It takes no entry, so several callers may wait for the same ones at once.
   *
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE; rejects with AbortError
   */
  wait(options: RingWaitOptions = NO_OPTIONS): Promise<number> {
    const { tail, min } = this.#bounds(options)
    const { signal, timeout } = options
    const count = (): number => this.#countFrom(tail)
    return this.#waiting.wait(() => {
      const there = count()
      return there >= min ? there : undefined
    }, { exclusive: false, timeout, signal, late: () => Math.max(0, count()) })
  }

  /**
   * The same, blocking this thread. Its calls continue meanwhile; nothing else of it runs. Returns early if no call in
   * flight here could fill an entry and the ring is not shared.
   */
  waitSync(options: Omit<RingWaitOptions, 'signal'> = NO_OPTIONS): number {
    const { tail, min } = this.#bounds(options)
    const end = options.timeout === undefined ? Infinity : performance.now() + options.timeout
    if (!this.#shared) {
      this.#blockOnPosters(tail, min, end)
      return Math.max(0, this.#countFrom(tail))
    }
    this.#waiting.countSleeper(1)
    try {
      for (;;) {
        const { signal } = this.#waiting
        const there = this.#countFrom(tail)
        const left = end - performance.now()
        if (there >= min || left <= 0) return Math.max(0, there)
        if (this.#expected === 0) this.#waiting.sleep(signal, left)
        else this.#blockOnPosters(tail, min, Math.min(end, performance.now() + TURN_MILLISECONDS))
      }
    } finally {
      this.#waiting.countSleeper(-1)
    }
  }

  /** For `Acall`: speaks for a place. False: there is none. @internal */
  reserve(poster: RingPoster): boolean {
    if (!this.#memory.reserve()) return false
    if (this.#posters[0] !== poster && !this.#posters.includes(poster)) {
      this.#posters.push(poster)
      poster.joined(this)
    }
    this.#expected++
    return true
  }

  /** For `Acall`: fills a place. True: there is a waiter, to be notified by `announce` once all of a batch is there. @internal */
  put(status: CallStatus, result: number, cookie: Cookie, stepsMade: number, id: CallId | undefined): boolean {
    this.#expected--
    this.#memory.put(status, result, cookie, stepsMade, id)
    return this.#waiting.isWaitedFor
  }

  /** For `Acall`: wakes those who wait. @internal */
  announce(): void {
    this.#waiting.announce()
  }

  /** For `Acall`: it will post no more. @internal */
  forget(poster: RingPoster): void {
    const at = this.#posters.indexOf(poster)
    if (at >= 0) this.#posters.splice(at, 1)
  }

  /** Until `min` entries are there, the time is over, or no call of this thread is left that could bring one. */
  #blockOnPosters(tail: number, min: number, end: number): void {
    const remaining = (): number => Math.min(min - this.#countFrom(tail), this.#expected)
    const several = this.#posters.length > 1
    while (remaining() > 0) {
      const left = end - performance.now()
      if (left <= 0) return
      const limit = several ? Math.min(left, TURN_MILLISECONDS) : left
      for (const poster of this.#posters) poster.blockUntil(remaining, Number.isFinite(limit) ? limit : -1)
      if (!several) return
    }
  }

  #countFrom(tail: number): number {
    return (this.#memory.valid() - (tail | 0)) | 0
  }

  #bounds(options: RingWaitOptions): { tail: number; min: number } {
    const { timeout } = options
    if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) throw invalidArgType('timeout', 'of type number and ≥ 0', timeout)
    return {
      tail: options.tail === undefined ? this.tail : checkInteger(options.tail, 'tail', 0, UINT32_MAX),
      min: checkInteger(options.min ?? 1, 'min', 0, this.capacity),
    }
  }
}
