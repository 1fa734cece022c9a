// ① interface — posix-aio: the limits that POSIX leaves to the system.
import { checkInteger } from '../operation/arguments.js'
import { AIO_LISTIO_MAX, AIO_MAX, AIO_PRIO_DELTA_MAX } from './constants.js'

/** Limits of a POSIX AIO system. */
export interface PosixAioLimits {
  /** Requests outstanding at once; one more is EAGAIN. 1 to 2^31 - 1. Default: 65536. */
  readonly AIO_MAX: number
  /** Entries of one list; more are EINVAL. 2 to 2^31 - 1. Default: 4096. */
  readonly AIO_LISTIO_MAX: number
  /** The highest `aio_reqprio`; a higher one is EINVAL. 0 to 1000. Default: 20. */
  readonly AIO_PRIO_DELTA_MAX: number
}

const INT32_MAX = 0x7fffffff

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function limitsOf(wanted: Partial<PosixAioLimits>): PosixAioLimits {
  return {
    AIO_MAX: checkInteger(wanted.AIO_MAX ?? AIO_MAX, 'AIO_MAX', 1, INT32_MAX),
    AIO_LISTIO_MAX: checkInteger(wanted.AIO_LISTIO_MAX ?? AIO_LISTIO_MAX, 'AIO_LISTIO_MAX', 2, INT32_MAX),
    AIO_PRIO_DELTA_MAX: checkInteger(wanted.AIO_PRIO_DELTA_MAX ?? AIO_PRIO_DELTA_MAX, 'AIO_PRIO_DELTA_MAX', 0, 1000),
  }
}
