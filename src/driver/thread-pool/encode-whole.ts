// ④ driver — thread-pool: an operation that native/ has a program of its own for, as the record that native/whole.c or compute.c carries out.
import type { LentMemory } from '../../operation/lent-memory.js'
import { isOnMemory } from '../../operation/memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, View } from '../../operation/operation.js'
import { isWhole } from '../../operation/whole.js'
import { PoolSubmission } from '../../ring/layout/pool.js'
import { WholeNumber } from '../../ring/layout/whole.js'
import { putArgument } from './encode.js'
import { encodeOnMemory } from './memory-calls.js'

/** By opcode, the number of its program. */
export const WHOLE_NUMBER: Readonly<Record<number, number>> = {
  [Opcode.READ_FILES]: WholeNumber.READ_FILES, [Opcode.WRITE_FILES]: WholeNumber.WRITE_FILES, [Opcode.LOOK_UP]: WholeNumber.LOOK_UP,
  [Opcode.LIST_DIRECTORIES]: WholeNumber.LIST_DIRECTORIES, [Opcode.CHANGE_NAMES]: WholeNumber.CHANGE_NAMES,
  [Opcode.REMOVE_TREE]: WholeNumber.REMOVE_TREE, [Opcode.COPY_TREE]: WholeNumber.COPY_TREE, [Opcode.MOVE_BYTES]: WholeNumber.MOVE_BYTES,
}

/** Whether native/ has a program of its own for it, and no system call. */
export function isOfThePool(opcode: Opcode): boolean {
  return isWhole(opcode) || isOnMemory(opcode)
}

/** Writes the submission at `at`. The request of a whole operation stands in the operation's own memory. */
export function encodeOfThePool(operation: Operation, memory: LentMemory, words: Int32Array, at: number, region: number): 0 {
  const { opcode, buffer } = operation
  if (isOnMemory(opcode)) {
    encodeOnMemory(operation, memory, words, at, region)
    return 0
  }
  words[at + PoolSubmission.NUMBER] = WHOLE_NUMBER[opcode] as number
  putArgument(words, at, 0, memory.addressOf(buffer as View)) // a whole operation has one
  return 0
}
