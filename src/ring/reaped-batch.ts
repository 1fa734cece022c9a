// ⑤ ring — completions that were taken out of a ring and are delivered one by one. A receiver of one may wait for others
// (a blocking wait in a subscriber): that wait reaps again, in the middle of this batch. So there is one batch and one place in
// it, and every reaping continues from there: each completion is delivered once, and the batch is filled again only when it is empty.

export class ReapedBatch {
  /** Room for the batch; a completion has `width` words. */
  readonly words: Int32Array
  readonly #width: number
  #next = 0
  #end = 0

  constructor(completions: number, width: number) {
    this.words = new Int32Array(completions * width)
    this.#width = width
  }

  /** Words of completions that were taken and not delivered yet: 0, none is. */
  get left(): number {
    return this.#end - this.#next
  }

  /** So many completions were copied to the front of `words`. Only while nothing is left. */
  filled(completions: number): void {
    this.#next = 0
    this.#end = completions * this.#width
  }

  /** The first word of the next completion, which counts as delivered from here on; -1: nothing is left. */
  next(): number {
    const at = this.#next
    if (at === this.#end) return -1
    this.#next = at + this.#width
    return at
  }
}
