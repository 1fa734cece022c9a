// ④ driver — io_uring: a completion's result as the value its caller gets.
import { HEADROOM } from '../../operation/buffer-group.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { readMessage } from '../../operation/socket-structures.js'
import { readChildChange, readStatx } from '../../operation/structures.js'
import { Errno } from '../../operation/system-error.js'
import { IORING_CQE_F_BUFFER } from '../../ring/layout/io-uring.js'
import { isMessageOfMany } from './encode.js'

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

/** The result a caller sees as success or failure: a timer's end is its success; of a message of many only its own bytes count. */
export function decodeResult(operation: Operation, result: number, flags: number): number {
  if (operation.opcode === Opcode.TIMER) return result === Errno.ETIME ? 0 : result
  return result >= HEADROOM && (flags & IORING_CQE_F_BUFFER) !== 0 && isMessageOfMany(operation) ? result - HEADROOM : result
}

// The kernel's own, which a worker that was interrupted lets out (an open of a FIFO, on 6.18).
const ERESTARTSYS = -512
const ERESTART_RESTARTBLOCK = -516

/** A negative result as programs know it. */
export function toldErrno(result: number): number {
  return result <= ERESTARTSYS && result >= ERESTART_RESTARTBLOCK ? Errno.EINTR : result
}

/** The value of a successful completion whose structures stand at `region`. */
export function decodeValue({ detail, opcode }: Operation, memory: LentMemory, region: number, result: number): unknown {
  switch (opcode) {
    case Opcode.STATX: return readStatx(memory, region)
    case Opcode.WAITID: return readChildChange(memory, region)
    case Opcode.RECVMSG: case Opcode.RECVMSG_PIECE: return readMessage(memory, region, result, opcode === Opcode.RECVMSG ? detail : undefined)
    default: return undefined
  }
}
