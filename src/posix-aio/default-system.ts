// ① interface — posix-aio: the one of each thread, over its default proactor, made at the first call, and the calls as
// functions of the module.
import { defaultProactor } from '../default-proactor.js'
import type { LIO_NOWAIT, LIO_WAIT } from './constants.js'
import type { aiocb, sigevent } from './control-block.js'
import { PosixAio, type BlockList, type PosixAioOptions } from './posix-aio.js'
import type { BlockingOptions, WaitOptions } from './wait-options.js'

let ofThisThread: PosixAio | undefined

/** What the functions of this module work on. Made at the first call: before it there is no ring and no thread. */
export function defaultPosixAio(): PosixAio {
  ofThisThread ??= new PosixAio({ proactor: defaultProactor() })
  return ofThisThread
}

/**
 * Chooses the proactor and the limits of this module's functions, for this thread. What is not given is as by default.
 * @throws ERR_INVALID_STATE: requests are outstanding. And what `PosixAio` throws
 */
export function configure(options: Partial<PosixAioOptions>): PosixAio {
  if (ofThisThread !== undefined && ofThisThread.outstanding > 0) {
    throw Object.assign(new Error(`posix-aio cannot be configured while ${String(ofThisThread.outstanding)} requests are outstanding`), { code: 'ERR_INVALID_STATE' })
  }
  ofThisThread = new PosixAio({ ...options, proactor: options.proactor ?? defaultProactor() })
  return ofThisThread
}

/** {@inheritDoc PosixAio.aio_read} */
export function aio_read(block: aiocb): 0 {
  return defaultPosixAio().aio_read(block)
}

/** {@inheritDoc PosixAio.aio_write} */
export function aio_write(block: aiocb): 0 {
  return defaultPosixAio().aio_write(block)
}

/** {@inheritDoc PosixAio.aio_fsync} */
export function aio_fsync(op: number, block: aiocb): 0 {
  return defaultPosixAio().aio_fsync(op, block)
}

/** {@inheritDoc PosixAio.aio_error} */
export function aio_error(block: aiocb): number {
  return defaultPosixAio().aio_error(block)
}

/** {@inheritDoc PosixAio.aio_return} */
export function aio_return(block: aiocb): number {
  return defaultPosixAio().aio_return(block)
}

/** {@inheritDoc PosixAio.aio_cancel} */
export function aio_cancel(fildes: number, block?: aiocb | null): number {
  return defaultPosixAio().aio_cancel(fildes, block)
}

/** {@inheritDoc PosixAio.aio_suspend} */
export function aio_suspend(list: BlockList, options?: WaitOptions): Promise<0> {
  return defaultPosixAio().aio_suspend(list, options)
}

/** {@inheritDoc PosixAio.aio_suspendSync} */
export function aio_suspendSync(list: BlockList, options?: BlockingOptions): 0 {
  return defaultPosixAio().aio_suspendSync(list, options)
}

/** {@inheritDoc PosixAio.lio_listio} */
export function lio_listio(mode: typeof LIO_WAIT, list: BlockList, sig?: sigevent | null, options?: WaitOptions): Promise<0>
export function lio_listio(mode: typeof LIO_NOWAIT, list: BlockList, sig?: sigevent | null): 0
export function lio_listio(mode: typeof LIO_WAIT | typeof LIO_NOWAIT, list: BlockList, sig?: sigevent | null, options?: WaitOptions): Promise<0> | 0 {
  return defaultPosixAio().lio_listio(mode as typeof LIO_WAIT, list, sig, options)
}

/** {@inheritDoc PosixAio.lio_listioSync} */
export function lio_listioSync(list: BlockList, options?: BlockingOptions): 0 {
  return defaultPosixAio().lio_listioSync(list, options)
}
