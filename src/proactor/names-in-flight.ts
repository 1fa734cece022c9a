// ③ proactor — operations in progress that look at names. The thread that carries one out looks when its turn comes, with the
// current directory, the umask and the user of that moment: whoever changes those waits for it.
import { AT_FDCWD } from '../operation/path.js'
import { Opcode } from '../operation/opcode.js'
import type { Operation } from '../operation/operation.js'
import { isWhole } from '../operation/whole.js'
import type { Batch } from './batch.js'
import type { DriverLadder } from './choose-driver.js'
import { EntryState, type Entry } from './in-flight.js'
import { flushPending, notePending, type Pending } from '../waiting/pending.js'

/** What looks at a name ends in microseconds. An open of a FIFO, or a file server that is gone, must not hold a change for ever. */
const WAIT_MS_MAX = 1000
const SLASH = 47

function isRelative(path: string | Uint8Array | undefined): boolean {
  return path !== undefined && path.length > 0 && (typeof path === 'string' ? path.charCodeAt(0) : path[0]) !== SLASH
}

/** Whether an operation looks at a name; `relative`: at one that begins at the current directory. */
function looksAtName({ detail, file, opcode }: Operation, relative: boolean): boolean {
  // Whose names stand in packed memory.
  if (isWhole(opcode)) return true
  if (detail === undefined) return false
  if (opcode === Opcode.CHAIN || opcode === Opcode.ROW) return detail.members?.some((member) => looksAtName(member, relative)) === true
  // What a call's texts are, only the system knows.
  if (opcode === Opcode.CALL) return true
  const { path, path2 } = detail
  if (!relative) return path !== undefined || path2 !== undefined
  return (file === AT_FDCWD && isRelative(path)) || (detail.file2 === AT_FDCWD && isRelative(path2))
}

export class NamesInFlight implements Pending {
  readonly #entries: readonly Entry[]
  readonly #ladder: DriverLadder
  readonly #batch: Batch
  readonly #wait: (remaining: () => number, milliseconds: number) => void

  /** @param wait blocks this thread until `remaining` answers 0, or so many milliseconds are over */
  constructor(entries: readonly Entry[], ladder: DriverLadder, batch: Batch, wait: (remaining: () => number, milliseconds: number) => void) {
    this.#entries = entries
    this.#ladder = ladder
    this.#batch = batch
    this.#wait = wait
    notePending(this)
  }

  flush(): void {
    // From within a flush, what comes to it is handed over by the one that is scheduled.
    if (this.#batch.scheduled && !this.#batch.flushing) this.#batch.flush()
  }

  /** Before this thread blocks for its own: nobody else hands over meanwhile what other proactors have. */
  flushOthers(): void {
    this.#batch.submitGathered()
    flushPending(this) // its drivers' wait hands over, and libuv's threads must not have what `node` can do itself
  }

  settleNames(relative: boolean): void {
    const remaining = (): number => this.#count(relative)
    if (!this.#batch.flushing && remaining() > 0) this.#wait(remaining, WAIT_MS_MAX)
  }

  #count(relative: boolean): number {
    // What the end of one brings, such as the rest of a long list.
    this.#batch.submitGathered()
    let count = 0
    for (const { driverIndex, isMember, operation, state } of this.#entries) {
      if (isMember || state === EntryState.FREE || !looksAtName(operation, relative)) continue
      // libuv's threads have it, and report nothing to a blocked thread: there it is as with Node's own fs.
      if (state !== EntryState.WAITING && this.#ladder.drivers[driverIndex]?.name === 'node') continue
      count++
    }
    return count
  }
}
