// What the types of trueaio/posix-aio promise, checked by the compiler alone: this file has to compile, and nothing in it runs.
import type { Proactor } from 'trueaio'
import {
  AIO_MAX, aio_cancel, aio_error, aio_fsync, aio_read, aio_return, aio_suspend, aio_suspendSync, aio_write, aiocb, configure, LIO_NOWAIT, LIO_WAIT, lio_listio,
  lio_listioSync, O_SYNC, PosixAio, SIGEV_THREAD, type aiocbFields, type BlockList, type PosixAioLimits, type sigevent, type WaitOptions,
} from 'trueaio/posix-aio'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only for `true`. */
type Holds<T extends true> = T

declare const io: Proactor
declare const block: aiocb
declare const list: BlockList

export type Results = [
  Holds<Equal<ReturnType<typeof aio_read>, 0>>,
  Holds<Equal<ReturnType<typeof aio_write>, 0>>,
  Holds<Equal<ReturnType<typeof aio_fsync>, 0>>,
  Holds<Equal<ReturnType<typeof aio_error>, number>>,
  Holds<Equal<ReturnType<typeof aio_return>, number>>,
  Holds<Equal<ReturnType<typeof aio_cancel>, number>>,
  Holds<Equal<ReturnType<typeof aio_suspend>, Promise<0>>>,
  Holds<Equal<ReturnType<typeof aio_suspendSync>, 0>>,
  Holds<Equal<ReturnType<typeof lio_listioSync>, 0>>,
  Holds<Equal<typeof AIO_MAX, 65_536>>,
  Holds<Equal<PosixAio['limits'], PosixAioLimits>>,
]

// The mode decides what lio_listio gives.
export function lists(): void {
  const waited = lio_listio(LIO_WAIT, list)
  const queued = lio_listio(LIO_NOWAIT, [block, null, undefined])
  const checks: [Holds<Equal<typeof waited, Promise<0>>>, Holds<Equal<typeof queued, 0>>] = [true, true]
  void [checks, lio_listio(LIO_WAIT, list, null, { timeout: 1, signal: AbortSignal.abort() })]
  // @ts-expect-error a list that is not waited for has no timeout
  void lio_listio(LIO_NOWAIT, list, null, { timeout: 1 })
  // @ts-expect-error no such mode
  void lio_listio(7, list)
}

export function given(): void {
  const event: sigevent = { sigev_notify: SIGEV_THREAD, sigev_value: 1, sigev_notify_function: (value: unknown) => void value }
  const fields: aiocbFields = { aio_fildes: 1, aio_buf: new Float64Array(1), aio_nbytes: 8, aio_offset: 0, aio_reqprio: 0, aio_sigevent: event, aio_lio_opcode: 0 }
  const options: WaitOptions = { timeout: undefined, signal: undefined }
  void [new aiocb(), new aiocb(fields), configure({ AIO_MAX: 1 }), new PosixAio({ proactor: io, cancelRunning: true }), options]
  block.aio_offset = 4096
  block.aio_buf = null
}

export function refused(): void {
  // @ts-expect-error a control block is made by its constructor: an object that looks like one has no state
  aio_read({ aio_fildes: 1, aio_buf: null, aio_nbytes: 0, aio_offset: 0, aio_reqprio: 0, aio_sigevent: { sigev_notify: 1 }, aio_lio_opcode: 0 })
  // @ts-expect-error what the state is is asked by functions
  void block.state
  // @ts-expect-error offsets are numbers
  block.aio_offset = 1n
  // @ts-expect-error a buffer is a view, not the memory itself
  block.aio_buf = new ArrayBuffer(1)
  // @ts-expect-error a signal has a name that Node knows
  block.aio_sigevent = { sigev_notify: 0, sigev_signo: 'SIGRTMIN' }
  // @ts-expect-error the operation comes first
  aio_fsync(block, O_SYNC)
  // @ts-expect-error a proactor is needed
  void new PosixAio({})
  // @ts-expect-error the blocking form has no signal: no one could abort it
  aio_suspendSync(list, { signal: AbortSignal.abort() })
}
