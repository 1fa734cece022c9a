// ④ driver — thread-pool: what native/program.c left in a program's memory, as its caller gets it.
import type { ProgramEnd, ProgramOutcome, StepOutcome } from '../../operation/program.js'
import { ProgramEnded, ProgramHeader, ProgramStepLayout } from '../../ring/layout/program.js'
import { decodeResult } from './decode.js'

const NAME: Readonly<Record<number, ProgramEnd>> = {
  [ProgramEnded.ENDED]: 'ended', [ProgramEnded.BOUND]: 'bound', [ProgramEnded.CANCELLED]: 'cancelled',
}

class Outcome implements ProgramOutcome {
  readonly ended: ProgramEnd
  readonly made: number
  readonly last: number
  readonly #words: Int32Array
  #steps: readonly StepOutcome[] | undefined = undefined

  constructor(words: Int32Array) {
    this.#words = words
    this.ended = NAME[words[ProgramHeader.ENDED] as number] ?? 'cancelled'
    this.made = (words[ProgramHeader.MADE] as number) >>> 0
    this.last = words[ProgramHeader.LAST] as number
  }

  get result(): number {
    return this.#long(this.last, ProgramStepLayout.RESULT)
  }

  /** Read out of the program's memory when asked for. */
  get steps(): readonly StepOutcome[] {
    this.#steps ??= Array.from({ length: this.#words[ProgramHeader.COUNT] as number }, (_, index) => ({
      result: this.#long(index, ProgramStepLayout.RESULT),
      total: this.#long(index, ProgramStepLayout.TOTAL),
      runs: (this.#words[ProgramHeader.WORDS + index * ProgramStepLayout.WORDS + ProgramStepLayout.RUNS] as number) >>> 0,
    }))
    return this.#steps
  }

  #long(step: number, field: number): number {
    const word = ProgramHeader.WORDS + step * ProgramStepLayout.WORDS + field
    return decodeResult(this.#words[word] as number, this.#words[word + 1] as number)
  }
}

/** @param kept what `encodeProgram` returned: the program's memory is the first of it */
export function decodeProgram(kept: readonly Uint8Array[] | undefined): ProgramOutcome {
  const memory = kept?.[0]
  if (memory === undefined) throw new Error('trueaio: thread-pool lost the memory of a program')
  return new Outcome(new Int32Array(memory.buffer))
}
