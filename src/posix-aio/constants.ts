// ① interface — posix-aio: the constants of <aio.h> and <signal.h> that its functions take and give, and its limits.
// Values are those of Linux's C library, so that figures in a trace mean the same.
import { constants as fileConstants } from 'node:fs'
import { constants as systemConstants } from 'node:os'

/** `aio_cancel`: all requested requests are cancelled. */
export const AIO_CANCELED = 0
/** `aio_cancel`: at least one was in progress and continues. */
export const AIO_NOTCANCELED = 1
/** `aio_cancel`: all had ended before. */
export const AIO_ALLDONE = 2

/** `aio_lio_opcode`: as `aio_read`. */
export const LIO_READ = 0
/** `aio_lio_opcode`: as `aio_write`. */
export const LIO_WRITE = 1
/** `aio_lio_opcode`: nothing; the entry is skipped. */
export const LIO_NOP = 2

/** Mode of `lio_listio`: wait until all have ended. */
export const LIO_WAIT = 0
/** Mode of `lio_listio`: return when all are queued. */
export const LIO_NOWAIT = 1

/** `sigev_notify`: a signal to this process. */
export const SIGEV_SIGNAL = 0
/** `sigev_notify`: nothing; ask with `aio_error`, or wait with `aio_suspend`. */
export const SIGEV_NONE = 1
/** `sigev_notify`: a call of `sigev_notify_function`. */
export const SIGEV_THREAD = 2

/** `aio_fsync`: data and metadata, as fsync(2). */
export const O_SYNC: number = fileConstants.O_SYNC
/** `aio_fsync`: data and what reading it back needs, as fdatasync(2). */
export const O_DSYNC: number = fileConstants.O_DSYNC

/** `aio_error` returns it for a request that has not ended. */
export const EINPROGRESS: number = systemConstants.errno.EINPROGRESS
/** `aio_error` returns it for a request that was cancelled. */
export const ECANCELED: number = systemConstants.errno.ECANCELED

/** The most requests outstanding at once, by default. POSIX requires at least 1. */
export const AIO_MAX = 65_536
/** The most entries of one `lio_listio`, by default. POSIX requires at least 2. */
export const AIO_LISTIO_MAX = 4096
/** The highest `aio_reqprio`, by default. POSIX requires at least 0. */
export const AIO_PRIO_DELTA_MAX = 20
