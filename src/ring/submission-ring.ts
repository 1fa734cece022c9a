// ⑤ ring — the submission side: entries are written at the tail, published, taken by the kernel in io_uring_enter.
// Knows the head and tail protocol and no operation.
import type { NativeRing } from '../native/binding.js'
import { Params, SqOffsets, Sqe } from './layout/io-uring.js'
import { loadHint, storeForSystemCall } from './ordering.js'

const { WORDS } = Sqe // as a constant of this module, compiled code holds its value

export class SubmissionRing {
  /** All entries as 32-bit words; an entry has 16. */
  readonly words: Int32Array
  /** How many entries the ring has. */
  readonly capacity: number
  readonly #rings: Int32Array
  readonly #mask: number
  readonly #tail: number
  readonly #flags: number
  #localTail: number
  #pending = 0

  constructor(native: NativeRing) {
    const at = (field: number): number => (native.params[Params.SQ_OFF + field] as number) >> 2
    this.#rings = new Int32Array(native.rings)
    this.words = new Int32Array(native.entries)
    this.capacity = native.params[Params.SQ_ENTRIES] as number
    this.#mask = this.capacity - 1
    this.#tail = at(SqOffsets.TAIL)
    this.#flags = at(SqOffsets.FLAGS)
    this.#localTail = this.#rings[this.#tail] as number
    // Entry n always stands at place n. With NO_SQARRAY the kernel assumes it; without, it is set once, here.
    const array = native.params[Params.SQ_OFF + SqOffsets.ARRAY] as number
    if (array !== 0) {
      for (let index = 0; index < this.capacity; index++) this.#rings[(array >> 2) + index] = index
    }
  }

  /** Entries written and not yet taken by the kernel. */
  get pending(): number {
    return this.#pending
  }

  get room(): number {
    return this.capacity - this.#pending
  }

  /** The first word of the next entry. There must be room; all 16 words must be written, old content is in them. */
  next(): number {
    const word = (this.#localTail & this.#mask) * WORDS
    this.#localTail = (this.#localTail + 1) | 0
    this.#pending++
    return word
  }

  /** The first word of the entry written last. */
  get last(): number {
    return ((this.#localTail - 1) & this.#mask) * WORDS
  }

  /** Takes back the entry written last: it was carried out by other means. */
  retract(): void {
    this.#localTail = (this.#localTail - 1) | 0
    this.#pending--
  }

  /** The first words of the entries that the kernel has not taken, the oldest first. */
  untaken(): number[] {
    return Array.from({ length: this.#pending }, (_, index) => ((this.#localTail - this.#pending + index) & this.#mask) * WORDS)
  }

  /** Publishes what was written, for the io_uring_enter that follows. Returns how many entries there are to submit. */
  publish(): number {
    // There is no polling thread (IORING_SETUP_SQPOLL) that could look at any time.
    storeForSystemCall(this.#rings, this.#tail, this.#localTail)
    return this.#pending
  }

  /** Notes how many entries the kernel took. */
  taken(count: number): void {
    this.#pending -= count
  }

  /** IORING_SQ_* bits that the kernel sets. */
  get flags(): number {
    return loadHint(this.#rings, this.#flags)
  }
}
