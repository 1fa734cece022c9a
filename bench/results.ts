// Benchmark — from measurements to what is reported: medians, spreads and ratios. The types here are the JSON document of
// `--json`, described in docs/guide/benchmark.md; a change of meaning is a new SCHEMA.
import type { DriverChoice } from 'trueaio'
import type { Machine } from './machine.js'
import type { Measurement } from './suite.js'

export const SCHEMA = 'trueaio-benchmark/1'

/** A figure over all rounds. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface ContenderResult {
  readonly name: string
  readonly state: 'measured' | 'skipped' | 'failed'
  /** Why it was skipped or failed. */
  readonly reason?: string
  /** How often it was measured. */
  readonly rounds?: number
  readonly operationsPerSecond?: Spread
  readonly cpuMicrosecondsPerOperation?: Spread
  /** The reference's rate divided by this one's: above 1, the reference is faster. Spread: of the rounds one by one. */
  readonly ratio?: Spread
  readonly figures?: Readonly<Record<string, Spread>>
}

export interface CaseResult {
  readonly name: string
  readonly inFlight: number
  readonly bytes: number
  readonly contenders: readonly ContenderResult[]
}

export interface SuiteResult {
  readonly name: string
  readonly title: string
  readonly unit: string
  readonly reference: string
  readonly cases: readonly CaseResult[]
}

/** What came of one target (targets/). */
export interface TargetResult {
  /** The suite that measures it. */
  readonly suite: string
  readonly work: string
  readonly against: string
  readonly comparison: 'at least' | 'at most'
  readonly wanted: number
  /** Null: this run did not measure it. */
  readonly measured: number | null
  readonly unit: '×' | 'bytes'
  readonly state: 'met' | 'missed' | 'not measured'
}

export interface Report {
  readonly schema: typeof SCHEMA
  readonly startedAt: string
  readonly seconds: number
  readonly quick: boolean
  readonly rounds: number
  readonly machine: Machine
  readonly versions: { readonly trueaio: string; readonly fio: string | null }
  readonly driver: { readonly name: string | null; readonly choices: readonly DriverChoice[]; readonly reason?: string }
  readonly data: { readonly blocksBytes: number; readonly smallFiles: number; readonly steadyReads: number }
  readonly suites: readonly SuiteResult[]
  readonly targets: readonly TargetResult[]
}

/** Median, least and greatest. Of nothing: undefined. */
export function spread(values: readonly number[]): Spread | undefined {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) return undefined
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] as number // sorted is not empty
  return { median: sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2, min, max }
}

/** What came of one contender in one case: its rounds, or why there are none. */
export type Outcome =
  | { readonly state: 'measured'; readonly rounds: readonly Measurement[] }
  | { readonly state: 'skipped' | 'failed'; readonly reason: string }

const rate = ({ operations, seconds }: Measurement): number => operations / seconds

export function contenderResult(name: string, outcome: Outcome, reference: Outcome | undefined): ContenderResult {
  if (outcome.state !== 'measured') return { name, state: outcome.state, reason: outcome.reason }
  const { rounds } = outcome
  const rates = spread(rounds.map(rate))
  const cpu = spread(rounds.flatMap(({ cpuMicroseconds, operations }) => (cpuMicroseconds === undefined ? [] : [cpuMicroseconds / operations])))
  const ratio = reference?.state === 'measured' ? ratioOf(reference.rounds, rounds) : undefined
  const figures: Record<string, Spread> = {}
  for (const key of Object.keys(rounds[0]?.figures ?? {})) {
    const values = spread(rounds.map((round) => round.figures[key] ?? NaN))
    if (values !== undefined) figures[key] = values
  }
  return {
    name, state: 'measured', rounds: rounds.length,
    ...(rates === undefined ? {} : { operationsPerSecond: rates }),
    ...(cpu === undefined ? {} : { cpuMicrosecondsPerOperation: cpu }),
    ...(ratio === undefined ? {} : { ratio }),
    ...(Object.keys(figures).length === 0 ? {} : { figures }),
  }
}

/** Ratio of the medians; least and greatest of the rounds' own ratios, which were measured side by side. */
export function ratioOf(reference: readonly Measurement[], other: readonly Measurement[]): Spread | undefined {
  const [a, b] = [spread(reference.map(rate)), spread(other.map(rate))]
  const byRound = spread(other.flatMap((round, index) => {
    const beside = reference[index]
    return beside === undefined ? [] : [rate(beside) / rate(round)]
  }))
  if (a === undefined || b === undefined || byRound === undefined) return undefined
  return { median: a.median / b.median, min: byRound.min, max: byRound.max }
}

export function findContender(suites: readonly SuiteResult[], suite: string, case_: string, contender: string): ContenderResult | undefined {
  return suites.find(({ name }) => name === suite)?.cases.find(({ name }) => name === case_)?.contenders.find(({ name }) => name === contender)
}
