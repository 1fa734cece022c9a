// ① interface — what pieces can go through on their way, as users name it: `through: [hash('sha256'), compress('zstd', { level: 3 })]`.
import { invalidArgType } from '../../operation/arguments.js'
import type { OperationName, Work } from '../registry/index.js'

/** One stage: an operation of the registry with its sub-options, and the name of its digest in the result. */
export interface StageWork {
  /** Which operation the stage carries out. */
  readonly operation: OperationName
  /** Its sub-options. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
  /** The name of its digest in the result. Default: the algorithm. */
  readonly name?: string | undefined
  /** What its device should minimise: see `Work`. Default: 'cpu'. */
  readonly prefer?: Work['prefer']
}

/** Options of a stage in addition to its algorithm. */
export type StageOptions = Readonly<Record<string, unknown>> & Pick<StageWork, 'name' | 'prefer'>

function stage(operation: OperationName, sub: string, value: string, { name = value, prefer, ...options }: StageOptions): StageWork {
  if (typeof value !== 'string') throw invalidArgType(sub, 'of type string', value)
  return { operation, options: { [sub]: value, ...options }, name, prefer }
}

/** A digest of the bytes that pass: 'sha256', 'sha512', 'sha3-256', 'blake2b512', 'md5', … The result's `digests` has it. */
export function hash(algorithm: string, options: StageOptions = {}): StageWork {
  return stage('hash', 'algorithm', algorithm, options)
}

/** A checksum of the bytes that pass: 'crc32', 'crc32c', 'xxh64', … The result's `digests` has it, big-endian. */
export function checksum(algorithm: string, options: StageOptions = {}): StageWork {
  return stage('checksum', 'algorithm', algorithm, options)
}

/** Compresses: 'gzip', 'deflate', 'brotli', 'zstd', with a `level`. */
export function compress(format: string, options: StageOptions = {}): StageWork {
  return stage('compress', 'format', format, options)
}

/** Unpacks. */
export function decompress(format: string, options: StageOptions = {}): StageWork {
  return stage('decompress', 'format', format, options)
}

/** Encrypts, with a `key`: 'aes-256-gcm', 'chacha20-poly1305', … The output is the nonce, the text and the tag. */
export function cipher(algorithm: string, options: StageOptions): StageWork {
  return stage('cipher', 'algorithm', algorithm, options)
}

/** Decrypts the output of `cipher`. A wrong key or a changed text fails at the end, before the target counts as done. */
export function decipher(algorithm: string, options: StageOptions): StageWork {
  return stage('decipher', 'algorithm', algorithm, options)
}

/** Whether what comes out of a stage are other bytes than went in. */
export function transforms({ operation }: Pick<StageWork, 'operation'>): boolean {
  return operation !== 'hash' && operation !== 'checksum'
}
