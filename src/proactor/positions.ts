// ③ proactor — who uses the current position of a file, in which order. Two operations that use one position, and two writes to
// one pipe or socket, are never with a driver together: the later one waits for the earlier one's end. So each finds the
// position where the one before it has left it, and no write gets between the pieces of another. docs/architecture.md, Positions.
import { FileFact, fileFacts, forgetFacts } from '../native/file-facts.js'
import { Opcode } from '../operation/opcode.js'
import { FileKind } from '../operation/operation.js'
import { mayUsePosition, PositionUse, visitPositions } from '../operation/position.js'
import { noteNumbers } from '../waiting/pending.js'
import type { Driver } from './driver.js'
import type { Entry } from './in-flight.js'

const { POSITION, INODE } = FileFact
const { CLOSE } = Opcode
const DESCRIPTOR_BITS = 0x4000000

export class Positions {
  readonly #ladder: { readonly first: Driver }
  readonly #registered: ReadonlyMap<number, number>

  /**
   * @param ladder its first driver tells what its descriptors are, if they are not this process's
   * @param registered descriptors by index of registered files
   */
  constructor(ladder: { readonly first: Driver }, registered: ReadonlyMap<number, number>) {
    this.#ladder = ladder
    this.#registered = registered
    noteNumbers(forgetFacts)
  }

  /** Notes in an entry whose turn it has to wait for. */
  note(entry: Entry): void {
    const { operation } = entry
    if (operation.opcode === CLOSE) fileFacts().forget(operation.file)
    if (!mayUsePosition(operation)) return
    const turns: number[] = []
    visitPositions(operation, (file, kind, use) => {
      const key = this.#keyOf(file, kind, use)
      if (key >= 0 && !turns.includes(key)) turns.push(key)
    })
    if (turns.length === 0) return
    entry.isSpecial = true
    entry.turns = turns
  }

  /** The order that an operation belongs to; -1: none. */
  #keyOf(file: number, kind: FileKind, use: PositionUse): number {
    const fd = kind === FileKind.REGISTERED ? (this.#registered.get(file) ?? -1) : kind === FileKind.DESCRIPTOR ? file : -1
    if (fd < 0) return -1
    const socket = this.#ladder.first.factsOf === undefined ? fileFacts().socketOf(fd) : 0
    // A statx for each send would cost as much as a fifth of it.
    if (socket > 0 && use === PositionUse.SENDS) return socketKey(fd, socket)
    const facts = this.#ladder.first.factsOf?.(fd) ?? fileFacts().fresh(fd)
    if (facts < 0) return -1 // its driver says why
    // Reads of a pipe or socket may wait for ever, and a write of the same socket must not wait for them.
    if ((facts & POSITION) === 0 && use < PositionUse.WRITES) return -1
    if ((facts & POSITION) === 0 && socket > 0) return socketKey(fd, socket)
    // With a part of the inode number: a number that was closed while a write to a full pipe was in flight, and has been
    // given to another file since, does not wait for that write.
    return fd * DESCRIPTOR_BITS + (facts & -INODE) + (facts & POSITION)
  }
}

/** The order of writes and sends of one of the engine's sockets: no other key has this bit. */
function socketKey(fd: number, socket: number): number {
  return fd * DESCRIPTOR_BITS + socket * INODE + 2
}
