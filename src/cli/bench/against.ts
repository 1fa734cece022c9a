// ① interface — `--against`: the same jobs by other contenders, one after the other in each round, so that what disturbs the machine
// for a while disturbs all of them; figures are medians of the rounds.
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Refusal, UsageError } from '../command.js'
import { tableOf } from '../terminal.js'
import { ENGINES, engineOf } from './engines.js'
import type { Section } from './job-file.js'
import type { Outcome } from './schedule.js'

/** Of one contender in one round. */
export interface Measured {
  readonly operations: number
  readonly seconds: number
  readonly cpuMicroseconds: number
}

export interface Contender {
  readonly name: string
  readonly skipped?: string
  measure(): Promise<Measured>
}

/** Where a program lies; undefined: nowhere on the PATH. */
function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export function measuredOf(outcomes: readonly Outcome[]): Measured {
  const failed = outcomes.find(({ figures }) => figures.error !== 0)
  if (failed !== undefined) throw new Refusal(`job ${failed.job.name}: ${failed.figures.problem ?? `error ${String(failed.figures.error)}`}`)
  const add = (one: (outcome: Outcome) => number): number => outcomes.reduce((sum, outcome) => sum + one(outcome), 0)
  return {
    operations: add(({ figures }) => figures.directions.reduce((sum, { operations }) => sum + operations, 0)),
    // Of a few milliseconds, whole ones would be too rough; jobs of one group run at the same time.
    seconds: Math.max(...outcomes.map(({ figures }) => figures.runtime)) / 1e3,
    cpuMicroseconds: add(({ figures }) => figures.user + figures.system),
  }
}

interface FioJob {
  readonly job_runtime: number
  readonly usr_cpu: number
  readonly sys_cpu: number
  readonly error: number
  readonly read: { readonly total_ios: number }
  readonly write: { readonly total_ios: number }
}

/** The jobs as a file for fio: engines of ours by the names of those that come nearest there. */
function forFio(sections: readonly Section[], engine: string | undefined): string {
  return sections.map(({ name, global, own }) => {
    const options = new Map([...global, ...own])
    const written = options.get('ioengine') ?? 'psync'
    options.set('ioengine', engineOf(engine ?? written).inFio)
    for (const ours of ['name', 'replay_metadata', 'simulated_seed', 'simulated_errors']) options.delete(ours)
    return `[${name}]\n${[...options].map(([option, value]) => (value === undefined ? option : `${option}=${value}`)).join('\n')}\n`
  }).join('\n')
}

async function runFio(program: string, text: string): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'trueaio-against-'))
  try {
    const file = join(folder, 'jobs.fio')
    writeFileSync(file, text)
    const child = spawn(program, ['--output-format=json', file], { stdio: ['ignore', 'pipe', 'pipe'] })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (piece: Buffer) => stdout.push(piece))
    child.stderr.on('data', (piece: Buffer) => stderr.push(piece))
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    if (code !== 0) throw new Refusal(`fio has failed with code ${String(code)}: ${Buffer.concat(stderr).toString().trim().split('\n')[0] ?? ''}`)
    const printed = Buffer.concat(stdout).toString()
    const { jobs } = JSON.parse(printed.slice(printed.indexOf('{\n'))) as { jobs: readonly FioJob[] }
    return {
      operations: jobs.reduce((sum, job) => sum + job.read.total_ios + job.write.total_ios, 0),
      seconds: Math.max(...jobs.map((job) => job.job_runtime)) / 1e3,
      cpuMicroseconds: jobs.reduce((sum, job) => sum + ((job.usr_cpu + job.sys_cpu) / 100) * job.job_runtime * 1e3, 0),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** How a contender of ours runs: which engine for all jobs, in which runtime. */
export type RunWith = (engine: string | undefined, runtime: string | undefined) => Promise<Measured>

/** @throws UsageError */
export function contendersOf(names: string, sections: readonly Section[], engine: string | undefined, run: RunWith): Contender[] {
  const own: Contender = { name: 'trueaio', measure: () => run(engine ?? 'trueaio', undefined) }
  return [own, ...names.split(',').map((name): Contender => {
    if (name === 'fio' || name === 'bun') {
      const program = findProgram(name)
      const measure = program === undefined ? () => Promise.reject(new Error('not installed'))
        : name === 'fio' ? () => runFio(program, forFio(sections, engine ?? 'trueaio')) : () => run('node', program)
      return program === undefined ? { name, skipped: `${name} is not on the PATH`, measure } : { name, measure }
    }
    if (!Object.hasOwn(ENGINES, name)) throw new UsageError(`--against takes node, fio, bun and engines (${Object.keys(ENGINES).join(', ')}), and got '${name}'`)
    return { name, measure: () => run(name, undefined) }
  })]
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function shown(value: number): string {
  return value >= 1000 ? value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',') : value.toPrecision(3)
}

export interface Comparison {
  readonly name: string
  readonly state: 'measured' | 'skipped' | 'failed'
  readonly reason?: string
  readonly operationsPerSecond?: number
  readonly cpuMicrosecondsPerOperation?: number
  /** How many times as good the first contender is, by the metric. */
  readonly ratio?: number
}

/** Runs the rounds. A contender that fails is reported, and left out of later rounds. */
export async function compare(contenders: readonly Contender[], rounds: number, metric: 'rate' | 'cpu', isStopped: () => boolean): Promise<Comparison[]> {
  const rates = contenders.map((): number[] => [])
  const costs = contenders.map((): number[] => [])
  const reasons = contenders.map(({ skipped }) => skipped)
  const failed = new Set<number>()
  for (let round = 0; round < rounds && !isStopped(); round++) {
    for (const [index, contender] of contenders.entries()) {
      if (reasons[index] !== undefined || isStopped()) continue
      try {
        const { operations, seconds, cpuMicroseconds } = await contender.measure()
        rates[index]?.push(operations / Math.max(seconds, 1e-3))
        costs[index]?.push(cpuMicroseconds / Math.max(1, operations))
      } catch (error) {
        reasons[index] = (error as Error).message
        failed.add(index)
      }
    }
  }
  const by = metric === 'cpu' ? costs : rates
  return contenders.map(({ name }, index): Comparison => {
    const reason = reasons[index]
    if (reason !== undefined) return { name, state: failed.has(index) ? 'failed' : 'skipped', reason }
    const ratios = (by[index] ?? []).map((value, round) => {
      const first = by[0]?.[round] ?? NaN
      return metric === 'cpu' ? value / first : first / value
    })
    return {
      name, state: 'measured', operationsPerSecond: median(rates[index] ?? []), cpuMicrosecondsPerOperation: median(costs[index] ?? []), ratio: median(ratios),
    }
  })
}

export function comparisonTable(rows: readonly Comparison[], metric: 'rate' | 'cpu', columns: number): string {
  const measured = rows.filter(({ state }) => state === 'measured')
  const head = ['', 'operations/s', 'µs CPU each', metric === 'cpu' ? 'CPU ÷ first' : 'first ÷ rate']
  const table = tableOf(head, measured.map(({ name, operationsPerSecond = 0, cpuMicrosecondsPerOperation = 0, ratio = 0 }) => [name, shown(operationsPerSecond), cpuMicrosecondsPerOperation.toFixed(2), `${ratio.toFixed(2)} ×`]), columns)
  return [...table, ...rows.filter(({ state }) => state !== 'measured').map(({ name, state, reason }) => `${name}: ${state}: ${reason ?? ''}`)].join('\n')
}
