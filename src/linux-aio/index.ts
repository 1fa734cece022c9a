// ① interface — `trueaio/linux-aio`: Linux's own asynchronous I/O (io_submit and its family) over the engine, on any driver.
export { io_cancel, io_destroy, io_getevents, io_getevents_sync, io_pgetevents, io_setup, io_submit, io_wait } from './calls.js'
export type { SetupOptions } from './calls.js'
export { AioContext } from './context.js'
export type { Refusal } from './context.js'
export { IoEvent } from './iocb.js'
export type { Iocb } from './iocb.js'
export * from './constants.js'
