// Benchmark — the order of a run: in each suite, round after round, every case, every contender: A B C A B C. What
// disturbs the machine for a while then disturbs all of them. The time of one measurement is what the bound leaves.
import { ContenderProcess } from './contender-process.js'
import type { Measurement, AnyContender, Case, Context, ProcessContender, Suite } from '../suite.js'
import { Unavailable } from '../suite.js'
import { contenderResult, type CaseResult, type Outcome, type SuiteResult } from '../results.js'
import type { Progress } from './progress.js'

export interface Plan {
  readonly suites: readonly Suite[]
  readonly context: Context
  readonly rounds: number
  /** performance.now() by which all should have been measured. */
  readonly end: number
  readonly millisecondsMax: number
}

const MILLISECONDS_MIN = 25
// What things cost beside the measuring itself, about: to leave room for them.
const START_OF_A_PROCESS = 130
const START_OF_A_COMMAND = 380
const STEADY_READS_A_MILLISECOND = 350
/** Share of a measurement that each contender gets once, before, to warm up. */
const WARM_UP_SHARE = 0.5
const WARM_UP_MILLISECONDS_MIN = 80

class Cell {
  readonly case: Case
  readonly contender: AnyContender
  readonly index: number
  readonly rounds: Measurement[] = []
  out: Outcome | undefined = undefined

  constructor(case_: Case, contender: AnyContender, index: number) {
    this.case = case_
    this.contender = contender
    this.index = index
  }

  get outcome(): Outcome {
    return this.out ?? { state: 'measured', rounds: this.rounds }
  }
}

/** A suite and its part of the run. */
interface Share {
  readonly suite: Suite
  readonly cells: readonly Cell[]
}

/** The suites of a run, with only the cases and contenders that are part of a quick one where that is asked for. */
export function selectSuites(suites: readonly Suite[], names: readonly string[], quick: boolean): Suite[] {
  return suites.filter(({ name }) => names.includes(name)).map((suite) => (quick ? { ...suite, cases: suite.cases.filter((case_) => case_.quick) } : suite))
}

function cellsOf(suite: Suite, quick: boolean): Cell[] {
  return suite.cases.flatMap((case_) => suite.contenders.flatMap((contender, index) => {
    const takesPart = (contender.takesPart?.(case_) ?? true) && (!quick || contender.quick)
    return takesPart ? [new Cell(case_, contender, index)] : []
  }))
}

export async function runSuites(plan: Plan, quick: boolean, progress: Progress): Promise<SuiteResult[]> {
  const results: SuiteResult[] = []
  const left: Share[] = plan.suites.map((suite) => ({ suite, cells: cellsOf(suite, quick) }))
  progress.begin(left.reduce((sum, { suite, cells }) => sum + cells.length * roundsOf(suite, plan), 0))
  while (left.length > 0) {
    const { milliseconds, until } = allot(left, plan)
    const { suite, cells } = left.shift() as Share // not empty
    progress.suite(suite)
    await new SuiteRun(suite, cells, plan.context, milliseconds, progress).run(roundsOf(suite, plan), until)
    results.push(suiteResult(suite, cells))
  }
  return results
}

function roundsOf(suite: Suite, plan: Plan): number {
  return suite.once === true ? 1 : plan.rounds
}

/** What a suite needs beside the measuring itself, in milliseconds, and how many measurements it makes. */
function needs({ suite, cells }: Share, plan: Plan): { readonly aside: number; readonly measurements: number } {
  let aside = new Set(cells.map(({ index }) => index)).size * START_OF_A_PROCESS
  if (suite.once === true) {
    const growing = cells.filter(({ case: { work } }) => work === 'memory').length
    return { aside: aside + (growing * plan.context.steadyReads) / STEADY_READS_A_MILLISECOND + cells.length * 100, measurements: 0 }
  }
  for (const { contender } of cells) aside += contender.kind === 'command' ? START_OF_A_COMMAND * plan.rounds : WARM_UP_MILLISECONDS_MIN
  return { aside, measurements: cells.length * (plan.rounds + WARM_UP_SHARE) }
}

/** How long each measurement may take from here on, and when the first suite's rounds must end, so that all ends in time. */
function allot(left: readonly Share[], plan: Plan): { readonly milliseconds: number; readonly until: number } {
  const all = left.map((share) => needs(share, plan))
  const aside = all.reduce((sum, need) => sum + need.aside, 0)
  const measurements = all.reduce((sum, need) => sum + need.measurements, 0)
  const free = plan.end - performance.now() - aside
  const milliseconds = Math.min(plan.millisecondsMax, Math.max(MILLISECONDS_MIN, free / Math.max(measurements, 1)))
  const later = all.slice(1).reduce((sum, need) => sum + need.aside + need.measurements * milliseconds, 0)
  return { milliseconds, until: plan.end - later }
}

class SuiteRun {
  readonly #suite: Suite
  readonly #cells: readonly Cell[]
  readonly #context: Context
  readonly #milliseconds: number
  readonly #progress: Progress
  readonly #processes = new Map<number, ContenderProcess>()

  constructor(suite: Suite, cells: readonly Cell[], context: Context, milliseconds: number, progress: Progress) {
    this.#suite = suite
    this.#cells = cells
    this.#context = context
    this.#milliseconds = milliseconds
    this.#progress = progress
  }

  /** On a machine too busy for its time, rounds are left out; the first is always done. */
  async run(rounds: number, until: number): Promise<void> {
    try {
      await this.#prepare(until)
      for (let round = 1; round <= rounds && (round === 1 || performance.now() < until); round++) {
        for (const cell of this.#cells) {
          this.#progress.measuring(this.#suite, cell.case, cell.contender.name, round, rounds)
          if (cell.out === undefined) await this.#measure(cell, this.#suite.once === true ? 0 : this.#milliseconds)
        }
      }
    } finally {
      await Promise.all([...this.#processes.values()].map((process_) => process_.close()))
    }
  }

  /** Makes commands ready, starts processes, and warms them up one by one. */
  async #prepare(until: number): Promise<void> {
    for (const cell of this.#cells) {
      this.#progress.warmingUp(this.#suite, cell.case, cell.contender.name)
      if (cell.contender.kind === 'command') await this.#keep(cell, () => (cell.contender as { prepare(context: Context): Promise<void> }).prepare(this.#context))
      else if (this.#suite.once !== true) {
        const warmUp = Math.max(WARM_UP_MILLISECONDS_MIN, this.#milliseconds * WARM_UP_SHARE)
        await this.#ask(cell, cell.contender, 0, performance.now() < until ? warmUp : MILLISECONDS_MIN)
      }
    }
  }

  async #measure(cell: Cell, milliseconds: number): Promise<void> {
    const { contender } = cell
    if (contender.kind === 'command') {
      await this.#keep(cell, async () => {
        cell.rounds.push(await contender.measure(this.#context, cell.case, milliseconds))
      })
      return
    }
    const measurement = await this.#ask(cell, contender, milliseconds, 0)
    if (measurement !== undefined) cell.rounds.push(measurement)
  }

  async #ask(cell: Cell, contender: ProcessContender, milliseconds: number, warmUpMilliseconds: number): Promise<Measurement | undefined> {
    let process_ = this.#processes.get(cell.index)
    if (process_ === undefined) this.#processes.set(cell.index, (process_ = new ContenderProcess(contender)))
    const answer = await process_.measure({
      suite: this.#suite.name, contender: cell.index, case: cell.case.name, context: this.#context, warmUpMilliseconds, milliseconds,
    })
    if (answer.state === 'measured') return answer.measurement
    cell.out = answer
    return undefined
  }

  async #keep(cell: Cell, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      cell.out = error instanceof Unavailable ? { state: 'skipped', reason: error.message } : { state: 'failed', reason: (error as Error).stack ?? String(error) }
    }
  }
}

function suiteResult(suite: Suite, cells: readonly Cell[]): SuiteResult {
  const cases: CaseResult[] = suite.cases.map((case_) => {
    const here = cells.filter((cell) => cell.case === case_)
    const reference = here.find(({ contender }) => contender.name === suite.reference)?.outcome
    return {
      name: case_.name, inFlight: case_.inFlight, bytes: case_.bytes,
      contenders: here.map(({ contender, outcome }) => contenderResult(contender.name, outcome, reference)),
    }
  })
  return { name: suite.name, title: suite.title, unit: suite.unit, reference: suite.reference, cases }
}
