// ① interface — verification of what was written, as fio does it: each interval of a block begins with a header that says what it
// is, and with a sum over the rest. Header and sum of md5, crc32c and sha1 are fio's own: each reads what the other wrote.
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Job } from './job.js'

const MAGIC = 0xacca
const HEADER_BYTES = 40
const TYPES: Readonly<Record<string, number>> = { md5: 2, crc32: 4, crc32c: 5, sha256: 9, sha512: 10, sha1: 16, pattern: 18 }
const SUM_BYTES: Readonly<Record<string, number>> = { md5: 16, crc32: 4, crc32c: 4, sha256: 32, sha512: 64, sha1: 20, pattern: 0 }

const table = new Uint32Array(256)
for (let byte = 0; byte < 256; byte++) {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = (value & 1) === 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  table[byte] = value
}

/** CRC-32C (Castagnoli) as fio stores it: without the complement at its end. */
function crc32c(bytes: Uint8Array): number {
  let sum = -1
  for (let index = 0; index < bytes.length; index++) sum = (table[(sum ^ (bytes[index] as number)) & 255] as number) ^ (sum >>> 8)
  return sum >>> 0
}

function sumOf(kind: string, bytes: Uint8Array): Buffer {
  if (kind !== 'crc32' && kind !== 'crc32c') return kind === 'sha1' ? createHash(kind).update(bytes).digest().swap32() : createHash(kind).update(bytes).digest() // fio keeps sha1 by words
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(kind === 'crc32' ? crc32(bytes) : crc32c(bytes))
  return sum
}

export class Verifier {
  readonly #kind: string
  readonly #interval: number
  readonly #pattern: Buffer | undefined
  readonly #thread: number

  constructor(job: Job) {
    this.#kind = job.verify ?? 'md5'
    this.#interval = job.verifyInterval
    this.#pattern = job.verifyPattern === undefined ? undefined : Buffer.from(job.verifyPattern, 'base64')
    this.#thread = job.clone + 1
  }

  /** The least interval that holds a header and a sum. */
  get least(): number {
    return HEADER_BYTES + (SUM_BYTES[this.#kind] ?? 0)
  }

  /** The pattern, as long as `length`, as it stands at a place of a file. */
  #patternAt(length: number): Buffer {
    return Buffer.alloc(length, this.#pattern)
  }

  /** Writes headers and sums into a block that is about to be written at `offset`. */
  seal(block: Buffer, offset: number, number: number): void {
    if (this.#pattern !== undefined) this.#patternAt(block.length).copy(block)
    const interval = this.#interval === 0 ? block.length : this.#interval
    for (let at = 0; at < block.length; at += interval) {
      const part = block.subarray(at, Math.min(at + interval, block.length))
      if (part.length < this.least) continue
      part.writeUInt16LE(MAGIC, 0)
      part.writeUInt16LE(TYPES[this.#kind] ?? 0, 2)
      part.writeUInt32LE(part.length, 4)
      part.writeBigUInt64LE(0n, 8)
      part.writeBigUInt64LE(BigInt(offset + at), 16)
      part.writeUInt32LE(0, 24)
      part.writeUInt32LE(0, 28)
      part.writeUInt16LE(this.#thread, 32)
      part.writeUInt16LE(number & 0xffff, 34)
      part.writeUInt32LE(crc32c(part.subarray(0, 36)), 36)
      if (this.#kind !== 'pattern') sumOf(this.#kind, part.subarray(this.least)).copy(part, HEADER_BYTES)
    }
  }

  /** What is wrong with a block that was read; undefined: nothing. */
  problem(block: Buffer, file: string, offset: number): string | undefined {
    const interval = this.#interval === 0 ? block.length : this.#interval
    for (let at = 0; at < block.length; at += interval) {
      const part = block.subarray(at, Math.min(at + interval, block.length))
      if (part.length < this.least) continue
      const place = `at file ${file} offset ${String(offset + at)}, length ${String(part.length)}`
      const magic = part.readUInt16LE(0)
      if (magic !== MAGIC) return `verify: bad magic header ${magic.toString(16)}, wanted ${MAGIC.toString(16)} ${place}`
      if (part.readUInt32LE(36) !== crc32c(part.subarray(0, 36))) return `verify: bad header crc ${place}`
      if (part.readUInt32LE(4) !== part.length) return `verify: bad header length ${String(part.readUInt32LE(4))}, wanted ${String(part.length)} ${place}`
      if (Number(part.readBigUInt64LE(16)) !== offset + at) return `verify: bad header offset ${String(part.readBigUInt64LE(16))}, wanted ${String(offset + at)} ${place}`
      const problem = this.#contentProblem(part, block, at)
      if (problem !== undefined) return `${this.#kind}: verify failed ${place}${problem}`
    }
    return undefined
  }

  #contentProblem(part: Buffer, block: Buffer, at: number): string | undefined {
    if (this.#kind === 'pattern') {
      const expected = this.#patternAt(block.length).subarray(at + HEADER_BYTES, at + part.length)
      const found = part.subarray(HEADER_BYTES)
      if (found.equals(expected)) return undefined
      const wrong = found.findIndex((byte, index) => byte !== expected[index])
      return `: byte ${String(HEADER_BYTES + wrong)} is 0x${(found[wrong] ?? 0).toString(16)}, expected 0x${(expected[wrong] ?? 0).toString(16)}`
    }
    const expected = part.subarray(HEADER_BYTES, this.least)
    const received = sumOf(this.#kind, part.subarray(this.least))
    return received.equals(expected) ? undefined : `\n       Expected CRC: ${expected.toString('hex')}\n       Received CRC: ${received.toString('hex')}`
  }
}
