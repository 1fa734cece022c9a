// What the types of trueaio/linux-aio promise, checked by the compiler alone: this file has to compile, and nothing in it runs.
import type { SystemError } from 'trueaio'
import {
  IOCB_CMD_POLL, IOCB_CMD_PREAD, IOCB_CMD_PREADV, io_cancel, io_destroy, io_getevents, io_getevents_sync, io_pgetevents, io_setup, io_submit, io_wait,
  type AioContext, type Iocb, type IoEvent, type Refusal,
} from 'trueaio/linux-aio'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles only for `true`. */
type Holds<T extends true> = T

declare const context: AioContext<{ lane: number }>
declare const buffer: Uint8Array

const plain = io_setup(4)
const typed = io_setup<string>(4)
const events = io_getevents(context, 1, 8)
const interruptible = io_pgetevents(context, 1, 8, null, AbortSignal.timeout(1))
const blocking = io_getevents_sync(context, 1, 8, 10)
const one = io_wait(context, 1)
const gone = io_destroy(context)
const answer = io_cancel(context, { aio_lio_opcode: IOCB_CMD_POLL, aio_fildes: 0 })

export type Results = [
  Holds<Equal<typeof plain, AioContext>>,
  Holds<Equal<typeof typed, AioContext<string>>>,
  Holds<Equal<typeof events, Promise<IoEvent<{ lane: number }>[]>>>,
  Holds<Equal<typeof interruptible, Promise<IoEvent<{ lane: number }>[]>>>,
  Holds<Equal<typeof blocking, IoEvent<{ lane: number }>[]>>,
  Holds<Equal<typeof one, Promise<IoEvent<{ lane: number }> | undefined>>>,
  Holds<Equal<typeof gone, Promise<void>>>,
  Holds<Equal<typeof answer, number>>,
  Holds<Equal<IoEvent['res2'], 0>>,
  Holds<Equal<AioContext['refused'], Refusal | undefined>>,
  Holds<Equal<Refusal['error'], SystemError>>,
]

const taken: number = io_submit(context, [
  { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: 3, aio_buf: buffer, aio_data: { lane: 1 } },
  { aio_lio_opcode: IOCB_CMD_PREADV, aio_fildes: 3, aio_buf: [buffer, buffer], aio_nbytes: 1 },
  { aio_lio_opcode: IOCB_CMD_POLL, aio_fildes: 3, aio_buf: 1 },
])
export const frozen: readonly Iocb<string>[] = [{ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: taken, aio_buf: buffer, aio_data: 'x' }]
io_submit(typed, frozen)

// @ts-expect-error a control block needs its command
io_submit(context, [{ aio_fildes: 3 }])
// @ts-expect-error memory is lent as views
io_submit(context, [{ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: 3, aio_buf: 'text' }])
// @ts-expect-error another context's data
io_submit(context, [{ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: 3, aio_buf: buffer, aio_data: 'text' }])
// @ts-expect-error milliseconds, no timespec
void io_getevents(context, 1, 1, { tv_sec: 1, tv_nsec: 0 })
// @ts-expect-error a context is not a number
void io_destroy(0)
