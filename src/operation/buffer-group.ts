// ② operation — a group of buffers that many receives share. A receive takes one only when there is something to receive, so that an idle
// connection holds none. What was received is lent to the caller as a piece until he releases it.
import { loadBinding } from '../native/load.js'
import { checkInteger, invalidArgValue, withCode } from './arguments.js'
import { CopiedBytes } from './copied-bytes.js'

/** Options of `Proactor.bufferGroup`. */
export interface BufferGroupOptions {
  /** How many buffers: a power of two, 1 to 32768. Default: 64. */
  readonly count?: number
  /** Bytes of each, 1 to 2^24. Default: 65536. */
  readonly size?: number
}

/** The driver that hands a group's buffers to the kernel. */
export interface GroupOwner {
  /** A buffer was returned. */
  giveBack(index: number): void
  /** The group is closed, and all of its buffers were returned. */
  giveUp(): void
}

const COUNT_DEFAULT = 64
const COUNT_MAX = 32768
const SIZE_DEFAULT = 65536
const SIZE_MAX = 2 ** 24

/** Bytes before what was received that a driver may use, for a header and an address. */
export const HEADROOM: number = 16 + 128

interface Lease {
  readonly group: BufferGroup
  readonly index: number
}

/** Pieces that nobody can reach any more, and that were not released. */
const collected = new FinalizationRegistry<Lease>(({ group, index }) => group.collect(index))

/** What was received: lent from its group until `release`. */
export class Piece {
  /** The group's memory. After the release it may hold other data. */
  readonly bytes: Buffer
  #lease: Lease | undefined

  /** @internal */
  constructor(bytes: Buffer, lease: Lease | undefined) {
    this.bytes = bytes
    this.#lease = lease
    if (lease !== undefined) collected.register(this, lease, this)
  }

  /** Returns the memory to the group. A second call does nothing. */
  release(): void {
    const lease = this.#lease
    if (lease === undefined) return
    this.#lease = undefined
    collected.unregister(this)
    lease.group.back(lease.index)
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

const EMPTY = Buffer.alloc(0)

/** Buffers that receives share. Made by `Proactor.bufferGroup`, and usable only with that proactor. */
export class BufferGroup {
  /** How many buffers there are. */
  readonly count: number
  /** Bytes of each buffer. */
  readonly size: number
  /** All buffers, one behind the other, each with its headroom. */
  readonly memory: ArrayBuffer
  /** What its owner uses of the headroom of each. @internal */
  headroom = 0
  readonly #copies: boolean
  #copied: CopiedBytes | undefined = undefined
  /** Buffers that are with nobody. Of a group with an owner they are the owner's. */
  readonly #free: number[] = []
  readonly #waiting = new Set<() => void>()
  #owner: GroupOwner | undefined = undefined
  #lent = 0
  #collected = 0
  #closed = false

  /**
   * @param copies of interfaces that copy what was received: pieces are copies, and the buffers are returned at once
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
   */
  constructor(options: BufferGroupOptions = {}, copies = false) {
    this.#copies = copies
    this.count = checkInteger(options.count ?? COUNT_DEFAULT, 'count', 1, COUNT_MAX)
    if ((this.count & (this.count - 1)) !== 0) throw invalidArgValue('count', this.count, 'must be a power of two')
    this.size = checkInteger(options.size ?? SIZE_DEFAULT, 'size', 1, SIZE_MAX)
    const bytes = this.count * (this.size + HEADROOM)
    this.memory = loadBinding().binding?.mapCollected(bytes) ?? new ArrayBuffer(bytes)
    for (let index = this.count - 1; index >= 0; index--) this.#free.push(index)
  }

  /** Pieces that are lent now. */
  get lent(): number {
    return this.#lent
  }

  /** Pieces that were garbage collected without a release, so far. */
  get collected(): number {
    return this.#collected
  }

  /** Whether the group is closed. */
  get closed(): boolean {
    return this.#closed
  }

  /**
   * Closes the group to new receives. Receives in progress end with ENOBUFS if they need a buffer; lent pieces stay
   * valid.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const resume of [...this.#waiting]) this.#resume(resume)
    if (this.#lent === 0) this.#owner?.giveUp()
  }

  /** For a receive that is made: @throws ERR_TRUEAIO_CLOSED @internal */
  check(): void {
    if (this.#closed) throw withCode(new Error('The buffer group is closed'), 'ERR_TRUEAIO_CLOSED')
  }

  /** For a driver that hands all buffers to the kernel. False: another has them. @internal */
  own(owner: GroupOwner): boolean {
    if (this.#owner !== undefined || this.#free.length < this.count) return false
    this.#owner = owner
    this.#free.length = 0
    return true
  }

  /** Its owner is gone: returned buffers are not used any more. @internal */
  disown(): void {
    this.#closed = true
    this.#owner = undefined
  }

  /** For drivers that hand out buffers themselves: one of them; -1: all are out, or with the kernel. @internal */
  take(): number {
    return this.#free.pop() ?? -1
  }

  /** A buffer that was taken and not used. @internal */
  putBack(index: number): void {
    if (this.#owner === undefined) this.#free.push(index)
    else this.#owner.giveBack(index)
    this.offer()
  }

  /** Where a buffer begins in `memory`. @internal */
  offsetOf(index: number): number {
    return index * (this.size + HEADROOM)
  }

  /** Lends what was received into a buffer that was taken. @param behind bytes of the buffer before it @internal */
  lend(index: number, length: number, behind = 0): Piece {
    const at = this.offsetOf(index) + behind
    if (this.#copies) {
      this.#copied ??= new CopiedBytes(this.memory)
      const copy = this.#copied.of(at, length)
      this.putBack(index)
      return new Piece(copy, undefined)
    }
    this.#lent++
    return new Piece(Buffer.from(this.memory, at, length), { group: this, index })
  }

  /** Whether not all pieces are out. Those that a driver has not told yet count as here. @internal */
  get hasBuffers(): boolean {
    return this.#lent < this.count
  }

  /** For a receive that found no buffer: it is resumed when one is returned. Returns how to stop waiting. @internal */
  wait(resume: () => void): () => void {
    this.#waiting.add(resume)
    return () => this.#waiting.delete(resume)
  }

  /** Some receive has ended without the buffer that it was resumed for: others may have it. @internal */
  offer(): void {
    for (let left = this.count - this.#lent; left > 0 && this.#waiting.size > 0; left--) {
      const [first] = this.#waiting
      if (first !== undefined) this.#resume(first)
    }
  }

  /** @internal */
  back(index: number): void {
    this.#lent--
    this.putBack(index)
    if (this.#closed && this.#lent === 0) this.#owner?.giveUp()
  }

  /** @internal */
  collect(index: number): void {
    this.#collected++
    this.back(index)
  }

  #resume(resume: () => void): void {
    this.#waiting.delete(resume)
    resume()
  }
}

/** What a receive gives when the other side has ended. */
export function emptyPiece(): Piece {
  return new Piece(EMPTY, undefined)
}
