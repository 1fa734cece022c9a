// ③ proactor — the members of chains as entries: made, handed to a driver linked or one by one, held back while the
// driver has no room. They do not count against the limits, their chain does.
import { checkStillLendable } from '../operation/file.js'
import { FileKind, type Operation } from '../operation/operation.js'
import { Errno } from '../operation/system-error.js'
import type { ChainHost } from './chain-runner.js'
import type { DriverLadder } from './choose-driver.js'
import { EntryState, type Entry, type InFlightTable, type Settler } from './in-flight.js'

/** What the members need of the proactor. */
export interface MemberOwner {
  schedule(): void
  /** A registered file's operation as one on its descriptor. */
  withDescriptor(operation: Operation): Operation
  settle(entry: Entry, result: number, value: unknown): void
  cancel(entry: Entry): void
  release(entry: Entry): void
  /** A chain was settled while members of it are held, or these have ended. */
  countAbandoned(operations: number): void
}

export class ChainMembers implements ChainHost {
  readonly #table: InFlightTable
  readonly #ladder: DriverLadder
  readonly #owner: MemberOwner
  #withoutRoom: Entry[] = []

  constructor(table: InFlightTable, ladder: DriverLadder, owner: MemberOwner) {
    this.#table = table
    this.#ladder = ladder
    this.#owner = owner
  }

  /** Members that a full driver has not taken yet. */
  get waiting(): number {
    return this.#withoutRoom.length
  }

  startWaiting(): void {
    if (this.#withoutRoom.length === 0) return
    const entries = this.#withoutRoom
    this.#withoutRoom = []
    for (const entry of entries) this.#start(entry)
  }

  startMember(operation: Operation, settler: Settler, position: number, parent: Entry): Entry {
    const entry = this.#acquire(operation, settler, position, parent)
    this.#start(entry)
    return entry
  }

  startLinked(members: readonly Operation[], settler: Settler, parent: Entry): Entry[] | undefined {
    if (!this.#ladder.linksChain(members)) return undefined
    const entries = members.map((member, position) => this.#acquire(member, settler, position, parent))
    for (const entry of entries) entry.state = EntryState.SUBMITTED
    const { first, drivers, inFlight } = this.#ladder
    if (first.submitChain?.(entries) !== true) {
      for (const entry of entries) {
        this.#table.release(entry)
        parent.membersHeld--
      }
      return undefined
    }
    const index = drivers.indexOf(first)
    for (const entry of entries) entry.driverIndex = index
    inFlight[index] = (inFlight[index] as number) + entries.length
    return entries
  }

  cancelEntry(entry: Entry): void {
    if (entry.state === EntryState.WAITING) {
      this.#withoutRoom.splice(this.#withoutRoom.indexOf(entry), 1)
      this.#end(entry, Errno.ECANCELED)
    } else if (entry.state === EntryState.SUBMITTED) this.#owner.cancel(entry)
  }

  completeChain(parent: Entry, result: number, value: unknown): void {
    this.#owner.settle(parent, result, value)
    if (parent.membersHeld === 0) {
      this.#owner.release(parent)
      return
    }
    // The last member is just being told, or an abandoned one is still held by the system, and memory of the chain with
    // it: that goes on counting until it has ended.
    parent.state = EntryState.ABANDONED
    this.#owner.countAbandoned(parent.weight)
  }

  /** A member's entry has been released. */
  released(parent: Entry): void {
    parent.membersHeld--
    if (parent.membersHeld > 0 || parent.state !== EntryState.ABANDONED) return
    this.#owner.countAbandoned(-parent.weight)
    this.#owner.release(parent)
  }

  #acquire(operation: Operation, settler: Settler, position: number, parent: Entry): Entry {
    const entry = this.#table.acquire(operation, settler)
    entry.second = position
    entry.isSpecial = true
    entry.isMember = true
    entry.parent = parent
    parent.membersHeld++
    entry.priority = parent.priority
    entry.lane = parent.lane
    entry.bytes = operation.buffer === undefined ? 0 : operation.length
    return entry
  }

  #start(entry: Entry): void {
    const index = this.#ladder.indexFor(entry.operation)
    const driver = this.#ladder.drivers[index]
    entry.state = EntryState.SUBMITTED
    entry.driverIndex = Math.max(index, 0)
    this.#owner.schedule()
    if (driver === undefined) {
      this.#end(entry, Errno.ENOTSUP)
      return
    }
    try {
      // The chain was looked at when it started; its memory may have gone since.
      checkStillLendable(entry.operation)
    } catch (error) {
      entry.problem = error as Error
      this.#end(entry, Errno.EFAULT)
      return
    }
    if (entry.operation.fileKind === FileKind.REGISTERED && driver !== this.#ladder.first) entry.operation = this.#owner.withDescriptor(entry.operation)
    const { inFlight } = this.#ladder
    if (driver.submit(entry)) inFlight[index] = (inFlight[index] as number) + 1
    else {
      entry.state = EntryState.WAITING
      this.#withoutRoom.push(entry)
    }
  }

  /** Ends a member that no driver holds. */
  #end(entry: Entry, result: number): void {
    const { parent } = entry
    this.#owner.settle(entry, result, undefined)
    this.#table.release(entry)
    if (parent !== undefined) this.released(parent)
  }
}
