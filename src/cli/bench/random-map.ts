// ① interface — which blocks of a file have been used in a pass: each once, as fio's axmap keeps it. A level's bit says that a whole
// word of the level below is used, so that the next free block is found in a few steps, however few are left.

export class RandomMap {
  readonly #count: number
  readonly #levels: Uint32Array[] = []
  free: number

  constructor(count: number) {
    this.#count = count
    this.free = count
    for (let bits = count; ; bits = Math.ceil(bits / 32)) {
      const words = new Uint32Array(Math.ceil(bits / 32))
      // What stands for nothing is used from the beginning.
      if (bits % 32 !== 0) words[words.length - 1] = (-1 << bits % 32) >>> 0
      this.#levels.push(words)
      if (words.length === 1) break
    }
  }

  reset(): void {
    let bits = this.#count
    for (const words of this.#levels) {
      words.fill(0)
      if (bits % 32 !== 0) words[words.length - 1] = (-1 << bits % 32) >>> 0
      bits = Math.ceil(bits / 32)
    }
    this.free = this.#count
  }

  /** The first free block from `start` on, and then from 0; -1: there is none. */
  find(start: number): number {
    const found = this.#findFrom(start)
    return found >= 0 ? found : this.#findFrom(0)
  }

  #findFrom(start: number): number {
    let index = start
    let level = 0
    for (;;) {
      const words = this.#levels[level]
      if (words === undefined) return -1
      const word = index >>> 5
      if (word < words.length) {
        const free = ~(words[word] as number) & (-1 << (index & 31))
        if (free !== 0) {
          index = word * 32 + (31 - Math.clz32(free & -free))
          if (level === 0) return index
          // Down again: the first free one of that word.
          index *= 32
          level--
          continue
        }
      }
      index = word + 1
      level++
    }
  }

  isFree(index: number): boolean {
    return index < this.#count && (((this.#levels[0] as Uint32Array)[index >>> 5] as number) & (1 << (index & 31))) === 0
  }

  /** Takes up to `count` free blocks from `start`, which is free. Gives how many. */
  take(start: number, count: number): number {
    let taken = 0
    while (taken < count && this.isFree(start + taken)) {
      this.#set(start + taken)
      taken++
    }
    this.free -= taken
    return taken
  }

  #set(block: number): void {
    let index = block
    for (const words of this.#levels) {
      const word = index >>> 5
      words[word] = ((words[word] as number) | (1 << (index & 31))) >>> 0
      if (words[word] !== 0xffffffff) return
      index = word
    }
  }
}
