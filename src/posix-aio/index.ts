// ① interface — trueaio/posix-aio: POSIX asynchronous I/O. Names, constants and errors are those of <aio.h>.
export { aiocb } from './control-block.js'
export type { aiocbFields, sigevent } from './control-block.js'
export { aio_cancel, aio_error, aio_fsync, aio_read, aio_return, aio_suspend, aio_suspendSync, aio_write, configure, defaultPosixAio, lio_listio, lio_listioSync } from './default-system.js'
export {
  AIO_ALLDONE, AIO_CANCELED, AIO_LISTIO_MAX, AIO_MAX, AIO_NOTCANCELED, AIO_PRIO_DELTA_MAX, ECANCELED, EINPROGRESS, LIO_NOP, LIO_NOWAIT, LIO_READ,
  LIO_WAIT, LIO_WRITE, O_DSYNC, O_SYNC, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD,
} from './constants.js'
export type { PosixAioLimits } from './limits.js'
export { PosixAio } from './posix-aio.js'
export type { BlockList, PosixAioOptions } from './posix-aio.js'
export type { BlockingOptions, WaitOptions } from './wait-options.js'
