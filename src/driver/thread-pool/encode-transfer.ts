// ④ driver — thread-pool: a read or write without flags as its system call: most of all that is submitted.
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, View } from '../../operation/operation.js'
import { byteOffsetOf } from '../../operation/view.js'
import type { Submission } from '../../proactor/driver.js'
import { AutomaticLane, PoolSubmission, WAITS } from '../../ring/layout/pool.js'
import { systemCall } from './encode.js'

const READ = systemCall('read')
const WRITE = systemCall('write')
const PREAD = systemCall('pread64')
const PWRITE = systemCall('pwrite64')
const { SLOT, GENERATION, LANE } = PoolSubmission
const { DATA, STREAM_READ, STREAM_WRITE } = AutomaticLane

/**
 * Writes the submission at `at`.
 * @param done bytes at the buffer's start that were transferred already
 * @param isStream it may wait for ever
 */
export function encodeTransfer({ slot, generation, lane }: Submission, operation: Operation, memory: LentMemory, words: Int32Array, at: number, done: number, isStream: boolean): void {
  const { file, length, offset, opcode } = operation
  const view = operation.buffer as View // a read or write has one
  const record = memory.recordOf(view)
  const low = record.low + byteOffsetOf(view) + done
  const reads = opcode === Opcode.READ
  words[at] = (offset < 0 ? (reads ? READ : WRITE) : reads ? PREAD : PWRITE) | WAITS
  words[at + SLOT] = slot
  words[at + GENERATION] = generation
  words[at + LANE] = lane !== 0 ? lane : !isStream ? DATA : reads ? STREAM_READ : STREAM_WRITE
  words[at + 4] = file
  words[at + 5] = 0
  words[at + 6] = low | 0
  words[at + 7] = low >= 4294967296 ? record.high + Math.floor(low / 4294967296) : record.high
  words[at + 8] = length - done
  words[at + 9] = 0
  words[at + 10] = offset | 0
  words[at + 11] = (offset / 4294967296) | 0
}
