// Benchmark — what a target is, and what targets are reckoned from: a contender's median rate, CPU time or other figure, and ratios of those.
import type { ContenderResult } from '../results.js'

/** A contender's result in the target's case, or in another case of the suite. */
export type Look = (name: string, case_?: string) => ContenderResult | undefined
export type Figure = (result: ContenderResult | undefined) => number

export interface Target {
  readonly suite: string
  readonly case: string
  readonly work: string
  readonly against: string
  /** Default: at least. */
  readonly comparison?: 'at most' | 'at least'
  readonly wanted: number
  readonly unit?: 'bytes'
  measure(look: Look): number
}

export const rate: Figure = (result) => result?.operationsPerSecond?.median ?? NaN
export const cpu: Figure = (result) => result?.cpuMicrosecondsPerOperation?.median ?? NaN
export const figure = (key: string): Figure => (result) => result?.figures?.[key]?.median ?? NaN

export const over = (ours: string, theirs: string, of: Figure = rate) => (look: Look): number => of(look(ours)) / of(look(theirs))
