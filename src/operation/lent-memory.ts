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

/** A region lent to one operation. `bytes` and `words` are shared views over everything; use offsets from `at`. */
export class LentMemory {
  readonly #binding: Binding
  readonly #records = new WeakMap<ArrayBufferLike, MemoryRecord>()
  readonly #slab: ArrayBuffer
  /** The cells, byte by byte and word by word. */
  readonly bytes: Uint8Array
  readonly words: Int32Array
  readonly view: DataView
  readonly #base: number
  readonly #free: number[] = []
  readonly #freeLarge: number[] = []
  #used = 0
  #usedLarge = 0

  constructor(binding: Binding) {
    this.#binding = binding
    this.#slab = binding.mapAnonymous(CELL_BYTES * CELL_COUNT + LARGE_BYTES * LARGE_COUNT)
    this.bytes = new Uint8Array(this.#slab)
    this.words = new Int32Array(this.#slab)
    this.view = new DataView(this.#slab)
    this.#base = binding.address(this.bytes)
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
      if (this.#used < CELL_COUNT) return this.#used++ * CELL_BYTES
    }
    const free = this.#freeLarge.pop()
    if (free !== undefined) return free
    if (this.#usedLarge < LARGE_COUNT) return CELL_BYTES * CELL_COUNT + this.#usedLarge++ * LARGE_BYTES
    return -1
  }

  /** Takes a region back; only at the completion of the operation it was lent to. */
  release(at: number): void {
    if (at < CELL_BYTES * CELL_COUNT) this.#free.push(at)
    else this.#freeLarge.push(at)
  }

  /** The address of a region's byte. */
  cellAddress(at: number): number {
    return this.#base + at
  }

  /** Gives the cells' memory back. Only when nothing is in flight. */
  close(): void {
    this.#binding.unmap(this.#slab)
  }
}
