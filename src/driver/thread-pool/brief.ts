// ④ driver — thread-pool: what is worth waiting for without sleeping (⑤ ring/brief-wait.ts).
import { Opcode } from '../../operation/opcode.js'

/** What works on names and pages, and ends soon when no device is asked. */
export const BRIEF: readonly Opcode[] = [
  Opcode.WRITE, Opcode.WRITEV, Opcode.OPEN, Opcode.CLOSE, Opcode.FSYNC, Opcode.FDATASYNC, Opcode.FALLOCATE, Opcode.FTRUNCATE, Opcode.TRUNCATE, Opcode.STATX,
  Opcode.RENAME, Opcode.UNLINK, Opcode.RMDIR, Opcode.MKDIR, Opcode.SYMLINK, Opcode.LINK, Opcode.READLINK, Opcode.GETDENTS64, Opcode.ACCESS, Opcode.CHMOD,
  Opcode.FCHMOD, Opcode.CHOWN, Opcode.FCHOWN, Opcode.UTIMES, Opcode.FUTIMES, Opcode.COPY_FILE_RANGE, Opcode.ROW,
]
