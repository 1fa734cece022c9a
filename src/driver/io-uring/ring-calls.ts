// ④ driver — io_uring: the system call on a ring, and what is to be done with each of its answers; taking completions out
// in batches, those included that overflowed.
import type { NativeRing } from '../../native/binding.js'
import { ownDescriptors } from '../../native/load.js'
import { Errno, errorCode } from '../../operation/system-error.js'
import type { DriverCounters } from '../../proactor/driver.js'
import { CompletionRing } from '../../ring/completion-ring.js'
import {
  Control, Cqe, IORING_ASYNC_CANCEL_ALL, IORING_ASYNC_CANCEL_ANY, IORING_CQE_F_MORE, IORING_ENTER_GETEVENTS, IORING_REGISTER_SYNC_CANCEL,
  IORING_SQ_CQ_OVERFLOW, IORING_SQ_TASKRUN,
} from '../../ring/layout/io-uring.js'
import { ReapedBatch } from '../../ring/reaped-batch.js'
import { SubmissionRing } from '../../ring/submission-ring.js'
import { MESSAGE_MARK } from './encode.js'
import { OPENS_MARK } from './entries.js'

/** Completions copied out of the ring at once. */
const REAP_BATCH = 256

// As constants of this module, compiled code holds their values.
const { SUBMIT, COMPLETE, ENTER_FLAGS, ANSWER, SUBMITTED, FINISHED, COUNTED_HEAD } = Control
const { WORDS, FLAGS, RES } = Cqe

export class RingCalls {
  readonly submissions: SubmissionRing
  readonly completions: CompletionRing
  readonly counters: DriverCounters = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
  /** The batch taken last. */
  readonly batch: ReapedBatch = new ReapedBatch(REAP_BATCH, Cqe.WORDS)
  /** Whether the batch taken last was as long as a batch can be: there may be more in the ring. */
  batchWasFull = false
  /** The kernel did not take all that the last call handed over. */
  behind = false
  /** Why no call is answered any more (a seccomp filter that came later); undefined while the ring lives. */
  dead: string | undefined = undefined
  readonly #ring: NativeRing
  readonly #control: Int32Array
  /** In a worker, what is the engine's to close at its end (native/descriptors.h). */
  readonly #own = ownDescriptors()

  constructor(ring: NativeRing) {
    this.#ring = ring
    this.#control = new Int32Array(ring.control)
    this.submissions = new SubmissionRing(ring)
    this.completions = new CompletionRing(ring)
  }

  /** Submissions with the kernel, those included whose completions were not taken. */
  get inFlight(): number {
    return ((this.#control[SUBMITTED] as number) - (this.#control[FINISHED] as number)) | 0
  }

  /** Hands over everything written, and waits for `complete` completions or the time (ms, < 0: no limit). */
  enter(complete: number, flags: number, milliseconds: number): void {
    if (this.dead !== undefined) return
    const { submissions } = this
    const control = this.#control
    const count = submissions.publish()
    control[SUBMIT] = count
    control[COMPLETE] = complete
    control[ENTER_FLAGS] = flags
    this.counters.systemCalls++
    // What completes inside the call is looked for right after it: waking the loop for it costs 150 ns for nothing.
    this.completions.silence()
    if (milliseconds < 0) this.#ring.enter()
    else this.#ring.enterTimed(milliseconds)
    const answer = control[ANSWER] as number
    this.behind = count > 0 && answer < count
    if (answer >= 0) submissions.taken(answer)
    else this.#notNow(answer)
  }

  /** Survives every way in which a kernel says "not now". After any other answer the ring counts as dead. */
  #notNow(answer: number): void {
    switch (answer) {
      case Errno.EINTR: case Errno.ETIME:
        return
      case Errno.EBUSY: case Errno.EAGAIN: case Errno.EBADR: case Errno.ENOMEM:
        // Completions wait outside the ring, or memory is short: the completions there are reaped now, and the rest in the next turn.
        this.#flushOverflow()
        return
      default:
        this.dead = `io_uring_enter: ${errorCode(answer)}`
        this.behind = false
    }
  }

  /** Lets completions wake the loop from here on. False: some are there already, that would not. */
  announce(): boolean {
    this.completions.announce()
    return this.completions.ready === 0 && (this.submissions.flags & (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN)) === 0
  }

  /** Whether there is room for so many entries, after handing over those there are. */
  makeRoom(entries: number): boolean {
    this.enter(0, 0, -1)
    return this.submissions.room >= entries
  }

  /** Takes the next batch of completions, once the last one is empty. False: there are none, also not outside the ring. */
  take(): boolean {
    for (;;) {
      const count = this.completions.copy(this.batch.words, REAP_BATCH)
      if (count > 0) {
        this.#countFinished(count)
        this.completions.giveBack()
        this.batch.filled(count)
        this.batchWasFull = count === REAP_BATCH
        return true
      }
      if (!this.fetchHidden()) return false
    }
  }

  /** Completions that are not in the ring yet (overflowed, or work the kernel still has to run in this thread) are put there. */
  fetchHidden(): boolean {
    const flags = this.submissions.flags & (IORING_SQ_CQ_OVERFLOW | IORING_SQ_TASKRUN)
    if (flags === 0 || this.dead !== undefined) return false
    if ((flags & IORING_SQ_CQ_OVERFLOW) !== 0) this.counters.overflows++
    this.#flushOverflow()
    return this.completions.ready > 0
  }

  #flushOverflow(): void {
    this.counters.systemCalls++
    const control = this.#control
    control[SUBMIT] = 0
    control[COMPLETE] = 0
    control[ENTER_FLAGS] = IORING_ENTER_GETEVENTS
    this.#ring.enter()
  }

  /**
   * Asks for the end of all that a dead ring's kernel still has, without the call that is not answered any more. What ends wakes the loop
   * as before. Where this call is refused too, or unknown (before Linux 6.0), it continues until it ends by itself.
   */
  cancelAll(): void {
    const all = new Int32Array(16) // struct io_uring_sync_cancel_reg; its timeout is 0: nothing is waited for
    all[2] = -1
    all[3] = IORING_ASYNC_CANCEL_ALL | IORING_ASYNC_CANCEL_ANY
    this.#ring.register(IORING_REGISTER_SYNC_CANCEL, new Uint8Array(all.buffer), 1)
  }

  /**
   * Tells the addon how many submissions have ended, before the kernel has their places back and before any of them is reported: a
   * worker may be terminated at every call and every turn of a loop, and its end waits for exactly what is still with the kernel.
   */
  #countFinished(count: number): void {
    const reaped = this.batch.words
    const control = this.#control
    const { head } = this.completions
    let finished = control[FINISHED] as number
    if (this.#own !== undefined) noteOpened(reaped, count, this.#own)
    for (let at = 0; at < count * WORDS; at += WORDS) {
      // A message from another ring is nobody's submission here.
      if (((reaped[at + FLAGS] as number) & IORING_CQE_F_MORE) === 0 && reaped[at] !== MESSAGE_MARK) finished++
    }
    // The two together: no call and no turn of a loop stands between them.
    control[FINISHED] = finished | 0
    control[COUNTED_HEAD] = head
  }
}

/**
 * Notes what a batch of completions has opened, before the kernel has their places back. A worker that is terminated earlier leaves it to
 * the addon, which finds them in the ring; noting twice does no harm.
 */
function noteOpened(reaped: Int32Array, count: number, own: Uint8Array): void {
  for (let at = 0; at < count * WORDS; at += WORDS) {
    const result = reaped[at + RES] as number
    if ((reaped[at] as number) >= OPENS_MARK && result >= 0) own[result] = 1
  }
}
