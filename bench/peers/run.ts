// Benchmark of peers — `--peers`: every contender is a fresh process, they take turns, and the processor time of each
// operation is the figure to trust. `--quick` is for tests: little data, one round.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../contenders/command-process.js'
import type { DataFiles } from '../workload/data-files.js'
import type { Progress } from '../run/progress.js'
import { contenderResult, type CaseResult, type Outcome, type SuiteResult } from '../results.js'
import { Unavailable, type Measurement, type Suite } from '../suite.js'
import { PeerCache } from './binaries.js'
import { PeerData, type PassPaths } from './data.js'
import type { Job, Pass } from './program.js'
import { OURS, peersSuiteName, TASKS, type Contender, type Task, type Tool } from './tasks.js'

const PROGRAM = fileURLToPath(new URL('./program.js', import.meta.url))
const PASSES = ['cold', 'warm'] as const
const TITLES = {
  files: 'Beside the newest Node, Bun, Deno: files',
  entries: 'Beside the newest Node, Bun, Deno and plain tools: trees',
  MiB: 'Beside the newest Node, Bun, Deno and plain tools: streams',
} as const

export interface PeersPlan {
  readonly files: DataFiles
  readonly cacheFolder: string
  readonly rounds: number
  /** Names of tasks; undefined: all. */
  readonly tasks?: readonly string[]
}

/** A contender or tool of a task, with its rounds, pass by pass. */
class Cell {
  readonly who: Contender | Tool
  readonly rounds: Record<(typeof PASSES)[number], Measurement[]> = { cold: [], warm: [] }
  out: Outcome | undefined = undefined

  constructor(who: Contender | Tool) {
    this.who = who
  }

  outcome(pass: (typeof PASSES)[number]): Outcome {
    return this.out ?? { state: 'measured', rounds: this.rounds[pass] }
  }
}

export async function runPeers(plan: PeersPlan, progress: Progress): Promise<SuiteResult[]> {
  const data = new PeerData(plan.files)
  const remove = (): void => data.close()
  process.once('exit', remove)
  try {
    const run = new PeersRun(plan, data)
    const tasks = TASKS.filter(({ name }) => plan.tasks?.includes(name) ?? true)
    progress.begin(tasks.reduce((sum, task) => sum + task.contenders.length + task.tools.length, 0) * plan.rounds)
    const cases = new Map<Task['unit'], CaseResult[]>()
    for (const task of tasks) cases.set(task.unit, [...cases.get(task.unit) ?? [], ...await run.task(task, progress)])
    return [...cases].map(([unit, list]) => ({ name: peersSuiteName(unit), title: TITLES[unit], unit, reference: OURS, cases: list }))
  } finally {
    process.off('exit', remove)
    data.close()
  }
}

class PeersRun {
  readonly #plan: PeersPlan
  readonly #data: PeerData
  readonly #cache: PeerCache

  constructor(plan: PeersPlan, data: PeerData) {
    this.#plan = plan
    this.#data = data
    this.#cache = new PeerCache(plan.cacheFolder)
  }

  /** One task: everybody in turn, as often as there are rounds. */
  async task(task: Task, progress: Progress): Promise<CaseResult[]> {
    const cells = [...task.contenders, ...task.tools].map((who) => new Cell(who))
    const suite = { name: peersSuiteName(task.unit) } as Suite
    progress.suite(suite)
    for (let round = 1; round <= this.#plan.rounds; round++) {
      for (const cell of cells) {
        progress.measuring(suite, { name: task.title, work: '', inFlight: 1, bytes: 0, quick: true }, cell.who.name, round, this.#plan.rounds)
        if (cell.out === undefined) await this.#measure(task, cell)
      }
    }
    return PASSES.map((pass) => {
      const reference = cells.find(({ who }) => who.name === OURS)?.outcome(pass)
      return {
        name: `${task.title}, ${pass}`, inFlight: 1, bytes: task.unit === 'MiB' ? 2 ** 20 : 0,
        contenders: cells.filter(({ who }) => pass === 'cold' || 'by' in who).map((cell) => contenderResult(cell.who.name, cell.outcome(pass), reference)),
      }
    })
  }

  async #measure(task: Task, cell: Cell): Promise<void> {
    try {
      const entries = this.#data.entries(task)
      if ('by' in cell.who) {
        const passes = await this.#runContender(task, cell.who)
        passes.forEach((pass, index) => cell.rounds[PASSES[index] as 'cold'].push(measurement(pass, entries))) // two passes
      } else cell.rounds.cold.push(await this.#runTool(task, cell.who, entries))
    } catch (error) {
      cell.out = error instanceof Unavailable
        ? { state: 'skipped', reason: error.message }
        : { state: 'failed', reason: (error as Error).stack ?? String(error) }
    }
  }

  async #runContender(task: Task, { runtime, by }: Contender): Promise<Pass[]> {
    const program = runtime === 'node, running' ? process.execPath : await this.#cache.find(runtime === 'node, newest' ? 'node' : runtime)
    const paths = PASSES.map(() => this.#data.paths(task))
    const job: Job = {
      task: task.name, by, passes: paths, files: task.source === 'small files' ? this.#data.smallFiles : [],
      ...(by === 'fdir' ? { module: await this.#cache.find('fdir') } : {}),
    }
    const file = join(this.#plan.files.directory, 'job.json')
    writeFileSync(file, JSON.stringify(job))
    const environment = { ...process.env, NO_COLOR: '1' }
    delete (environment as NodeJS.ProcessEnv)['UV_THREADPOOL_SIZE']
    const output = await runCommand(program, [...(runtime === 'deno' ? ['run', '--allow-all', '--no-lock', '--no-config'] : []), PROGRAM, file], { environment })
    for (const each of paths) this.#data.settle(task, each)
    return JSON.parse(output) as Pass[]
  }

  /** The shell counts the processor time of what it starts. The tool's own start, about 1 ms, is part of it. */
  async #runTool(task: Task, { words }: Tool, entries: number): Promise<Measurement> {
    if (process.platform === 'win32') throw new Unavailable(`there is no ${words[0] ?? ''}`)
    const paths = this.#data.paths(task)
    const arguments_ = words.map((word) => placed(word, paths))
    let output
    try {
      output = await runCommand('bash', ['-c', 'command -v "$1" >/dev/null || exit 127; TIMEFORMAT="%R %U %S"; time "$@" >/dev/null', 'bash', ...arguments_], { stderr: true })
    } catch (error) {
      const { code } = error as { code?: unknown }
      if (code === 'ENOENT' || code === 127) throw new Unavailable(`${code === 127 ? words[0] ?? '' : 'bash'} is not on the PATH`)
      throw error
    }
    const [seconds = NaN, user = NaN, system = NaN] = output.trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
    this.#data.settle(task, paths)
    return { operations: entries > 0 ? entries : this.#plan.files.blocksBytes / 2 ** 20, seconds, cpuMicroseconds: (user + system) * 1e6, figures: {} }
  }
}

function placed(word: string, { source, target }: PassPaths): string {
  return word === 'SOURCE' ? source : word === 'TARGET' ? target : word
}

/** `operations` 0: the process does not know how many entries there were. */
function measurement({ operations, seconds, cpuMicroseconds }: Pass, entries: number): Measurement {
  if (operations > 0 && entries > 0 && operations !== entries) throw new Error(`${String(operations)} entries, of ${String(entries)}`)
  return { operations: operations === 0 ? entries : operations, seconds, cpuMicroseconds, figures: {} }
}
