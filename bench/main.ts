// Benchmark — `npm start`: arguments → data files → measurements → table, JSON, HTML. The data files go away in the end,
// whatever the end is.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import pc from 'picocolors'
import { Proactor, statx, type DriverChoice } from 'trueaio'
import { killCommands } from './contenders/command-process.js'
import { ContenderProcess } from './run/contender-process.js'
import { makeDataFiles, makeDirectory, removeDirectory } from './workload/data-files.js'
import { fioVersion } from './contenders/fio.js'
import { describeMachine } from './machine.js'
import { makeProgress, type Progress } from './run/progress.js'
import { CACHE_FOLDER } from './peers/binaries.js'
import { runPeers } from './peers/run.js'
import { TASKS as PEER_TASKS } from './peers/tasks.js'
import { renderHtml } from './report/html.js'
import { renderPicture } from './report/picture.js'
import { renderReport } from './report/table.js'
import { SCHEMA, type Report } from './results.js'
import { runSuites, selectSuites } from './run/schedule.js'
import { parseSettings, UsageError, type Settings } from './settings.js'
import { SUITES } from './suites.js'
import { evaluateTargets } from './targets/targets.js'

/** Few suites get the same length of a measurement as many, not the whole time. */
const MILLISECONDS_MAX = 300
const MILLISECONDS_MAX_QUICK = 60
const EXIT_FAILED = 1
const EXIT_USAGE = 2
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

async function main(): Promise<void> {
  const settings = parseSettings(process.argv.slice(2))
  if (settings === undefined) return
  if (settings.list) {
    console.log(listing())
    return
  }
  const driver = await chooseDriver(settings)
  const report = await measure(settings, driver, makeProgress())
  console.log(renderReport(report))
  if (settings.json !== undefined) writeFileSync(settings.json, `${JSON.stringify(report, undefined, 2)}\n`)
  if (settings.html !== undefined) writeFileSync(settings.html, renderHtml(report))
  if (settings.picture !== undefined) for (const theme of ['light', 'dark'] as const) writeFileSync(`${settings.picture}-${theme}.svg`, renderPicture(report, theme))
  const failed = report.suites.flatMap(({ cases }) => cases).flatMap(({ contenders }) => contenders).filter(({ state }) => state === 'failed')
  if (failed.length > 0) {
    for (const { name, reason } of failed) console.error(`\n${pc.red(name)} failed: ${reason ?? ''}`)
    process.exitCode = EXIT_FAILED
  }
}

function listing(): string {
  const peers = PEER_TASKS.map(({ name, title, contenders, tools }) => [
    `--peers ${pc.bold(name)}  ${title}`, ...[...contenders, ...tools].map((who) => `    ${who.name}`),
  ].join('\n'))
  return [...SUITES.map((suite) => [
    `${pc.bold(suite.name)}  ${suite.title}${suite.byDefault === false ? pc.dim(' (with --only or --all)') : ''}`,
    `    ${pc.dim(suite.cases.map(({ name }) => name).join(' · '))}`,
    ...suite.contenders.map(({ name }) => `    ${name}`),
  ].join('\n')), ...peers].join('\n')
}

/** Which drivers will run, found out before anything is measured. A driver asked for by name must be there. */
async function chooseDriver({ drivers }: Settings): Promise<Report['driver']> {
  let choices: DriverChoice[]
  try {
    const proactor = new Proactor(drivers === undefined ? {} : { driver: drivers })
    proactor.explain(statx('.')) // opens the further drivers that most of the work goes to
    choices = proactor.explain()
    await proactor.close()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (drivers !== undefined) throw new UsageError(`--driver ${drivers.join(',')}: ${message}`)
    if (code === 'ERR_INVALID_ARG_VALUE') throw new UsageError(`TRUEAIO_DRIVER=${process.env['TRUEAIO_DRIVER'] ?? ''}: ${message}`)
    if (code !== 'ERR_TRUEAIO_NO_DRIVER') throw error
    return { name: null, choices: [], reason: (error as Error).message } // Node's own contenders are still measured
  }
  const inUse = choices.filter(({ state }) => state === 'in use').map(({ name }) => name)
  return { name: inUse.length === 0 ? null : inUse.join(' + '), choices }
}

async function measure(settings: Settings, driver: Report['driver'], progress: Progress): Promise<Report> {
  const begin = performance.now()
  const startedAt = new Date().toISOString()
  const directory = makeDirectory(settings.directory)
  const restore = removeAtExit(directory)
  try {
    progress.note('making the data files …')
    const files = await makeDataFiles(directory, settings.sizes)
    const suites = settings.peers
      ? await runPeers({ files, cacheFolder: join(settings.directory, CACHE_FOLDER), rounds: settings.rounds, tasks: settings.suites }, progress)
      : await runSuites({
        suites: selectSuites(SUITES, settings.suites, settings.quick),
        context: { files, drivers: settings.drivers, steadyReads: settings.steadyReads },
        rounds: settings.rounds,
        end: begin + settings.seconds * 1000,
        millisecondsMax: settings.quick ? MILLISECONDS_MAX_QUICK : MILLISECONDS_MAX,
      }, settings.quick, progress)
    return {
      schema: SCHEMA, startedAt, seconds: (performance.now() - begin) / 1000,
      quick: settings.quick, rounds: settings.rounds,
      machine: describeMachine(directory), versions: { trueaio: ownVersion(), fio: await fioVersion() ?? null }, driver,
      data: { ...settings.sizes, steadyReads: settings.steadyReads },
      suites, targets: evaluateTargets(suites),
    }
  } finally {
    progress.end()
    removeDirectory(directory)
    restore()
  }
}

/** The same for signals and for errors nobody caught. */
function removeAtExit(directory: string): () => void {
  const remove = (): void => {
    ContenderProcess.killAll()
    killCommands()
    removeDirectory(directory)
  }
  const stop = (signal: NodeJS.Signals): void => {
    console.error(`\n${signal}: stopped, data files removed`)
    process.exit(SIGNALS[signal as keyof typeof SIGNALS])
  }
  process.on('exit', remove)
  for (const signal of Object.keys(SIGNALS)) process.on(signal, stop)
  return () => {
    process.off('exit', remove)
    for (const signal of Object.keys(SIGNALS)) process.off(signal, stop)
  }
}

function ownVersion(): string {
  const path = createRequire(import.meta.url).resolve('trueaio/package.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${pc.red('error:')} ${error.message}\nTry --help.`)
  process.exitCode = EXIT_USAGE
}
