// ④ driver — io_uring: writes to pipes, sockets and terminals, and sends, that were short. A ring tries without waiting first, and what
// fitted (65,536 bytes of a pipe, 6.18) is its whole answer; write(2) of a blocking descriptor waits until all is written.
import { FileFact, fileFacts } from '../../native/file-facts.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, Operation, OperationDetail } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import { viewsAfter } from '../../operation/view.js'
import type { Submission } from '../../proactor/driver.js'

const RWF_NOWAIT = 8
const MSG_DONTWAIT = 0x40
const { WRITE, WRITEV, SEND, SENDMSG } = Opcode
/** Whether the rest of it is written when it is short. */
export function isCarriedOn({ offset, opcode }: Operation): boolean {
  return offset < 0 && (opcode === WRITE || opcode === WRITEV || opcode === SEND || opcode === SENDMSG)
}

export class StreamWrites {
  readonly #facts = fileFacts()
  /** By slot: bytes written by the entries before the one in flight. */
  readonly #done = new Map<number, number>()
  /** By slot: it was refused without a copy. */
  readonly #copied = new Set<number>()

  doneBy(slot: number): number {
    return this.#done.get(slot) ?? 0
  }

  /** Notes the end of an entry. Whether write(2) would go on, so that the rest is to be asked for. */
  goesOn({ operation, slot }: Submission, result: number, isCancelled: boolean): boolean {
    if (result === Errno.ENOTSUP && operation.detail?.zeroCopy === true && !isCancelled && !this.#copied.has(slot)) {
      this.#copied.add(slot) // a Unix socket sends copies only
      return true
    }
    if (result <= 0) return false
    const done = this.doneBy(slot) + result
    if (done >= operation.length || isCancelled || !this.#waits(operation)) return false
    this.#done.set(slot, done)
    return true
  }

  /** What write(2) answers when nothing follows the entry that ended with `result`. */
  ended(slot: number, result: number): number {
    if (this.#copied.size > 0) this.#copied.delete(slot)
    const before = this.doneBy(slot)
    if (before === 0) return result
    this.#done.delete(slot)
    // The bytes written are reported, and not a later error; the same holds for an interrupted write.
    return result > 0 ? before + result : before
  }

  #waits({ file, fileKind, flags, opcode }: Operation): boolean {
    // A send goes on whatever its socket's mode; kernels before 5.19 leave that to us.
    if (opcode === SEND || opcode === SENDMSG) return (flags & MSG_DONTWAIT) === 0
    // A registered file's number may be another's by now; such a one is looked at when it is registered.
    return (flags & RWF_NOWAIT) === 0 && (fileKind !== FileKind.DESCRIPTOR || !this.#facts.has(file, FileFact.NON_BLOCKING))
  }
}

/** A vectored write, or a message, without its first bytes. */
export function restOf(operation: Operation, done: number): Operation {
  const { opcode, fileKind, file, buffer, length, offset, flags, detail } = operation
  const rest = Object.assign(new OperationDetail(), detail)
  rest.buffers = viewsAfter(detail?.buffers ?? [], done)
  rest.descriptors = undefined // they have gone with the first bytes
  return new Operation(opcode, fileKind, file, buffer, length, offset, flags, rest)
}
