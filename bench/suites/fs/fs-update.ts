// Benchmark suite — what is there is changed: a file renamed, a block of an open file overwritten in the page cache. Nothing of it
// asks a device, so that the way to a thread and back is what is measured.
import { closeSync, mkdtempSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { BLOCK_BYTES, LOG_BLOCKS, type DataFiles } from '../../workload/data-files.js'
import { driveCallbacks, drivePromises } from '../../workload/drive.js'
import { callbackContenders, loop, ONE_AND_MANY, OURS_PROMISES, promiseContenders, syncContender } from '../../contenders/fs-contenders.js'
import type { Case, Suite } from '../../suite.js'

export const RENAME = 'rename'
export const OVERWRITE = 'write of 4 KiB'

function casesOf(work: string): readonly Case[] {
  return ONE_AND_MANY.map((one) => ({ ...one, name: `${work}, ${one.name}`, work }))
}

/** A file for each lane, with two names in turn. */
class Names {
  readonly #paths: (readonly [string, string])[]
  readonly #turns: number[]

  constructor({ directory }: DataFiles, lanes: number) {
    const folder = mkdtempSync(join(directory, 'renamed-'))
    this.#paths = Array.from({ length: lanes }, (_, lane) => [join(folder, `${String(lane)}-one`), join(folder, `${String(lane)}-other`)])
    this.#turns = new Array<number>(lanes).fill(0)
    for (const [one] of this.#paths) writeFileSync(one, '')
  }

  /** From which name to which, this time. */
  next(lane: number): readonly [string, string] {
    const [one, other] = this.#paths[lane] as readonly [string, string] // one for each lane
    const turn = this.#turns[lane] as number
    this.#turns[lane] = turn + 1
    return turn % 2 === 0 ? [one, other] : [other, one]
  }
}

/** Blocks of the log, each lane its own ones. */
class Blocks {
  readonly block: Buffer = Buffer.alloc(BLOCK_BYTES, 'block')
  readonly #lanes: number
  #count = 0

  constructor(lanes: number) {
    this.#lanes = lanes
  }

  /** Where to write next. */
  next(lane: number): number {
    this.#count++
    return ((Math.floor(this.#count / this.#lanes) * this.#lanes + lane) % LOG_BLOCKS) * BLOCK_BYTES
  }

  check(bytes: number): void {
    if (bytes !== BLOCK_BYTES) throw new Error(`${String(bytes)} bytes were written, of ${String(BLOCK_BYTES)}`)
  }
}

export const fsUpdate: Suite = {
  name: 'fs-update',
  title: 'The drop-in: rename, and FileHandle.write and fs.write into the page cache',
  unit: 'calls',
  cases: [...casesOf(RENAME), ...casesOf(OVERWRITE)],
  contenders: [
    ...promiseContenders(async ({ open, rename }, { files }, { inFlight, work }) => {
      if (work === RENAME) {
        const names = new Names(files, inFlight)
        return loop((budget) => drivePromises(inFlight, budget, (lane) => rename(...names.next(lane)), () => undefined))
      }
      const blocks = new Blocks(inFlight)
      const handle = await open(files.log, 'r+')
      return {
        run: (budget) => drivePromises(
          inFlight, budget, (lane) => handle.write(blocks.block, 0, BLOCK_BYTES, blocks.next(lane)), (_, { bytesWritten }) => blocks.check(bytesWritten),
        ),
        close: () => handle.close(),
      }
    }),
    ...callbackContenders(({ rename, write }, { files }, { inFlight, work }) => {
      if (work === RENAME) {
        const names = new Names(files, inFlight)
        return loop((budget) => driveCallbacks<undefined>(inFlight, budget, (lane, done) => rename(...names.next(lane), (error) => done(error, undefined)), () => undefined))
      }
      const blocks = new Blocks(inFlight)
      const fd = openSync(files.log, 'r+')
      return {
        run: (budget) => driveCallbacks<number>(
          inFlight, budget, (lane, done) => write(fd, blocks.block, 0, BLOCK_BYTES, blocks.next(lane), done), (_, bytes) => blocks.check(bytes),
        ),
        close: () => closeSync(fd),
      }
    }),
    syncContender(({ renameSync, writeSync }, { files }, { work }) => {
      const names = new Names(files, 1)
      const blocks = new Blocks(1)
      const fd = openSync(files.log, 'r+')
      return {
        run(budget) {
          while (budget.take()) {
            if (work === RENAME) renameSync(...names.next(0))
            else blocks.check(writeSync(fd, blocks.block, 0, BLOCK_BYTES, blocks.next(0)))
          }
        },
        close: () => closeSync(fd),
      }
    }),
  ],
  reference: OURS_PROMISES,
  byDefault: false,
}
