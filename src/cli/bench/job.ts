// ① interface — one job of fio's, as plain data: what it does, to which files, how much at once, for how long.
import type { Each, SizeOrShare } from './units.js'
import type { Written } from './job-file.js'

/** Reads, writes, trims: index of everything that is counted for each. */
export const Direction = { READ: 0, WRITE: 1, TRIM: 2 } as const
export type Direction = (typeof Direction)[keyof typeof Direction]

/** Sizes of blocks: each with its share of the operations. */
export interface BlockSizes {
  readonly least: number
  readonly most: number
  /** Cumulated shares up to 1. Empty: evenly between least and most. */
  readonly split: readonly (readonly [bytes: number, upTo: number])[]
}

export interface Distribution {
  readonly kind: 'random' | 'zipf' | 'pareto' | 'normal' | 'zoned'
  readonly parameter: number
  /** Cumulated: share of the accesses, share of the file. */
  readonly zones: readonly (readonly [accesses: number, size: number])[]
}

export interface Job {
  readonly name: string
  readonly description: string | undefined
  /** Number among the clones of its section, from 0, and of all jobs. */
  readonly clone: number
  readonly index: number
  readonly group: number
  /** Starts when all before have ended. */
  readonly stonewall: boolean
  readonly newGroup: boolean
  readonly groupReporting: boolean
  /** As they were written, for the reports. */
  readonly written: Written
  readonly engine: string

  readonly reads: boolean
  readonly writes: boolean
  readonly isRandom: boolean
  /** Behind `randread:8`: a new place after so many; behind `read:4k`: so many bytes are left out. */
  readonly modifier: number
  readonly sequencer: 'sequential' | 'identical'
  readonly readShare: number
  readonly randomShare: number
  readonly blocks: Each<BlockSizes>
  readonly blockAlign: Each<number>

  readonly directories: readonly string[]
  readonly filenames: readonly string[]
  readonly fileCount: number
  readonly openFiles: number
  readonly service: 'roundrobin' | 'random' | 'sequential'
  readonly size: SizeOrShare | undefined
  readonly fileSizes: readonly [number, number] | undefined
  readonly ioSize: number | undefined
  readonly offset: SizeOrShare
  readonly offsetIncrement: number
  readonly numberIos: number
  readonly unlink: boolean
  readonly overwrite: boolean
  readonly createOnly: boolean
  readonly append: boolean
  /** Drop what is in the page cache before the job. */
  readonly invalidate: boolean

  readonly depth: number
  /** 0: all that a refill takes. */
  readonly batchSubmit: number
  readonly batchCompleteMin: number
  readonly batchCompleteMax: number
  readonly depthLow: number
  readonly direct: boolean
  readonly openFlags: number

  readonly thread: boolean
  readonly loops: number
  /** Microseconds; 0: none. */
  readonly runtime: number
  readonly timeBased: boolean
  readonly rampTime: number
  readonly startDelay: number
  readonly thinkTime: number
  readonly thinkSpin: number
  readonly thinkBlocks: number
  /** Bytes, and operations, a second; 0: as many as go. */
  readonly rate: Each<number>
  readonly rateIops: Each<number>
  readonly flow: number
  readonly flowId: number

  readonly fsync: number
  readonly fdatasync: number
  readonly endFsync: boolean
  readonly fsyncOnClose: boolean

  readonly seed: number
  readonly randomMap: boolean
  readonly distribution: Distribution

  /** Base64; undefined: chance. */
  readonly pattern: string | undefined
  readonly zeroBuffers: boolean
  readonly refillBuffers: boolean

  readonly verify: string | undefined
  readonly verifyPattern: string | undefined
  readonly verifyInterval: number
  readonly doVerify: boolean
  readonly verifyOnly: boolean
  readonly verifyFatal: boolean

  readonly readIolog: string | undefined
  readonly replayMetadata: string | undefined
  readonly writeIolog: string | undefined
  readonly replayNoStall: boolean
  readonly replayTimeScale: number

  readonly bandwidthLog: string | undefined
  readonly latencyLog: string | undefined
  readonly iopsLog: string | undefined
  /** Milliseconds; 0: each operation. */
  readonly logAverage: number
  readonly perJobLogs: boolean
  readonly logOffset: boolean

  readonly percentiles: readonly number[]
  readonly slatPercentiles: boolean
  readonly clatPercentiles: boolean
  readonly latPercentiles: boolean
  readonly measuresLatency: boolean

  readonly continueOnError: boolean
  /** Errors of the simulated engine: `EIO:0.01`. */
  readonly simulatedErrors: Readonly<Record<string, number>>
  readonly simulatedSeed: number
}
