// ④ driver — linux-aio: an event's result as what its caller gets.
import { Opcode } from '../../operation/opcode.js'
import { Errno } from '../../operation/system-error.js'

/** A poll that found nothing is one that was cancelled: the kernel has no other word for it. */
export function decodeResult(opcode: Opcode, result: number): number {
  return opcode === Opcode.POLL && result === 0 ? Errno.ECANCELED : result
}

/** The value of a successful completion. */
export function decodeValue(opcode: Opcode, result: number): number | undefined {
  return opcode === Opcode.FSYNC || opcode === Opcode.FDATASYNC ? undefined : result
}
