// ① interface — the replay of a log of I/O: the same operations on the same files, in their order, with the times between them.
import { constants } from 'node:fs'
import type { Backend, Unit } from './backend.js'
import { Counting } from './counting.js'
import type { JobFigures } from './figures.js'
import { filesOfIolog, type IologLine } from './iolog.js'
import { Direction } from './job.js'
import { nowNanoseconds, type JobParts } from './job-run.js'
import { replayMetadata, type MetadataLine } from './metadata.js'
import { until } from './pacing.js'

interface Handle {
  file: number
  /** Operations in progress: a close waits for them. */
  busy: number
  whenIdle: (() => void) | undefined
}

const LENGTH_MAX = 2 ** 30

export class ReplayRun {
  readonly #parts: JobParts
  readonly #lines: readonly IologLine[]
  readonly #metadata: readonly MetadataLine[]
  readonly #backend: Backend
  readonly #counting: Counting
  readonly #handles = new Map<string, Handle>()
  readonly #free: Unit[] = []
  readonly #waiting = new Map<Unit, () => void>()
  #whenFree: (() => void) | undefined
  #isStopped = false
  #stop: () => void = () => undefined
  /** What ends all waits for a time. */
  readonly #whenStopped = new Promise<void>((resolve) => (this.#stop = resolve))
  #error = 0
  #problem: string | undefined
  /** Opens, stats and others: operations that move no bytes. */
  #calls = 0
  /** Of a job that goes on behind errors. */
  #errors = 0
  #firstError = 0

  constructor(parts: JobParts, lines: readonly IologLine[], metadata: readonly MetadataLine[]) {
    this.#parts = parts
    this.#lines = lines
    this.#metadata = metadata
    this.#backend = parts.makeBackend((units) => {
      for (const unit of units) this.#waiting.get(unit)?.()
    })
    this.#counting = new Counting(parts.job, parts.isSynchronous, parts.logs)
    const longest = Math.min(LENGTH_MAX, Math.max(1, ...lines.map(({ length }) => length)))
    for (let index = 0; index < parts.job.depth; index++) {
      const memory = parts.memory.allocate(longest, parts.job.direct)
      this.#free.push({ memory, buffer: memory, direction: 0, file: 0, offset: 0, length: 0, startedAt: 0, issuedAt: 0, result: 0, number: 0 })
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#stop()
  }

  async run(): Promise<JobFigures> {
    const begun = nowNanoseconds()
    this.#counting.begin(begun)
    try {
      for (let loop = 0; loop < this.#parts.job.loops && !this.#isStopped; loop++) {
        const lines = this.#replay(nowNanoseconds())
        await Promise.all([lines, replayMetadata(this.#metadata, this.#parts, this.#whenStopped, () => this.#isStopped, () => this.#calls++)])
      }
    } catch (error) {
      this.#error = (error as NodeJS.ErrnoException).errno ?? -5
      this.#problem = (error as Error).message
    }
    const figures = this.#counting.figures({ error: -this.#error, problem: this.#problem, driver: this.#backend.driver, calls: this.#calls, errors: this.#errors, firstError: this.#firstError }, nowNanoseconds())
    for (const path of this.#handles.keys()) await this.#close(path)
    await this.#parts.logs?.end()
    await this.#backend.end()
    return figures
  }

  async #replay(begun: number): Promise<void> {
    const { job } = this.#parts
    const written = filesOfIolog(this.#lines)
    const running = new Set<Promise<void>>()
    for (const line of this.#lines) {
      if (this.#isStopped || this.#error !== 0) break
      if (!job.replayNoStall) await Promise.race([until(begun + (line.at * 1e3 * 100) / job.replayTimeScale), this.#whenStopped])
      if (this.#hasStopped()) break
      if (line.action === 'open') await this.#open(line.path, written.get(line.path)?.written === true)
      else if (line.action === 'close') await this.#close(line.path)
      else if (line.action !== 'add' && line.action !== 'trim') {
        if (!this.#handles.has(line.path)) await this.#open(line.path, written.get(line.path)?.written === true)
        const handle = this.#handles.get(line.path) as Handle // opened just now
        handle.busy++
        const one = (line.action === 'read' || line.action === 'write' ? this.#move(line, handle) : this.#sync(line, handle)).finally(() => {
          running.delete(one)
          if (--handle.busy === 0) handle.whenIdle?.()
        })
        running.add(one)
        if (running.size >= job.depth) await Promise.race(running)
      }
    }
    await Promise.all(running)
  }

  /** Asked anew each time: it may have been stopped meanwhile. */
  #hasStopped(): boolean {
    return this.#isStopped
  }

  async #open(path: string, isWritten: boolean): Promise<void> {
    if (this.#handles.has(path)) return
    const { job } = this.#parts
    const access = isWritten ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY
    this.#handles.set(path, { file: await this.#backend.open(path, access | job.openFlags), busy: 0, whenIdle: undefined })
  }

  async #close(path: string): Promise<void> {
    const handle = this.#handles.get(path)
    if (handle === undefined) return
    if (handle.busy > 0) await new Promise<void>((resolve) => (handle.whenIdle = resolve))
    this.#handles.delete(path)
    await this.#backend.close(handle.file)
  }

  async #move({ action, offset, length, path }: IologLine, handle: Handle): Promise<void> {
    let unit = this.#free.pop()
    while (unit === undefined) {
      await new Promise<void>((resolve) => (this.#whenFree = resolve))
      unit = this.#free.pop()
    }
    const taken = unit
    taken.direction = action === 'read' ? Direction.READ : Direction.WRITE
    taken.file = handle.file
    taken.offset = offset
    taken.length = Math.min(length, taken.memory.length)
    taken.buffer = taken.memory.subarray(0, taken.length)
    taken.startedAt = taken.issuedAt = nowNanoseconds()
    this.#counting.submitted(1, this.#parts.job.depth - this.#free.length)
    await new Promise<void>((resolve) => {
      this.#waiting.set(taken, resolve)
      this.#backend.start(taken)
      if (this.#parts.isSynchronous || this.#parts.job.engine === 'null') this.#backend.flush()
    })
    this.#waiting.delete(taken)
    this.#counting.completed(1)
    if (taken.result < 0) this.#fail(taken.result, `${action} of ${path} at ${String(offset)}: error ${String(-taken.result)}`)
    else this.#counting.ended(taken, nowNanoseconds())
    this.#free.push(taken)
    this.#whenFree?.()
  }

  async #sync({ action, path }: IologLine, handle: Handle): Promise<void> {
    const begun = nowNanoseconds()
    const result = await this.#backend.sync(handle.file, action === 'datasync')
    if (result < 0) this.#fail(result, `${action} of ${path}: error ${String(-result)}`)
    else this.#counting.synced(nowNanoseconds() - begun)
  }

  #fail(error: number, problem: string): void {
    if (this.#parts.job.continueOnError) {
      this.#errors++
      this.#firstError ||= -error
      return
    }
    if (this.#error !== 0) return
    this.#error = error
    this.#problem = problem
  }
}
