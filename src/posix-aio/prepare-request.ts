// ① interface — posix-aio: from a control block's fields to an operation. Wrong types are the caller's mistake and throw
// as Node does; wrong values get the errno that POSIX has for them, and the caller decides where it is reported.
import { checkAttached, invalidArgType } from '../operation/arguments.js'
import { fdatasync, fsync } from '../operation/file.js'
import type { Opcode } from '../operation/opcode.js'
import { FileKind, Operation } from '../operation/operation.js'
import { Errno } from '../operation/system-error.js'
import { byteLengthOf, lendable } from '../operation/view.js'
import type { SubmitOptions } from '../proactor/options.js'
import { O_DSYNC, O_SYNC, SIGEV_NONE } from './constants.js'
import type { aiocb } from './control-block.js'
import type { Request } from './request.js'
import { checkEvent, type sigevent } from './sigevent.js'

const INT32_MAX = 0x7fffffff
/** The most that Linux moves in one call; a larger transfer is short. */
const TRANSFER_BYTES_MAX = 0x7ffff000
const { EBADF, EINVAL } = Errno
const { DESCRIPTOR } = FileKind
const NO_BYTES = new Uint8Array(0)

// As ioprio_set(2) has it: best effort, levels 0 (first) to 7 (last), of which 4 is an ordinary process's own.
const CLASS_BEST_EFFORT = 2 << 13
const LEVEL_ORDINARY = 4
const LEVEL_LAST = 7
const OPTIONS_OF_LEVEL: readonly SubmitOptions[] = Array.from({ length: LEVEL_LAST + 1 }, (_, level) => ({ priority: CLASS_BEST_EFFORT | level }))

/** The submission options of an `aio_reqprio`: undefined for 0, which is the thread's own priority. */
function optionsOf(reqprio: number, reqprioMax: number): SubmitOptions | undefined {
  if (reqprio === 0) return undefined
  return OPTIONS_OF_LEVEL[LEVEL_ORDINARY + Math.ceil((LEVEL_LAST - LEVEL_ORDINARY) * reqprio / reqprioMax)]
}

/** Whether a descriptor number can be one at all. @throws ERR_INVALID_ARG_TYPE */
export function isDescriptorNumber(fd: unknown, name: string): fd is number {
  if (typeof fd !== 'number') throw invalidArgType(name, 'of type number', fd)
  return fd >= 0 && fd <= INT32_MAX && Number.isInteger(fd)
}

/** Fills a request with a read or write. Returns 0, or the negative errno of what is wrong with the block. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE (detached buffer) */
export function prepareTransfer(request: Request, block: aiocb, opcode: typeof Opcode.READ | typeof Opcode.WRITE, reqprioMax: number): number {
  const { aio_fildes: fd, aio_buf: buffer, aio_nbytes: bytes, aio_offset: offset, aio_reqprio: reqprio } = block
  const problem = prepareNotice(request, block.aio_sigevent)
  checkNumber(bytes, 'aiocbp.aio_nbytes')
  checkNumber(offset, 'aiocbp.aio_offset')
  checkNumber(reqprio, 'aiocbp.aio_reqprio')
  // First of all, as in the C libraries: a zeroed block with a bad priority is EINVAL, whatever else it lacks.
  if (!(reqprio >= 0 && reqprio <= reqprioMax && Number.isInteger(reqprio))) return EINVAL
  // read(2) and write(2) of no bytes look at no memory.
  const view = buffer === null && bytes === 0 ? NO_BYTES : buffer
  if (!ArrayBuffer.isView(view)) throw invalidArgType('aiocbp.aio_buf', 'an instance of Buffer, TypedArray, or DataView', view)
  const length = byteLengthOf(view)
  if (length === 0) checkAttached(view, 'aiocbp.aio_buf')
  if (!isDescriptorNumber(fd, 'aiocbp.aio_fildes')) return EBADF
  if (!(bytes >= 0 && bytes <= length && Number.isInteger(bytes))) return EINVAL
  if (!(offset >= 0 && Number.isSafeInteger(offset))) return EINVAL
  if (problem !== 0) return problem
  request.operation = new Operation(opcode, DESCRIPTOR, fd, lendable(view), bytes > INT32_MAX ? TRANSFER_BYTES_MAX : bytes, offset, 0, undefined)
  request.options = optionsOf(reqprio, reqprioMax)
  return 0
}

/** The same for a sync; only the descriptor and the notification of the block count. */
export function prepareSync(request: Request, block: aiocb, op: number): number {
  const { aio_fildes: fd, aio_sigevent: event } = block
  const problem = prepareNotice(request, event)
  if (!isDescriptorNumber(fd, 'aiocbp.aio_fildes')) return EBADF
  if (op !== O_SYNC && op !== O_DSYNC) return EINVAL
  if (problem !== 0) return problem
  request.operation = op === O_SYNC ? fsync(fd) : fdatasync(fd)
  request.options = undefined
  return 0
}

/** The same for an entry that is no request, but has a notification. */
export function prepareNothing(request: Request, block: aiocb): number {
  prepareNotice(request, block.aio_sigevent)
  return EINVAL
}

function checkNumber(value: unknown, name: string): void {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value)
}

function prepareNotice(request: Request, event: sigevent): number {
  const problem = checkEvent(event, 'aiocbp.aio_sigevent')
  request.notice = problem !== 0 || event.sigev_notify === SIGEV_NONE ? undefined : event
  return problem
}
