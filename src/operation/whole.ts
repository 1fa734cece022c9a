// ② operation — whole operations: many files read, written or looked up, or a tree, as one submission, by one thread, without coming back
// in between. The request is packed memory (ring/layout/whole.ts), and the results stand in the same memory afterwards.
// The interfaces' own: only a pool of threads offers them, and their users can do the same step by step.
import { ListHeader, ListItem, NOT_MADE } from '../ring/layout/whole.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation } from './operation.js'

export type ListOpcode = typeof Opcode.READ_FILES | typeof Opcode.WRITE_FILES | typeof Opcode.LOOK_UP | typeof Opcode.LIST_DIRECTORIES | typeof Opcode.CHANGE_NAMES
export type TreeOpcode = typeof Opcode.REMOVE_TREE | typeof Opcode.COPY_TREE
export type WholeOpcode = ListOpcode | TreeOpcode | typeof Opcode.MOVE_BYTES

/** A request as an operation; `memory` holds it from its first byte on. Resolves to the bytes moved, or the entries done. */
export function whole(opcode: WholeOpcode, memory: Int32Array): Operation<number> {
  return new Operation<number>(opcode, FileKind.DESCRIPTOR, -1, memory, memory.length * Int32Array.BYTES_PER_ELEMENT, -1, 0, undefined)
}

export function isWhole(opcode: Opcode): opcode is WholeOpcode {
  return (opcode >= Opcode.READ_FILES && opcode <= Opcode.COPY_TREE) || opcode === Opcode.CHANGE_NAMES || opcode === Opcode.MOVE_BYTES
}

/** Descriptors that a request which nobody waits for any more has left open. */
export function leftOpenByList({ buffer, opcode }: Operation): number[] {
  if (opcode > Opcode.LIST_DIRECTORIES) return []
  const words = buffer as Int32Array // of a whole operation
  const open: number[] = []
  const count = words[ListHeader.COUNT] as number
  for (let item = ListHeader.WORDS; item < ListHeader.WORDS + count * ListItem.WORDS; item += ListItem.WORDS) {
    if (words[item + ListItem.RESULT] !== NOT_MADE && (words[item + ListItem.FD] as number) >= 0) open.push(words[item + ListItem.FD] as number)
  }
  return open
}
