// ⑤ ring — what native/program.h shares with TypeScript, in 32-bit words unless it says bytes. test/abi.test.ts compares
// it with the C compiler's.

/** `number` of a pool submission whose first argument is the address of a program. */
export const PROGRAM_NUMBER = -1
/** The same for a row, whose descriptors are the engine's to close. */
export const ROW_NUMBER = -64

/** ta_program, in words. */
export const ProgramHeader = { WORDS: 6, COUNT: 0, STEPS_MAX: 1, MADE: 2, LAST: 3, ENDED: 4 } as const

/** ta_program_step, in words. Number and arguments stand where a pool submission has them. */
export const ProgramStepLayout = {
  WORDS: 26, NUMBER: 0, ON_NEGATIVE: 1, ON_ZERO: 2, ON_POSITIVE: 3, ARGUMENTS: 4, KINDS_BYTE: 64, COMPARED_BYTE: 70, SOURCES_BYTE: 72, RUNS: 21,
  RESULT: 22, TOTAL: 24,
} as const

/** How an argument is reckoned. */
export const ArgumentKind = { NOTHING: 0, RESULT: 1, TOTAL: 2, NEGATED: 4 } as const

/** How a program came to its end: ta_program.ended. */
export const ProgramEnded = { ENDED: 1, BOUND: 2, CANCELLED: 3 } as const
