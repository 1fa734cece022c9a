// ① interface — what passes, hashed by Node itself before and behind the stages: what verify compares with. The registry's devices are what is verified,
// so that none of them does it.
import { createHash } from 'node:crypto'
import type { Through } from '../pieces/flow.js'

const ALGORITHM = 'sha256'

export class Watched implements Through {
  readonly name: string
  readonly devices: string
  readonly transforms: boolean
  readonly #inner: Through | undefined
  readonly #before = createHash(ALGORITHM)
  readonly #behind = createHash(ALGORITHM)

  constructor(inner: Through | undefined) {
    this.#inner = inner
    this.name = inner?.name ?? 'verify'
    this.devices = inner?.devices ?? 'node:crypto'
    this.transforms = inner?.transforms === true
  }

  update(piece: Uint8Array): readonly Uint8Array[] | undefined | Promise<readonly Uint8Array[] | undefined> {
    this.#before.update(piece)
    const outputs = this.#inner?.update(piece)
    if (outputs instanceof Promise) return outputs.then((given) => this.#passed(given))
    return this.#passed(outputs)
  }

  #passed(outputs: readonly Uint8Array[] | undefined): readonly Uint8Array[] | undefined {
    if (this.transforms) for (const bytes of outputs ?? []) this.#behind.update(bytes)
    return outputs
  }

  async end(): Promise<readonly Uint8Array[]> {
    const outputs = await this.#inner?.end() ?? []
    this.#passed(outputs)
    return outputs
  }

  close(): void {
    this.#inner?.close()
  }

  /** What was read of the source. */
  before(): Buffer {
    return this.#before.copy().digest()
  }

  /** What was written. */
  behind(): Buffer {
    return (this.transforms ? this.#behind : this.#before).copy().digest()
  }
}

/** A hash as `Watched` makes them. */
export function verifyingHash(): ReturnType<typeof createHash> {
  return createHash(ALGORITHM)
}
