// ④ driver — io_uring: what an operation waits for whose descriptor answered EAGAIN: libuv makes descriptors non-blocking, and a ring
// then answers at once where a file would wait.
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'

const RWF_NOWAIT = 8
const MSG_DONTWAIT = 0x40
const POLLIN = 1
const POLLOUT = 4

/** The readiness that an operation waits for after EAGAIN; 0: its caller asked not to wait, or it has none. */
export function waitsFor({ flags, opcode }: Operation): number {
  switch (opcode) {
    case Opcode.READ: case Opcode.READV: return (flags & RWF_NOWAIT) !== 0 ? 0 : POLLIN
    case Opcode.WRITE: case Opcode.WRITEV: return (flags & RWF_NOWAIT) !== 0 ? 0 : POLLOUT
    case Opcode.RECV: case Opcode.RECVMSG: case Opcode.RECV_PIECE: case Opcode.RECVMSG_PIECE: return (flags & MSG_DONTWAIT) !== 0 ? 0 : POLLIN
    case Opcode.SEND: case Opcode.SENDMSG: return (flags & MSG_DONTWAIT) !== 0 ? 0 : POLLOUT
    case Opcode.ACCEPT: return POLLIN
    default: return 0
  }
}
