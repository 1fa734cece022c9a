// ③ proactor — places in flight by what an operation waits for. What waits for something outside, and does nothing until then, takes none:
// timers, polls, sockets. What may wait for ever and needs something meanwhile (a read of a pipe its memory, a system call a thread) is of
// a class that leaves some places to the others: whatever has filled the rest, a file is still read. Works for admission.ts.
import { fstatSync } from 'node:fs'
import { loadBinding } from '../native/load.js'
import { Opcode, OPCODE_COUNT } from '../operation/opcode.js'
import { FileKind, type Operation } from '../operation/operation.js'
import { WAITS_OUTSIDE } from '../operation/waits.js'
import type { Entry } from './in-flight.js'

export const PlaceClass = {
  /** It ends by itself, as soon as its file system answers. */
  ENDS: 0,
  /** Until a child has ended. */
  CHILD: 1,
  /** A transfer of a pipe or terminal, or any system call. */
  TRANSFER: 2,
  /**
   * Until something outside happens (operation/waits.ts). A service waits so for each of its connections and with a timer for each request.
   * However many there are, each must be heard: such an operation takes no place, and is bound by the memory it lends alone.
   */
  OUTSIDE: 3,
} as const
export type PlaceClass = (typeof PlaceClass)[keyof typeof PlaceClass]
const { ENDS, CHILD, TRANSFER, OUTSIDE } = PlaceClass
const CLASSES = 4
/** A class has a quarter of few places, and an eighth of the memory, as its own. */
const PARTS = 4

/** Places, and parts of the memory lent, that are a class's own: so many at most, of few places a quarter. */
const OWN_MAX = 256

/** A transfer at the current position: TRANSFER, if the file can wait. */
const AT_POSITION = CLASSES
const HOW = new Uint8Array(OPCODE_COUNT).fill(ENDS)
for (const opcode of [Opcode.CALL, Opcode.SENDFILE, Opcode.MOVE_BYTES, Opcode.SPLICE, Opcode.TEE]) HOW[opcode] = TRANSFER
for (const opcode of [Opcode.READ, Opcode.WRITE, Opcode.READV, Opcode.WRITEV]) HOW[opcode] = AT_POSITION
HOW[Opcode.WAITID] = CHILD
WAITS_OUTSIDE.forEach((waits, opcode) => {
  if (waits === 1) HOW[opcode] = OUTSIDE
})

/** As far as the operation alone tells. A chain takes places if a member does: it is what the first such member is. */
function placeClassOf({ detail, offset, opcode }: Operation): PlaceClass {
  const how = HOW[opcode] as PlaceClass | typeof AT_POSITION
  if (how === AT_POSITION) return offset < 0 ? TRANSFER : ENDS
  if (opcode !== Opcode.CHAIN) return how
  let its: PlaceClass = ENDS
  for (const member of detail?.members ?? []) {
    const members = placeClassOf(member)
    if (members !== ENDS && members !== OUTSIDE) return members
    if (members === OUTSIDE) its = OUTSIDE
  }
  return its
}

export class Places {
  readonly max: number
  readonly bytesMax: number
  readonly own: number
  readonly #taken = [0, 0, 0, 0]
  readonly #bytes = [0, 0, 0, 0]
  /** Those that found the places of their class taken, in order of arrival; what ends by itself waits in the queue of all. */
  readonly #waiting: readonly Set<Entry>[] = [new Set(), new Set(), new Set(), new Set()]
  waiting = 0

  constructor(max: number, bytesMax: number) {
    this.max = max
    this.bytesMax = bytesMax
    this.own = Math.min(OWN_MAX, Math.floor(max / PARTS))
  }

  /** Places of a class that are taken. */
  taken(its: PlaceClass): number {
    return this.#taken[its] as number // for each class
  }

  /** Whether one more of a class may start, the places of the others left free. */
  hasPlace(its: PlaceClass, weight: number, bytes: number): boolean {
    // What ends by itself is bound by the limits of all alone. So is one that alone is beyond them.
    if (its === ENDS || this.#taken[its] === 0) return true
    const bytesOwn = this.bytesMax / (2 * PARTS)
    let places = weight + this.own
    let lent = bytes + bytesOwn
    for (let other: number = CHILD; other < CLASSES; other++) {
      const taken = this.#taken[other] as number
      const held = this.#bytes[other] as number
      if (other !== OUTSIDE) places += other === its ? taken : Math.max(taken, this.own)
      lent += other === its ? held : Math.max(held, bytesOwn)
    }
    return (its === OUTSIDE || places <= this.max) && (bytes === 0 || lent <= this.bytesMax)
  }

  /** The class in which an entry would start. One at the position of a regular file is asked of the system, where it decides. */
  classFor({ bytes, operation, weight }: Entry): PlaceClass {
    const its = placeClassOf(operation)
    return its === TRANSFER && !this.hasPlace(its, weight, bytes) && endsByItself(operation) ? ENDS : its
  }

  take(entry: Entry, its: PlaceClass): void {
    entry.placeClass = its
    this.#taken[its] = (this.#taken[its] as number) + entry.weight
    this.#bytes[its] = (this.#bytes[its] as number) + entry.bytes
  }

  giveBack(entry: Entry): void {
    const { bytes, placeClass, weight } = entry
    this.#taken[placeClass] = (this.#taken[placeClass] as number) - weight
    this.#bytes[placeClass] = (this.#bytes[placeClass] as number) - bytes
  }

  wait(entry: Entry, its: PlaceClass): void {
    entry.placeClass = its
    this.#waiting[its]?.add(entry)
    this.waiting++
  }

  /** Takes one out of those that wait for a place. False: it is not among them. */
  withdraw(entry: Entry): boolean {
    if (this.waiting === 0 || this.#waiting[entry.placeClass]?.delete(entry) !== true) return false
    this.waiting--
    return true
  }

  /** The first of a class that waits and has a place now. */
  next(): Entry | undefined {
    for (const waiting of this.#waiting) {
      const [first] = waiting
      if (first !== undefined && this.hasPlace(first.placeClass as PlaceClass, first.weight, first.bytes)) return first
    }
    return undefined
  }
}

function endsByItself({ file, fileKind, opcode }: Operation): boolean {
  if (HOW[opcode] !== AT_POSITION || fileKind !== FileKind.DESCRIPTOR) return false
  if (loadBinding().binding?.readWaits(file) === true) return false
  try {
    return fstatSync(file).isFile()
  } catch {
    return true // it is not open, and fails at once
  }
}
