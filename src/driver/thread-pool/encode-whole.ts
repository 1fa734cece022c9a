// ④ driver — thread-pool: a whole operation (operation/whole.ts) as the record that native/whole.c carries out.
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, View } from '../../operation/operation.js'
import { PoolSubmission } from '../../ring/layout/pool.js'
import { WholeNumber } from '../../ring/layout/whole.js'
import { putArgument } from './encode.js'

/** By opcode, the number of its program. */
export const WHOLE_NUMBER: Readonly<Record<number, number>> = {
  [Opcode.READ_FILES]: WholeNumber.READ_FILES, [Opcode.WRITE_FILES]: WholeNumber.WRITE_FILES, [Opcode.LOOK_UP]: WholeNumber.LOOK_UP,
  [Opcode.LIST_DIRECTORIES]: WholeNumber.LIST_DIRECTORIES, [Opcode.MAKE_DIRECTORIES]: WholeNumber.MAKE_DIRECTORIES,
  [Opcode.REMOVE_TREE]: WholeNumber.REMOVE_TREE, [Opcode.COPY_TREE]: WholeNumber.COPY_TREE,
}

/** Writes the submission at `at`: the request stands in the operation's own memory. */
export function encodeWhole({ opcode, buffer }: Operation, memory: LentMemory, words: Int32Array, at: number): void {
  words[at + PoolSubmission.NUMBER] = WHOLE_NUMBER[opcode] as number
  putArgument(words, at, 0, memory.addressOf(buffer as View)) // a whole operation has one
}
