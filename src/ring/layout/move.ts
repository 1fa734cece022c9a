// ⑤ ring — what native/move.h shares with TypeScript, in 32-bit words. test/abi.test.ts compares it with the C compiler's.

/** ta_move, in words; the memory of its pieces stands behind it. */
export const MoveHeader = {
  BYTES: 104, FROM: 0, TO: 1, FROM_AT: 2, TO_AT: 4, LENGTH: 6, MOVED: 8, DIGEST: 10, NANOSECONDS: 12, WAY: 14, MEMORY_AT: 15, PIECE: 16, HELD_AT: 17, HELD: 18,
  IS_DIGESTED: 19, TRIP_BYTES: 20, WAIT_MILLISECONDS: 21, HAS_ENDED: 22, STEP: 23, ERROR: 24, TOLD_STEP: 25,
} as const

/** ta_move.way: TA_MOVE_…. */
export const MoveWay = { SENDFILE: 0, MEMORY: 1 } as const

/** ta_move.step. */
export const MoveStep = { READ: 0, WRITE: 1, DIGEST: 2 } as const
