// ④ driver — io_uring: writes to pipes, sockets and terminals that came up short. A ring tries without waiting first, and what
// fitted (65,536 bytes of a pipe, 6.18) is its whole answer; write(2) of a blocking descriptor waits until all is written.
import { FileFact, fileFacts } from '../../native/file-facts.js'
import { FileKind, Operation, OperationDetail, type View } from '../../operation/operation.js'
import { byteLengthOf, bytesOf } from '../../operation/view.js'
import type { Submission } from '../../proactor/driver.js'

const RWF_NOWAIT = 8
export class StreamWrites {
  readonly #facts = fileFacts()
  /** By slot: bytes written by the entries before the one in flight. */
  readonly #done = new Map<number, number>()

  doneBy(slot: number): number {
    return this.#done.get(slot) ?? 0
  }

  /** Notes the end of an entry. Whether write(2) would go on, so that the rest is to be asked for. */
  goesOn({ operation, slot }: Submission, result: number, isCancelled: boolean): boolean {
    if (result <= 0) return false
    const done = this.doneBy(slot) + result
    if (done >= operation.length || isCancelled || !this.#waits(operation)) return false
    this.#done.set(slot, done)
    return true
  }

  /** What write(2) answers when nothing follows the entry that ended with `result`. */
  ended(slot: number, result: number): number {
    const before = this.doneBy(slot)
    if (before === 0) return result
    this.#done.delete(slot)
    // What was written is told before what went wrong after it; so it is of an interrupted write.
    return result > 0 ? before + result : before
  }

  #waits({ file, fileKind, flags }: Operation): boolean {
    // A registered file's number may be another's by now; such a one is looked at when it is registered.
    return (flags & RWF_NOWAIT) === 0 && (fileKind !== FileKind.DESCRIPTOR || !this.#facts.has(file, FileFact.NON_BLOCKING))
  }
}

/** A vectored write without its first bytes. */
export function restOf(operation: Operation, done: number): Operation {
  const { opcode, fileKind, file, buffer, length, offset, flags, detail } = operation
  const rest = Object.assign(new OperationDetail(), detail)
  let left = done
  const buffers: View[] = []
  for (const view of detail?.buffers ?? []) {
    const bytes = byteLengthOf(view)
    if (left < bytes) buffers.push(left === 0 ? view : bytesOf(view, left, bytes - left))
    left = Math.max(0, left - bytes)
  }
  rest.buffers = buffers
  return new Operation(opcode, fileKind, file, buffer, length, offset, flags, rest)
}
