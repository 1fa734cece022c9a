// ③ proactor — the death of a driver: a system that answers it no more (a seccomp filter set up later). What was never handed over
// goes to the next driver. What the system had is settled as failed, since its completion can no longer be fetched; its memory stays lent until it ends.
import { Opcode } from '../operation/opcode.js'
import { FileKind } from '../operation/operation.js'
import { Errno } from '../operation/system-error.js'
import type { Admission } from './admission.js'
import type { ChainMembers } from './chain-members.js'
import type { DriverLadder } from './choose-driver.js'
import type { Driver, Submission } from './driver.js'
import { operationError } from './failure.js'
import { CancelReason, EntryState, moveTo, type Entry, type InFlightTable } from './in-flight.js'

/** What it needs of the proactor. */
export interface DeathOwner {
  schedule(): void
  settle(entry: Entry, result: number, value: unknown): void
  release(entry: Entry): void
  /** Abandons the entry: its driver still holds it. */
  hold(entry: Entry): void
  /** Makes a close that nobody waits for. */
  closeUnclaimed(fd: number): void
  countAbandoned(operations: number): void
  /** Starts what waits, and looks whether anything is in flight. */
  goOn(): void
}

export interface DeathHost {
  readonly table: InFlightTable
  readonly ladder: DriverLadder
  readonly admission: Admission
  readonly members: ChainMembers
  readonly owner: DeathOwner
}

/** The sink's died. */
export function driverDied(host: DeathHost, driver: Driver, reason: string, returned: readonly Submission[]): void {
  const { ladder, owner, table } = host
  const index = ladder.drop(driver, reason)
  const entries = returned.map(({ slot, generation }) => table.find(slot, generation)).filter((entry) => entry !== undefined)
  // All go back before any of them ends, which starts what waits. Backwards, as each goes to the head.
  const ending = entries.reverse().filter((entry) => !putBack(host, entry)).reverse()
  for (const entry of ending) endUnseen(owner, entry, driver.name, reason)
  for (const entry of table.entries) {
    // A chain's own entry is with no driver; its members are.
    if (entry.driverIndex !== index || entry.chain !== undefined || entry.isLost) continue
    if (entry.state === EntryState.SUBMITTED) {
      noteDeath(entry, driver.name, reason, 'whether it was carried out is not known')
      owner.hold(entry)
      owner.settle(entry, entry.cancelReason === CancelReason.NONE ? Errno.EIO : Errno.ECANCELED, undefined)
    }
    if (entry.state === EntryState.ABANDONED) lose(host, entry)
  }
  owner.schedule()
  owner.goOn()
}

function noteDeath(entry: Entry, name: string, reason: string, consequence: string): void {
  entry.isSpecial = true
  if (entry.cancelReason !== CancelReason.NONE) return
  entry.problem = operationError(entry.operation, Errno.EIO, `the driver ${name} has died (${reason}): ${consequence}`)
}

/** An entry that the system never saw waits for another driver. False: it has to end. */
function putBack({ admission, members }: DeathHost, entry: Entry): boolean {
  // A member of a link cannot continue by itself.
  if (entry.state !== EntryState.SUBMITTED || entry.cancelReason !== CancelReason.NONE || entry.stopAsked || entry.isLinked) return false
  moveTo(entry, EntryState.WAITING)
  if (entry.isMember) members.putBack(entry)
  else admission.putBack(entry)
  return true
}

function endUnseen(owner: DeathOwner, entry: Entry, name: string, reason: string): void {
  const { isLeft, isMember, operation } = entry
  if (entry.state === EntryState.SUBMITTED) {
    if (entry.isLinked) noteDeath(entry, name, reason, 'it was not carried out')
    moveTo(entry, EntryState.ENDED)
    owner.settle(entry, Errno.ECANCELED, undefined)
    owner.release(entry)
    return
  }
  if (!isMember) owner.countAbandoned(-1)
  owner.release(entry)
  // Its submitter has been notified; it is still to be made.
  if (isLeft && operation.opcode === Opcode.CLOSE && operation.fileKind === FileKind.DESCRIPTOR) owner.closeUnclaimed(operation.file)
}

/** An entry of a dead driver: it counts nowhere, so that nobody waits for it. Released if its completion is reported after all. */
function lose({ admission, members, owner }: DeathHost, entry: Entry): void {
  const { parent } = entry
  entry.isSpecial = true
  entry.isLost = true
  if (parent !== undefined) {
    entry.parent = undefined
    members.released(parent)
    return
  }
  admission.ended(entry)
  owner.countAbandoned(-1)
}
