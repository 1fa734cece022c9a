// ④ driver — linux-aio: an event's result as what its caller gets.
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import { PollEvent } from '../../operation/timer.js'

const { POLLERR, POLLHUP, POLLNVAL } = PollEvent
const ALWAYS_REPORTED = POLLERR | POLLHUP | POLLNVAL

/**
 * The result a caller sees. Of a poll: a wake-up brings also what was not asked for (aio_poll_wake), and nothing at all
 * means that it was cancelled, as the kernel has no other word for it.
 */
export function decodeResult({ flags, opcode }: Operation, result: number): number {
  if (opcode !== Opcode.POLL || result < 0) return result
  return result === 0 ? Errno.ECANCELED : result & (flags | ALWAYS_REPORTED)
}

/** The value of a successful completion. */
export function decodeValue(opcode: Opcode, result: number): number | undefined {
  return opcode === Opcode.FSYNC || opcode === Opcode.FDATASYNC ? undefined : result
}
