// ⑤ ring — a ring of provided buffers: this side puts buffers in at the tail, and the kernel takes one for each request that has
// something to put into it. Knows no operation.
import { BufferRingEntry } from './layout/io-uring.js'
import { storeRelease16 } from './ordering.js'

const { WORDS, ADDR_LOW, ADDR_HIGH, LEN, ID_HALF, TAIL_HALF } = BufferRingEntry
const TWO_32 = 4294967296

export class BufferRing {
  readonly #words: Int32Array
  readonly #halves: Uint16Array
  readonly #mask: number
  #tail = 0

  /** @param memory 16 bytes for each entry, at the start of a page @param entries a power of two */
  constructor(memory: ArrayBuffer, entries: number) {
    this.#words = new Int32Array(memory)
    this.#halves = new Uint16Array(memory)
    this.#mask = entries - 1
  }

  /** Puts a buffer in. The kernel sees it after `publish`. */
  add(address: number, length: number, id: number): void {
    const at = (this.#tail & this.#mask) * WORDS
    this.#words[at + ADDR_LOW] = address | 0
    this.#words[at + ADDR_HIGH] = (address / TWO_32) | 0
    this.#words[at + LEN] = length
    this.#halves[2 * at + ID_HALF] = id // the other half of that word is the tail, in the first entry
    this.#tail = (this.#tail + 1) & 0xffff
  }

  publish(): void {
    storeRelease16(this.#halves, TAIL_HALF, this.#tail)
  }
}
