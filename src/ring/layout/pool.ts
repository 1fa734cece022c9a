// ⑤ ring — what native/pool.h shares with TypeScript, in 32-bit words. test/abi.test.ts compares it with the C
// compiler's.

/** ta_pool_control, in words. */
export const PoolControl = { SUBMISSION_TAIL: 0, COMPLETION_TAIL: 16, COMPLETION_HEAD: 32, ARMED: 48 } as const

/** Bytes before the first submission. */
export const POOL_CONTROL_BYTES = 4096

/** ta_pool_submission, in words. */
export const PoolSubmission = { WORDS: 16, NUMBER: 0, SLOT: 1, GENERATION: 2, LANE: 3, ARGUMENTS: 4 } as const

/** Ored to NUMBER: after EAGAIN the thread duplicates the descriptor; the result is WAITS_ON less the duplicate. */
export const WAITS = 0x10000
/** Ored to NUMBER: what is opened is the engine's to close. */
export const KEEPS = 0x20000
export const WAITS_ON: number = -(2 ** 40)

/** Numbers of submissions that work on memory (native/compute.h). */
export const MemoryNumber = { COPY: -32, FILL: -33, COMPARE: -34, XOR: -35, CRC32C: -36, CRC32: -37 } as const

/** ta_pool_completion, in words. */
export const PoolCompletion = { WORDS: 4, SLOT: 0, GENERATION: 1, RESULT_LOW: 2, RESULT_HIGH: 3 } as const

/** Lanes by kind of operation; 1 to 255 are the user's. The lane of a record is below TA_POOL_LANES. */
export const AutomaticLane = {
  /** Regular files' data: ends by itself, on a file system that answers. */
  DATA: 256,
  /** Names and attributes. */
  PATH: 257,
  /** Reads at the current position: of a pipe, socket or terminal they may wait for ever, if another reader was faster. */
  STREAM_READ: 258,
  /** Writes at the current position, which may wait for ever. Apart from the reads, as these may wait for them. */
  STREAM_WRITE: 259,
  /** Whatever else may wait for ever for somebody: copies between streams, children, any call. */
  WAIT: 260,
  /** Work on memory, which costs processor time and waits for nobody. */
  COMPUTE: 261,
  /** Not a lane: a thread of its own, at once (TA_POOL_OWN_THREAD). */
  OWN_THREAD: 262,
} as const
