// ④ driver — io_uring: receives into buffers of a group, where the group had none. The kernel has nothing of such a one any more: it is
// made again when a buffer is returned. Works on groups.ts for driver.ts.
import { Opcode } from '../../operation/opcode.js'
import type { ReceivedMessage } from '../../operation/socket.js'
import { Errno } from '../../operation/system-error.js'
import type { Submission } from '../../proactor/driver.js'
import type { Fifo } from '../../waiting/fifo.js'
import type { Entries } from './entries.js'
import type { Ended } from './told-later.js'

export class Parked {
  readonly #entries: Entries
  readonly #ended: Fifo<Ended>
  readonly #askAgain: (submission: Submission) => boolean
  readonly #comeBack: () => void
  /** By slot: how to stop waiting. */
  readonly #stops = new Map<number, () => void>()

  /**
   * @param ended reports those that end without the kernel
   * @param comeBack lets the driver look at the ring on the next turn of the loop
   */
  constructor(entries: Entries, ended: Fifo<Ended>, askAgain: (submission: Submission) => boolean, comeBack: () => void) {
    this.#entries = entries
    this.#ended = ended
    this.#askAgain = askAgain
    this.#comeBack = comeBack
  }

  /**
   * Looks at a completion of such a receive. Whether it waits for a buffer from here on.
   * @param flags the completion's
   * @param mayWait its file stays open, whatever becomes of its number
   */
  park(submission: Submission, result: number, flags: number, mayWait: () => boolean): boolean {
    const { operation: { detail }, slot } = submission
    const group = detail?.group
    if (group === undefined) return false
    if (result <= 0) this.#entries.groups.unused(group, flags)
    if (result !== Errno.ENOBUFS || group.closed || !mayWait()) {
      if (result <= 0) group.offer()
      return false
    }
    // A buffer was returned since the kernel found none, and this is not reported again. If it stands in the ring, it is reported before the
    // next answer.
    if (group.hasBuffers) this.#ask(submission)
    else {
      this.#stops.set(slot, group.wait(() => {
        this.#stops.delete(slot)
        this.#ask(submission)
      }))
    }
    return true
  }

  /** The code that releases a buffer is in the middle of its work: the result is reported later. */
  #ask(submission: Submission): void {
    if (!this.#askAgain(submission)) this.#end(submission, Errno.ENOBUFS)
    this.#comeBack()
  }

  /** Ends a submission that waits here. False: it does not. */
  stop(submission: Submission): boolean {
    const stop = this.#stops.get(submission.slot)
    if (stop === undefined) return false
    stop()
    this.#stops.delete(submission.slot)
    this.#end(submission, Errno.ECANCELED)
    return true
  }

  #end(submission: Submission, result: number): void {
    this.#entries.ended(submission, result)
    this.#ended.push({ slot: submission.slot, generation: submission.generation, result })
  }
}

/** Whether this was the last result of a multishot receive: the other side has ended. */
export function isEnd({ operation: { detail, opcode } }: Submission, result: number, value: unknown): boolean {
  if (detail?.group === undefined || result !== 0) return false
  return opcode === Opcode.RECV_PIECE || (value as ReceivedMessage).address === undefined
}
