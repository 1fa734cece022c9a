// ⑤ ring — both sides of the ring between TypeScript and the pool's threads. Submissions: written at the tail,
// published, all taken when the pool is woken. Completions: published by the threads, taken in batches. Knows no operation.
import type { NativePool } from '../native/binding.js'
import { POOL_CONTROL_BYTES, PoolCompletion, PoolControl, PoolSubmission } from './layout/pool.js'
import { loadAcquire, storeRelease } from './ordering.js'

export class PoolRing {
  /** All submissions as 32-bit words; each has 16. */
  readonly words: Int32Array
  /** Places for completions. */
  readonly capacity: number
  readonly #control: Int32Array
  readonly #completions: Int32Array
  readonly #entries: number
  readonly #completionMask: number
  #tail = 0
  #pending = 0
  #head = 0

  constructor(pool: Pick<NativePool, 'shared' | 'entries' | 'completions'>) {
    this.#entries = pool.entries
    this.capacity = pool.completions
    this.#completionMask = pool.completions - 1
    this.#control = new Int32Array(pool.shared, 0, POOL_CONTROL_BYTES >> 2)
    this.words = new Int32Array(pool.shared, POOL_CONTROL_BYTES, pool.entries * PoolSubmission.WORDS)
    this.#completions = new Int32Array(pool.shared, POOL_CONTROL_BYTES + pool.entries * PoolSubmission.WORDS * 4, pool.completions * PoolCompletion.WORDS)
  }

  /** Submissions written and not yet handed over. */
  get pending(): number {
    return this.#pending
  }

  get room(): number {
    return this.#entries - this.#pending
  }

  /** The first word of the next submission. There must be room; old content is in it. */
  next(): number {
    const word = (this.#tail & (this.#entries - 1)) * PoolSubmission.WORDS
    this.#tail = (this.#tail + 1) | 0
    this.#pending++
    return word
  }

  /** Gives back the place that `next` gave last, unless it was published. */
  takeBack(): void {
    this.#tail = (this.#tail - 1) | 0
    this.#pending--
  }

  /** Publishes what was written, for the wake or cancel that follows and takes it all. */
  publish(): void {
    if (this.#pending === 0) return
    storeRelease(this.#control, PoolControl.SUBMISSION_TAIL, this.#tail)
    this.#pending = 0
  }

  /** From now on the next completion wakes the loop. To be called before looking, so that none falls in between. */
  arm(): void {
    storeRelease(this.#control, PoolControl.ARMED, 1)
  }

  /** From now on no completion wakes the loop: whoever says so looks for them, and says `arm` before it looks for the last time. */
  disarm(): void {
    storeRelease(this.#control, PoolControl.ARMED, 0)
  }

  /** Completions there and not taken. */
  get ready(): number {
    return (loadAcquire(this.#control, PoolControl.COMPLETION_TAIL) - this.#head) | 0
  }

  /** Copies up to `most` completions into `into`, four words each, and frees their places. Returns how many. */
  take(into: Int32Array, most: number): number {
    let head = this.#head
    let count = (loadAcquire(this.#control, PoolControl.COMPLETION_TAIL) - head) | 0
    if (count === 0) return 0
    if (count > most) count = most
    const completions = this.#completions
    for (let index = 0; index < count; index++) {
      const from = (head & this.#completionMask) * PoolCompletion.WORDS
      const to = index * PoolCompletion.WORDS
      into[to] = completions[from] as number
      into[to + 1] = completions[from + 1] as number
      into[to + 2] = completions[from + 2] as number
      into[to + 3] = completions[from + 3] as number
      head = (head + 1) | 0
    }
    this.#head = head
    storeRelease(this.#control, PoolControl.COMPLETION_HEAD, head)
    return count
  }
}
