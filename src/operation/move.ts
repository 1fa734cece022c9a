// ② operation — bytes from one descriptor to another in trips of some MiB, each made by one thread (native/move.c): the request, its memory, and the
// operation that is one trip. Only a pool of threads offers it.
import { loadBinding } from '../native/load.js'
import { MoveHeader, MoveStep, MoveWay } from '../ring/layout/move.js'
import { Errno } from './system-error.js'
import { Opcode } from './opcode.js'
import type { Operation } from './operation.js'
import { whole } from './whole.js'

const TWO_32 = 2 ** 32
/** The memory of a piece begins with a line of the processor's cache. */
const MEMORY_AT = 128
/** It stays in the processor's own cache between the read and the write: what is read is then digested and written from there. */
const PIECE_BYTES = 2 ** 17
/** So often, and each tenth of a second, it is seen how far it is; as long as this takes others wait for the thread. */
const TRIP_BYTES = { [MoveWay.SENDFILE]: 64 * 2 ** 20, [MoveWay.MEMORY]: 16 * 2 ** 20 } as const
/** A thread waits no longer than this for a peer; and only for one that has just taken or given a MiB. */
const WAIT_MILLISECONDS = 10
const WORTH_WAITING_BYTES = 2 ** 20

/** What is moved. */
export interface MoveOptions {
  readonly from: number
  readonly to: number
  /** Where to read and write; undefined: a stream's position. */
  readonly fromOffset?: number | undefined
  readonly toOffset?: number | undefined
  /** At most; Infinity: to the source's end. */
  readonly length: number
  readonly way: (typeof MoveWay)[keyof typeof MoveWay]
  /** Whose errors reject a trip: those of the end that is submitted for. Others are the request's `problem`. Default: those of writing. */
  readonly tells?: (typeof MoveStep)[keyof typeof MoveStep] | undefined
  /** A handle of `digestBegin`: it gets what is read. Only with MoveWay.MEMORY. */
  readonly digest?: object | undefined
}

/** Digests that requests in flight work on: each goes with the memory of its request, which the entry in flight holds. */
const digests = new WeakMap<Int32Array, object>()

/** One move, trip by trip. */
export class MoveRequest {
  readonly #memory: Int32Array
  readonly #bytes: Buffer

  constructor({ from, to, fromOffset = -1, toOffset = -1, length, way, tells = MoveStep.WRITE, digest }: MoveOptions) {
    const piece = way === MoveWay.MEMORY ? Math.max(1, Math.min(PIECE_BYTES, length)) : 0
    const bytes = Buffer.allocUnsafeSlow(MEMORY_AT + (piece + 3 & ~3)) // memory of its own
    bytes.fill(0, 0, MEMORY_AT)
    const memory = new Int32Array(bytes.buffer, 0, bytes.length >> 2)
    this.#bytes = bytes
    this.#memory = memory
    memory[MoveHeader.FROM] = from
    memory[MoveHeader.TO] = to
    this.#put(MoveHeader.FROM_AT, fromOffset)
    this.#put(MoveHeader.TO_AT, toOffset)
    this.#put(MoveHeader.LENGTH, Math.min(length, Number.MAX_SAFE_INTEGER))
    memory[MoveHeader.WAY] = way
    memory[MoveHeader.MEMORY_AT] = MEMORY_AT
    memory[MoveHeader.PIECE] = piece
    memory[MoveHeader.TRIP_BYTES] = TRIP_BYTES[way]
    memory[MoveHeader.TOLD_STEP] = tells
    memory[MoveHeader.WAIT_MILLISECONDS] = WAIT_MILLISECONDS
    if (digest !== undefined) {
      digests.set(memory, digest)
      this.#put(MoveHeader.DIGEST, loadBinding().binding?.digestAddress?.(digest) ?? 0)
    }
  }

  /** The next trip. Resolves to its bytes; 0: nothing is left. EAGAIN: a descriptor was not ready. One at a time. */
  trip(): Operation<number> {
    return whole(Opcode.MOVE_BYTES, this.#memory)
  }

  /** What a trip has answered, so that the next one waits for whom it is worth. */
  answered(result: number): void {
    this.#memory[MoveHeader.WAIT_MILLISECONDS] = result >= WORTH_WAITING_BYTES || (result === Errno.EAGAIN && this.moved === 0) ? WAIT_MILLISECONDS : 0
  }

  /** What has been received already is moved first. False: it is more than there is memory for. */
  hold(bytes: Uint8Array): boolean {
    if (MEMORY_AT + bytes.length > this.#bytes.length) return false
    this.#bytes.set(bytes, MEMORY_AT)
    this.#memory[MoveHeader.HELD] = bytes.length
    return true
  }

  /** Bytes that were moved so far; also while a trip goes on. */
  get moved(): number {
    return (Atomics.load(this.#memory, MoveHeader.MOVED + 1) >>> 0) * TWO_32 + (Atomics.load(this.#memory, MoveHeader.MOVED) >>> 0)
  }

  /** Nothing is left to be done, or available; or a step has failed. */
  get isOver(): boolean {
    return this.#get(MoveHeader.LENGTH) === 0 || this.#memory[MoveHeader.HAS_ENDED] !== 0 || this.#memory[MoveHeader.ERROR] !== 0
  }

  /** The step that has failed, and what it answered; undefined: none has. */
  get problem(): { readonly step: number, readonly errno: number } | undefined {
    const errno = this.#memory[MoveHeader.ERROR] as number
    return errno === 0 ? undefined : { step: this.#memory[MoveHeader.STEP] as number, errno }
  }

  /** Processor time of the threads that made the trips. */
  get seconds(): number {
    return this.#get(MoveHeader.NANOSECONDS) / 1e9
  }

  #get(word: number): number {
    return (this.#memory[word + 1] as number) * TWO_32 + ((this.#memory[word] as number) >>> 0)
  }

  #put(word: number, value: number): void {
    this.#memory[word] = value | 0
    this.#memory[word + 1] = Math.floor(value / TWO_32)
  }
}

