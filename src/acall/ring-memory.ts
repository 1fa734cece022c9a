// ① interface — acall: the memory of a completion ring, which threads may share: its layout, and the protocol by which places
// are reserved, filled and freed. Nothing waits here (ring-waiting.ts).
//
// All in 32-bit words of the machine's own byte order. The header's counters only grow and wrap at 2^32; each has a cache
// line of its own. Entry number n stands in place n modulo the number of places (a power of two, at least the capacity):
//
//   word  0  sequence: n + 1 once the entry is valid
//         1  status (CallStatus)
//         2  result, 64 bits, signed: low half, high half
//         4  cookie, 64 bits: low half, high half
//         6  steps made, of a program
//         7  1: an id follows
//         8  id: four words
//
// An unread entry is never overwritten: before a call is begun a place is reserved (RESERVED less TAIL stays within the
// capacity), and a place is only reserved again after its entry has been taken.
import { invalidArgType, invalidArgValue } from '../operation/arguments.js'
import { CallId } from './call-id.js'
import { RingCompletion, type CallStatus, type Cookie } from './completion.js'

const MAGIC = 0x6c616361 // 'acal'
/** The header's words. */
export const RingHeader = {
  MAGIC: 0, CAPACITY: 1,
  /** Places reserved since the ring was made. */
  RESERVED: 16,
  /** Entries begun. */
  HEAD: 32,
  /** Entries taken. */
  TAIL: 48,
  /** Threads that wait for a wake-up. */
  SLEEPERS: 64,
  /** Changes with each wake-up; sleepers wait on it. */
  SIGNAL: 80,
  WORDS: 128,
} as const
/** An entry's words. */
export const RingEntryLayout = { WORDS: 12, SEQUENCE: 0, STATUS: 1, RESULT: 2, COOKIE: 4, STEPS: 6, HAS_ID: 7, ID: 8 } as const

const TWO_32 = 4294967296
const { CAPACITY, HEAD, RESERVED, TAIL } = RingHeader
const { WORDS } = RingEntryLayout

function placesFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(capacity))
}

export class RingMemory {
  readonly words: Int32Array
  readonly capacity: number
  readonly #mask: number
  /** A ring that only this thread has needs no ordered accesses: four a call, about 8 ns each. */
  readonly #shared: boolean
  /** Entries known to be valid: all before this number. */
  #valid: number

  private constructor(words: Int32Array, capacity: number) {
    this.words = words
    this.capacity = capacity
    this.#mask = placesFor(capacity) - 1
    this.#shared = words.buffer instanceof SharedArrayBuffer
    this.#valid = Atomics.load(words, TAIL)
  }

  static make(capacity: number, shared: boolean): RingMemory {
    const bytes = (RingHeader.WORDS + placesFor(capacity) * WORDS) * 4
    const words = new Int32Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes))
    words[RingHeader.MAGIC] = MAGIC
    words[CAPACITY] = capacity
    return new RingMemory(words, capacity)
  }

  /** The same ring in another thread. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  static attach(buffer: SharedArrayBuffer): RingMemory {
    if (!(buffer instanceof SharedArrayBuffer)) throw invalidArgType('buffer', 'an instance of SharedArrayBuffer', buffer)
    const words = new Int32Array(buffer, 0, buffer.byteLength >> 2)
    const capacity = words[CAPACITY] ?? 0
    if (words[RingHeader.MAGIC] !== MAGIC || capacity < 1 || buffer.byteLength !== (RingHeader.WORDS + placesFor(capacity) * WORDS) * 4) {
      throw invalidArgValue('buffer', buffer.byteLength, 'must be the buffer of a completion ring')
    }
    return new RingMemory(words, capacity)
  }

  get tail(): number {
    return Atomics.load(this.words, TAIL)
  }

  /** Places that are not reserved. */
  get room(): number {
    return this.capacity - ((Atomics.load(this.words, RESERVED) - Atomics.load(this.words, TAIL)) | 0)
  }

  /** Speaks for a place. False: there is none. */
  reserve(): boolean {
    const { words } = this
    if (!this.#shared) {
      const reserved = words[RESERVED] as number
      if (((reserved - (words[TAIL] as number)) | 0) >= this.capacity) return false
      words[RESERVED] = reserved + 1
      return true
    }
    for (let reserved = Atomics.load(words, RESERVED); ;) {
      // The tail only grows, so a stale one errs on the safe side.
      if (((reserved - Atomics.load(words, TAIL)) | 0) >= this.capacity) return false
      const found = Atomics.compareExchange(words, RESERVED, reserved, (reserved + 1) | 0)
      if (found === reserved) return true
      reserved = found
    }
  }

  /** Fills a reserved place. */
  put(status: CallStatus, result: number, cookie: Cookie, stepsMade: number, id: CallId | undefined): void {
    const { words } = this
    const number = this.#shared ? Atomics.add(words, HEAD, 1) : (words[HEAD] as number)
    const at = this.#at(number)
    words[at + RingEntryLayout.STATUS] = status
    words[at + RingEntryLayout.RESULT] = result | 0
    words[at + RingEntryLayout.RESULT + 1] = (result | 0) === result ? result >> 31 : Math.floor(result / TWO_32)
    if (typeof cookie === 'number') {
      words[at + RingEntryLayout.COOKIE] = cookie | 0
      words[at + RingEntryLayout.COOKIE + 1] = (cookie | 0) === cookie ? 0 : Math.floor(cookie / TWO_32)
    } else {
      words[at + RingEntryLayout.COOKIE] = Number(BigInt.asIntN(32, cookie))
      words[at + RingEntryLayout.COOKIE + 1] = Number(BigInt.asIntN(32, cookie >> 32n))
    }
    words[at + RingEntryLayout.STEPS] = stepsMade
    words[at + RingEntryLayout.HAS_ID] = id === undefined ? 0 : 1
    if (id !== undefined) this.#putId(at + RingEntryLayout.ID, id)
    if (this.#shared) Atomics.store(words, at + RingEntryLayout.SEQUENCE, (number + 1) | 0)
    else {
      words[HEAD] = number + 1
      words[at + RingEntryLayout.SEQUENCE] = number + 1
    }
  }

  #putId(at: number, id: CallId): void {
    const { words } = this
    words[at] = id.slot
    words[at + 1] = id.generation
    words[at + 2] = id.hashLow
    words[at + 3] = id.hashHigh
  }

  /** The number of the first entry that is not valid yet. */
  valid(): number {
    const { words } = this
    const tail = Atomics.load(words, TAIL)
    // Another thread may have taken what this one has not looked at.
    if (((tail - this.#valid) | 0) > 0) this.#valid = tail
    while (Atomics.load(words, this.#at(this.#valid) + RingEntryLayout.SEQUENCE) === ((this.#valid + 1) | 0)) this.#valid = (this.#valid + 1) | 0
    return this.#valid
  }

  /** Takes up to `max` entries, in the order they became entries. */
  take(max: number): RingCompletion[] {
    for (;;) {
      const tail = Atomics.load(this.words, TAIL)
      const there = (this.valid() - tail) | 0
      const count = there < max ? there : max
      if (count <= 0) return []
      const taken: RingCompletion[] = []
      for (let index = 0; index < count; index++) taken.push(this.#read(this.#at(tail + index)))
      // Read first, taken then: if another thread was faster, the values read may already belong to another entry.
      if (Atomics.compareExchange(this.words, TAIL, tail, (tail + count) | 0) === tail) return taken
    }
  }

  #at(number: number): number {
    return RingHeader.WORDS + (number & this.#mask) * WORDS
  }

  #read(at: number): RingCompletion {
    const { words } = this
    const low = words[at + RingEntryLayout.RESULT] as number
    const high = words[at + RingEntryLayout.RESULT + 1] as number
    const result = high === low >> 31 ? low : high * TWO_32 + (low >>> 0)
    const cookieLow = (words[at + RingEntryLayout.COOKIE] as number) >>> 0
    const cookieHigh = (words[at + RingEntryLayout.COOKIE + 1] as number) >>> 0
    // 2^53 and more would lose bits as a number.
    const cookie = cookieHigh === 0 ? cookieLow : cookieHigh < 0x200000 ? cookieHigh * TWO_32 + cookieLow : (BigInt(cookieHigh) << 32n) | BigInt(cookieLow)
    const id = words[at + RingEntryLayout.HAS_ID] === 0 ? undefined : this.#readId(at + RingEntryLayout.ID)
    return new RingCompletion(words[at + RingEntryLayout.STATUS] as CallStatus, result, cookie, words[at + RingEntryLayout.STEPS] as number, id)
  }

  #readId(at: number): CallId {
    const { words } = this
    return new CallId().set(words[at] as number, words[at + 1] as number, words[at + 2] as number, words[at + 3] as number)
  }
}
