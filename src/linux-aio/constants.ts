// ① interface — Linux AIO: the numbers of include/uapi/linux/aio_abi.h and linux/fs.h, under their own names.
import { IOCB_CMD } from '../ring/layout/linux-aio.js'

export { IOCB_FLAG_IOPRIO, IOCB_FLAG_RESFD } from '../ring/layout/linux-aio.js'

/** Reads `aio_nbytes` bytes at `aio_offset` into `aio_buf`. */
export const IOCB_CMD_PREAD: 0 = IOCB_CMD.PREAD
/** Writes `aio_nbytes` bytes of `aio_buf` at `aio_offset`. */
export const IOCB_CMD_PWRITE: 1 = IOCB_CMD.PWRITE
/** fsync(2). */
export const IOCB_CMD_FSYNC: 2 = IOCB_CMD.FSYNC
/** fdatasync(2). */
export const IOCB_CMD_FDSYNC: 3 = IOCB_CMD.FDSYNC
/** One poll for the events in `aio_buf`. */
export const IOCB_CMD_POLL: 5 = IOCB_CMD.POLL
/** Does nothing and completes with 0. The kernel has the number and answers EINVAL. */
export const IOCB_CMD_NOOP: 6 = IOCB_CMD.NOOP
/** Reads into the first `aio_nbytes` of the views in `aio_buf`. */
export const IOCB_CMD_PREADV: 7 = IOCB_CMD.PREADV
/** Writes the first `aio_nbytes` of the views in `aio_buf`. */
export const IOCB_CMD_PWRITEV: 8 = IOCB_CMD.PWRITEV

/** What `aio_rw_flags` may have: RWF_* of preadv2(2) and pwritev2(2). */
export const RWF_HIPRI = 0x1
/** Of `aio_rw_flags`: the write is on the device when it completes, as with O_DSYNC. */
export const RWF_DSYNC = 0x2
/** Of `aio_rw_flags`: the write and all metadata are on the device when it completes, as with O_SYNC. */
export const RWF_SYNC = 0x4
/** Of `aio_rw_flags`: EAGAIN rather than wait. */
export const RWF_NOWAIT = 0x8
/** Of `aio_rw_flags`: append, whatever the offset. */
export const RWF_APPEND = 0x10
/** Of `aio_rw_flags`: write at the offset although the file was opened with O_APPEND. */
export const RWF_NOAPPEND = 0x20
/** Those that Linux 6.18 knows; any other bit is EOPNOTSUPP, which Node calls ENOTSUP: they are one number on Linux. */
export const RWF_SUPPORTED = 0xff

/** The most that all contexts of a thread may hold together: the kernel's own default of fs.aio-max-nr. */
export const AIO_MAX_NR = 65536
/** The number of EINPROGRESS: what `io_cancel` answers, negative. */
export const EINPROGRESS = 115
