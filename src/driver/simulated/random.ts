// ④ driver — simulated: numbers that look random and come again from the same seed. All chance in this folder is drawn here.

/** Steps a 32-bit state over all its values and scrambles it; fills the generator's state from one seed. */
function scramble(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
  return (mixed ^ (mixed >>> 15)) >>> 0
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

/** The xoshiro128** generator of Blackman and Vigna: four words of state, period 2^128 - 1. */
export class Random {
  readonly #state: Uint32Array

  constructor(seed: number) {
    this.#state = Uint32Array.from([1, 2, 3, 4], (step) => scramble((seed + Math.imul(step, 0x9e3779b9)) >>> 0))
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1 // the one state it never leaves
  }

  /** A whole number from 0 to 2^32 - 1. */
  word(): number {
    const state = this.#state
    const [first, second, third, fourth] = state as unknown as readonly [number, number, number, number]
    const drawn = Math.imul(rotateLeft(Math.imul(second, 5), 7), 9) >>> 0
    const mixed = third ^ first
    const other = fourth ^ second
    state[0] = first ^ other
    state[1] = second ^ mixed
    state[2] = mixed ^ (second << 9)
    state[3] = rotateLeft(other, 11)
    return drawn
  }

  /** In [0, 1). */
  fraction(): number {
    return this.word() / 4294967296
  }

  /** A whole number in [least, most]. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** In [least, most). */
  between(least: number, most: number): number {
    return least + this.fraction() * (most - least)
  }

  /** True with this probability. Draws also for 0 and 1, so that changing one rate leaves the rest of a run alike. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of several. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.integer(0, items.length - 1)] as Item // the index is below length
  }
}
