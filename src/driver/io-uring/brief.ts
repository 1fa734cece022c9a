// ④ driver — io_uring: what is worth waiting for without sleeping (⑤ ring/brief-wait.ts).
import { IORING_OP } from '../../ring/layout/io-uring.js'

/** What works on names and pages, and ends soon when no device is asked. Reads are not among it: what is not cached is asked of one. */
export const BRIEF: readonly number[] = [
  IORING_OP.WRITE, IORING_OP.WRITE_FIXED, IORING_OP.WRITEV, IORING_OP.FSYNC, IORING_OP.FALLOCATE, IORING_OP.FTRUNCATE, IORING_OP.OPENAT2, IORING_OP.CLOSE,
  IORING_OP.STATX, IORING_OP.RENAMEAT, IORING_OP.UNLINKAT, IORING_OP.MKDIRAT, IORING_OP.SYMLINKAT, IORING_OP.LINKAT, IORING_OP.GETXATTR, IORING_OP.SETXATTR,
  IORING_OP.FGETXATTR, IORING_OP.FSETXATTR,
]
