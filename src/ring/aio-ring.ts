// ⑤ ring — both sides of a context of Linux AIO. Submissions: control blocks at places of their own, which stay the
// request's until its event (io_cancel knows it by that address), and pointers to those of one batch. Completions: the ring
// that the kernel maps, taken without a call. Knows no operation.
import type { NativeAio } from '../native/binding.js'
import { AIO_CONTROL_BYTES, AIO_EVENTS, AioControl, AioRing, Iocb, IoEvent } from './layout/linux-aio.js'
import { loadAcquire, storeForSystemCall, storeRelease } from './ordering.js'

const TWO_32 = 4294967296
/** What is kept of an event: data (two words), object (low word), result (low word: no transfer is longer). */
export const REAPED_WORDS = 4
// As constants of this module, compiled code holds their values.
const { WORDS: EVENT_WORDS, DATA_LOW, DATA_HIGH, OBJ_LOW, RES_LOW } = IoEvent
const { COUNT, HEAD, TAIL, WORDS: HEAD_WORDS } = AioRing

export class AioSubmissions {
  /** All control blocks as 32-bit words; each has 16. */
  readonly words: Int32Array
  readonly capacity: number
  readonly #control: Int32Array
  readonly #pointers: Int32Array
  readonly #base: number
  /** Places by position in `#pointers`. */
  readonly #places: Int32Array
  readonly #free: Int32Array
  #freeCount: number
  #first = 0
  #pending = 0

  /** @param address of the shared memory's first byte */
  constructor(native: NativeAio, capacity: number, address: number) {
    const pointers = AIO_CONTROL_BYTES + AIO_EVENTS * EVENT_WORDS * 4
    const blocks = pointers + capacity * 8
    this.capacity = capacity
    this.#control = new Int32Array(native.shared, 0, AIO_CONTROL_BYTES >> 2)
    this.#pointers = new Int32Array(native.shared, pointers, capacity * 2)
    this.words = new Int32Array(native.shared, blocks, capacity * Iocb.WORDS)
    this.#base = address + blocks
    this.#places = new Int32Array(capacity)
    // The place freed last is used first: it is in the processor's cache.
    this.#free = Int32Array.from({ length: capacity }, (_, index) => capacity - 1 - index)
    this.#freeCount = capacity
  }

  /** Control blocks written and not yet taken by the kernel. */
  get pending(): number {
    return this.#pending
  }

  /** Places for control blocks. */
  get room(): number {
    return this.#freeCount
  }

  /** A place whose control block goes with the next batch. There must be room; all 16 words must be written. */
  next(): number {
    const place = this.#free[--this.#freeCount] as number
    if (this.#first + this.#pending === this.capacity) this.#moveToFront()
    const at = this.#first + this.#pending++
    const address = this.#base + place * (Iocb.WORDS * 4)
    this.#places[at] = place
    this.#pointers[2 * at] = address | 0
    this.#pointers[2 * at + 1] = (address / TWO_32) | 0
    return place
  }

  #moveToFront(): void {
    this.#pointers.copyWithin(0, 2 * this.#first, 2 * (this.#first + this.#pending))
    this.#places.copyWithin(0, this.#first, this.#first + this.#pending)
    this.#first = 0
  }

  /** The request at a place has ended. */
  giveBack(place: number): void {
    this.#free[this.#freeCount++] = place
  }

  /** Tells the addon how many of those pending to submit. None: the kernel looks at the context alone. */
  publish(count: number): void {
    storeForSystemCall(this.#control, AioControl.FIRST, this.#first)
    storeForSystemCall(this.#control, AioControl.COUNT, count)
  }

  /** What the kernel answered: how many it took, or a negative errno about the first. */
  get answer(): number {
    return this.#control[AioControl.ANSWER] as number
  }

  /** Notes how many the kernel took. */
  taken(count: number): void {
    this.#pending -= count
    this.#first = this.#pending === 0 ? 0 : this.#first + count
  }

  /** The place of the first that is pending. */
  get firstPlace(): number {
    return this.#places[this.#first] as number
  }

  /** Takes one out of the batch. False: the kernel has it. */
  withdraw(place: number): boolean {
    const end = this.#first + this.#pending
    const at = this.#places.subarray(0, end).indexOf(place, this.#first)
    if (at < 0) return false
    this.#places.copyWithin(at, at + 1, end)
    this.#pointers.copyWithin(2 * at, 2 * at + 2, 2 * end)
    this.#pending--
    return true
  }
}

export class AioCompletions {
  readonly #ring: Int32Array
  readonly #events: Int32Array
  readonly #count: number

  constructor(native: NativeAio) {
    this.#ring = new Int32Array(native.ring)
    this.#events = new Int32Array(native.shared, AIO_CONTROL_BYTES, AIO_EVENTS * EVENT_WORDS)
    this.#count = this.#ring[COUNT] as number
  }

  /** Events there and not taken. */
  get ready(): number {
    // Both stay below the count: they go back to 0 instead of counting on. io_getevents moves the head as well.
    const unread = loadAcquire(this.#ring, TAIL) - (this.#ring[HEAD] as number)
    return unread < 0 ? unread + this.#count : unread
  }

  /** Copies up to `most` events into `into`, four words each, and gives their places back. Returns how many. */
  take(into: Int32Array, most: number): number {
    const ring = this.#ring
    const count = Math.min(this.ready, most)
    if (count === 0) return 0
    let head = ring[HEAD] as number
    for (let index = 0; index < count; index++) {
      copyEvent(ring, HEAD_WORDS + head * EVENT_WORDS, into, index * REAPED_WORDS)
      if (++head === this.#count) head = 0
    }
    storeRelease(ring, HEAD, head)
    return count
  }

  /** Copies what io_getevents brought in the same form. */
  brought(count: number, into: Int32Array): void {
    for (let index = 0; index < count; index++) copyEvent(this.#events, index * EVENT_WORDS, into, index * REAPED_WORDS)
  }
}

function copyEvent(from: Int32Array, at: number, into: Int32Array, to: number): void {
  into[to] = from[at + DATA_LOW] as number
  into[to + 1] = from[at + DATA_HIGH] as number
  into[to + 2] = from[at + OBJ_LOW] as number
  into[to + 3] = from[at + RES_LOW] as number
}
