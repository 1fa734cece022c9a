// ① interface — the memory of pieces: one slab for a transfer, cut into equal buffers that are used again and again. The last slab that is
// whole again is kept for the next transfer, since fresh memory costs a page fault for every 4 KiB.

const KEPT_BYTES_MAX = 4 * 2 ** 20
let kept: Buffer | undefined

export class Slab {
  readonly #memory: Buffer
  readonly #pieceBytes: number

  /** @param count buffers of `pieceBytes` each */
  constructor(count: number, pieceBytes: number) {
    const bytes = count * pieceBytes
    const isEnough = kept !== undefined && kept.length >= bytes
    this.#memory = isEnough ? kept as Buffer : Buffer.allocUnsafeSlow(bytes)
    if (isEnough) kept = undefined
    this.#pieceBytes = pieceBytes
  }

  buffer(index: number): Buffer {
    return this.#memory.subarray(index * this.#pieceBytes, (index + 1) * this.#pieceBytes)
  }

  /** Nothing of it is lent any more. What may still be a kernel's is not given back, but collected. */
  giveBack(): void {
    if (this.#memory.length <= KEPT_BYTES_MAX && (kept === undefined || kept.length < this.#memory.length)) kept = this.#memory
  }
}
