// ④ driver — thread-pool: a row as a program (native/program.h) in lent memory: its steps, each going on to the next or to
// the end, then what each of them needs for paths and structures. And the way back: what the thread wrote, as values.
import { LENT_BYTES_MAX, type LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation, type View } from '../../operation/operation.js'
import { EXPECTS_END, SECOND_STEP_RESULT, type RowValues } from '../../operation/row.js'
import { PoolSubmission } from '../../ring/layout/pool.js'
import { ArgumentKind, ProgramHeader, ProgramStepLayout, ROW_NUMBER } from '../../ring/layout/program.js'
import { decodeResult, decodeValue } from './decode.js'
import { encode, putArgument, regionBytes, systemCall } from './encode.js'

const HEADER_BYTES = ProgramHeader.WORDS * 4
const STEP_BYTES = ProgramStepLayout.WORDS * 4
const E2BIG = -7
const READ = systemCall('read')
const WRITE = systemCall('write')
const END = -1

/** Regions begin where a 64-bit number may. */
function stepRegionBytes(step: Operation): number {
  return (regionBytes(step) + 7) & ~7
}

/** Bytes of lent memory for a row. One that is too long gets a part, and is refused by `encodeRow`. */
export function rowBytes({ detail }: Operation): number {
  const steps = detail?.members ?? []
  let bytes = HEADER_BYTES + steps.length * STEP_BYTES
  for (const step of steps) bytes += stepRegionBytes(step)
  return Math.min(bytes, LENT_BYTES_MAX + 1)
}

/** Writes a row into the submission at `at` and the region. Returns 0, or the negative errno with which it must fail. */
export function encodeRow({ detail }: Operation, memory: LentMemory, words: Int32Array, at: number, region: number): number {
  const steps = detail?.members ?? []
  words[at + PoolSubmission.NUMBER] = ROW_NUMBER
  putArgument(words, at, 0, memory.cellAddress(region))
  const own = memory.words
  let word = region >> 2
  let stepRegion = region + HEADER_BYTES + steps.length * STEP_BYTES
  if (stepRegion > region + LENT_BYTES_MAX) return E2BIG
  own.fill(0, word, stepRegion >> 2) // left by the memory's previous user
  own[word + ProgramHeader.COUNT] = steps.length
  own[word + ProgramHeader.STEPS_MAX] = steps.length
  word += ProgramHeader.WORDS
  for (const [index, step] of steps.entries()) {
    const bytes = stepRegionBytes(step)
    if (stepRegion + bytes > region + LENT_BYTES_MAX) return E2BIG
    const failure = encodeStep(step, index + 1, memory, word, stepRegion)
    if (failure < 0) return failure
    word += ProgramStepLayout.WORDS
    stepRegion += bytes
  }
  return 0
}

function encodeStep(step: Operation, next: number, memory: LentMemory, word: number, region: number): number {
  const { words } = memory
  const { opcode, file, length } = step
  let onNegative = END
  let onPositive = next
  let compared = 0
  if (opcode === Opcode.READ || opcode === Opcode.WRITE) {
    words[word] = opcode === Opcode.READ ? READ : WRITE
    putArgument(words, word, 0, file)
    putArgument(words, word, 1, memory.addressOf(step.buffer as View)) // a read or write has one
    putArgument(words, word, 2, length)
    compared = 2
  } else {
    const failure = encode(step, memory, words, word, region)
    if (failure < 0) return failure
    if (opcode === Opcode.GETDENTS64 && step.flags === EXPECTS_END) onPositive = END
    if (opcode === Opcode.COPY_FILE_RANGE) {
      const second = step.detail?.file2 ?? -1
      compared = 4
      if (second <= SECOND_STEP_RESULT) referTo(memory, word, 2, SECOND_STEP_RESULT - second)
    }
  }
  if (step.fileKind === FileKind.STEP_RESULT) referTo(memory, word, 0, file)
  if (step.detail?.hardLink === true) onNegative = onPositive = next
  words[word + ProgramStepLayout.ON_NEGATIVE] = onNegative
  words[word + ProgramStepLayout.ON_ZERO] = next
  words[word + ProgramStepLayout.ON_POSITIVE] = onPositive
  memory.bytes[word * 4 + ProgramStepLayout.COMPARED_BYTE] = compared
  return 0
}

/** Makes an argument of the step at `word` the result of an earlier step. */
function referTo(memory: LentMemory, word: number, argument: number, step: number): void {
  putArgument(memory.words, word, argument, 0)
  memory.bytes[word * 4 + ProgramStepLayout.KINDS_BYTE + argument] = ArgumentKind.RESULT
  memory.bytes[word * 4 + ProgramStepLayout.SOURCES_BYTE + 2 * argument] = step // below 256, low byte first
}

/** The values of the steps that were made. */
export function decodeRow({ detail }: Operation, memory: LentMemory, region: number, made: number): RowValues {
  const steps = detail?.members ?? []
  const { words } = memory
  const values: unknown[] = []
  let stepRegion = region + HEADER_BYTES + steps.length * STEP_BYTES
  for (let index = 0; index < made; index++) {
    const step = steps[index] as Operation // no more are made than there are
    const word = (region >> 2) + ProgramHeader.WORDS + index * ProgramStepLayout.WORDS + ProgramStepLayout.RESULT
    const result = decodeResult(words[word] as number, words[word + 1] as number)
    values.push(result < 0 ? result : decodeValue(step.opcode, memory, stepRegion, result))
    stepRegion += stepRegionBytes(step)
  }
  return values
}
