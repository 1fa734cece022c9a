// ② operation — memory that the kernel holds while an operation is in flight: where a caller's buffer lives, and the
// engine's own cells for paths, iovecs, timespecs and results. A cell belongs to one slot of the in-flight table and
// is released only at that slot's own completion.
import type { Binding } from '../native/binding.js'
import type { View } from './operation.js'
import { bufferOf, byteOffsetOf } from './view.js'

/** What is known of an ArrayBuffer's memory. It never moves while the ArrayBuffer is attached. */
export interface MemoryRecord {
  /** Low and high 32 bits of the address of its first byte. */
  readonly low: number
  readonly high: number
  /** Index among the ring's registered buffers; -1: not registered. */
  readonly registeredIndex: number
}

const TWO_32 = 4294967296
const CELL_BYTES = 512
/** One for each path, message or address that is with the system; of connections there may be many. Untouched ones cost nothing. */
const CELL_COUNT = 65536
/** The most that is lent to one operation: 1024 iovecs, or two paths of PATH_MAX and a struct. */
export const LENT_BYTES_MAX = 20480
const LARGE_BYTES = LENT_BYTES_MAX
/** More than the drop-in writes files at once, each with a row of calls: who finds none waits, and others behind it. Untouched ones cost nothing. */
const LARGE_COUNT = 320
/**
 * So many of them JavaScript gets at first (1.3 MiB), and all once they are lent. V8 takes an ArrayBuffer's length for memory in use: two
 * drivers with all cells (80 MB) made it collect the whole heap at the first call, 20 ms of processor time.
 */
const FIRST_CELLS = 1024
const FIRST_LARGE = 40
/** A struct timespec for each place that a ring may have: memory that is read while an entry is taken, and not after. */
const BRIEF_BYTES = 16
const BRIEF_COUNT = 32768

// Their places: the first ones of both sizes, then the rest of both.
const LARGE_AT = CELL_BYTES * FIRST_CELLS
const BRIEF_AT = LARGE_AT + LARGE_BYTES * FIRST_LARGE
const REST_CELLS_AT = BRIEF_AT + BRIEF_BYTES * BRIEF_COUNT
const REST_LARGE_AT = REST_CELLS_AT + CELL_BYTES * (CELL_COUNT - FIRST_CELLS)
const WHOLE_BYTES = REST_LARGE_AT + LARGE_BYTES * (LARGE_COUNT - FIRST_LARGE)

/** Regions lent to operations. `bytes`, `words` and `view` are shared views over all that can be lent now: ask for them after `lend`. */
export class LentMemory {
  readonly #binding: Binding
  readonly #records = new WeakMap<ArrayBufferLike, MemoryRecord>()
  readonly #first: ArrayBuffer
  #grown: ArrayBuffer | undefined = undefined
  /** The cells, byte by byte and word by word. */
  bytes: Uint8Array
  words: Int32Array
  view: DataView
  readonly #base: number
  readonly #free: number[] = []
  readonly #freeLarge: number[] = []
  /** The next that was never lent, and where such ones end. */
  #next = 0
  #end = LARGE_AT
  #nextLarge = LARGE_AT
  #endLarge = BRIEF_AT

  constructor(binding: Binding) {
    this.#binding = binding
    this.#first = binding.mapFirst(REST_CELLS_AT, WHOLE_BYTES)
    this.bytes = new Uint8Array(this.#first)
    this.words = new Int32Array(this.#first)
    this.view = new DataView(this.#first)
    this.#base = binding.address(this.bytes)
  }

  /** The rest as well, at the same offsets. */
  #grow(): void {
    this.#grown = this.#binding.mapWhole(this.#first, WHOLE_BYTES)
    const at = this.#binding.pageSize
    this.bytes = new Uint8Array(this.#grown, at)
    this.words = new Int32Array(this.#grown, at)
    this.view = new DataView(this.#grown, at)
    // What is left of the first ones of the other size is lent before the rest.
    for (; this.#next < this.#end; this.#next += CELL_BYTES) this.#free.push(this.#next)
    for (; this.#nextLarge < this.#endLarge; this.#nextLarge += LARGE_BYTES) this.#freeLarge.push(this.#nextLarge)
    this.#next = REST_CELLS_AT
    this.#end = REST_LARGE_AT
    this.#nextLarge = REST_LARGE_AT
    this.#endLarge = WHOLE_BYTES
  }

  /**
   * Where the memory under a view begins, from the view's own ArrayBuffer. The view must not be detached.
   * @param isKept false: for this once; the collector then has nothing more to look after
   */
  recordOf(view: View, isKept = true): MemoryRecord {
    const buffer = bufferOf(view)
    let record = this.#records.get(buffer)
    if (record === undefined) {
      const address = this.#binding.address(view) - byteOffsetOf(view)
      record = { low: address % TWO_32, high: Math.floor(address / TWO_32), registeredIndex: -1 }
      if (isKept) this.#records.set(buffer, record)
    }
    return record
  }

  /** Notes that an ArrayBuffer is registered with the ring under this index. */
  setRegistered(buffer: ArrayBuffer, registeredIndex: number): void {
    const record = this.recordOf(new Uint8Array(buffer))
    this.#records.set(buffer, { low: record.low, high: record.high, registeredIndex })
  }

  /** The address of a view's first byte, as one number (exact below 2^53). */
  addressOf(view: View): number {
    const record = this.recordOf(view)
    return record.high * TWO_32 + record.low + byteOffsetOf(view)
  }

  /**
   * Lends a region of at least `bytes` bytes, at most 20480. Returns its offset in `bytes`, a multiple of 512; -1 when
   * all are lent (the caller holds the operation back until a completion frees one).
   */
  lend(bytes: number): number {
    if (bytes <= CELL_BYTES) {
      const free = this.#free.pop()
      if (free !== undefined) return free
      if (this.#next === this.#end && this.#grown === undefined) this.#grow()
      if (this.#next < this.#end) {
        const at = this.#next
        this.#next += CELL_BYTES
        return at
      }
    }
    let free = this.#freeLarge.pop()
    if (free !== undefined) return free
    if (this.#nextLarge === this.#endLarge && this.#grown === undefined) {
      this.#grow()
      free = this.#freeLarge.pop()
      if (free !== undefined) return free
    }
    if (this.#nextLarge === this.#endLarge) return -1
    const at = this.#nextLarge
    this.#nextLarge += LARGE_BYTES
    return at
  }

  /** Takes a region back; only at the completion of the operation it was lent to. */
  release(at: number): void {
    const isLarge = at >= REST_LARGE_AT || (at >= LARGE_AT && at < BRIEF_AT)
    if (isLarge) this.#freeLarge.push(at)
    else this.#free.push(at)
  }

  /**
   * 16 bytes that belong to a place in a ring, and not to an operation: for what the kernel copies as it takes the entry there. Timers, of
   * which any number may wait, would otherwise leave no cells to others.
   */
  briefAt(place: number): number {
    return BRIEF_AT + place * BRIEF_BYTES
  }

  /** The address of a region's byte. */
  cellAddress(at: number): number {
    return this.#base + at
  }

  /** Gives the cells' memory back. Only when nothing is in flight. */
  close(): void {
    this.#binding.unmapBoth(this.#first, WHOLE_BYTES, this.#grown)
  }
}
