// ④ driver — io_uring: an entry that is alone in its batch, and that the kernel's caches can answer at once, is carried out
// without the ring. A read: preadv2(2) with RWF_NOWAIT, without a request and a completion in the kernel (0.3 of 2.2 µs
// for 4 KiB on 6.18). A statx, which the ring always hands to a worker (40 µs until it answers): openat2(2) with
// RESOLVE_CACHED and statx(2) of what that found (3 µs). Neither waits for a device
// or a network, but for the few reads that `is_buffered` in native/io_uring.c describes.
import type { NativeRing } from '../../native/binding.js'
import { Errno } from '../../operation/system-error.js'
import { Attempts } from '../../ring/attempts.js'
import { Control, IORING_OP, Sqe } from '../../ring/layout/io-uring.js'
import type { SubmissionRing } from '../../ring/submission-ring.js'

const { SUBMITTED, FINISHED, SUBMIT, ANSWER } = Control
const { WORDS, OFF_HIGH, OP_FLAGS, USER_DATA_LOW, USER_DATA_HIGH } = Sqe
const { READ, READ_FIXED, STATX } = IORING_OP
const { EAGAIN } = Errno

export class CachedEntries {
  readonly #ring: NativeRing
  readonly #control: Int32Array
  readonly #submissions: SubmissionRing
  /** Whose entry was carried out last. */
  slot = 0
  generation = 0
  readonly #reads = new Attempts()
  readonly #stats = new Attempts()

  constructor(ring: NativeRing, submissions: SubmissionRing) {
    this.#ring = ring
    this.#control = new Int32Array(ring.control)
    this.#submissions = submissions
  }

  /** Carries out the one entry that was written, if it is of a kind for that and all it needs is cached. Its result; EAGAIN: to the ring with it. */
  carryOut(): number {
    const { words, last } = this.#submissions
    const kind = words[last] as number // opcode alone: no flags, no priority
    let attempts = this.#stats
    if (kind === READ || kind === READ_FIXED) {
      // At the file's own position a part that was read could not be undone.
      if (words[last + OP_FLAGS] !== 0 || (words[last + OFF_HIGH] as number) < 0) return EAGAIN
      attempts = this.#reads
    // While a worker is busy with others, one more statx costs it less than this thread, which has more to submit.
    } else if (kind !== STATX || this.#control[SUBMITTED] !== this.#control[FINISHED]) return EAGAIN
    if (!attempts.due()) return EAGAIN
    this.#control[SUBMIT] = last / WORDS
    this.#ring.carryOutCached()
    const result = this.#control[ANSWER] as number
    if (result === EAGAIN) {
      attempts.missed()
      return EAGAIN
    }
    attempts.hit()
    this.slot = words[last + USER_DATA_LOW] as number
    this.generation = words[last + USER_DATA_HIGH] as number
    this.#submissions.retract()
    return result
  }
}
