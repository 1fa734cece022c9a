// ④ driver — io_uring: sends without a copy. The kernel completes each twice: how much it has sent, and later (a notification, which the peer's
// acknowledgement brings) that it does not read the memory any more. A send has ended with the second.
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { MessageFlag } from '../../operation/socket.js'
import { IORING_CQE_F_MORE, IORING_CQE_F_NOTIF } from '../../ring/layout/io-uring.js'

/** Below this many bytes pinning pages costs more than copying them, whatever the network card. */
const BYTES_MIN = 2 ** 14

/** Whether it goes without a copy. @param isKnown the kernel has such sends: since 6.0 */
export function sendsWithoutCopy({ detail, flags, length, opcode }: Operation, isKnown: boolean): boolean {
  return detail?.zeroCopy === true && opcode === Opcode.SEND && length >= BYTES_MIN && (flags & MessageFlag.MSG_DONTWAIT) === 0 && isKnown
}

export class ZeroCopySends {
  /** By slot: what the first completion told. */
  readonly #sent = new Map<number, number>()

  /** What a completion of such a send ends it with; undefined: the kernel still reads its memory. */
  ends(slot: number, result: number, flags: number): number | undefined {
    if ((flags & IORING_CQE_F_MORE) !== 0) {
      this.#sent.set(slot, result)
      return undefined
    }
    if ((flags & IORING_CQE_F_NOTIF) === 0) return result
    const sent = this.#sent.get(slot) ?? result
    this.#sent.delete(slot)
    return sent
  }
}
