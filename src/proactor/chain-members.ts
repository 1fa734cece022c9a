// ③ proactor — the members of chains as entries: made, handed to a driver linked or one by one, held back while the
// driver has no room. They do not count against the limits, their chain does.
import { checkStillLendable } from '../operation/file.js'
import { Opcode } from '../operation/opcode.js'
import { FileKind, type Operation } from '../operation/operation.js'
import { Errno } from '../operation/system-error.js'
import type { ChainHost } from './chain-runner.js'
import { takesRegistered, type DriverLadder } from './choose-driver.js'
import { EntryQueue } from './entry-queue.js'
import { EntryState, moveTo, type Entry, type InFlightTable, type Settler } from './in-flight.js'

/** What the members need of the proactor. */
export interface MemberOwner {
  schedule(): void
  /** A registered file's operation as one on its descriptor. */
  withDescriptor(operation: Operation): Operation
  settle(entry: Entry, result: number, value: unknown): void
  cancel(entry: Entry): void
  /** Settles a close that goes on. */
  leave(entry: Entry): void
  release(entry: Entry): void
  /** A chain was settled while members of it are held, or these have ended. */
  countAbandoned(operations: number): void
}

export class ChainMembers implements ChainHost {
  readonly #table: InFlightTable
  readonly #ladder: DriverLadder
  readonly #owner: MemberOwner
  readonly #withoutRoom = new EntryQueue()

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
    for (let left = this.#withoutRoom.length; left > 0; left--) {
      const entry = this.#withoutRoom.shift()
      if (entry === undefined) return
      this.#start(entry)
    }
  }

  /** A member that no driver has any more: it waits as if its driver had been full. */
  putBack(entry: Entry): void {
    this.#withoutRoom.pushFront(entry)
  }

  startMember(operation: Operation, settler: Settler, position: number, parent: Entry): Entry {
    const entry = this.#acquire(operation, settler, position, parent)
    this.#start(entry)
    return entry
  }

  startLinked(members: readonly Operation[], settler: Settler, parent: Entry): Entry[] | undefined {
    if (!this.#ladder.linksChain(members)) return undefined
    const entries = members.map((member, position) => this.#acquire(member, settler, position, parent))
    const { first, drivers, inFlight } = this.#ladder
    if (first.submitChain?.(entries) !== true) {
      for (const entry of entries) {
        this.#table.release(entry)
        parent.membersHeld--
      }
      return undefined
    }
    const index = drivers.indexOf(first)
    for (const entry of entries) {
      moveTo(entry, EntryState.SUBMITTED)
      entry.isLinked = true
      entry.driverIndex = index
    }
    inFlight[index] = (inFlight[index] as number) + entries.length
    return entries
  }

  cancelEntry(entry: Entry): void {
    if (entry.operation.opcode === Opcode.CLOSE) {
      // Behind others of a link it runs or it does not, as their ends decide.
      if (!entry.isLinked) this.#owner.leave(entry)
    } else if (entry.state === EntryState.WAITING) {
      this.#withoutRoom.remove(entry)
      this.#end(entry, Errno.ECANCELED)
    } else if (entry.state === EntryState.SUBMITTED) this.#owner.cancel(entry)
  }

  leaveEntry(entry: Entry): void {
    this.#owner.leave(entry)
  }

  completeChain(parent: Entry, result: number, value: unknown): void {
    // The last member is just being delivered, or an abandoned one is still held by the system, and memory of the chain with
    // it: that goes on counting until it has ended.
    moveTo(parent, EntryState.ABANDONED)
    this.#owner.countAbandoned(parent.weight)
    this.#owner.settle(parent, result, value)
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
    moveTo(entry, EntryState.SUBMITTED)
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
    if (entry.operation.fileKind === FileKind.REGISTERED && !takesRegistered(driver, this.#ladder)) entry.operation = this.#owner.withDescriptor(entry.operation)
    const { inFlight } = this.#ladder
    if (driver.submit(entry)) {
      inFlight[index] = (inFlight[index] as number) + 1
      if (entry.isLeft) moveTo(entry, EntryState.ABANDONED)
    } else {
      moveTo(entry, EntryState.WAITING)
      this.#withoutRoom.pushBack(entry)
    }
  }

  /** Ends a member that no driver holds. */
  #end(entry: Entry, result: number): void {
    const { parent } = entry
    moveTo(entry, EntryState.ENDED)
    this.#owner.settle(entry, result, undefined)
    this.#table.release(entry)
    if (parent !== undefined) this.released(parent)
  }
}
