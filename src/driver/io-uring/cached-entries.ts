// ④ driver — io_uring: entries that the kernel's caches can answer at once are carried out without the ring. A read that is
// alone in its batch: preadv2(2) with RWF_NOWAIT, without a request and a completion in the kernel (0.5 of 2.2 µs for
// 4 KiB on 6.18). A statx, which the ring always hands to a worker (12 µs of both their time when it is alone): openat2(2)
// with RESOLVE_CACHED and statx(2) of what that found (2.5 µs). Neither call ever waits for a device or a network.
import type { NativeRing } from '../../native/binding.js'
import { Errno } from '../../operation/system-error.js'
import { Control, IORING_OP, IOSQE_IO_HARDLINK, IOSQE_IO_LINK, Sqe } from '../../ring/layout/io-uring.js'
import type { SubmissionRing } from '../../ring/submission-ring.js'

const { SUBMITTED, FINISHED, SUBMIT, ANSWER } = Control
const { WORDS, OFF_HIGH, OP_FLAGS } = Sqe
const { READ, READ_FIXED, STATX } = IORING_OP
const { EAGAIN } = Errno
const LINKED = (IOSQE_IO_LINK | IOSQE_IO_HARDLINK) << 8
/** After a miss so many of a kind at most go straight to the ring: a cold tree costs one attempt in a thousand. */
const SKIP_MAX = 1023
/**
 * Of a batch of statx this thread carries out one in so many, while a worker is busy with the others: about what it
 * would wait otherwise (measured with `npm run bench -- --only stat`).
 */
const STATX_SHARE = 4

/** Attempts of one kind: the more fail in a row, the fewer are made. */
class Attempts {
  #penalty = 0
  #skip = 0

  /** Whether to try now. */
  due(): boolean {
    if (this.#skip === 0) return true
    this.#skip--
    return false
  }

  hit(): void {
    this.#penalty = 0
  }

  missed(): void {
    this.#skip = this.#penalty
    this.#penalty = Math.min(2 * this.#penalty + 1, SKIP_MAX)
  }
}

export class CachedEntries {
  readonly #ring: NativeRing
  readonly #control: Int32Array
  readonly #submissions: SubmissionRing
  readonly #reads = new Attempts()
  readonly #stats = new Attempts()

  constructor(ring: NativeRing, submissions: SubmissionRing) {
    this.#ring = ring
    this.#control = new Int32Array(ring.control)
    this.#submissions = submissions
  }

  /** How many of the entries written last are to be tried here; the others are handed over before. */
  worthTrying(): number {
    const { pending, words, last } = this.#submissions
    if (words[last] !== STATX) return pending === 1 ? 1 : 0
    // A lone statx goes to the worker that is busy with others already: this thread would only keep itself from more.
    if (pending === 1) return this.#control[SUBMITTED] === this.#control[FINISHED] ? 1 : 0
    const most = (pending / STATX_SHARE) | 0
    let count = 0
    while (count < most && this.#isAlone(count)) count++
    return count
  }

  /** Whether the entry so many places before the last one is a statx that no link holds. */
  #isAlone(back: number): boolean {
    const { words } = this.#submissions
    return words[this.#submissions.beforeLast(back)] === STATX && ((words[this.#submissions.beforeLast(back + 1)] as number) & LINKED) === 0
  }

  /** Carries out the entry written last, if it is of a kind for that and all it needs is cached. Its result; EAGAIN: to the ring with it. */
  carryOut(): number {
    const { words, last } = this.#submissions
    const kind = words[last] as number // opcode alone: no flags, no priority
    let attempts = this.#stats
    if (kind === READ || kind === READ_FIXED) {
      // At the file's own position a part that was read could not be taken back.
      if (words[last + OP_FLAGS] !== 0 || (words[last + OFF_HIGH] as number) < 0) return EAGAIN
      attempts = this.#reads
    } else if (kind !== STATX) return EAGAIN
    if (!attempts.due()) return EAGAIN
    this.#control[SUBMIT] = last / WORDS
    this.#ring.carryOutCached()
    const result = this.#control[ANSWER] as number
    if (result === EAGAIN) attempts.missed()
    else attempts.hit()
    return result
  }
}
