// ① interface — memory that sockets receive into: slots cut from slabs, so that a connection that waits holds addresses and no pages. A slot is
// lent with its bytes until they are released; nobody waits for another's, since a pool without a free one makes a new slab.

/** What most receives need: a page that was not written to is none. */
const SLOT_BYTES = 2 ** 14
/** For a connection that has filled one of those. */
const LARGE_SLOT_BYTES = 2 ** 16
const SLAB_BYTES = 2 ** 20

/** Slots of one size. A slot that is forgotten is no leak: its slab goes when the last of its slots has. */
class SlotPool {
  readonly #bytes: number
  #free: Buffer[] = []

  constructor(bytes: number) {
    this.#bytes = bytes
  }

  /** The one that was given back last: its pages are the warmest. */
  take(): Buffer {
    const slot = this.#free.pop()
    if (slot !== undefined) return slot
    const slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
    for (let at = SLAB_BYTES - this.#bytes; at > 0; at -= this.#bytes) this.#free.push(slab.subarray(at, at + this.#bytes))
    return slab.subarray(0, this.#bytes)
  }

  giveBack(slot: Buffer): void {
    this.#free.push(slot)
  }
}

const small = new SlotPool(SLOT_BYTES)
const large = new SlotPool(LARGE_SLOT_BYTES)

/** A slot for one receive. @param wantsMore the last one was filled */
export function takeSlot(wantsMore: boolean): Buffer {
  return (wantsMore ? large : small).take()
}

/** Nobody uses its memory any more. */
export function giveSlotBack(slot: Buffer): void {
  (slot.length === SLOT_BYTES ? small : large).giveBack(slot)
}

/** Whether the next receive of the same connection should have a large slot. */
export function wantsMoreThan(slot: Buffer, received: number): boolean {
  // Once it is large it stays so until far less comes.
  return slot.length === SLOT_BYTES ? received === SLOT_BYTES : received > SLOT_BYTES / 2
}
