// ④ driver — thread-pool: what is done on this thread, at once, since handing it over would cost more: small work on memory, and a file
// that is asked for alone and that the kernel's caches have (native/whole_cached.c).
import type { Binding } from '../../native/binding.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, View } from '../../operation/operation.js'
import type { Submission } from '../../proactor/driver.js'
import { ListHeader } from '../../ring/layout/whole.js'
import { computeNow, isSmallWork } from './memory-calls.js'
import type { Told } from './slots.js'

function isCachedList({ buffer, opcode }: Operation): boolean {
  return opcode === Opcode.READ_FILES && (buffer as Int32Array)[ListHeader.AT_ONCE] !== 0
}

/** Whether it is done by `doneNow`. */
export function isDoneAtOnce(operation: Operation): boolean {
  return isCachedList(operation) || isSmallWork(operation)
}

/** Does it on this thread. */
export function doneNow(submission: Submission, memory: LentMemory, binding: Binding, region: number): Told {
  const { slot, generation, operation } = submission
  if (!isCachedList(operation)) return computeNow(submission, memory, binding, region)
  const result = binding.readCached?.(memory.addressOf(operation.buffer as View)) ?? 0
  return { slot, generation, result, value: result, more: false }
}

/** Bytes that doing it has copied, at most. */
export function bytesAtOnce({ buffer, length, opcode }: Operation): number {
  return opcode === Opcode.READ_FILES ? (buffer as Int32Array)[ListHeader.USED] as number : length
}
