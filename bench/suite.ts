// Benchmark — what a suite is: the same work done by several contenders, in a few cases. Suites are in suites/; the plan
// of a run (schedule.ts) goes through them in the main process, and contender-process.ts carries out one contender's share.
import type { Budget } from './workload/budget.js'
import type { DataFiles } from './workload/data-files.js'

/** What every contender gets to know. Plain data: it is sent to child processes. */
export interface Context {
  readonly files: DataFiles
  /** Drivers to try, in order; undefined: the package's own choice. */
  readonly drivers: readonly string[] | undefined
  /** Reads of the steady-state suite. */
  readonly steadyReads: number
}

/** One setting in which all contenders of a suite are measured. */
export interface Case {
  readonly name: string
  /** Which work, in suites that have several kinds. */
  readonly work: string
  /** Operations in flight at once. */
  readonly inFlight: number
  /** Bytes of one operation; 0: it moves none. */
  readonly bytes: number
  /** Part of a `--quick` run. */
  readonly quick: boolean
}

/** Figures beyond rate and CPU time, by name; names end in their unit. */
export type Figures = Readonly<Record<string, number>>

export interface Measurement {
  readonly operations: number
  readonly seconds: number
  /** User and system time of the whole process; undefined: not known. */
  readonly cpuMicroseconds: number | undefined
  readonly figures: Figures
}

/** One contender's work, set up and ready. */
export interface Workload {
  /** Makes what the next run will use up, before its clock begins. */
  prepare?(): Promise<void> | void
  /** Works until the budget says no, checking every result. Throws at the first wrong one. */
  run(budget: Budget): Promise<void> | void
  /** Figures of the last run. */
  figures?(): Figures
  close(): Promise<void> | void
}

interface Contender {
  readonly name: string
  readonly quick: boolean
  /** Which cases it takes part in. Default: all. */
  takesPart?(case_: Case): boolean
}

/** Runs in a Node process of its own. */
export interface ProcessContender extends Contender {
  readonly kind: 'process'
  /** Threads of libuv's pool. Default: Node's own default of 4. */
  readonly poolThreads?: number
  readonly nodeOptions?: readonly string[]
  readonly make: (context: Context, case_: Case) => Promise<Workload> | Workload
}

/** Another program. */
export interface CommandContender extends Contender {
  readonly kind: 'command'
  /** Makes it ready, once a run. Throws `Unavailable` when it can't be. */
  prepare(context: Context): Promise<void>
  measure(context: Context, case_: Case, milliseconds: number): Promise<Measurement>
}

export type AnyContender = ProcessContender | CommandContender

export interface Suite {
  readonly name: string
  readonly title: string
  /** What one operation is, in the plural. */
  readonly unit: string
  readonly cases: readonly Case[]
  readonly contenders: readonly AnyContender[]
  /** The contender all others are compared with. */
  readonly reference: string
  /** Work of a fixed size, done once: no rounds, no time box. */
  readonly once?: boolean
  /** Operations between two looks at the clock. Default: 64; 1 where one takes a millisecond. */
  readonly stride?: number
  /** False: part of a run only when asked for by name or with `--all`. */
  readonly byDefault?: false
}

/** A contender that cannot run here, and why: it is shown as skipped, not as failed. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}

export function inFlightCases(depths: readonly number[], quick: readonly number[], bytes: number): Case[] {
  return depths.map((inFlight) => ({ name: `${String(inFlight)} in flight`, work: '', inFlight, bytes, quick: quick.includes(inFlight) }))
}
