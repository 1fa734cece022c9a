// ① interface — what was received, as its reader gets it: bytes in a slot that is lent until `release()`, or in memory of their own.
import { giveSlotBack } from './receive-memory.js'

/** Bytes that a connection or a datagram socket has received. */
export interface Piece {
  /** The bytes, valid until `release()`. After that the memory may hold other data. */
  readonly bytes: Buffer
  /**
   * Returns the memory. A second call does nothing. A piece that is not released is garbage collected like any other
   * memory.
   */
  release(): void
  [Symbol.dispose](): void
}

export class LentPiece implements Piece {
  readonly #memory: Buffer
  readonly #length: number
  #bytes: Buffer | undefined = undefined
  #slot: Buffer | undefined

  /** @param slot to be given back; undefined: the memory is the reader's own */
  constructor(memory: Buffer, length: number, slot: Buffer | undefined) {
    this.#memory = memory
    this.#length = length
    this.#slot = slot
  }

  /** Made when it is asked for: a view costs as much as the rest of a piece. */
  get bytes(): Buffer {
    this.#bytes ??= this.#memory.length === this.#length ? this.#memory : this.#memory.subarray(0, this.#length)
    return this.#bytes
  }

  release(): void {
    const slot = this.#slot
    if (slot === undefined) return
    this.#slot = undefined
    giveSlotBack(slot)
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
