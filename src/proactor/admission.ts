// ③ proactor — limits and order: which submissions may go to a driver now, and the queue of those that may not yet.
// First come, first served: nothing overtakes the head of the queue; only operations that wait for an earlier one on
// the same descriptor step aside.
import { EntryQueue } from './entry-queue.js'
import type { Operation } from '../operation/operation.js'
import { EntryState, moveTo, type Entry } from './in-flight.js'

/** Upper bounds; what exceeds them waits, in order of arrival, and is never refused. */
export interface Limits {
  /** Submissions with drivers at once. */
  readonly inFlightMax: number
  /** Bytes of callers' memory lent at once. A single larger operation goes alone. */
  readonly bytesLentMax: number
}

const Verdict = { STARTED: 0, BLOCKED: 1, BEHIND_ORDER: 2 } as const
type Verdict = (typeof Verdict)[keyof typeof Verdict]

export class Admission {
  readonly limits: Limits
  inFlight = 0
  bytesLent = 0
  readonly #waiting = new EntryQueue()
  /** A barrier is in flight: nothing starts before it ends. */
  #barrierRunning = false
  /** Descriptors whose turn an ordered operation has, and the ordered ones behind it. */
  readonly #turns = new Map<number, EntryQueue>()
  #behindOrder = 0

  constructor(limits: Limits) {
    this.limits = limits
  }

  get queued(): number {
    return this.#waiting.length + this.#behindOrder
  }

  /** Whether an entry that arrives now may start now; otherwise it has been queued. */
  arrive(entry: Entry): boolean {
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
    entry.hasTurn = entry.ordered
    this.#waiting.pushFront(entry)
  }

  /** An entry that was started has ended. */
  ended(entry: Entry): void {
    this.#undoStart(entry)
    if (entry.ordered) this.#passTurn(entry)
  }

  /** Takes a waiting entry out: it was cancelled. */
  withdraw(entry: Entry): void {
    const { queue } = entry
    if (queue === undefined) return
    queue.remove(entry)
    if (queue !== this.#waiting) this.#behindOrder--
    else if (entry.hasTurn) this.#passTurn(entry)
  }

  #judge(entry: Entry): Verdict {
    if (this.#barrierRunning || (this.inFlight > 0 && this.inFlight + entry.weight > this.limits.inFlightMax)) return Verdict.BLOCKED
    if (entry.barrier && this.inFlight + this.#behindOrder > 0) return Verdict.BLOCKED
    if (entry.bytes > 0 && this.bytesLent > 0 && this.bytesLent + entry.bytes > this.limits.bytesLentMax) return Verdict.BLOCKED
    if (entry.ordered && !entry.hasTurn) {
      const behind = this.#turns.get(turnKey(entry))
      if (behind !== undefined) {
        behind.pushBack(entry)
        this.#behindOrder++
        return Verdict.BEHIND_ORDER
      }
      this.#turns.set(turnKey(entry), new EntryQueue())
    }
    this.inFlight += entry.weight
    this.bytesLent += entry.bytes
    if (entry.barrier) this.#barrierRunning = true
    return Verdict.STARTED
  }

  #undoStart(entry: Entry): void {
    this.inFlight -= entry.weight
    this.bytesLent -= entry.bytes
    if (entry.barrier) this.#barrierRunning = false
  }

  /** Gives the descriptor's turn to the next ordered entry; it arrived before anything that waits, so it goes first. */
  #passTurn(entry: Entry): void {
    const key = turnKey(entry)
    const next = this.#turns.get(key)?.shift()
    if (next === undefined) {
      this.#turns.delete(key)
      return
    }
    this.#behindOrder--
    next.hasTurn = true
    this.#waiting.pushFront(next)
  }
}

function turnKey(entry: Entry): number {
  return entry.operation.fileKind * 0x100000000 + entry.operation.file
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
