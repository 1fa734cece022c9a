// ② waiting — first in, first out, one at a time: what is to be reported later. The code that takes from it may be interrupted by
// another taker, or by an exception, and nothing is lost or taken twice.

export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  #next = 0

  get length(): number {
    return this.#items.length - this.#next
  }

  /** The one that `shift` would take. */
  get first(): Item | undefined {
    return this.#items[this.#next]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  /** Takes the first; undefined: it is empty. */
  shift(): Item | undefined {
    const items = this.#items
    if (this.#next === items.length) return undefined
    // The only one: its place stays, so that a line of one at a time makes no garbage.
    if (this.#next === 0 && items.length === 1) return items.pop()
    const item = items[this.#next]
    items[this.#next++] = undefined
    if (this.#next === items.length) {
      this.#items = []
      this.#next = 0
    } else if (this.#next >= 1024 && this.#next * 2 >= items.length) {
      items.splice(0, this.#next)
      this.#next = 0
    }
    return item
  }
}
