// ② operation — which operations do no work of their own, but wait for something outside: an instant, the readiness of a descriptor, the
// other side of a socket. There may be any number of them, and none may hold up another: no limit of a proactor's or a driver's counts them.
import { Opcode, OPCODE_COUNT } from './opcode.js'

const PEERS: readonly Opcode[] = [
  Opcode.CONNECT, Opcode.ACCEPT, Opcode.SEND, Opcode.RECV, Opcode.SENDMSG, Opcode.RECVMSG, Opcode.RECV_PIECE, Opcode.RECVMSG_PIECE,
]

function tableOf(opcodes: readonly Opcode[]): Uint8Array {
  const table = new Uint8Array(OPCODE_COUNT)
  for (const opcode of opcodes) table[opcode] = 1
  return table
}

/** By opcode: 1 if it waits for the other side of a socket. */
export const WAITS_FOR_PEER: Uint8Array = tableOf(PEERS)
/** By opcode: 1 if it waits for an instant or for the readiness of a descriptor. */
export const WAITS_QUIETLY: Uint8Array = tableOf([Opcode.TIMER, Opcode.POLL])
/** By opcode: 1 if it waits for anything outside. */
export const WAITS_OUTSIDE: Uint8Array = tableOf([...PEERS, Opcode.TIMER, Opcode.POLL])
