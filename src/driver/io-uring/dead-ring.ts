// ④ driver — io_uring: a ring whose io_uring_enter is not answered any more. What was written and not taken is found in the
// submission ring; what the kernel has taken it still has, with its memory.
import { Errno } from '../../operation/system-error.js'
import type { CompletionSink, Submission } from '../../proactor/driver.js'
import { Sqe } from '../../ring/layout/io-uring.js'
import type { SubmissionRing } from '../../ring/submission-ring.js'
import { OPENS_MARK, SLOT_MASK, type Entries } from './entries.js'

/**
 * Takes out of the ring what the kernel has not taken, in order. A write that was to be continued ends with what was written. Cancels, and
 * polls before a second attempt, are nobody's submission.
 */
export function giveBackUntaken(ring: SubmissionRing, entries: Entries, sink: CompletionSink): Submission[] {
  const returned: Submission[] = []
  for (const at of ring.untaken()) {
    const marked = ring.words[at + Sqe.USER_DATA_LOW] as number
    const slot = marked >= OPENS_MARK ? marked & SLOT_MASK : marked
    const generation = ring.words[at + Sqe.USER_DATA_HIGH] as number
    if (slot > SLOT_MASK || slot < 0 || generation === 0) continue
    const submission = entries.taken[slot]
    if (submission === undefined || submission.generation !== generation) continue
    const written = entries.streamWrites.doneBy(slot)
    const holdsMore = entries.kinds[slot] !== 0
    if (holdsMore) entries.ended(submission, written > 0 ? entries.streamWrites.ended(slot, 0) : Errno.ECANCELED)
    if (written > 0) sink.complete(slot, generation, written, written, false)
    else returned.push(submission)
  }
  ring.taken(ring.pending)
  return returned
}
