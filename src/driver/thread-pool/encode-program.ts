// ④ driver — thread-pool: a program as the record that native/program.c carries out.
import type { Binding } from '../../native/binding.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import type { CallArgument } from '../../operation/operation.js'
import { StepValue, type CheckedStep, type Program } from '../../operation/program-steps.js'
import { PoolSubmission } from '../../ring/layout/pool.js'
import { ArgumentKind, PROGRAM_NUMBER, ProgramHeader, ProgramStepLayout } from '../../ring/layout/program.js'
import { putArgument } from './encode.js'

const LOW_32 = 0xffffffffn
const TWO_32 = 4294967296

/**
 * Writes a program into memory of its own and its address into the submission at `at`. Returns what must stay reachable until
 * its completion: first the program's memory, then its texts.
 */
export function encodeProgram(program: Program, memory: LentMemory, binding: Binding, words: Int32Array, at: number): readonly Uint8Array[] {
  const { steps } = program
  const bytes = new Uint8Array(new ArrayBuffer((ProgramHeader.WORDS + steps.length * ProgramStepLayout.WORDS) * 4))
  const own = new Int32Array(bytes.buffer)
  const kept: Uint8Array[] = [bytes]
  own[ProgramHeader.COUNT] = steps.length
  own[ProgramHeader.STEPS_MAX] = program.stepsMax
  own[ProgramHeader.LAST] = -1
  steps.forEach((step, index) => writeStep(step, own, bytes, ProgramHeader.WORDS + index * ProgramStepLayout.WORDS, memory, binding, kept))
  words[at + PoolSubmission.NUMBER] = PROGRAM_NUMBER
  putArgument(words, at, 0, binding.address(bytes))
  return kept
}

function writeStep(step: CheckedStep, words: Int32Array, bytes: Uint8Array, at: number, memory: LentMemory, binding: Binding, kept: Uint8Array[]): void {
  words[at + ProgramStepLayout.NUMBER] = step.number
  words[at + ProgramStepLayout.ON_NEGATIVE] = step.onNegative
  words[at + ProgramStepLayout.ON_ZERO] = step.onZero
  words[at + ProgramStepLayout.ON_POSITIVE] = step.onPositive
  bytes[at * 4 + ProgramStepLayout.COMPARED_BYTE] = step.against
  const sources = new Int16Array(bytes.buffer, at * 4 + ProgramStepLayout.SOURCES_BYTE, step.args.length)
  step.args.forEach((value, index) => {
    if (value instanceof StepValue) {
      bytes[at * 4 + ProgramStepLayout.KINDS_BYTE + index] = (value.total ? ArgumentKind.TOTAL : ArgumentKind.RESULT) | (value.negated ? ArgumentKind.NEGATED : 0)
      sources[index] = value.step
    }
    putValue(words, at + ProgramStepLayout.ARGUMENTS + 2 * index, value instanceof StepValue ? value.base : value, memory, binding, kept)
  })
}

function putValue(words: Int32Array, word: number, value: CallArgument, memory: LentMemory, binding: Binding, kept: Uint8Array[]): void {
  if (typeof value === 'bigint') {
    putBigint(words, word, value)
    return
  }
  let plain: number
  if (typeof value === 'string') {
    const text = Buffer.from(`${value}\0`)
    kept.push(text)
    plain = binding.address(text)
  } else plain = value === null ? 0 : typeof value === 'number' ? value : memory.addressOf(value)
  words[word] = plain | 0
  words[word + 1] = Math.floor(plain / TWO_32) | 0
}

/** Writes the low 64 bits of an integer at `word`. */
export function putBigint(words: Int32Array, word: number, value: bigint): void {
  words[word] = Number(value & LOW_32) | 0
  words[word + 1] = Number((value >> 32n) & LOW_32) | 0
}
