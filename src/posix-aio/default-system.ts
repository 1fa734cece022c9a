// ① interface — posix-aio: the one of each thread, over its default proactor, made at the first call, and the calls as
// functions of the module.
import { defaultProactor } from '../default-proactor.js'
import type { LIO_NOWAIT, LIO_WAIT } from './constants.js'
import type { aiocb, sigevent } from './control-block.js'
import { PosixAio, type BlockList, type PosixAioOptions } from './posix-aio.js'
import type { BlockingOptions, WaitOptions } from './wait-options.js'

let ofThisThread: PosixAio | undefined

/**
 * The object behind the functions of this module. It is made at the first call; before that there is no ring and no
 * thread.
 */
export function defaultPosixAio(): PosixAio {
  ofThisThread ??= new PosixAio({ proactor: defaultProactor() })
  return ofThisThread
}

/**
 * Chooses the proactor and the limits of this module's functions, for this thread. Absent settings have their defaults.
 * @throws ERR_INVALID_STATE: requests are outstanding. And what `PosixAio` throws
 */
export function configure(options: Partial<PosixAioOptions>): PosixAio {
  if (ofThisThread !== undefined && ofThisThread.outstanding > 0) {
    throw Object.assign(new Error(`posix-aio cannot be configured while ${String(ofThisThread.outstanding)} requests are outstanding`), { code: 'ERR_INVALID_STATE' })
  }
  ofThisThread = new PosixAio({ ...options, proactor: options.proactor ?? defaultProactor() })
  return ofThisThread
}

/**
 * Queues a read of `aio_nbytes` bytes at `aio_offset` into `aio_buf`; returns 0.
 * @throws EAGAIN, EBADF, EINVAL, ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE: see {@link PosixAio.aio_read}
 * @see POSIX.1-2017, aio_read
 */
export function aio_read(block: aiocb): 0 {
  return defaultPosixAio().aio_read(block)
}

/**
 * Queues a write of `aio_nbytes` bytes from `aio_buf` at `aio_offset`, with O_APPEND at the end; returns 0.
 * @throws EAGAIN, EBADF, EINVAL, ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE: see {@link PosixAio.aio_write}
 * @see POSIX.1-2017, aio_write
 */
export function aio_write(block: aiocb): 0 {
  return defaultPosixAio().aio_write(block)
}

/**
 * Queues a sync after all requests that are outstanding on the descriptor now; returns 0.
 * @param op `O_SYNC` or `O_DSYNC`
 * @throws EAGAIN, EBADF, EINVAL: see {@link PosixAio.aio_fsync}
 * @see POSIX.1-2017, aio_fsync
 */
export function aio_fsync(op: number, block: aiocb): 0 {
  return defaultPosixAio().aio_fsync(op, block)
}

/**
 * The error status of a request: EINPROGRESS, 0, or the (positive) errno it failed with.
 * @throws EINVAL: the block has no request. See {@link PosixAio.aio_error}
 * @see POSIX.1-2017, aio_error
 */
export function aio_error(block: aiocb): number {
  return defaultPosixAio().aio_error(block)
}

/**
 * The return status of a request that has ended, once: bytes, 0, or -1 if it failed.
 * @throws EINVAL: not ended, never submitted, or taken before. See {@link PosixAio.aio_return}
 * @see POSIX.1-2017, aio_return
 */
export function aio_return(block: aiocb): number {
  return defaultPosixAio().aio_return(block)
}

/**
 * Cancels one request, or all of a descriptor: AIO_CANCELED, AIO_NOTCANCELED or AIO_ALLDONE.
 * @throws EBADF, EINVAL: see {@link PosixAio.aio_cancel}
 * @see POSIX.1-2017, aio_cancel
 */
export function aio_cancel(fildes: number, block?: aiocb | null): number {
  return defaultPosixAio().aio_cancel(fildes, block)
}

/**
 * Waits until one of the requests has ended; resolves to 0.
 * @throws (rejects) EAGAIN: the timeout has passed. AbortError. See {@link PosixAio.aio_suspend}
 * @see POSIX.1-2017, aio_suspend
 */
export function aio_suspend(list: BlockList, options?: WaitOptions): Promise<0> {
  return defaultPosixAio().aio_suspend(list, options)
}

/**
 * The same, blocking this thread.
 * @throws EAGAIN, EINVAL: see {@link PosixAio.aio_suspendSync}
 * @see POSIX.1-2017, aio_suspend
 */
export function aio_suspendSync(list: BlockList, options?: BlockingOptions): 0 {
  return defaultPosixAio().aio_suspendSync(list, options)
}

/**
 * Queues a list of reads and writes; with `LIO_WAIT` resolves to 0 when all have ended, with `LIO_NOWAIT` returns 0 at once, and `sig` is notified when all have ended.
 * @throws EINVAL, EAGAIN; with `LIO_WAIT` (rejects) EAGAIN, EIO, ETIMEDOUT, AbortError: see {@link PosixAio.lio_listio}
 * @see POSIX.1-2017, lio_listio
 */
export function lio_listio(mode: typeof LIO_WAIT, list: BlockList, sig?: sigevent | null, options?: WaitOptions): Promise<0>
export function lio_listio(mode: typeof LIO_NOWAIT, list: BlockList, sig?: sigevent | null): 0
export function lio_listio(mode: typeof LIO_WAIT | typeof LIO_NOWAIT, list: BlockList, sig?: sigevent | null, options?: WaitOptions): Promise<0> | 0 {
  return defaultPosixAio().lio_listio(mode as typeof LIO_WAIT, list, sig, options)
}

/**
 * As `lio_listio` with `LIO_WAIT`, blocking this thread.
 * @throws EINVAL, EAGAIN, EIO, ETIMEDOUT: see {@link PosixAio.lio_listioSync}
 * @see POSIX.1-2017, lio_listio
 */
export function lio_listioSync(list: BlockList, options?: BlockingOptions): 0 {
  return defaultPosixAio().lio_listioSync(list, options)
}
