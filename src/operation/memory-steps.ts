// ② operation — work on memory in the language itself, a step at a time: for the drivers without C, and what C is checked against.
import { Opcode } from './opcode.js'
import type { Operation, View } from './operation.js'
import { bytesOf } from './view.js'

/** The part of the work that is done without a look at anything else: one to three milliseconds of checksum. */
const STEP_BYTES = 1024 * 1024

const CASTAGNOLI = 0x82f63b78
const IEEE = 0xedb88320

/** Table `k` has the checksum of a byte with `k` zero bytes behind it: four bytes a step. */
function tablesOf(polynomial: number): readonly Int32Array[] {
  const first = new Int32Array(256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? polynomial : 0)
    first[byte] = crc
  }
  const tables = [first]
  for (let k = 1; k < 4; k++) {
    const before = tables[k - 1] as Int32Array // made in the step before
    tables.push(before.map((crc) => (crc >>> 8) ^ (first[crc & 0xff] as number)))
  }
  return tables
}

const made = new Map<number, readonly Int32Array[]>()

function crcOf(polynomial: number, initial: number, bytes: Uint8Array): number {
  let tables = made.get(polynomial)
  if (tables === undefined) made.set(polynomial, tables = tablesOf(polynomial))
  const [t0, t1, t2, t3] = tables as readonly [Int32Array, Int32Array, Int32Array, Int32Array]
  const { length } = bytes
  let crc = ~initial
  let at = 0
  for (; at + 4 <= length; at += 4) { // indexes of bytes are below 256
    crc ^= (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)
    crc = (t3[crc & 0xff] as number) ^ (t2[(crc >>> 8) & 0xff] as number) ^ (t1[(crc >>> 16) & 0xff] as number) ^ (t0[crc >>> 24] as number)
  }
  for (; at < length; at++) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}

/** The CRC-32C of bytes that follow others with the checksum `initial`. */
export function crc32cOf(bytes: Uint8Array, initial: number): number {
  return crcOf(CASTAGNOLI, initial, bytes)
}

/** The CRC-32 likewise. */
export function crc32Of(bytes: Uint8Array, initial: number): number {
  return crcOf(IEEE, initial, bytes)
}

/** How many bytes are equal from the first on. */
export function equalBytes(one: Uint8Array, other: Uint8Array): number {
  if (Buffer.compare(one, other) === 0) return one.length
  let at = 0
  while (one[at] === other[at]) at++
  return at
}

export function xorBytes(sources: readonly Uint8Array[], target: Uint8Array): void {
  const sum = Uint8Array.from(sources[0] ?? target)
  for (const source of sources.slice(1)) {
    for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) ^ (source[at] as number) // of one length
  }
  target.set(sum)
}

/** One operation on memory, on its way. */
export class MemorySteps {
  readonly #operation: Operation
  readonly #views: readonly Uint8Array[]
  #at = 0
  /** So far. */
  result: number

  constructor(operation: Operation) {
    const { buffer, detail, length } = operation
    this.#operation = operation
    this.#views = (buffer === undefined ? (detail?.buffers ?? []) : [buffer]).map((view: View) => bytesOf(view, 0, length))
    this.result = detail?.argument ?? 0
  }

  /** Does the next step. True: that was the last. */
  step(): boolean {
    const { opcode, flags, length } = this.#operation
    // What lies over itself must be copied at once.
    const part = opcode === Opcode.COPY_MEMORY ? length : Math.min(STEP_BYTES, length - this.#at)
    const [first, second] = this.#views.map((bytes) => bytes.subarray(this.#at, this.#at + part)) as [Uint8Array, Uint8Array]
    this.#at += part
    switch (opcode) {
      case Opcode.COPY_MEMORY: first.set(second); break
      case Opcode.FILL_MEMORY: first.fill(flags); break
      case Opcode.COMPARE_MEMORY: {
        const equal = equalBytes(first, second)
        this.result = this.#at - part + equal
        return equal < part || this.#at >= length
      }
      case Opcode.XOR_MEMORY: xorBytes(this.#views.slice(1).map((bytes) => bytes.subarray(this.#at - part, this.#at)), first); break
      default:
        this.result = opcode === Opcode.CRC32C ? crc32cOf(first, this.result) : crc32Of(first, this.result)
        return this.#at >= length
    }
    this.result = this.#at
    return this.#at >= length
  }
}
