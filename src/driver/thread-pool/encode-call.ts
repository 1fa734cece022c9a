// ④ driver — thread-pool: the arguments of `call`, any system call at all: numbers as they are, memory and text by address.
import type { Binding } from '../../native/binding.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import type { CallArgument, OperationDetail } from '../../operation/operation.js'
import { KEEPS, PoolSubmission } from '../../ring/layout/pool.js'
import { putArgument } from './encode.js'
import { encodeProgram, putBigint } from './encode-program.js'

const ARGUMENTS = 6

/**
 * Writes a call into the submission at `at`. Returns the texts' memory, which must stay reachable until the call's
 * completion; undefined when there is none. Views are kept by the operation itself.
 */
export function encodeCall(detail: OperationDetail, memory: LentMemory, binding: Binding, words: Int32Array, at: number): readonly Uint8Array[] | undefined {
  if (detail.program !== undefined) return encodeProgram(detail.program, memory, binding, words, at)
  const given = detail.callArguments ?? []
  let texts: Uint8Array[] | undefined
  words[at + PoolSubmission.NUMBER] = detail.argument | (detail.kept ? KEEPS : 0)
  for (let index = 0; index < ARGUMENTS; index++) {
    const value: CallArgument = given[index] ?? 0
    if (typeof value === 'number') putArgument(words, at, index, value)
    else if (typeof value === 'bigint') putBigint(words, at + PoolSubmission.ARGUMENTS + 2 * index, value)
    else if (typeof value === 'string') {
      const text = Buffer.from(`${value}\0`)
      texts ??= []
      texts.push(text)
      putArgument(words, at, index, binding.address(text))
    } else putArgument(words, at, index, memory.addressOf(value))
  }
  return texts
}
