// ① interface — what the operations of this package are tried with, and what the right result is.
import { createHash, randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import { crc32cOf, crc32Of } from '../../operation/memory-steps.js'
import type { Work } from './device.js'
import type { OperationKind } from './operation-kinds.js'

type Sampled = Pick<OperationKind, 'sample' | 'check'>

/** More noise than the windows of compressors is the same again: making it takes 2 ms for each MiB. */
const NOISE_BYTES_MAX = 2 ** 20

/** Half noise, half text: neither the best nor the worst for those that compress. */
function mixed(bytes: number): Buffer {
  const half = bytes >> 1
  const whole = Buffer.alloc(bytes, 'a line of text, ')
  if (half > 0) whole.fill(randomBytes(Math.min(half, NOISE_BYTES_MAX)), 0, half)
  return whole
}

function differs(result: unknown, expected: Uint8Array): string | undefined {
  return result instanceof Uint8Array && Buffer.compare(result, expected) === 0 ? undefined : `${shown(result)}, where ${shown(expected)} is right`
}

function shown(value: unknown): string {
  if (!(value instanceof Uint8Array)) return String(value)
  const hex = Buffer.from(value).toString('hex')
  return hex.length > 64 ? `${hex.slice(0, 64)}… (${String(value.length)} bytes)` : hex
}

/** A checksum as the operation gives it: the highest byte first. */
export function checksumDigest(value: number): Buffer {
  const digest = Buffer.alloc(4)
  digest.writeUInt32BE(value >>> 0)
  return digest
}

function checkChecksum({ options }: Work, result: unknown, [bytes]: readonly Uint8Array[]): string | undefined {
  const algorithm = options?.['algorithm']
  if (algorithm === 'crc32') return differs(result, checksumDigest(crc32Of(bytes as Uint8Array, 0)))
  if (algorithm === 'crc32c') return differs(result, checksumDigest(crc32cOf(bytes as Uint8Array, 0)))
  return undefined // only packages have the others, which are checked against each other by the tests
}

/** Since Node 22.15. */
function zstd(name: string): Readonly<Record<string, (bytes: Uint8Array) => Buffer>> {
  const found = (zlib as unknown as Readonly<Record<string, unknown>>)[name]
  return typeof found === 'function' ? { zstd: found as (bytes: Uint8Array) => Buffer } : {}
}

const PACK: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: zlib.gzipSync, deflate: zlib.deflateSync, brotli: zlib.brotliCompressSync, ...zstd('zstdCompressSync'),
}
const UNPACK: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  gzip: zlib.gunzipSync, deflate: zlib.inflateSync, brotli: zlib.brotliDecompressSync, ...zstd('zstdDecompressSync'),
}

function checkPacked({ options }: Work, result: unknown, [bytes]: readonly Uint8Array[]): string | undefined {
  const unpack = UNPACK[options?.['format'] as string]
  if (unpack === undefined) return undefined
  try {
    return differs(unpack(result as Uint8Array), bytes as Uint8Array)
  } catch (error) {
    return `what nobody can unpack: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** By operation. What cannot be checked is only measured; what has no sample is observed at work. */
export const SAMPLED: Readonly<Record<string, Sampled>> = {
  copy: {
    sample: (_work, bytes) => [mixed(bytes), Buffer.alloc(bytes)],
    check: (_work, _result, [source, target]) => differs(target, source as Uint8Array),
  },
  fill: {
    sample: (_work, bytes) => [Buffer.alloc(bytes, 1)],
    check: ({ options }, _result, [target]) => differs(target, Buffer.alloc((target as Uint8Array).length, (options?.['value'] ?? 0) as number)),
  },
  compare: {
    sample: (_work, bytes) => {
      const one = mixed(bytes)
      return [one, Buffer.from(one)]
    },
    check: (_work, result, [one]) => (result === (one as Uint8Array).length ? undefined : `${String(result)}, where all are equal`),
  },
  xor: {
    sample: (_work, bytes) => [Buffer.alloc(bytes), mixed(bytes), Buffer.alloc(bytes, 5)],
    check: (_work, _result, [target, one, two]) => differs(target, (one as Uint8Array).map((byte, at) => byte ^ ((two as Uint8Array)[at] ?? 0))),
  },
  hash: {
    sample: (_work, bytes) => [mixed(bytes)],
    check: ({ options }, result, [bytes]) => differs(result, createHash(options?.['algorithm'] as string).update(bytes as Uint8Array).digest()),
  },
  checksum: { sample: (_work, bytes) => [mixed(bytes)], check: checkChecksum },
  cipher: { sample: (_work, bytes) => [mixed(bytes)] },
  compress: { sample: (_work, bytes) => [mixed(bytes)], check: checkPacked },
  decompress: { sample: ({ options }, bytes) => [PACK[options?.['format'] as string]?.(mixed(bytes)) ?? Buffer.alloc(0)] },
}
