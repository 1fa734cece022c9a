// ④ driver — thread-pool: reads and writes at the position of a file that has one. The proactor submits one at a time for each
// descriptor. What the page cache has is read without a thread: preadv2(2) at the position moves it under the kernel's lock.
import type { Binding } from '../../native/binding.js'
import { FileFact, fileFacts } from '../../native/file-facts.js'
import { Errno } from '../../operation/system-error.js'
import { Attempts } from '../../ring/attempts.js'

/** A larger copy would hold up the loop; and for it, handing over to a thread costs little. */
const CACHED_BYTES_MAX = 65536
/** Of readAtPosition: a part was read, and this less the bytes is its answer. */
const PART = -4096
const { CACHED, POSITION } = FileFact

export class Positioned {
  readonly #binding: Binding
  readonly #facts = fileFacts()
  readonly #attempts = new Attempts()
  /** By slot, of those with a thread: bytes that were read before the thread's. */
  readonly #running = new Map<number, number>()

  constructor(binding: Binding) {
    this.#binding = binding
  }

  /** Whether a descriptor's file has a position. */
  has(fd: number): boolean {
    return this.#facts.has(fd, POSITION)
  }

  /**
   * Reads what is cached. Returns the bytes if that is all there is to read, else a negative number: a thread has to read what
   * `begin` says is left.
   */
  readCached(slot: number, fd: number, address: number, length: number): number {
    // A thread that reads at the position of a duplicate holds the kernel's lock for so long.
    if (this.#running.size > 0 || length === 0 || length > CACHED_BYTES_MAX || !this.#facts.has(fd, CACHED) || !this.#attempts.due()) return Errno.EAGAIN
    const result = this.#binding.readAtPosition?.(fd, address, length) ?? Errno.EAGAIN
    if (result < 0) this.#attempts.missed()
    else this.#attempts.hit()
    if (result < PART) this.#running.set(slot, PART - result)
    return result
  }

  /** A thread makes the call. Returns how many bytes at the buffer's start were read already. */
  begin(slot: number): number {
    const before = this.#running.get(slot) ?? 0
    this.#running.set(slot, before)
    return before
  }

  /** Whether a slot's transfer is at a position. */
  isAt(slot: number): boolean {
    return this.#running.has(slot)
  }

  /** The call has ended. What read(2) answers to the whole: bytes that were read come before what went wrong after them. */
  ended(slot: number, result: number): number {
    const before = this.#running.get(slot) ?? 0
    this.#running.delete(slot)
    if (before === 0) return result
    return result > 0 ? before + result : before
  }
}
