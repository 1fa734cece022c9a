// ① interface — `trueaio bench`: reads jobs as fio does, runs them, and reports as fio does.
import { writeFileSync } from 'node:fs'
import { ExitCode, Refusal, UsageError, type Command, type Surroundings } from '../command.js'
import { columnsOf } from '../terminal.js'
import { compare, comparisonTable, contendersOf, measuredOf } from './against.js'
import { BENCH_OPTIONS, readBenchLine, type BenchLine } from './command-line.js'
import { Disks } from './disks.js'
import { engineOf } from './engines.js'
import { mergedFigures } from './figures.js'
import type { Job } from './job.js'
import { WITHOUT_EFFECT } from './option-names.js'
import { readJob } from './read-job.js'
import { jsonReport, type Reported, type ReportFacts } from './report-json.js'
import { normalReport } from './report-normal.js'
import { terseReport } from './report-terse.js'
import { Schedule, type Outcome, type ScheduleOptions } from './schedule.js'
import { wholeOf } from './units.js'

const FORMATS = ['normal', 'json', 'json+', 'terse']
const CLONES_MAX = 1024

/** The jobs of all sections with their clones. @throws Refusal with the section's name */
export function jobsOf({ sections, only }: BenchLine, engine: string | undefined): Job[] {
  const jobs: Job[] = []
  let group = 0
  for (const section of sections) {
    if (only.length > 0 && !only.includes(section.name)) continue
    try {
      const written = new Map([...section.global, ...section.own])
      const clones = wholeOf('numjobs', written.get('numjobs') ?? '1', 1, CLONES_MAX)
      for (let clone = 0; clone < clones; clone++) {
        const job = readJob(section, { clone, index: jobs.length, group, engine })
        const begins = clone === 0 && jobs.length > 0 && (job.stonewall || job.newGroup)
        if (begins) group++
        jobs.push({ ...job, group, stonewall: begins && job.stonewall })
      }
    } catch (error) {
      throw error instanceof Refusal ? new Refusal(`${error.message}\ntrueaio: job ${section.name} dropped`) : error
    }
  }
  return jobs
}

/** What is not as in fio, a line each, once. */
function words(jobs: readonly Job[], { sections }: BenchLine): string[] {
  const engines = new Set(jobs.map(({ engine }) => engine))
  const names = new Set(sections.flatMap(({ global, own }) => [...global, ...own].map(([name]) => name)).filter((name) => WITHOUT_EFFECT.includes(name)))
  return [
    ...[...engines].flatMap((engine) => engineOf(engine).word ?? []),
    ...(names.size === 0 ? [] : [`without effect here: ${[...names].join(', ')}`]),
    ...(jobs.some(({ flow }) => flow > 0) ? ['jobs with flow are threads of one process'] : []),
  ]
}

/** Clones of a job as one, where it has group_reporting. */
function reportedOf(outcomes: readonly Outcome[]): { readonly reported: Reported[], readonly clones: Map<Reported, number> } {
  const groups: Outcome[][] = []
  for (const outcome of outcomes) {
    const last = groups.at(-1)
    if (outcome.job.groupReporting && last?.[0]?.job.groupReporting === true && last[0].job.group === outcome.job.group) last.push(outcome)
    else groups.push([outcome])
  }
  const clones = new Map<Reported, number>()
  const reported = groups.map((group) => {
    const one: Reported = { job: (group[0] as Outcome).job, figures: mergedFigures(group.map(({ figures }) => figures)), elapsed: Math.max(...group.map(({ elapsed }) => elapsed)) }
    clones.set(one, group.length)
    return one
  })
  return { reported, clones }
}

function formatsOf({ values }: BenchLine): string[] {
  const formats = (values.get('output-format') ?? 'normal').split(',')
  const unknown = formats.find((format) => !FORMATS.includes(format))
  if (unknown !== undefined) throw new UsageError(`--output-format takes ${FORMATS.join(', ')}, and got '${unknown}'`)
  return formats
}

function report(line: BenchLine, facts: Omit<ReportFacts, 'plus'>, clones: ReadonlyMap<Reported, number>): void {
  const texts = formatsOf(line).map((format) => {
    if (format === 'normal') return normalReport({ ...facts, plus: false }, clones)
    return format === 'terse' ? terseReport({ ...facts, plus: false }) : jsonReport({ ...facts, plus: format === 'json+' })
  })
  print(line, `${texts.join('\n')}\n`)
}

function print({ values }: BenchLine, text: string): void {
  const file = values.get('output')
  if (file === undefined) process.stdout.write(text)
  else {
    try {
      writeFileSync(file, text)
    } catch (error) {
      throw new Refusal(`--output ${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
    }
  }
}

/** Runs while Ctrl-C and SIGTERM stop a schedule: what it has made is removed then. */
async function untilStopped<Value>(schedules: Set<Schedule>, run: () => Promise<Value>): Promise<{ readonly value: Value, readonly signal: NodeJS.Signals | undefined }> {
  let signal: NodeJS.Signals | undefined
  const stop = (received: NodeJS.Signals): void => {
    for (const schedule of schedules) {
      if (signal === undefined) schedule.stop()
      else schedule.kill()
    }
    signal = received
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    return { value: await run(), signal }
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    if (signal !== undefined) for (const schedule of schedules) schedule.removeMade()
  }
}

async function runAgainst(line: BenchLine, names: string, { mainFile }: Surroundings): Promise<number> {
  const metric = line.values.get('metric') ?? 'rate'
  if (metric !== 'rate' && metric !== 'cpu') throw new UsageError(`--metric takes rate or cpu, and got '${metric}'`)
  const rounds = wholeOf('rounds', line.values.get('rounds') ?? '3', 1, 99)
  const schedules = new Set<Schedule>()
  const run = async (engine: string | undefined, runtime: string | undefined): Promise<ReturnType<typeof measuredOf>> => {
    const options: ScheduleOptions = { mainFile, prepareOnly: false, quiet: true, ...(runtime === undefined ? {} : { runtime: { path: runtime } }) }
    const schedule = new Schedule(jobsOf(line, engine), options)
    schedules.add(schedule)
    return measuredOf(await schedule.run())
  }
  const contenders = contendersOf(names, line.sections, line.values.get('engine'), run)
  const isStopped = (): boolean => [...schedules].some((schedule) => schedule.isStopped)
  const { value: rows, signal } = await untilStopped(schedules, () => compare(contenders, rounds, metric, isStopped))
  if (signal !== undefined) return ExitCode.INTERRUPTED
  const isJson = formatsOf(line).some((format) => format.startsWith('json'))
  print(line, `${isJson ? JSON.stringify({ metric, rounds, contenders: rows }, undefined, 2) : comparisonTable(rows, metric, columnsOf(process.stdout))}\n`)
  return rows[0]?.state === 'measured' && rows.every(({ state }) => state !== 'failed') ? ExitCode.DONE : ExitCode.FAILED
}

async function runJobs(line: BenchLine, { mainFile, version }: Surroundings): Promise<number> {
  const jobs = jobsOf(line, line.values.get('engine'))
  formatsOf(line)
  for (const word of words(jobs, line)) process.stderr.write(`trueaio bench: ${word}\n`)
  if (line.values.has('parse-only')) return ExitCode.DONE
  const startedAt = new Date()
  const schedule = new Schedule(jobs, { mainFile, prepareOnly: line.values.has('prepare'), quiet: false })
  const disks = new Disks()
  const { value: outcomes, signal } = await untilStopped(new Set([schedule]), () => schedule.run())
  if (outcomes.length > 0) {
    const { reported, clones } = reportedOf(outcomes)
    report(line, { version, startedAt, global: line.sections[0]?.global ?? [], jobs: reported, disks: disks.figures(outcomes.flatMap(({ files }) => files.map(({ path }) => path))) }, clones)
  }
  if (signal !== undefined) return signal === 'SIGINT' ? ExitCode.INTERRUPTED : 143
  return outcomes.every(({ figures }) => figures.error === 0) ? ExitCode.DONE : ExitCode.FAILED
}

export const bench: Command = {
  name: 'bench',
  usage: ['[OPTIONS] JOBFILE…', '[OPTIONS] --name=JOB --rw=randread --bs=4k --size=1g …'],
  text: "Measures I/O as fio does: its job files, its command line, its reports. Each job is a process, or a thread with thread=1.",
  options: BENCH_OPTIONS,
  more: 'The options of jobs are fio\'s; docs/guide/command.md lists them. An unknown one is refused. Engines: trueaio (the best driver), io_uring, libaio, posixaio, sync, psync, vsync, pvsync, pvsync2, windowsaio, null, filecreate, filestat, filedelete, and also thread-pool, node, node-driver, simulated.\nFiles that a run has made are kept, as fio\'s are, unless unlink=1; Ctrl-C removes them.',
  readsItself: true,
  run(_, given, surroundings) {
    const line = readBenchLine(given)
    const against = line.values.get('against')
    return against === undefined ? runJobs(line, surroundings) : runAgainst(line, against, surroundings)
  },
}
