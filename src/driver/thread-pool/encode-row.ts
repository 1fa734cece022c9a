// ④ driver — thread-pool: a row in lent memory: its steps (ta_pool_step) one behind the other, then what each of them
// needs for paths and structures. And the way back: what the thread has written into them, as values.
import type { LentMemory } from '../../operation/lent-memory.js'
import { LENT_BYTES_MAX } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation, type View } from '../../operation/operation.js'
import { EXPECTS_END, SECOND_STEP_RESULT, type RowValues } from '../../operation/row.js'
import { POOL_ROW, PoolStep, PoolSubmission, StepRule } from '../../ring/layout/pool.js'
import { decodeResult, decodeValue } from './decode.js'
import { encode, putArgument, regionBytes, systemCall } from './encode.js'

const STEP_BYTES = PoolStep.WORDS * 4
const E2BIG = -7
const READ = systemCall('read')
const WRITE = systemCall('write')

/** Regions begin where a 64-bit number may. */
function stepRegionBytes(step: Operation): number {
  return (regionBytes(step) + 7) & ~7
}

/** Bytes of lent memory for a row. One that is too long gets a part, and is refused by `encodeRow`. */
export function rowBytes({ detail }: Operation): number {
  const steps = detail?.members ?? []
  let bytes = steps.length * STEP_BYTES
  for (const step of steps) bytes += stepRegionBytes(step)
  return Math.min(bytes, LENT_BYTES_MAX + 1)
}

/** Writes a row into the submission at `at` and the region. Returns 0, or the negative errno with which it must fail. */
export function encodeRow({ detail }: Operation, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const steps = detail?.members ?? []
  words[at + PoolSubmission.NUMBER] = POOL_ROW
  putArgument(words, at, 0, memory.cellAddress(region))
  putArgument(words, at, 1, steps.length)
  let word = region >> 2
  let stepRegion = region + steps.length * STEP_BYTES
  for (const step of steps) {
    const bytes = stepRegionBytes(step)
    if (stepRegion + bytes > region + LENT_BYTES_MAX) return E2BIG
    const failure = encodeStep(step, memory, word, stepRegion)
    if (failure < 0) return failure
    word += PoolStep.WORDS
    stepRegion += bytes
  }
  return 0
}

function encodeStep(step: Operation, memory: LentMemory, word: number, region: number): number {
  const { words } = memory
  const { opcode, file, length } = step
  let rule = step.fileKind === FileKind.STEP_RESULT ? 1 : 0
  if (step.detail?.hardLink === true) rule |= StepRule.ALWAYS
  if (opcode === Opcode.READ || opcode === Opcode.WRITE) {
    words[word] = opcode === Opcode.READ ? READ : WRITE
    putArgument(words, word, 0, file)
    putArgument(words, word, 1, memory.addressOf(step.buffer as View)) // a read or write has one
    putArgument(words, word, 2, length)
    rule |= 2 << StepRule.WHOLE_SHIFT
  } else {
    const failure = encode(step, memory, words, word, region)
    if (failure < 0) return failure
    if (opcode === Opcode.GETDENTS64 && step.flags === EXPECTS_END) rule |= StepRule.NOTHING
    if (opcode === Opcode.COPY_FILE_RANGE) {
      const second = step.detail?.file2 ?? -1
      rule |= 4 << StepRule.WHOLE_SHIFT
      if (second <= SECOND_STEP_RESULT) {
        putArgument(words, word, 2, SECOND_STEP_RESULT - second)
        rule |= 1 << 2
      }
    }
  }
  words[word + PoolStep.RULE] = rule
  return 0
}

/** The values of the steps that were made. */
export function decodeRow({ detail }: Operation, memory: LentMemory, region: number, made: number): RowValues {
  const steps = detail?.members ?? []
  const { words } = memory
  const values: unknown[] = []
  let stepRegion = region + steps.length * STEP_BYTES
  for (let index = 0; index < made; index++) {
    const step = steps[index] as Operation // no more are made than there are
    const word = (region >> 2) + index * PoolStep.WORDS
    const result = decodeResult(words[word + PoolStep.RESULT_LOW] as number, words[word + PoolStep.RESULT_HIGH] as number)
    const value = result < 0 ? result : decodeValue(step.opcode, memory, stepRegion, result)
    values.push(value)
    stepRegion += stepRegionBytes(step)
  }
  return values
}
