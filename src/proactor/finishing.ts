// ③ proactor — the end of a process, or of a thread: what would change a file or a name is carried out first. Node joins its
// thread pool at exit, so that `fs.unlink(pidFile, () => {}); process.exit()` removes the file; and so it is here.
import { ownDescriptors } from '../native/load.js'
import { constants } from 'node:fs'
import { Opcode } from '../operation/opcode.js'
import { FileKind, type Operation } from '../operation/operation.js'
import { EntryState, type Entry } from './in-flight.js'

const { O_CREAT, O_TRUNC } = constants

/**
 * For how long a thread's end waits at most, all its waits together. What takes its time ends in less. A write to a pipe that
 * nobody reads, or to a file server that is gone, never would, and must not keep a process for ever.
 */
const FINISH_MS_MAX = 30_000
/** For what is begun after that time was used up: it may be quick. */
const LATER_MS_MAX = 1000
/** As many ends are waited for at once. */
const COUNT_MAX = 64

const CHANGING: ReadonlySet<Opcode> = new Set([
  Opcode.WRITE, Opcode.WRITEV, Opcode.CLOSE, Opcode.FSYNC, Opcode.FDATASYNC, Opcode.SYNC_FILE_RANGE, Opcode.FALLOCATE, Opcode.FTRUNCATE, Opcode.TRUNCATE,
  Opcode.RENAME, Opcode.UNLINK, Opcode.RMDIR, Opcode.MKDIR, Opcode.SYMLINK, Opcode.LINK, Opcode.CHMOD, Opcode.FCHMOD, Opcode.CHOWN, Opcode.FCHOWN,
  Opcode.UTIMES, Opcode.FUTIMES, Opcode.SETXATTR, Opcode.REMOVEXATTR, Opcode.FSETXATTR, Opcode.FREMOVEXATTR, Opcode.COPY_FILE_RANGE, Opcode.REFLINK,
  Opcode.WRITE_FILES, Opcode.REMOVE_TREE, Opcode.COPY_TREE, Opcode.CHANGE_NAMES,
])

/** Whether an operation may leave something changed. One that only reads has nobody left to read for. */
function changes({ opcode, flags, detail }: Operation): boolean {
  if (opcode === Opcode.OPEN) return (flags & (O_CREAT | O_TRUNC)) !== 0
  if (opcode === Opcode.CHAIN || opcode === Opcode.ROW) return detail?.members?.some(stepChanges) === true
  return CHANGING.has(opcode)
}

/** What a row or chain opens and closes for reading changes nothing. */
function stepChanges(step: Operation): boolean {
  return (step.opcode !== Opcode.CLOSE || step.fileKind === FileKind.DESCRIPTOR) && changes(step)
}

/** The end of one thread's work. It waits for nothing twice: what did not end in its time is not waited for again. */
export class Finishing {
  readonly #givenUp = new Map<Entry, number>()
  #left = FINISH_MS_MAX
  #from = 0

  /**
   * Waits until nothing of `entries` is in progress that changes a file or a name. What libuv's threads have Node waits for itself, later.
   * @param wait blocks this thread until `remaining` answers 0, or so many milliseconds are over
   */
  wait(entries: readonly Entry[], wait: (remaining: () => number, milliseconds: number) => void): void {
    const remaining = (): number => this.#count(entries)
    if (remaining() === 0) return
    const start = performance.now()
    wait(remaining, Math.max(this.#left, LATER_MS_MAX))
    if (remaining() === 0) return
    this.#left -= performance.now() - start
    for (const entry of entries) if (isAwaited(entry)) this.#givenUp.set(entry, entry.generation)
  }

  /** How many there are, or `COUNT_MAX`. It continues where it found the last ones; otherwise thousands of completions would each check thousands of entries. */
  #count(entries: readonly Entry[]): number {
    const from = this.#from
    let count = this.#countFrom(from, entries)
    if (count === 0 && from > 0) count = this.#countFrom(0, entries)
    return count
  }

  #countFrom(from: number, entries: readonly Entry[]): number {
    let count = 0
    this.#from = 0
    for (let index = from; index < entries.length && count < COUNT_MAX; index++) {
      const entry = entries[index] as Entry // index is below length
      if (!isAwaited(entry) || (this.#givenUp.size > 0 && this.#givenUp.get(entry) === entry.generation)) continue
      if (count === 0) this.#from = index
      count++
    }
    return count
  }
}

/** A chain's members count with their chain. */
function isAwaited({ state, isMember, operation }: Entry): boolean {
  return (state === EntryState.WAITING || state === EntryState.SUBMITTED) && !isMember && !endsWithThread(operation) && changes(operation)
}

/** In a worker Node ends what is Node's, and the engine's own descriptors are closed with the environment. */
function endsWithThread({ opcode, detail }: Operation): boolean {
  return ownDescriptors() !== undefined && (opcode === Opcode.CLOSE || (opcode === Opcode.OPEN && detail?.kept !== true))
}
