// ① interface — the operations of this package, with their sub-options.
import type { OperationKind, SubOption } from './operation-kinds.js'
import { SAMPLED } from './samples.js'

const DIGESTS = [
  'md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256', 'sha3-224', 'sha3-256', 'sha3-384', 'sha3-512', 'blake2b512', 'blake2s256',
] as const
const CIPHERS = ['aes-128-gcm', 'aes-192-gcm', 'aes-256-gcm', 'chacha20-poly1305'] as const
const FORMATS = ['gzip', 'deflate', 'brotli', 'zstd'] as const

const algorithm = (values: readonly string[]): SubOption => ({ type: 'string', values, required: true, measured: true })
const key: SubOption = { type: 'bytes', required: true }
const associated: SubOption = { type: 'bytes' }

const OPTIONS: readonly OperationKind[] = [
  { name: 'copy' },
  { name: 'fill', options: { value: { type: 'integer', least: 0, most: 255 } } },
  { name: 'compare', options: {} },
  { name: 'hash', options: { algorithm: algorithm(DIGESTS) } },
  { name: 'checksum', options: { algorithm: algorithm(['crc32', 'crc32c', 'xxh32', 'xxh64', 'xxh3', 'xxh128']) } },
  { name: 'xor', options: {} },
  { name: 'cipher', options: { algorithm: algorithm(CIPHERS), key, associated } },
  { name: 'decipher', options: { algorithm: algorithm(CIPHERS), key, associated } },
  { name: 'compress', options: { format: algorithm(FORMATS), level: { type: 'integer', least: -7, most: 22, measured: true } } },
  { name: 'decompress', options: { format: algorithm(FORMATS), outputMost: { type: 'integer', least: 0 } } },
]

/** What moves bytes between ends is defined by its devices: `move`. */
export const KINDS: readonly OperationKind[] = OPTIONS.map((kind) => ({ ...kind, ...SAMPLED[kind.name] }))
