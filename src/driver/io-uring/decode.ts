// ④ driver — io_uring: a completion's result as the value its caller gets.
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import { readMessage } from '../../operation/socket-structures.js'
import { readChildChange, readStatx } from '../../operation/structures.js'
import { Errno } from '../../operation/system-error.js'

/** Results that are not simply the number: 1 in this table. Indexed by opcode. */
export function needsDecoding(opcode: Opcode): boolean {
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE: case Opcode.READV: case Opcode.WRITEV: case Opcode.OPEN: case Opcode.POLL:
    case Opcode.GETXATTR: case Opcode.FGETXATTR: case Opcode.SPLICE: case Opcode.TEE:
    case Opcode.ACCEPT: case Opcode.SEND: case Opcode.RECV: case Opcode.SENDMSG:
      return false
    default:
      return true
  }
}

/** The result a caller sees as success or failure: a timer's end is its success. */
export function decodeResult(opcode: Opcode, result: number): number {
  return opcode === Opcode.TIMER && result === Errno.ETIME ? 0 : result
}

// The kernel's own, which a worker that was interrupted lets out (an open of a FIFO, on 6.18).
const ERESTARTSYS = -512
const ERESTART_RESTARTBLOCK = -516

/** A negative result as programs know it. */
export function toldErrno(result: number): number {
  return result <= ERESTARTSYS && result >= ERESTART_RESTARTBLOCK ? Errno.EINTR : result
}

/** The value of a successful completion whose structures stand at `region`. */
export function decodeValue(opcode: Opcode, memory: LentMemory, region: number, result: number): unknown {
  switch (opcode) {
    case Opcode.STATX: return readStatx(memory, region)
    case Opcode.WAITID: return readChildChange(memory, region)
    case Opcode.RECVMSG: case Opcode.RECVMSG_PIECE: return readMessage(memory, region, result)
    default: return undefined
  }
}
