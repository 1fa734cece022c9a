// ① interface — runs jobs: their files are laid out first, then they begin together, group by group where one has a stonewall.
import { fork, type ChildProcess } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { Refusal } from '../command.js'
import { engineOf } from './engines.js'
import { filesOf, layOut, removeFiles, type NeededFile } from './files.js'
import type { JobFigures } from './figures.js'
import { filesOfIolog, readIolog } from './iolog.js'
import type { Job } from './job.js'
import type { FromJob, JobOrder, ToJob } from './job-process.js'
import { directoriesOf, namesOf, readMetadata } from './metadata.js'
import { binary } from './report-normal.js'
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

export interface Outcome {
  readonly job: Job
  readonly files: readonly NeededFile[]
  readonly figures: JobFigures
  /** Seconds since the run began, when the job had ended. */
  readonly elapsed: number
}

/** What runs a job, process or thread. */
interface Runner {
  send(message: ToJob): void
  /** Resolves when it has gone. */
  readonly gone: Promise<void>
  kill(): void
}

/** Runtime of another kind than this Node: bun, or another node. */
interface Runtime {
  readonly path: string
}

function startProcess(mainFile: string, runtime: Runtime | undefined, listen: (message: FromJob) => void): Runner {
  const child: ChildProcess = fork(mainFile, ['bench-job'], { ...(runtime === undefined ? {} : { execPath: runtime.path }), execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  child.on('message', (message) => listen(message as FromJob))
  return {
    send: (message) => {
      if (child.connected) child.send(message)
    },
    gone: new Promise((resolve) => {
      child.on('error', (error) => listen({ kind: 'failed', message: error.message }))
      child.on('exit', (code, signal) => {
        listen({ kind: 'failed', message: `its process has ended with ${signal ?? `code ${String(code)}`}` })
        resolve()
      })
    }),
    kill: () => void child.kill('SIGKILL'),
  }
}

function startThread(mainFile: string, listen: (message: FromJob) => void): Runner {
  const worker = new Worker(mainFile, { argv: ['bench-job'] })
  worker.on('message', (message: FromJob) => listen(message))
  return {
    send: (message) => worker.postMessage(message),
    gone: new Promise((resolve) => {
      worker.on('error', (error) => listen({ kind: 'failed', message: error.message }))
      worker.on('exit', (code) => {
        listen({ kind: 'failed', message: `its thread has ended with code ${String(code)}` })
        resolve()
      })
    }),
    kill: () => void worker.terminate(),
  }
}

/** One job in progress. */
class Started {
  readonly ready: Promise<void>
  readonly ended: Promise<JobFigures>
  readonly runner: Runner

  constructor(order: JobOrder, mainFile: string, isThread: boolean, runtime: Runtime | undefined) {
    let isReady = (): void => undefined
    let isEnded: (figures: JobFigures) => void = () => undefined
    let hasFailed: (error: Error) => void = () => undefined
    const failed = new Promise<never>((_, reject) => (hasFailed = reject))
    failed.catch(() => undefined)
    this.ready = Promise.race([new Promise<void>((resolve) => (isReady = resolve)), failed])
    this.ended = Promise.race([new Promise<JobFigures>((resolve) => (isEnded = resolve)), failed])
    this.ended.catch(() => undefined)
    const listen = (message: FromJob): void => {
      if (message.kind === 'ready') isReady()
      else if (message.kind === 'ended') isEnded(message.figures)
      else hasFailed(new Refusal(`job ${order.job.name}: ${message.message}`))
    }
    this.runner = isThread ? startThread(mainFile, listen) : startProcess(mainFile, runtime, listen)
    this.runner.send(order)
  }
}

export interface ScheduleOptions {
  readonly mainFile: string
  readonly prepareOnly: boolean
  readonly runtime?: Runtime
  readonly quiet: boolean
}

export class Schedule {
  readonly #jobs: readonly Job[]
  readonly #options: ScheduleOptions
  readonly #running = new Set<Started>()
  readonly #made = new Set<string>()
  /** Directories of its own, each the topmost of those that were made with it. */
  readonly #directories = new Set<string>()
  #isStopped = false
  /** Start delays that are being waited for. */
  readonly #delays = new Set<() => void>()

  constructor(jobs: readonly Job[], options: ScheduleOptions) {
    this.#jobs = jobs
    this.#options = options
  }

  /** Ends what runs as soon as what is in progress has ended. */
  stop(): void {
    this.#isStopped = true
    for (const { runner } of this.#running) runner.send({ kind: 'stop' })
    for (const endDelay of this.#delays) endDelay()
  }

  /** For a second Ctrl-C. */
  kill(): void {
    for (const { runner } of this.#running) runner.kill()
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Asked anew each time: a signal may have come meanwhile. */
  #hasStopped(): boolean {
    return this.#isStopped
  }

  /** Removes the files and directories that this run has made. */
  removeMade(): void {
    removeFiles(this.#made)
    for (const path of this.#directories) rmSync(path, { recursive: true, force: true })
  }

  async #prepare(job: Job): Promise<NeededFile[]> {
    const { kind } = engineOf(job.engine)
    const isReplay = job.readIolog !== undefined || job.replayMetadata !== undefined
    const files = isReplay ? this.#replayed(job) : filesOf(job)
    if (kind === 'null' || kind === 'simulated') return files
    for (const { path, existed } of files) {
      if (!existed) this.#made.add(path)
      this.#makeDirectory(dirname(path))
    }
    await layOut(files, () => this.isStopped, (count, bytes) => {
      if (!this.#options.quiet) process.stderr.write(`${job.name}: Laying out IO file${count === 1 ? '' : 's'} (${String(count)} file${count === 1 ? '' : 's'} / ${binary(bytes)})\n`)
    })
    return files
  }

  #delay(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#delays.delete(end)
        resolve()
      }
      const timer = setTimeout(end, milliseconds)
      this.#delays.add(end)
    })
  }

  #makeDirectory(path: string): void {
    const first = mkdirSync(path, { recursive: true })
    if (first !== undefined) this.#directories.add(first)
  }

  #replayed(job: Job): NeededFile[] {
    const metadata = job.replayMetadata === undefined ? [] : readMetadata(job.replayMetadata)
    const moved = job.readIolog === undefined ? new Map<string, { readonly needed: number }>() : filesOfIolog(readIolog(job.readIolog))
    for (const path of [...moved.keys(), ...metadata.flatMap(({ path: first, second }) => (second === undefined ? [first] : [first, second]))]) {
      if (path.startsWith('/') || path.split('/').includes('..')) throw new Refusal(`${job.readIolog ?? job.replayMetadata ?? ''}: the log names ${path}: paths in a log that is replayed are relative and stay below the current directory`)
    }
    if (engineOf(job.engine).kind !== 'simulated') {
      for (const path of directoriesOf(metadata)) this.#makeDirectory(path)
      for (const path of namesOf(metadata)) {
        if (moved.has(path)) continue
        if (!existsSync(path)) this.#made.add(path)
        closeSync(openSync(path, 'a'))
      }
    }
    return [...moved].map(([path, { needed }]) => ({ path, start: 0, length: needed, needed, existed: existsSync(path) }))
  }

  /** @throws Refusal */
  async run(): Promise<Outcome[]> {
    const files = new Map<Job, NeededFile[]>()
    for (const job of this.#jobs) files.set(job, await this.#prepare(job))
    if (this.#options.prepareOnly || this.isStopped) return []
    const outcomes: Outcome[] = []
    const begun = performance.now()
    let from = 0
    while (from < this.#jobs.length && !this.#hasStopped()) {
      let to = from + 1
      while (to < this.#jobs.length && this.#jobs[to]?.stonewall !== true) to++
      outcomes.push(...await this.#together(this.#jobs.slice(from, to), files, begun))
      from = to
    }
    for (const job of this.#jobs) if (job.unlink) removeFiles((files.get(job) ?? []).map(({ path }) => path))
    return outcomes
  }

  async #together(jobs: readonly Job[], files: ReadonlyMap<Job, NeededFile[]>, begun: number): Promise<Outcome[]> {
    const flows = jobs.filter(({ flow }) => flow > 0)
    const shared = new Map(flows.map(({ flowId }) => [flowId, new SharedArrayBuffer(8 * flows.filter((other) => other.flowId === flowId).length)]))
    const started = jobs.map((job) => {
      const members = flows.filter(({ flowId }) => flowId === job.flowId)
      const counts = shared.get(job.flowId)
      const flow = job.flow === 0 || counts === undefined ? undefined : { counts, weights: members.map((member) => member.flow), own: members.indexOf(job) }
      // Only threads share memory.
      const isThread = (job.thread || flow !== undefined) && this.#options.runtime === undefined
      const one = new Started({ kind: 'job', job, files: files.get(job) ?? [], flow }, this.#options.mainFile, isThread, this.#options.runtime)
      this.#running.add(one)
      return one
    })
    try {
      await Promise.all(started.map(({ ready }) => ready))
      if (this.isStopped) this.stop()
      const ended = started.map(async (one, index) => {
        const job = jobs[index] as Job // one was started for each
        if (job.startDelay > 0 && !this.isStopped) await this.#delay(job.startDelay / 1e3)
        one.runner.send({ kind: 'begin' })
        const figures = await one.ended
        return { job, files: files.get(job) ?? [], figures, elapsed: Math.ceil((performance.now() - begun) / 1e3) }
      })
      return await Promise.all(ended)
    } finally {
      for (const one of started) {
        // A job that cannot begin because another failed is not waited for.
        one.runner.send({ kind: 'stop' })
        this.#running.delete(one)
        const patience = setTimeout(() => one.runner.kill(), 5_000)
        await Promise.race([one.ended.catch(() => undefined), one.runner.gone, new Promise((resolve) => setTimeout(resolve, 5_000).unref())])
        clearTimeout(patience)
        one.runner.kill()
        await one.runner.gone
      }
    }
  }
}
