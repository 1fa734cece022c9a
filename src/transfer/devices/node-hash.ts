// ① interface — hashes by node:crypto (OpenSSL), on the calling thread.
import { createHash, getHashes, type Hash } from 'node:crypto'
import { loadBinding } from '../../native/load.js'
import type { Device, Stage, TripDigest, Work } from '../registry/device.js'

/** The operation's table has checked it. */
function algorithmOf({ options }: Work): string {
  return options?.['algorithm'] as string
}

let known: ReadonlySet<string> | undefined

function isThere(algorithm: string): boolean {
  known ??= new Set(getHashes().map((name) => name.toLowerCase()))
  return known.has(algorithm)
}

class HashStage implements Stage {
  readonly #hash: Hash
  readonly #algorithm: string

  constructor(algorithm: string) {
    this.#hash = createHash(algorithm)
    this.#algorithm = algorithm
  }

  /** The same OpenSSL, called by a thread that copies: what it has just read is in the processor's cache. */
  trip(): TripDigest | undefined {
    const { binding } = loadBinding()
    const handle = binding?.digestBegin?.(this.#algorithm)
    if (handle === undefined) return undefined
    return {
      handle,
      end() {
        const digest = binding?.digestEnd?.(handle)
        if (digest === undefined) throw new Error('OpenSSL gave no digest')
        return Buffer.from(digest)
      },
    }
  }

  update(piece: Uint8Array): void {
    this.#hash.update(piece)
  }

  end(): { readonly digest: Buffer } {
    return { digest: this.#hash.digest() }
  }

  close(): void {
    // The digest's memory goes with the object.
  }
}

export const nodeHash: Device = {
  operation: 'hash',
  name: 'node:crypto',
  capabilities: { where: 'calling thread' },
  can(work) {
    const name = algorithmOf(work)
    return isThere(name) || `has no ${name}: this Node's OpenSSL lacks it`
  },
  run(work, buffer) {
    return createHash(algorithmOf(work)).update(buffer).digest()
  },
  start(work) {
    return new HashStage(algorithmOf(work))
  },
}
