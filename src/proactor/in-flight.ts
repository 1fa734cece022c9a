// ③ proactor — the table of everything submitted and not yet completed. An entry keeps the operation, and with it the
// lent memory, reachable until the driver tells its completion; then it is used again under a new generation.
import type { Operation } from '../operation/operation.js'
import type { Submission } from './driver.js'
import { nop } from '../operation/timer.js'

/** Who is notified of a submission's end. */
export interface Settler {
  /** Wants one result: a multishot operation is cancelled behind its first, and `settle` is called once more at its end. */
  readonly firstOnly?: boolean
  /**
   * The entry is released right after; read what is needed of it now. `value` counts when `result` ≥ 0. Runs no code of a user's:
   * that is queued, since the entry is still half way. What it throws all the same is raised in the next tick, as an uncaught error.
   */
  settle(entry: Entry, result: number, value: unknown, more: boolean): void
}

/** The entries that wait on one AbortSignal; it is the listener. */
export interface AbortGroup {
  readonly signal: AbortSignal
  readonly entries: Set<Entry>
  /** Nothing has waited on it for a moment, and the next sweep looks at it. */
  isIdle: boolean
  handleEvent(): void
}

/** A line that entries stand in: entry-queue.ts. */
export interface EntryLine {
  remove(entry: Entry): void
}

/** What an entry knows of the chain that it stands for. */
export interface Chain {
  start(): void
  cancel(): void
  /** The error of its failed member, with the chain's own fields. */
  describe(makeError: (member: Operation, result: number) => Error): Error
}

/** An entry's life. Who moves it, on which event: docs/architecture.md, "The life of an entry". Only `moveTo` changes it. */
export const EntryState = {
  FREE: 0,
  /** Acquired; nothing of it has begun, and nobody else can reach it. */
  NEW: 1,
  /** In TypeScript, behind a limit or an order, or because its driver has no room. */
  WAITING: 2,
  /** Settled for its caller, about to be released. */
  ENDED: 3,
  /** With the driver. */
  SUBMITTED: 4,
  /** Settled for its caller; the driver still holds it and its memory. */
  ABANDONED: 5,
} as const
const { FREE, NEW, WAITING, ENDED, SUBMITTED, ABANDONED } = EntryState
export type EntryState = (typeof EntryState)[keyof typeof EntryState]
const STATE_NAMES = Object.keys(EntryState)

/** By state: a bit for each state that may follow it. */
const FOLLOWING: readonly number[] = [
  1 << NEW,
  1 << WAITING | 1 << SUBMITTED | 1 << ENDED | 1 << FREE,
  1 << SUBMITTED | 1 << ENDED,
  1 << FREE,
  1 << WAITING | 1 << ENDED | 1 << ABANDONED,
  1 << FREE,
]

/** The one place where an entry's state changes. A step that its life does not have is a fault of the engine, told at once. */
export function moveTo(entry: Entry, state: EntryState): void {
  if (((FOLLOWING[entry.state] as number) & (1 << state)) === 0) throw impossible(entry, state)
  entry.state = state
}

function impossible({ slot, generation, state }: Entry, wanted: EntryState): Error {
  return new Error(`trueaio: entry ${String(slot)}, generation ${String(generation)}, cannot go from ${STATE_NAMES[state] ?? ''} to ${STATE_NAMES[wanted] ?? ''}`)
}

/** Why an entry is being cancelled. */
export const CancelReason = { NONE: 0, ABORTED: 1, TIMED_OUT: 2, CLOSED: 3 } as const
export type CancelReason = (typeof CancelReason)[keyof typeof CancelReason]

export class Entry implements Submission {
  readonly slot: number
  generation = 1
  operation: Operation
  state: EntryState = EntryState.FREE
  settler: Settler
  /** The settler's own: promise functions, callback, cookie, index. */
  first: unknown = undefined
  second: unknown = undefined
  priority = 0
  lane = 0
  driverIndex = 0
  /** Bytes of callers' memory lent. */
  bytes = 0
  /** Places it takes among those in flight: a chain's members count each. */
  weight = 1
  chain: Chain | undefined = undefined
  /** A member of a chain: the chain's own entry counts against the limits, this one does not. */
  isMember = false
  /** What subscribers of the tracing channel were given at its begin. */
  traced: object | undefined = undefined
  /** Of a member: it went to its driver together with the others. */
  isLinked = false
  /** Of a member: its chain's entry. */
  parent: Entry | undefined = undefined
  /** Of a chain: members not released yet. Their memory is the chain's, so it stays until they have ended. */
  membersHeld = 0
  /** Found wrong with the operation before it could reach a driver. */
  problem: Error | undefined = undefined
  cancelReason: CancelReason = CancelReason.NONE
  /** Its driver was asked to stop it on behalf of an owner that waits for the outcome. */
  stopAsked = false
  /** Its driver said that it cannot be stopped. */
  unstoppable = false
  /** A close that was settled before it has ended, or has begun: it goes on. */
  isLeft = false
  /** Its driver has died with it: abandoned, and it counts nowhere any more. */
  isLost = false
  /** What it was submitted with, for the error's reason. */
  signal: AbortSignal | undefined = undefined
  /** While it listens to its signal. */
  abortGroup: AbortGroup | undefined = undefined
  /** Milliseconds on the performance clock; Infinity: none. */
  deadline: number = Infinity
  heapIndex = -1
  /** Something beyond the plain fields was set: release resets it. */
  isSpecial = false
  /** The line it stands in (entry-queue.ts), and its neighbours there. */
  queue: EntryLine | undefined = undefined
  nextQueued: Entry | undefined = undefined
  previousQueued: Entry | undefined = undefined
  /** The next free entry, while this one is free. */
  nextFree: Entry | undefined = undefined
  ordered = false
  /** The orders it belongs to (see admission.ts). */
  turns: readonly number[] = NO_TURNS
  /** Its places in them, once it has joined them (orders.ts, which knows their class). */
  places: readonly object[] | undefined = undefined
  /** It is at the head of all its orders. */
  hasTurn = false
  barrier = false
  /** Under way in a place of this class, or waiting for one. */
  placeClass = 0
  startedAt = 0

  constructor(slot: number) {
    this.slot = slot
    this.operation = IDLE
    this.settler = NOBODY
  }
}

/** Of an entry that waits for nobody's turn. */
const NO_TURNS: readonly number[] = []
const IDLE = nop()
const NOBODY: Settler = {
  settle() {
    throw new Error('trueaio: a completion for an entry that nobody owns')
  },
}

// Entries below this slot are used again in the order they were released, so that a loop over the same buffers meets
// each buffer in the same slot, where drivers keep what they know of it. Those above, which only a burst needs, wait
// on a stack, so that a burst does not spread everyday work over thousands of slots.
const SLOTS_IN_ORDER = 256

/** Slots are below 2^29 (drivers mark user_data above that); memory ends long before. */
export class InFlightTable {
  readonly entries: Entry[] = []
  #firstFree: Entry | undefined = undefined
  #lastFree: Entry | undefined = undefined
  readonly #freeBeyond: Entry[] = []

  acquire(operation: Operation, settler: Settler): Entry {
    let entry = this.#firstFree
    if (entry !== undefined) this.#firstFree = entry.nextFree
    else entry = this.#another()
    entry.operation = operation
    entry.settler = settler
    moveTo(entry, NEW)
    return entry
  }

  release(entry: Entry): void {
    moveTo(entry, FREE)
    entry.generation = (entry.generation + 1) & 0x7fffffff
    entry.operation = IDLE
    entry.first = undefined
    if (entry.isSpecial) reset(entry)
    entry.nextFree = undefined
    if (entry.slot >= SLOTS_IN_ORDER) {
      this.#freeBeyond.push(entry)
      return
    }
    if (this.#firstFree === undefined) this.#firstFree = entry
    else (this.#lastFree as Entry).nextFree = entry // the last of a list that is not empty
    this.#lastFree = entry
  }

  #another(): Entry {
    const beyond = this.#freeBeyond.pop()
    if (beyond !== undefined) return beyond
    const entry = new Entry(this.entries.length)
    this.entries.push(entry)
    return entry
  }

  /** Whether the entry a driver means is still the one it was given. */
  find(slot: number, generation: number): Entry | undefined {
    const entry = this.entries[slot]
    return entry !== undefined && entry.generation === generation && entry.state !== FREE ? entry : undefined
  }
}

function reset(entry: Entry): void {
  entry.isSpecial = false
  entry.second = undefined
  entry.cancelReason = CancelReason.NONE
  entry.stopAsked = false
  entry.unstoppable = false
  entry.isLeft = false
  entry.isLost = false
  entry.weight = 1
  entry.chain = undefined
  entry.isMember = false
  entry.isLinked = false
  entry.parent = undefined
  entry.problem = undefined
  entry.signal = undefined
  entry.priority = 0
  entry.lane = 0
  entry.ordered = false
  entry.turns = NO_TURNS
  entry.hasTurn = false
  entry.barrier = false
}
