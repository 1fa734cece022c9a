// ⑤ ring — the completion side: the kernel writes at the tail, completions are copied out and the head published once
// a batch. Copied first, so that a callback that throws or waits in between loses none of them.
import type { NativeRing } from '../native/binding.js'
import { CqOffsets, Cqe, IORING_CQ_EVENTFD_DISABLED, Params } from './layout/io-uring.js'
import { loadAcquire, storeForSystemCall, storeRelease } from './ordering.js'

const { WORDS } = Cqe // as a constant of this module, compiled code holds its value

export class CompletionRing {
  readonly capacity: number
  readonly #rings: Int32Array
  readonly #mask: number
  readonly #head: number
  readonly #tail: number
  readonly #overflow: number
  readonly #flags: number
  readonly #completions: number
  #localHead: number
  /** Completions wake nobody at present. */
  silent = false

  constructor(native: NativeRing) {
    const at = (field: number): number => (native.params[Params.CQ_OFF + field] as number) >> 2
    this.#rings = new Int32Array(native.rings)
    this.capacity = native.params[Params.CQ_ENTRIES] as number
    this.#mask = this.capacity - 1
    this.#head = at(CqOffsets.HEAD)
    this.#tail = at(CqOffsets.TAIL)
    this.#overflow = at(CqOffsets.OVERFLOW)
    this.#flags = at(CqOffsets.FLAGS)
    this.#completions = at(CqOffsets.CQES)
    this.#localHead = this.#rings[this.#head] as number
  }

  /** Completions there and not taken. */
  get ready(): number {
    return (loadAcquire(this.#rings, this.#tail) - this.#localHead) | 0
  }

  /** From here on completions wake nobody: whoever says so looks for them, or says `announce`. */
  silence(): void {
    this.silent = true
    storeForSystemCall(this.#rings, this.#flags, IORING_CQ_EVENTFD_DISABLED)
  }

  /** From here on a completion wakes the loop. Those that came before do not: look at `ready` afterwards. */
  announce(): void {
    this.silent = false
    storeRelease(this.#rings, this.#flags, 0)
  }

  /** Completions the kernel had no room for even in its overflow list, ever. */
  get dropped(): number {
    return loadAcquire(this.#rings, this.#overflow)
  }

  /** The place after the completion copied last. */
  get head(): number {
    return this.#localHead
  }

  /** Copies up to `most` completions into `into`, four words each. The kernel has their places after `giveBack`. Returns how many. */
  copy(into: Int32Array, most: number): number {
    const rings = this.#rings
    let head = this.#localHead
    let count = (loadAcquire(rings, this.#tail) - head) | 0
    if (count === 0) return 0
    if (count > most) count = most
    for (let index = 0; index < count; index++) {
      const from = this.#completions + (head & this.#mask) * WORDS
      const to = index * WORDS
      into[to] = rings[from] as number
      into[to + 1] = rings[from + 1] as number
      into[to + 2] = rings[from + 2] as number
      into[to + 3] = rings[from + 3] as number
      head = (head + 1) | 0
    }
    this.#localHead = head
    return count
  }

  /** Gives the places of everything copied back to the kernel. */
  giveBack(): void {
    storeRelease(this.#rings, this.#head, this.#localHead)
  }
}
