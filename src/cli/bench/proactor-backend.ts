// ① interface — jobs on the engine: operations go to a proactor of the job's own, ends come in batches, as its drivers tell them.
import { constants } from 'node:fs'
import { dirname } from 'node:path'
import { Proactor, type ProactorOptions } from '../../default-proactor.js'
import { simulated, type SimulatedDriver } from '../../driver/simulated/driver.js'
import { close, fadvise, fdatasync, fsync, read, write } from '../../operation/file.js'
import { open, statx, unlink } from '../../operation/path.js'
import { flush } from '../../waiting/pending.js'
import type { Entry, Settler } from '../../proactor/in-flight.js'
import type { Backend, Ended, Unit } from './backend.js'
import { errnoOf } from './backend.js'
import { Direction, type Job } from './job.js'
import type { NeededFile } from './files.js'

/** POSIX_FADV_DONTNEED */
const DONT_NEED = 4

export class ProactorBackend implements Backend, Settler {
  readonly #io: Proactor
  readonly #ended: Ended
  #done: Unit[] = []

  constructor(options: ProactorOptions, ended: Ended) {
    this.#io = new Proactor(options)
    this.#ended = ended
  }

  get driver(): string {
    return this.#io.explain().find(({ state }) => state === 'in use')?.name ?? ''
  }

  open(path: string, flags: number): Promise<number> {
    return this.#io.submit(open(path, { flags, mode: 0o644 }))
  }

  async close(file: number): Promise<void> {
    await this.#io.submit(close(file))
  }

  start(unit: Unit): void {
    const operation = unit.direction === Direction.READ ? read(unit.file, unit.buffer, unit.offset) : write(unit.file, unit.buffer, unit.offset)
    this.#io.submitTo(this, operation, undefined, unit)
  }

  flush(): void {
    flush()
  }

  settle(entry: Entry, result: number): void {
    const unit = entry.first as Unit
    unit.result = result
    this.#done.push(unit)
    if (this.#done.length === 1) this.#io.afterCompletions(this.#tell)
  }

  readonly #tell = (): void => {
    const done = this.#done
    this.#done = []
    this.#ended(done)
  }

  async sync(file: number, dataOnly: boolean): Promise<number> {
    try {
      await this.#io.submit(dataOnly ? fdatasync(file) : fsync(file))
      return 0
    } catch (error) {
      return errnoOf(error)
    }
  }

  async invalidate(file: number): Promise<void> {
    // Where no driver offers it, the cache stays: the report says which driver there was.
    await this.#io.submit(fadvise(file, 0, 0, DONT_NEED)).catch(() => undefined)
  }

  async touch(kind: string, path: string): Promise<number> {
    try {
      if (kind === 'filestat') await this.#io.submit(statx(path))
      else if (kind === 'filedelete') await this.#io.submit(unlink(path))
      else await this.#io.submit(close(await this.#io.submit(open(path, { flags: constants.O_CREAT | constants.O_RDWR, mode: 0o600 }))))
      return 0
    } catch (error) {
      return errnoOf(error)
    }
  }

  end(): Promise<void> {
    return this.#io.close()
  }
}

/** A simulated disk with the files of a job, and the errors that it asks for. */
export function simulatedDriver({ simulatedErrors, simulatedSeed }: Job, files: readonly NeededFile[]): SimulatedDriver {
  const driver = simulated({ seed: simulatedSeed, errorRates: simulatedErrors })
  for (const { path, needed } of files) {
    const parent = dirname(absolute(path))
    driver.files.mkdir(parent)
    driver.files.write(absolute(path), Buffer.alloc(needed))
  }
  return driver
}

/** As a simulated disk has it, which knows no current directory. */
function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path.replace(/^\.\//, '')}`
}
