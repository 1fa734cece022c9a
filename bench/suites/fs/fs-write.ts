// Benchmark suite — writeFile of small files that are not there yet, as build tools leave their output.
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SMALL_FILE_BYTES_MAX, smallFileBytes, type DataFiles } from '../../workload/data-files.js'
import { driveCallbacks, drivePromises } from '../../workload/drive.js'
import { callbackContenders, ONE_AND_MANY, OURS_PROMISES, promiseContenders, syncContender } from '../../contenders/fs-contenders.js'
import type { Suite, Workload } from '../../suite.js'

const FILES_A_DIRECTORY = 1000
/** More than any contender writes in one measurement: writing over a file that is there is other work. */
const ROUNDS_BEFORE_OVERWRITING = 4
/** One in so many files is read back after a run. */
const SAMPLE = 64

/**
 * Files one after the other, in directories that are there before the clock begins, new ones each run. None is removed before the
 * whole run's end, for the reason that fs-tree.ts gives.
 */
class NewFiles {
  readonly #parent: string
  #root = ''
  readonly #count: number
  readonly #content: Buffer = Buffer.alloc(SMALL_FILE_BYTES_MAX, 'trueaio ')
  #next = 0

  constructor(files: DataFiles) {
    this.#parent = files.directory
    this.#count = files.smallFiles * ROUNDS_BEFORE_OVERWRITING
  }

  prepare(): void {
    this.#root = mkdtempSync(join(this.#parent, 'written-'))
    for (let index = 0; index < this.#count; index += FILES_A_DIRECTORY) mkdirSync(this.#directory(index), { recursive: true })
    this.#next = 0
  }

  #directory(index: number): string {
    return join(this.#root, String(Math.floor(index / FILES_A_DIRECTORY)))
  }

  #path(index: number): string {
    return join(this.#directory(index), String(index))
  }

  /** Should a contender get to the end, it begins again, over those that are there. */
  next(): readonly [path: string, content: Buffer] {
    const index = this.#next++ % this.#count
    return [this.#path(index), this.#content.subarray(0, smallFileBytes(index))]
  }

  verify(): void {
    for (let index = 0; index < Math.min(this.#next, this.#count); index += SAMPLE) {
      const found = readFileSync(this.#path(index))
      if (!found.equals(this.#content.subarray(0, smallFileBytes(index)))) throw new Error(`file ${String(index)} was written as ${String(found.length)} bytes, of ${String(smallFileBytes(index))}`)
    }
  }

  workload(run: Workload['run']): Workload {
    return {
      prepare: () => this.prepare(),
      run: async (budget) => {
        await run(budget)
        this.verify()
      },
      close() { /* the run's directory is removed as a whole */ },
    }
  }
}

export const fsWrite: Suite = {
  name: 'fs-write',
  title: 'The drop-in: writeFile of new small files (0.5–7.5 KB)',
  unit: 'files',
  cases: ONE_AND_MANY,
  contenders: [
    ...promiseContenders(({ writeFile }, { files }, { inFlight }) => {
      const made = new NewFiles(files)
      return made.workload((budget) => drivePromises(inFlight, budget, () => writeFile(...made.next()), () => { /* verified after the run */ }))
    }),
    ...callbackContenders(({ writeFile }, { files }, { inFlight }) => {
      const made = new NewFiles(files)
      return made.workload((budget) => driveCallbacks<undefined>(
        inFlight, budget,
        (_, done) => writeFile(...made.next(), (error) => done(error, undefined)),
        () => { /* verified after the run */ },
      ))
    }),
    syncContender(({ writeFileSync }, { files }) => {
      const made = new NewFiles(files)
      return made.workload((budget) => {
        while (budget.take()) writeFileSync(...made.next())
      })
    }),
  ],
  reference: OURS_PROMISES,
  stride: 16,
  byDefault: false,
}
