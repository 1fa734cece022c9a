// Benchmark — reads of the large file, at random or one after the other: which place is next, and whether what came is
// from there.
import { BLOCK_BYTES, type DataFiles } from './data-files.js'

/** One in so many reads has its contents looked at; all have their byte count. */
const SAMPLE = 256

export class BlockReads {
  readonly bytes: number
  readonly buffers: readonly Buffer[]
  readonly #places: number
  readonly #expected: Float64Array
  readonly #sequential: boolean
  #place = 0
  #state = 0x2545f491
  #untilSample = 1

  constructor(files: DataFiles, bytes: number, buffers: readonly Buffer[], sequential = false) {
    this.bytes = bytes
    this.buffers = buffers
    this.#places = Math.floor(files.blocksBytes / bytes)
    this.#expected = new Float64Array(buffers.length)
    this.#sequential = sequential
  }

  /** The offset of a lane's next read. */
  next(lane: number): number {
    const offset = (this.#sequential ? this.#place++ % this.#places : this.#random() % this.#places) * this.bytes
    this.#expected[lane] = offset
    return offset
  }

  /** xorshift32: the same sequence for every contender. */
  #random(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state >>> 1 // 31 bits: V8 then divides integers, which is 20 ns faster than what it does for 32 unsigned bits
  }

  /** Throws unless a lane's read brought all bytes, the right ones. */
  check(lane: number, bytes: number): void {
    if (bytes !== this.bytes) throw new Error(`a read of ${String(this.bytes)} bytes brought ${String(bytes)}`)
    if (--this.#untilSample > 0) return
    this.#untilSample = SAMPLE
    const buffer = this.buffers[lane]
    const first = (this.#expected[lane] ?? NaN) / BLOCK_BYTES
    if (buffer?.readUInt32LE(0) !== first) throw new Error(`a read of block ${String(first)} brought block ${String(buffer?.readUInt32LE(0))}`)
    const last = first + this.bytes / BLOCK_BYTES - 1
    if (buffer.readUInt32LE(this.bytes - 4) !== last) throw new Error(`a read up to block ${String(last)} ended with ${String(buffer.readUInt32LE(this.bytes - 4))}`)
    // What stays in the buffer must not pass for the result of the next read.
    buffer.writeUInt32LE(0xffffffff, 0)
    buffer.writeUInt32LE(0xffffffff, this.bytes - 4)
  }
}
