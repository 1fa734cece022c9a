// ⑤ ring — attempts at a shorter way. The more fail in a row, the fewer are made.

/** After a miss so many of a kind at most go the long way at once: what never succeeds costs one attempt in a thousand. */
const SKIP_MAX = 1023

export class Attempts {
  #penalty = 0
  #skip = 0

  /** Whether to try now. */
  due(): boolean {
    if (this.#skip === 0) return true
    this.#skip--
    return false
  }

  hit(): void {
    this.#penalty = 0
  }

  missed(): void {
    this.#skip = this.#penalty
    this.#penalty = Math.min(2 * this.#penalty + 1, SKIP_MAX)
  }
}
