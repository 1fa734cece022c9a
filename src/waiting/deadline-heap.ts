// ② waiting — a binary heap of things that are due at an instant. Each knows its own place, so that what is no longer
// wanted leaves at once: the heap never outgrows what waits. Deadlines, the pool's alarms and an event queue's timers.

/** What can be in a heap, one heap at a time. */
export interface Due {
  /** The instant, on the clock of whoever owns the heap. Changed only while out of the heap, or through `moveLater`. */
  deadline: number
  /** For the heap. -1: not in one. */
  heapIndex: number
}

export class DeadlineHeap<Item extends Due> {
  readonly #heap: Item[] = []

  get length(): number {
    return this.#heap.length
  }

  /** The one that is due first. */
  get first(): Item | undefined {
    return this.#heap[0]
  }

  /** All of them, in no order. */
  get items(): readonly Item[] {
    return this.#heap
  }

  add(item: Item): void {
    item.heapIndex = this.#heap.length
    this.#heap.push(item)
    this.#up(item)
  }

  /** False: it was not in the heap. */
  remove(item: Item): boolean {
    const index = item.heapIndex
    if (index < 0) return false
    const last = this.#heap.pop() as Item // the heap holds at least `item`
    item.heapIndex = -1
    if (last !== item) {
      this.#heap[index] = last
      last.heapIndex = index
      this.#down(last)
      this.#up(last)
    }
    return true
  }

  /** Gives one that is in the heap a later instant: for the first of many that comes again soon, a step or two. */
  moveLater(item: Item, deadline: number): void {
    item.deadline = deadline
    this.#down(item)
  }

  #up(item: Item): void {
    const heap = this.#heap
    const { deadline } = item
    let index = item.heapIndex
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = heap[parentIndex] as Item
      if (parent.deadline <= deadline) break
      heap[index] = parent
      parent.heapIndex = index
      index = parentIndex
    }
    heap[index] = item
    item.heapIndex = index
  }

  #down(item: Item): void {
    const heap = this.#heap
    const { deadline } = item
    let index = item.heapIndex
    for (;;) {
      let childIndex = 2 * index + 1
      if (childIndex >= heap.length) break
      let child = heap[childIndex] as Item
      const right = heap[childIndex + 1]
      if (right !== undefined && right.deadline < child.deadline) {
        child = right
        childIndex++
      }
      if (child.deadline >= deadline) break
      heap[index] = child
      child.heapIndex = index
      index = childIndex
    }
    heap[index] = item
    item.heapIndex = index
  }
}
