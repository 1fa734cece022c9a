// ① interface — cipher and decipher by node:crypto. What a cipher gives is the nonce (12 bytes), the text, and the tag (16 bytes).
// The nonce is always made here, at random: with one key and one nonce twice, AES-GCM and ChaCha20-Poly1305 hide nothing more. One key
// is good for 2^32 messages.
import { createCipheriv, createDecipheriv, randomBytes, type CipherGCM, type CipherGCMTypes, type DecipherGCM } from 'node:crypto'
import { withCode } from '../../operation/arguments.js'
import type { Device, Stage, StageEnd, Work } from '../registry/device.js'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES: Readonly<Record<string, number>> = { 'aes-128-gcm': 16, 'aes-192-gcm': 24, 'aes-256-gcm': 32, 'chacha20-poly1305': 32 }
/** Bytes of one message: beyond it the key stream repeats (NIST SP 800-38D, RFC 8439). */
const TEXT_BYTES_MAX: Readonly<Record<string, number>> = { 'chacha20-poly1305': 2 ** 38 - 64 }
const GCM_BYTES_MAX = 2 ** 36 - 32

interface Sealing {
  readonly algorithm: CipherGCMTypes
  readonly key: Uint8Array
  readonly associated: Uint8Array | undefined
  readonly most: number
}

function sealingOf({ options }: Work): Sealing {
  const algorithm = options?.['algorithm'] as CipherGCMTypes // these three were checked by the operation's table
  return {
    algorithm, key: options?.['key'] as Uint8Array, associated: options?.['associated'] as Uint8Array | undefined,
    most: TEXT_BYTES_MAX[algorithm] ?? GCM_BYTES_MAX,
  }
}

function can(work: Work): true | string {
  const { algorithm, key } = sealingOf(work)
  const expected = KEY_BYTES[algorithm]
  return key.length === expected || `'${algorithm}' needs a key of ${String(expected)} bytes, not ${String(key.length)}`
}

function tooLong({ algorithm, most }: Sealing): Error {
  return withCode(new RangeError(`One message of '${algorithm}' has at most ${String(most)} bytes`), 'ERR_OUT_OF_RANGE')
}

function notAuthentic(cause?: unknown): Error {
  return withCode(new Error('The text is not authentic: it was changed, cut off, or encrypted with another key', { cause }), 'ERR_TRUEAIO_NOT_AUTHENTIC')
}

class CipherStage implements Stage {
  readonly #sealing: Sealing
  readonly #cipher: CipherGCM
  #nonce: Buffer | undefined = randomBytes(NONCE_BYTES)
  #bytes = 0

  constructor(sealing: Sealing) {
    const { algorithm, associated, key } = sealing
    this.#sealing = sealing
    this.#cipher = createCipheriv(algorithm, key, this.#nonce as Buffer, { authTagLength: TAG_BYTES })
    if (associated !== undefined) this.#cipher.setAAD(associated)
  }

  update(piece: Uint8Array): readonly Uint8Array[] {
    this.#bytes += piece.length
    if (this.#bytes > this.#sealing.most) throw tooLong(this.#sealing)
    return [...this.#first(), this.#cipher.update(piece)]
  }

  end(): StageEnd {
    const rest = this.#cipher.final()
    return { output: [...this.#first(), rest, this.#cipher.getAuthTag()] }
  }

  close(): void {
    // Its memory goes with the object.
  }

  #first(): readonly Uint8Array[] {
    const nonce = this.#nonce
    this.#nonce = undefined
    return nonce === undefined ? [] : [nonce]
  }
}

/** What it gives before `end()` is not yet known to be authentic. */
class DecipherStage implements Stage {
  readonly #sealing: Sealing
  #decipher: DecipherGCM | undefined = undefined
  /** The nonce so far; then the last bytes, which may be the tag. */
  #held: Buffer = Buffer.alloc(0)

  constructor(sealing: Sealing) {
    this.#sealing = sealing
  }

  update(piece: Uint8Array): readonly Uint8Array[] {
    let bytes = Buffer.concat([this.#held, piece])
    if (this.#decipher === undefined) {
      if (bytes.length < NONCE_BYTES) {
        this.#held = bytes
        return []
      }
      const { algorithm, associated, key } = this.#sealing
      this.#decipher = createDecipheriv(algorithm, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      if (associated !== undefined) this.#decipher.setAAD(associated)
      bytes = bytes.subarray(NONCE_BYTES)
    }
    const sure = Math.max(0, bytes.length - TAG_BYTES)
    this.#held = Buffer.from(bytes.subarray(sure))
    return sure === 0 ? [] : [this.#decipher.update(bytes.subarray(0, sure))]
  }

  end(): StageEnd {
    if (this.#decipher === undefined || this.#held.length < TAG_BYTES) throw notAuthentic()
    try {
      this.#decipher.setAuthTag(this.#held)
      return { output: [this.#decipher.final()] }
    } catch (error) {
      throw notAuthentic(error)
    }
  }

  close(): void {
    // Its memory goes with the object.
  }
}

function whole(stage: CipherStage | DecipherStage, bytes: Uint8Array): Buffer {
  const outputs = stage.update(bytes)
  return Buffer.concat([...outputs, ...(stage.end().output ?? [])]) // nothing is given out before the tag was found right
}

function blamesData(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ERR_TRUEAIO_NOT_AUTHENTIC' || code === 'ERR_OUT_OF_RANGE'
}

export const sealDevices: readonly Device[] = [
  {
    operation: 'cipher', name: 'node:crypto', capabilities: { where: 'calling thread' }, can, blamesData,
    run: (work, bytes) => whole(new CipherStage(sealingOf(work)), bytes), start: (work) => new CipherStage(sealingOf(work)),
  },
  {
    operation: 'decipher', name: 'node:crypto', capabilities: { where: 'calling thread' }, can, blamesData,
    run: (work, bytes) => whole(new DecipherStage(sealingOf(work)), bytes), start: (work) => new DecipherStage(sealingOf(work)),
  },
]
