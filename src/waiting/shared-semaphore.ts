// ② waiting — a semaphore in shared memory, for several threads: the same strict order, whichever thread a waiter is in. Each
// waiter has a cell of its own to wait on, so that a wake-up reaches exactly the one whose turn it is.
import { checkInteger, invalidArgType, outOfRange } from '../operation/arguments.js'
import { AbortError } from './abort-error.js'
import { heed } from './heed.js'
import { checkPatience, tooLate, type Patience } from './patience.js'
import { PERMITS_MAX } from './semaphore.js'
import { changed, whileLocked } from './shared-words.js'
import { flushPending } from './pending.js'

/** Words before the cells. HEAD and TAIL count cells since the beginning; a cell's place is the count modulo the number of cells. */
const LOCK = 0
const FREE = 1
const HEAD = 2
const TAIL = 3
const CELLS = 4
const MAGIC = 5
const HEADER_WORDS = 6
/** Words of a cell: the one that is waited on, and how many permits are wanted. */
const STATE = 0
const WANTED = 1
const CELL_WORDS = 2
/** What tells this memory from any other. */
const SIGN = 0x5345_4d41
/** States that are no ticket: tickets are above. */
const GRANTED = 0
const GONE = 1
const TICKET_MIN = 2
const TICKETS = 0x7ffffff0

interface Place {
  readonly cell: number
  readonly ticket: number
}

/** A counting semaphore that several threads use at once. */
export class SharedSemaphore {
  /** Send this to another thread, which makes its own `new SharedSemaphore(memory)` over it. */
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array

  /**
   * @param permits free at the start, 0 to 2^31 - 1; or the memory of one that another thread made
   * @param waitersMax how many can wait at once in all threads together, at least: 1 to 65536, rounded up to a power of two. Default: 1024
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  constructor(permits: number | SharedArrayBuffer, waitersMax = 1024) {
    if (permits instanceof SharedArrayBuffer) {
      this.memory = permits
      this.#words = existing(permits)
      return
    }
    checkInteger(permits, 'permits', 0, PERMITS_MAX)
    checkInteger(waitersMax, 'waitersMax', 1, 65536)
    // A power of two divides 2^32: places follow each other also where the counts wrap around.
    const cells = 2 ** Math.ceil(Math.log2(waitersMax))
    this.memory = new SharedArrayBuffer((HEADER_WORDS + cells * CELL_WORDS) * Int32Array.BYTES_PER_ELEMENT)
    this.#words = new Int32Array(this.memory)
    this.#words[FREE] = permits
    this.#words[CELLS] = cells
    this.#words[MAGIC] = SIGN
  }

  /** Free permits. */
  get free(): number {
    return Atomics.load(this.#words, FREE)
  }

  /**
   * Takes permits, all of them together; resolves once it has them. A pending wait keeps the process alive.
   * @param count permits, 1 to 2^31 - 1. Default: 1
   * @throws (rejects) AbortError, ETIMEDOUT, ERR_TRUEAIO_TOO_MANY_WAITERS
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  down(count = 1, options: Patience = {}): Promise<void> {
    checkInteger(count, 'count', 1, PERMITS_MAX)
    checkPatience(options)
    return this.#down(count, options)
  }

  async #down(count: number, { signal, timeout }: Patience): Promise<void> {
    if (signal?.aborted === true) throw new AbortError(signal.reason)
    const place = this.#arrive(count)
    if (place === undefined) return
    const unheed = heed({ signal, timeout }, () => tooLateFor(count), (error) => this.#leave(place, error))
    try {
      while (this.#waits(place)) await changed(this.#words, place.cell + STATE, place.ticket)
    } finally {
      unheed()
    }
    this.#leftWith(place)
  }

  /**
   * The same, blocking this thread.
   * @param options `timeout` in milliseconds
   * @throws ETIMEDOUT, ERR_TRUEAIO_TOO_MANY_WAITERS, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  downSync(count = 1, options: Pick<Patience, 'timeout'> = {}): void {
    checkInteger(count, 'count', 1, PERMITS_MAX)
    checkPatience(options)
    const place = this.#arrive(count)
    if (place === undefined) return
    flushPending() // what this thread waits for may depend on it
    const end = performance.now() + (options.timeout ?? Infinity)
    while (this.#waits(place)) {
      const left = end - performance.now()
      if (left <= 0) this.#leave(place, tooLateFor(count))
      else Atomics.wait(this.#words, place.cell + STATE, place.ticket, left)
    }
    this.#leftWith(place)
  }

  /**
   * Takes permits if they are free and there is no waiter.
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  tryDown(count = 1): boolean {
    checkInteger(count, 'count', 1, PERMITS_MAX)
    return whileLocked(this.#words, LOCK, () => this.#take(count))
  }

  /**
   * Returns permits, from any thread, and resumes the waiters that have enough.
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE (also when there would be more than 2^31 - 1)
   */
  up(count = 1): void {
    checkInteger(count, 'count', 1, PERMITS_MAX)
    const words = this.#words
    const room = whileLocked(words, LOCK, () => {
      const left = PERMITS_MAX - this.#word(FREE)
      if (left < count) return left
      Atomics.add(words, FREE, count)
      this.#serve()
      return -1
    })
    if (room >= 0) throw outOfRange('count', `<= ${String(room)}`, count)
  }

  #word(index: number): number {
    return Atomics.load(this.#words, index)
  }

  /** Waits that this thread gave up, and why. */
  readonly #gone = new Map<Place, Error>()

  #leftWith(place: Place): void {
    const error = this.#gone.get(place)
    if (error === undefined) return
    this.#gone.delete(place)
    throw error
  }

  /** Only the waiter itself makes its state GONE; any other that is not its ticket means that it was served. */
  #waits({ cell, ticket }: Place): boolean {
    return Atomics.load(this.#words, cell + STATE) === ticket
  }

  #take(count: number): boolean {
    const words = this.#words
    if (this.#word(HEAD) !== this.#word(TAIL) || this.#word(FREE) < count) return false
    Atomics.sub(words, FREE, count)
    return true
  }

  /** The permits (undefined), or a place in the queue. */
  #arrive(count: number): Place | undefined {
    const words = this.#words
    const place = whileLocked(words, LOCK, () => {
      if (this.#take(count)) return undefined
      const tail = this.#word(TAIL)
      const cells = this.#word(CELLS)
      if (((tail - this.#word(HEAD)) | 0) >= cells) return 'full'
      const cell = this.#cell(tail)
      const ticket = TICKET_MIN + ((tail >>> 0) % TICKETS)
      Atomics.store(words, cell + WANTED, count)
      Atomics.store(words, cell + STATE, ticket)
      Atomics.store(words, TAIL, (tail + 1) | 0)
      return { cell, ticket }
    })
    if (place === 'full') throw Object.assign(new Error(`${String(this.#word(CELLS))} waits are pending on this semaphore, the most that it allows (waitersMax)`), { code: 'ERR_TRUEAIO_TOO_MANY_WAITERS' })
    return place
  }

  #cell(count: number): number {
    return HEADER_WORDS + ((count >>> 0) % this.#word(CELLS)) * CELL_WORDS
  }

  /** Gives a wait up, unless it has been served. */
  #leave(place: Place, why: Error): void {
    const { cell, ticket } = place
    const words = this.#words
    whileLocked(words, LOCK, () => {
      if (Atomics.compareExchange(words, cell + STATE, ticket, GONE) !== ticket) return
      this.#gone.set(place, why)
      Atomics.notify(words, cell + STATE)
      this.#serve()
    })
  }

  /** With the lock: those at the head, as long as there are permits. */
  #serve(): void {
    const words = this.#words
    for (let head = this.#word(HEAD); head !== this.#word(TAIL); head = (head + 1) | 0) {
      const cell = this.#cell(head)
      if (this.#word(cell + STATE) !== GONE) {
        const wanted = this.#word(cell + WANTED)
        if (this.#word(FREE) < wanted) return
        Atomics.sub(words, FREE, wanted)
        Atomics.store(words, cell + STATE, GRANTED)
        Atomics.notify(words, cell + STATE)
      }
      Atomics.store(words, HEAD, (head + 1) | 0)
    }
  }
}

/** The words of a semaphore that is there. */
function existing(memory: SharedArrayBuffer): Int32Array {
  const words = memory.byteLength % Int32Array.BYTES_PER_ELEMENT === 0 ? new Int32Array(memory) : new Int32Array()
  const cells = words[CELLS] ?? 0
  if (words[MAGIC] !== SIGN || words.length !== HEADER_WORDS + cells * CELL_WORDS) throw invalidArgType('memory', 'the memory of a SharedSemaphore', memory)
  return words
}

function tooLateFor(count: number): Error {
  return tooLate('down', count === 1 ? 'the semaphore had no free permit' : `the semaphore did not have ${String(count)} free permits`)
}
