// ③ proactor — limits and order: which submissions may go to a driver now, and the queue of those that may not yet.
// First come, first served: nothing overtakes the head of the queue; only operations that wait for an earlier one on
// the same descriptor step aside, and those whose class has taken all the places it may (places.ts).
import { EntryQueue } from './entry-queue.js'
import type { Operation } from '../operation/operation.js'
import { EntryState, moveTo, type Entry } from './in-flight.js'
import { Orders } from './orders.js'
import { PlaceClass, Places } from './places.js'
import type { Positions } from './positions.js'

/** Upper bounds. Operations beyond them wait in order of arrival, and are never refused. */
export interface Limits {
  /** Submissions with drivers at once. */
  readonly inFlightMax: number
  /** Bytes of callers' memory lent at once. A single larger operation goes alone. */
  readonly bytesLentMax: number
}

/** ASIDE: it waits elsewhere, behind its order or for a place of its class. */
const Verdict = { STARTED: 0, BLOCKED: 1, ASIDE: 2 } as const
type Verdict = (typeof Verdict)[keyof typeof Verdict]

export class Admission {
  readonly limits: Limits
  readonly places: Places
  inFlight = 0
  /** Of these, those that take no place. */
  #withoutPlace = 0
  /** Of these, or of those that wait: such as do not keep the process alive. */
  unreferenced = 0
  bytesLent = 0
  readonly #waiting = new EntryQueue()
  /** A barrier is in flight: nothing starts before it ends. */
  #barrierRunning = false
  readonly #orders = new Orders()
  readonly #positions: Positions | undefined
  #behindOrder = 0

  /** @param positions notes in an entry whose turns it has to wait for */
  constructor(limits: Limits, positions?: Positions) {
    this.limits = limits
    this.#positions = positions
    this.places = new Places(limits.inFlightMax, limits.bytesLentMax)
  }

  get queued(): number {
    return this.#waiting.length + this.#behindOrder + this.places.waiting
  }

  /** Whether an entry that arrives now may start now; otherwise it has been queued. */
  arrive(entry: Entry): boolean {
    this.#positions?.note(entry)
    if (entry.ordered) entry.turns = [...entry.turns, orderedKey(entry.operation)]
    if (this.#waiting.length === 0) {
      const verdict = this.#judge(entry)
      if (verdict === Verdict.STARTED) return true
      if (verdict === Verdict.BLOCKED) this.#waiting.pushBack(entry)
    } else this.#waiting.pushBack(entry)
    moveTo(entry, EntryState.WAITING)
    return false
  }

  /** The next waiting entry that may start now. */
  next(): Entry | undefined {
    if (this.places.waiting > 0) {
      const entry = this.#nextOfClass()
      if (entry !== undefined) return entry
    }
    for (let entry = this.#waiting.first; entry !== undefined; entry = this.#waiting.first) {
      // Taken out first: who stands behind an order stands in that line.
      this.#waiting.remove(entry)
      const verdict = this.#judge(entry)
      if (verdict === Verdict.STARTED) return entry
      if (verdict === Verdict.BLOCKED) {
        this.#waiting.pushFront(entry)
        return undefined
      }
    }
    return undefined
  }

  /** The driver had no room: the entry goes back to the head of the queue. */
  putBack(entry: Entry): void {
    this.#undoStart(entry)
    entry.hasTurn = entry.turns.length > 0
    this.#waiting.pushFront(entry)
  }

  /** An entry that was started has ended. */
  ended(entry: Entry): void {
    this.#undoStart(entry)
    if (entry.turns.length > 0) this.#orders.leave(entry, this.#giveTurn)
  }

  /** Takes a waiting entry out: it was cancelled. */
  withdraw(entry: Entry): void {
    const waitedForPlace = this.places.withdraw(entry)
    const { queue } = entry
    if (queue !== undefined) queue.remove(entry)
    else if (!waitedForPlace && entry.places !== undefined) this.#behindOrder--
    if (entry.places !== undefined) this.#orders.leave(entry, this.#giveTurn)
  }

  #nextOfClass(): Entry | undefined {
    const entry = this.places.next()
    if (entry === undefined || this.#barrierRunning || this.#isFull(entry, entry.placeClass as PlaceClass)) return undefined
    this.places.withdraw(entry)
    this.#start(entry, entry.placeClass as PlaceClass)
    return entry
  }

  #isFull({ bytes, weight }: Entry, its: PlaceClass): boolean {
    const taken = this.inFlight - this.#withoutPlace
    return (its !== PlaceClass.OUTSIDE && taken > 0 && taken + weight > this.limits.inFlightMax)
      || (bytes > 0 && this.bytesLent > 0 && this.bytesLent + bytes > this.limits.bytesLentMax)
  }

  #judge(entry: Entry): Verdict {
    if (this.#barrierRunning || (entry.barrier && this.inFlight + this.#behindOrder + this.places.waiting > 0)) return Verdict.BLOCKED
    const its = this.places.classFor(entry)
    const hasPlace = this.places.hasPlace(its, entry.weight, entry.bytes)
    if (hasPlace && this.#isFull(entry, its)) return Verdict.BLOCKED
    if (entry.turns.length > 0 && !entry.hasTurn && !this.#orders.join(entry)) {
      this.#behindOrder++
      return Verdict.ASIDE
    }
    if (!hasPlace) {
      entry.hasTurn = entry.turns.length > 0
      this.places.wait(entry, its)
      return Verdict.ASIDE
    }
    this.#start(entry, its)
    return Verdict.STARTED
  }

  #start(entry: Entry, its: PlaceClass): void {
    this.inFlight += entry.weight
    if (its === PlaceClass.OUTSIDE) this.#withoutPlace += entry.weight
    this.bytesLent += entry.bytes
    if (entry.barrier) this.#barrierRunning = true
    this.places.take(entry, its)
  }

  #undoStart(entry: Entry): void {
    this.inFlight -= entry.weight
    if (entry.placeClass === PlaceClass.OUTSIDE) this.#withoutPlace -= entry.weight
    this.bytesLent -= entry.bytes
    if (entry.barrier) this.#barrierRunning = false
    this.places.giveBack(entry)
  }

  /** It arrived before anything that waits, so it goes first. */
  readonly #giveTurn = (entry: Entry): void => {
    this.#behindOrder--
    entry.hasTurn = true
    this.#waiting.pushFront(entry)
  }
}

/** The key of the order that operations with the option `ordered` have on their descriptor. Those of positions are ≥ 0. */
function orderedKey({ fileKind, file }: Operation): number {
  return -1 - (fileKind * 0x100000000 + file)
}

/** Bytes of callers' memory that an operation without a buffer of its own lends. */
export function lentBytes(operation: Operation): number {
  const { detail } = operation
  if (detail === undefined) return 0
  if (detail.buffers !== undefined) return operation.length
  let bytes = 0
  if (detail.members !== undefined) for (const member of detail.members) bytes += member.buffer === undefined ? lentBytes(member) : member.length
  return bytes
}
