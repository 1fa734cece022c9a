// ③ proactor — the end of a process, or of a thread: what would change a file or a name is carried out first. Node joins its
// thread pool at exit, so that `fs.unlink(pidFile, () => {}); process.exit()` removes the file; and so it is here.
import { constants } from 'node:fs'
import { Opcode } from '../operation/opcode.js'
import type { Operation } from '../operation/operation.js'
import { EntryState, type Entry } from './in-flight.js'

const { O_CREAT, O_TRUNC } = constants

/** What takes its time ends in less. A write to a pipe that nobody reads never would, and must not keep a process for ever. */
export const FINISH_MS_MAX = 30_000

const CHANGING: ReadonlySet<Opcode> = new Set([
  Opcode.WRITE, Opcode.WRITEV, Opcode.CLOSE, Opcode.FSYNC, Opcode.FDATASYNC, Opcode.SYNC_FILE_RANGE, Opcode.FALLOCATE, Opcode.FTRUNCATE, Opcode.TRUNCATE,
  Opcode.RENAME, Opcode.UNLINK, Opcode.RMDIR, Opcode.MKDIR, Opcode.SYMLINK, Opcode.LINK, Opcode.CHMOD, Opcode.FCHMOD, Opcode.CHOWN, Opcode.FCHOWN,
  Opcode.UTIMES, Opcode.FUTIMES, Opcode.SETXATTR, Opcode.REMOVEXATTR, Opcode.FSETXATTR, Opcode.FREMOVEXATTR, Opcode.COPY_FILE_RANGE, Opcode.REFLINK,
  Opcode.ROW,
])

/** Whether an operation may leave something changed. One that only reads has nobody left to read for. */
function changes({ opcode, flags, detail }: Operation): boolean {
  if (opcode === Opcode.OPEN) return (flags & (O_CREAT | O_TRUNC)) !== 0
  if (opcode === Opcode.CHAIN) return detail?.members?.some(changes) === true
  return CHANGING.has(opcode)
}

/** How many entries are to end before their process does. A chain's members count with their chain. */
export function countChanging(entries: readonly Entry[]): number {
  let count = 0
  for (const { state, isMember, operation } of entries) if ((state === EntryState.WAITING || state === EntryState.SUBMITTED) && !isMember && changes(operation)) count++
  return count
}
