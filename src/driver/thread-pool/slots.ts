// ④ driver — thread-pool: what belongs to each slot of the in-flight table while the pool has it: its submission, the
// region lent to it, and texts that must stay reachable.
import type { LentMemory } from '../../operation/lent-memory.js'
import type { Submission } from '../../proactor/driver.js'

export const NO_REGION = -1
const SLOTS_FIRST = 1024

/** Completions that are reported at the next flush, as none may be reported inside `submit`. */
export interface Told {
  readonly slot: number
  readonly generation: number
  readonly result: number
  readonly value: unknown
  readonly more: boolean
}

export class Slots {
  readonly #memory: LentMemory
  readonly #submissions: (Submission | undefined)[] = []
  // 1 where the completion is more than its number, or something was lent: everything but the hot ones.
  #more = new Uint8Array(SLOTS_FIRST)
  #regions = new Int32Array(SLOTS_FIRST)
  /** The generation whose end was asked for last. */
  #cancelled = new Int32Array(SLOTS_FIRST)
  readonly #texts = new Map<number, readonly Uint8Array[]>()

  constructor(memory: LentMemory) {
    this.#memory = memory
  }

  take(submission: Submission, region: number, more: boolean): void {
    const { slot } = submission
    if (slot >= this.#more.length) this.#grow(slot)
    this.#submissions[slot] = submission
    this.#regions[slot] = region
    this.#more[slot] = more ? 1 : 0
  }

  /** Its end has been asked for: its call is not made again. */
  noteCancel({ slot, generation }: Submission): void {
    this.#cancelled[slot] = generation
  }

  isCancelled(slot: number, generation: number): boolean {
    return this.#cancelled[slot] === generation
  }

  /** Keeps texts reachable until the slot is given back. */
  keep(slot: number, texts: readonly Uint8Array[]): void {
    this.#texts.set(slot, texts)
  }

  /** What was kept for a slot. */
  keptBy(slot: number): readonly Uint8Array[] | undefined {
    return this.#texts.get(slot)
  }

  submissionOf(slot: number): Submission | undefined {
    return this.#submissions[slot]
  }

  regionOf(slot: number): number {
    return this.#regions[slot] as number
  }

  holdsMore(slot: number): boolean {
    return this.#more[slot] !== 0
  }

  /** Something is held for a slot from here on. */
  holdMore(slot: number): void {
    this.#more[slot] = 1
  }

  /** A slot that holds nothing more has ended. */
  forget(slot: number): void {
    this.#submissions[slot] = undefined
  }

  /** A slot has ended, whatever it holds. */
  giveBack(slot: number): void {
    const region = this.#regions[slot] as number
    this.#submissions[slot] = undefined
    this.#texts.delete(slot)
    if (region >= 0) this.#memory.release(region)
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.#more.length * 2)
    const more = new Uint8Array(length)
    more.set(this.#more)
    this.#more = more
    const regions = new Int32Array(length)
    regions.set(this.#regions)
    this.#regions = regions
    const cancelled = new Int32Array(length)
    cancelled.set(this.#cancelled)
    this.#cancelled = cancelled
  }
}
