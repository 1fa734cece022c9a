// ④ driver — thread-pool: operations on memory. Small ones are done on this thread, at once: to hand one over costs some 10 µs of both
// threads, in which C copies or checks more than this many bytes.
import type { Binding } from '../../native/binding.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import { isOnMemory, type MemoryOpcode } from '../../operation/memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, View } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import type { Submission } from '../../proactor/driver.js'
import { MemoryNumber, PoolSubmission } from '../../ring/layout/pool.js'
import { ADDRESS_BYTES, putArgument } from './encode.js'
import type { Told } from './slots.js'

/** Bytes of all views together. */
const AT_ONCE_BYTES_MAX = 65536

const NUMBER: Readonly<Record<MemoryOpcode, number>> = {
  [Opcode.COPY_MEMORY]: MemoryNumber.COPY, [Opcode.FILL_MEMORY]: MemoryNumber.FILL, [Opcode.COMPARE_MEMORY]: MemoryNumber.COMPARE,
  [Opcode.XOR_MEMORY]: MemoryNumber.XOR, [Opcode.CRC32C]: MemoryNumber.CRC32C, [Opcode.CRC32]: MemoryNumber.CRC32,
}

/** What the pool offers beside system calls and whole operations. */
export const MEMORY_OPCODES: readonly number[] = Object.keys(NUMBER).map(Number)

/** Whether it is an operation on memory that is done at once. */
export function isSmallWork({ detail, length, opcode }: Operation): boolean {
  return isOnMemory(opcode) && length * (detail?.buffers?.length ?? 1) <= AT_ONCE_BYTES_MAX
}

/** The arguments of native/compute.h, the addresses of sources written into `region`. */
function argumentsOf({ opcode, buffer, detail, flags, length }: Operation, memory: LentMemory, region: number): readonly [number, number, number, number] {
  if (buffer !== undefined) return [memory.addressOf(buffer), detail?.argument ?? 0, length, 0]
  const [target, ...sources] = detail?.buffers as readonly [View, ...View[]] // each of them has a first
  const address = memory.addressOf(target)
  if (opcode === Opcode.FILL_MEMORY) return [address, flags, length, 0]
  if (opcode !== Opcode.XOR_MEMORY) return [address, memory.addressOf(sources[0] as View), length, 0]
  sources.forEach((source, index) => memory.view.setBigUint64(region + index * ADDRESS_BYTES, BigInt(memory.addressOf(source)), true))
  return [address, memory.cellAddress(region), length, sources.length]
}

/** Writes the submission at `at`. */
export function encodeOnMemory(operation: Operation, memory: LentMemory, words: Int32Array, at: number, region: number): void {
  words[at + PoolSubmission.NUMBER] = NUMBER[operation.opcode as MemoryOpcode]
  argumentsOf(operation, memory, region).forEach((value, index) => putArgument(words, at, index, value))
}

/** Does it on this thread. */
export function computeNow({ slot, generation, operation }: Submission, memory: LentMemory, binding: Binding, region: number): Told {
  const [first, second, length, count] = argumentsOf(operation, memory, region)
  const result = binding.compute?.(NUMBER[operation.opcode as MemoryOpcode], first, second, length, count) ?? Errno.ENOSYS
  return { slot, generation, result, value: result, more: false }
}
