// Benchmark — the command line: what is asked for, checked before anything is made or measured.
import { accessSync, constants, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { DataSizes } from './workload/data-files.js'
import { TASKS } from './peers/tasks.js'
import { SUITES } from './suites.js'

export interface Settings {
  /** Names of suites; with `peers`, of its rows. */
  readonly suites: readonly string[]
  readonly quick: boolean
  /** Beside the newest Node, Bun, Deno and plain tools, instead of the suites. */
  readonly peers: boolean
  /** Seconds by which all should have been measured. */
  readonly seconds: number
  readonly list: boolean
  readonly json: string | undefined
  readonly html: string | undefined
  /** Where pictures go, without '-light.svg' and '-dark.svg'. */
  readonly picture: string | undefined
  readonly drivers: readonly string[] | undefined
  /** Where the directory with the data files is made. */
  readonly directory: string
  readonly sizes: DataSizes
  readonly steadyReads: number
  readonly rounds: number
}

/** Wrong usage: the message is for the user, the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const PEER_NAMES = TASKS.map(({ name }) => name as string)
const NAMES = SUITES.map(({ name }) => name)
const DEFAULT_NAMES = SUITES.filter(({ byDefault }) => byDefault !== false).map(({ name }) => name)
/** An `--all` run goes on longer; any other stays below the 90 and 15 seconds it promises. */
const SECONDS_MAX = { all: 220, many: 80, quick: 7 }
const MEBIBYTE = 2 ** 20
const SMALL_FILES = 10_000
const FEW_SUITES = 3
const ROUNDS = { peers: 5, few: 7, many: 3, quick: 2 }
const STEADY_READS = { alone: 5_000_000, amongOthers: 1_000_000, quick: 100_000 }

function commaList(value: string): string[] {
  const names = value.split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (names.length === 0) throw new InvalidArgumentError('It must name at least one.')
  return names
}

/** @throws UsageError where a name is none of those there are */
function known(names: readonly string[], all: readonly string[], what: string): readonly string[] {
  for (const name of names) {
    if (!all.includes(name)) throw new UsageError(`option '--only <names>': There is no ${what} '${name}'. ${what === 'suite' ? 'Suites' : 'Rows'}: ${all.join(', ')}.`)
  }
  return all.filter((name) => names.includes(name))
}

function count(value: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number above 0.')
  return number
}

function folder(value: string): string {
  const path = resolve(value)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isDirectory() !== true) throw new InvalidArgumentError('It must be a directory that exists.')
  return writable(path)
}

/** Found out now, not after a minute of measuring. */
function outputFile(value: string): string {
  const path = resolve(value)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats?.isDirectory() === true) throw new InvalidArgumentError('It is a directory.')
  const parent = dirname(path)
  if (stats === undefined && statSync(parent, { throwIfNoEntry: false })?.isDirectory() !== true) throw new InvalidArgumentError(`There is no directory ${parent}.`)
  writable(stats === undefined ? parent : path)
  return path
}

function writable(path: string): string {
  try {
    accessSync(path, constants.W_OK)
  } catch (error) {
    throw new InvalidArgumentError(`${path} cannot be written to (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`)
  }
  return path
}

interface Options {
  readonly only?: string[]
  readonly all?: true
  readonly quick?: true
  readonly peers?: true
  readonly list?: true
  readonly json?: string
  readonly html?: string
  readonly picture?: string
  readonly driver?: string[]
  readonly dir?: string
  readonly blocksBytes?: number
  readonly smallFiles?: number
  readonly rounds?: number
}

function command(): Command {
  return new Command('npm start --')
    .description('Measures this machine’s files through trueaio, beside Node’s own fs and, where installed, fio.')
    .option('--only <names>', `suites to run, with commas between them: ${NAMES.join(', ')} (default: ${DEFAULT_NAMES.join(', ')}); with --peers: ${PEER_NAMES.join(', ')}`, commaList)
    .option('--all', 'all suites, those of the drop-in fs included: about 4 minutes')
    .option('--quick', 'fewer contenders, shorter measurements: under 15 seconds')
    .option('--peers', 'instead of the suites: the drop-in beside the newest Node, Bun, Deno (their npm packages are fetched once) and plain tools')
    .option('--json <file>', 'write all results to a JSON document', outputFile)
    .option('--html <file>', 'write a report with charts, one file that needs no network', outputFile)
    .option('--picture <name>', 'write <name>-light.svg and <name>-dark.svg: processor times as a picture', outputFile)
    .option('--driver <names>', 'drivers to try, in order (default: the package’s own choice)', commaList)
    .option('--dir <directory>', 'where the data files are made (default: the current directory)', folder)
    .option('--list', 'list the suites and who takes part, and measure nothing')
    .option('--rounds <count>', 'how often each is measured, in turn (default: 3, or 7 with up to three suites, or 2 with --quick)', count)
    .addOption(new Option('--blocks-bytes <bytes>', 'size of the large file').argParser(count).hideHelp())
    .addOption(new Option('--small-files <count>', 'number of small files').argParser(count).hideHelp())
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => { /* main.ts prints what parseSettings throws */ } })
}

/**
 * @returns undefined when only help was asked for, which has been printed
 * @throws UsageError
 */
export function parseSettings(arguments_: readonly string[]): Settings | undefined {
  const parser = command()
  try {
    parser.parse(arguments_, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw new UsageError(error.message.replace(/^error: /, ''))
  }
  const options = parser.opts<Options>()
  const quick = options.quick === true
  const peers = options.peers === true
  const suites = peers
    ? known(options.only ?? PEER_NAMES, PEER_NAMES, 'row of --peers')
    : known(options.only ?? (options.all === true ? NAMES : DEFAULT_NAMES), NAMES, 'suite')
  const steadyAlone = suites.length === 1 && suites[0] === 'steady'
  return {
    suites, quick, peers,
    seconds: quick ? SECONDS_MAX.quick : options.all === true ? SECONDS_MAX.all : SECONDS_MAX.many,
    list: options.list === true,
    json: options.json,
    html: options.html,
    picture: options.picture,
    drivers: options.driver,
    directory: options.dir ?? folder(process.cwd()),
    sizes: {
      blocksBytes: wholeMebibytes(options.blocksBytes ?? (quick ? 32 : 256) * MEBIBYTE),
      smallFiles: options.smallFiles ?? (quick ? SMALL_FILES / 10 : SMALL_FILES),
    },
    steadyReads: quick ? STEADY_READS.quick : steadyAlone ? STEADY_READS.alone : STEADY_READS.amongOthers,
    rounds: options.rounds ?? (peers ? (quick ? 1 : ROUNDS.peers) : quick ? ROUNDS.quick : suites.length <= FEW_SUITES ? ROUNDS.few : ROUNDS.many),
  }
}

function wholeMebibytes(bytes: number): number {
  return Math.ceil(bytes / MEBIBYTE) * MEBIBYTE
}
