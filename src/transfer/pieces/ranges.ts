// ① interface — which parts of a source are still to be moved, given out piece by piece.

/** Bytes from `offset` on. */
export interface Span {
  readonly offset: number
  readonly length: number
}

export class Ranges {
  readonly #spans: readonly Span[]
  readonly #pieceBytes: number
  #index = 0
  #done = 0

  constructor(spans: readonly Span[], pieceBytes: number) {
    this.#spans = spans
    this.#pieceBytes = pieceBytes
  }

  /** How many pieces there are, and bytes in them. */
  get pieces(): number {
    return this.#spans.reduce((sum, { length }) => sum + Math.ceil(length / this.#pieceBytes), 0)
  }

  /** The next; undefined: that was all. */
  next(): Span | undefined {
    for (let span = this.#spans[this.#index]; span !== undefined; span = this.#spans[this.#index]) {
      const left = span.length - this.#done
      if (left <= 0) {
        this.#index++
        this.#done = 0
        continue
      }
      const offset = span.offset + this.#done
      const length = Math.min(left, this.#pieceBytes)
      this.#done += length
      return { offset, length }
    }
    return undefined
  }
}
