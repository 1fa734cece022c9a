// Benchmark suite — stat with Node's own Stats objects as its results, which the suite `stat` does without; with bigint; and statfs.
import type { BigIntStats, Stats, StatsFs } from 'node:fs'
import { driveCallbacks, drivePromises } from '../drive.js'
import { FileRound } from '../file-round.js'
import { callbackContenders, loop, ONE_AND_MANY, OURS_PROMISES, promiseContenders, syncContender } from '../fs-contenders.js'
import type { Case, Suite } from '../suite.js'

const BIGINT = 'bigint'
const STATFS = 'statfs'

function casesOf(work: string): readonly Case[] {
  return ONE_AND_MANY.map((one) => ({ ...one, name: `${work}, ${one.name}`, work, quick: false }))
}

function checkFileSystem({ blocks }: StatsFs): void {
  if (!(blocks > 0)) throw new Error(`a file system of ${String(blocks)} blocks`)
}

export const fsStat: Suite = {
  name: 'fs-stat',
  title: 'The drop-in: stat',
  unit: 'calls',
  cases: [...ONE_AND_MANY, ...casesOf(BIGINT), ...casesOf(STATFS)],
  contenders: [
    ...promiseContenders(({ stat, statfs }, { files }, { inFlight, work }) => {
      const round = new FileRound(files)
      const check = (lane: number, { size }: Stats | BigIntStats): void => round.checkBytes(lane, Number(size))
      return loop((budget) => {
        if (work === STATFS) return drivePromises(inFlight, budget, (lane) => statfs(round.next(lane)), (_, told) => checkFileSystem(told))
        if (work === BIGINT) return drivePromises(inFlight, budget, (lane) => stat(round.next(lane), { bigint: true }), check)
        return drivePromises(inFlight, budget, (lane) => stat(round.next(lane)), check)
      })
    }),
    ...callbackContenders(({ stat, statfs }, { files }, { inFlight, work }) => {
      const round = new FileRound(files)
      const check = (lane: number, { size }: Stats | BigIntStats): void => round.checkBytes(lane, Number(size))
      return loop((budget) => {
        if (work === STATFS) return driveCallbacks<StatsFs>(inFlight, budget, (lane, done) => statfs(round.next(lane), done), (_, told) => checkFileSystem(told))
        if (work === BIGINT) return driveCallbacks<BigIntStats>(inFlight, budget, (lane, done) => stat(round.next(lane), { bigint: true }, done), check)
        return driveCallbacks<Stats>(inFlight, budget, (lane, done) => stat(round.next(lane), done), check)
      })
    }),
    syncContender(({ statSync, statfsSync }, { files }, { work }) => {
      const round = new FileRound(files)
      return loop((budget) => {
        while (budget.take()) {
          const path = round.next(0)
          if (work === STATFS) checkFileSystem(statfsSync(path))
          else round.checkBytes(0, Number(statSync(path, { bigint: work === BIGINT }).size))
        }
      })
    }),
  ],
  reference: OURS_PROMISES,
  byDefault: false,
}
