// ① interface — a file that a tail follows by its name: each look reads what is new, or finds that the file was truncated, replaced or removed.
import { closeKept } from '../lasting.js'
import { constants } from 'node:fs'
import { invalidArgValue } from '../operation/arguments.js'
import { read } from '../operation/file.js'
import { fstatx, open, statx, type Statx } from '../operation/path.js'
import type { Proactor } from '../proactor/proactor.js'

const READ_BYTES = 65536
/** So many bytes before the place of the last read tell whether it is still the same file, and not one that was cut and has grown again. */
const PROOF_BYTES = 64
const { O_NONBLOCK = 0, S_IFMT, S_IFREG } = constants as Partial<typeof constants> & { readonly S_IFMT: number, readonly S_IFREG: number }

/** What a look found; neither: nothing is new. */
export interface Look {
  /** Bytes that were appended, good until the next look. */
  readonly bytes?: Buffer
  readonly change?: 'truncated' | 'replaced' | 'removed'
}

const NOTHING: Look = {}

function isSame(one: Statx, other: Statx): boolean {
  return one.ino === other.ino && one.devMajor === other.devMajor && one.devMinor === other.devMinor
}

export class Followed {
  readonly #proactor: Proactor
  readonly #path: string
  readonly #buffer = Buffer.alloc(PROOF_BYTES + READ_BYTES)
  /** The last bytes before `#offset`. */
  readonly #proof = Buffer.alloc(PROOF_BYTES)
  #proofBytes = 0
  #offset = 0
  #fd = -1
  #attributes: Statx | undefined = undefined
  /** Where to begin in the file that is there at first. */
  #from: 'end' | 'start' | number
  #isRemoved = false
  /** The file that has the name now; taken once the old one is read to its end again. */
  #next: { readonly fd: number, readonly attributes: Statx } | undefined = undefined

  constructor(proactor: Proactor, path: string, from: 'end' | 'start' | number) {
    this.#proactor = proactor
    this.#path = path
    this.#from = from
  }

  get isOpen(): boolean {
    return this.#fd >= 0
  }

  /** @throws (rejects) what open(2), read(2) and statx(2) say; ERR_INVALID_ARG_VALUE */
  async look(): Promise<Look> {
    if (this.#fd < 0) {
      const first = await this.#opened()
      if (first === undefined) {
        this.#from = 'start' // what comes later is read whole
        return NOTHING
      }
      this.#take(first, this.#from === 'end' ? first.attributes.size : this.#from === 'start' ? 0 : this.#from)
      await this.#keepProof()
    }
    const found = await this.#read()
    if (found !== NOTHING) return found
    return this.#next === undefined ? this.#lookAtName() : this.#replace(this.#next)
  }

  /** Closes what is open. */
  async close(): Promise<void> {
    const open = [this.#fd, this.#next?.fd ?? -1].filter((fd) => fd >= 0)
    this.#fd = -1
    this.#next = undefined
    for (const fd of open) await closeKept(this.#proactor, fd)
  }

  /** Reads on, and the proof along with it, in one read. */
  async #read(): Promise<Look> {
    const proofBytes = this.#proofBytes
    const count = await this.#proactor.submit(read(this.#fd, this.#buffer, this.#offset - proofBytes))
    if (count < proofBytes || this.#buffer.compare(this.#proof, 0, proofBytes, 0, proofBytes) !== 0) {
      this.#offset = this.#proofBytes = 0
      return { change: 'truncated' }
    }
    // A file that is shorter than the offset that it was begun at has been read to its end.
    if (count === proofBytes) return proofBytes === 0 && this.#offset > 0 ? this.#beyond() : NOTHING
    this.#offset += count - proofBytes
    this.#proofBytes = Math.min(PROOF_BYTES, this.#offset, count)
    this.#buffer.copy(this.#proof, 0, count - this.#proofBytes, count)
    return { bytes: this.#buffer.subarray(proofBytes, count) }
  }

  /** Begun at an offset that the file does not have (yet). */
  async #beyond(): Promise<Look> {
    const { size } = await this.#proactor.submit(fstatx(this.#fd))
    if (size >= this.#offset) return NOTHING
    this.#offset = 0
    return { change: 'truncated' }
  }

  /** Where reading begins in the middle, the bytes before that place are the proof. */
  async #keepProof(): Promise<void> {
    const bytes = Math.min(PROOF_BYTES, this.#offset)
    if (bytes === 0) return
    const count = await this.#proactor.submit(read(this.#fd, this.#proof.subarray(0, bytes), this.#offset - bytes))
    this.#proofBytes = count === bytes ? bytes : 0
  }

  /** The open file is read to its end: does it still have its name? */
  async #lookAtName(): Promise<Look> {
    const named = await this.#named()
    if (named === undefined) {
      if (this.#isRemoved) return NOTHING
      this.#isRemoved = true
      return { change: 'removed' }
    }
    if (isSame(named, this.#attributes as Statx)) {
      this.#isRemoved = false
      return NOTHING
    }
    this.#next = await this.#opened()
    // Once more from the old one: what was written to it before the new one was made.
    return this.#next === undefined ? NOTHING : this.look()
  }

  async #replace(next: { readonly fd: number, readonly attributes: Statx }): Promise<Look> {
    const old = this.#fd
    this.#next = undefined
    this.#take(next, 0)
    await closeKept(this.#proactor, old)
    return { change: 'replaced' }
  }

  #take({ fd, attributes }: { readonly fd: number, readonly attributes: Statx }, offset: number): void {
    this.#fd = fd
    this.#attributes = attributes
    this.#offset = offset
    this.#proofBytes = 0
    this.#isRemoved = false
  }

  async #named(): Promise<Statx | undefined> {
    return this.#proactor.submit(statx(this.#path)).catch(undefinedWhereNothingIs)
  }

  /** The file that has the name, opened; undefined: there is none. Without O_NONBLOCK the open of a pipe, which is refused, would wait for its other end. */
  async #opened(): Promise<{ readonly fd: number, readonly attributes: Statx } | undefined> {
    const fd = await this.#proactor.submit(open(this.#path, { flags: O_NONBLOCK })).catch(undefinedWhereNothingIs)
    if (fd === undefined) return undefined
    try {
      const attributes = await this.#proactor.submit(fstatx(fd))
      if ((attributes.mode & S_IFMT) !== S_IFREG) throw invalidArgValue('path', this.#path, 'must be that of a regular file')
      return { fd, attributes }
    } catch (error) {
      await closeKept(this.#proactor, fd)
      throw error
    }
  }
}

function undefinedWhereNothingIs(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
  return undefined
}
