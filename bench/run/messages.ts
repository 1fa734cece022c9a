// Benchmark — what the main process and a contender's process tell each other.
import type { Context, Measurement } from '../suite.js'

export interface MeasureRequest {
  readonly suite: string
  /** Index into the suite's contenders. */
  readonly contender: number
  readonly case: string
  readonly context: Context
  readonly warmUpMilliseconds: number
  readonly milliseconds: number
}

export type MeasureAnswer =
  | { readonly state: 'measured'; readonly measurement: Measurement }
  | { readonly state: 'skipped' | 'failed'; readonly reason: string }
