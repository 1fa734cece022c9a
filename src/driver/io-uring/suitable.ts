// ④ driver — io_uring: which transfers a ring carries out as read(2) and write(2) do. The others go to the next driver, whose
// threads make the call itself. docs/architecture.md, Positions.
import { FileFact, fileFacts } from '../../native/file-facts.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import { FileKind, type Operation } from '../../operation/operation.js'

// As constants of this module, compiled code holds their values.
const { POSITION, RING } = FileFact
const { POLL, SPLICE, TIMER } = Opcode
const { DESCRIPTOR, REGISTERED } = FileKind

/** Driver.asked: about all others there is no question. */
export const ASKED: Uint8Array = new Uint8Array(OPCODE_COUNT)
for (const opcode of [Opcode.READ, Opcode.WRITE, Opcode.READV, Opcode.WRITEV, Opcode.SPLICE, Opcode.POLL, Opcode.TIMER]) ASKED[opcode] = 1

/**
 * So many timers are in the ring; more go to the next driver, which has all of its in one heap. The kernel looks for the one to be cancelled
 * among all of a ring's, one after the other (6.18): 50,000 cancels, newest first, blocked for longer than a minute.
 */
const TIMERS_MAX = 256

export class Suitable {
  readonly #facts = fileFacts()
  /** Facts of registered files, by index: the ring holds the file, whatever becomes of its number. */
  readonly #registered: number[] = []
  readonly #timers: () => number

  /** @param timers how many timers are in the ring */
  constructor(timers: () => number) {
    this.#timers = timers
  }

  /** Notes what is registered at an index. Returns the index; -1: nothing was. */
  registered(index: number, fd: number): number {
    if (index >= 0) this.#registered[index] = this.#facts.fresh(fd)
    return index
  }

  /**
   * At an offset: of regular files and block devices. A ring ignores the offset for a pipe or terminal, where pread(2) answers
   * ESPIPE. Of a FUSE file opened with direct_io it asks for the rest of a short read at the offset of the whole (6.18).
   *
   * At the current position: of what has none. Of a file that has one, the ring does not move it when a transfer ends in the
   * background or was short before an error, and holds no lock between two (6.18).
   */
  readonly takes = ({ opcode, file, fileKind, offset, detail }: Operation): boolean => {
    if (opcode === SPLICE) return (offset >= 0 || !this.#hasPosition(file)) && ((detail?.offset2 ?? -1) >= 0 || !this.#hasPosition(detail?.file2 ?? -1))
    // A multishot poll of a file that is always ready ends at once (6.18), and asked again it would end again, without a pause.
    if (opcode === POLL) return detail?.multishot !== true || fileKind !== DESCRIPTOR || !this.#hasPosition(file)
    if (opcode === TIMER) return this.#timers() < TIMERS_MAX
    // What a chain opens is not there yet: Entries.takesChain.
    if (fileKind !== DESCRIPTOR && fileKind !== REGISTERED) return true
    const facts = fileKind === DESCRIPTOR ? this.#facts.of(file) : (this.#registered[file] ?? -1)
    if (facts < 0) return true // not a descriptor: the ring says so
    return offset < 0 ? (facts & POSITION) === 0 : (facts & RING) !== 0
  }

  #hasPosition(fd: number): boolean {
    return this.#facts.has(fd, POSITION)
  }
}
