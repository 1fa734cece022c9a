// ① interface — the metadata engines: filecreate, filestat, filedelete. An operation is a file made, asked about or removed.
import type { Unit } from './backend.js'
import { Counting } from './counting.js'
import type { JobFigures } from './figures.js'
import { Direction } from './job.js'
import { nowNanoseconds, type JobParts } from './job-run.js'

export class FilesRun {
  readonly #parts: JobParts
  #isStopped = false

  constructor(parts: JobParts) {
    this.#parts = parts
  }

  stop(): void {
    this.#isStopped = true
  }

  async run(): Promise<JobFigures> {
    const { job, files, makeBackend, isSynchronous } = this.#parts
    const backend = makeBackend(() => undefined)
    const counting = new Counting(job, isSynchronous, this.#parts.logs)
    const begun = nowNanoseconds()
    counting.begin(begun)
    let error = 0
    let problem: string | undefined
    let next = 0
    const deadline = job.runtime > 0 ? begun + job.runtime * 1e3 : Infinity
    const work = async (): Promise<void> => {
      while (next < files.length * job.loops && !this.#isStopped && error === 0) {
        const file = files[next++ % files.length]
        if (file === undefined) return
        const length = job.blocks[Direction.READ].least
        const unit: Unit = { memory: EMPTY, buffer: EMPTY, direction: Direction.READ, file: 0, offset: 0, length, startedAt: nowNanoseconds(), issuedAt: 0, result: length, number: next }
        unit.issuedAt = unit.startedAt
        counting.submitted(1, 1)
        const result = await (backend.touch?.(job.engine, file.path) ?? Promise.resolve(-95))
        const now = nowNanoseconds()
        counting.completed(1)
        if (result < 0) {
          error = result
          problem = `${job.engine} of ${file.path}: error ${String(-result)}`
        } else counting.ended(unit, now)
        if (now >= deadline) this.#isStopped = true
      }
    }
    await Promise.all(Array.from({ length: job.depth }, work))
    const figures = counting.figures({ error: -error, problem, driver: backend.driver }, nowNanoseconds())
    await this.#parts.logs?.end()
    await backend.end()
    return figures
  }
}

const EMPTY = Buffer.alloc(0)
