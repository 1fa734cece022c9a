// ① interface — what was received, as its reader gets it: bytes in a slot that is lent until `release()`, or in memory of their own.
import { giveSlotBack } from './receive-memory.js'

/** Bytes that a connection or a datagram socket has received. */
export interface Piece {
  /** Yours until `release()`. After it they are somebody else's. */
  readonly bytes: Buffer
  /** Gives the memory back. A second call does nothing. A piece that is forgotten without it is collected like any other memory. */
  release(): void
  [Symbol.dispose](): void
}

export class LentPiece implements Piece {
  readonly bytes: Buffer
  #slot: Buffer | undefined

  /** @param slot undefined: the bytes are the reader's own */
  constructor(bytes: Buffer, slot: Buffer | undefined) {
    this.bytes = bytes
    this.#slot = slot
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
