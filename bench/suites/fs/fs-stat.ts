// Benchmark suite — stat with Node's own Stats objects as its results, which the suite `stat` does without; and with bigint.
import type { BigIntStats, Stats } from 'node:fs'
import { driveCallbacks, drivePromises } from '../../workload/drive.js'
import { FileRound } from '../../workload/file-round.js'
import { callbackContenders, loop, ONE_AND_MANY, OURS_PROMISES, promiseContenders, syncContender } from '../../contenders/fs-contenders.js'
import type { Case, Suite } from '../../suite.js'

const BIGINT = 'bigint'

function casesOf(work: string): readonly Case[] {
  return ONE_AND_MANY.map((one) => ({ ...one, name: `${work}, ${one.name}`, work, quick: false }))
}

export const fsStat: Suite = {
  name: 'fs-stat',
  title: 'The drop-in: stat',
  unit: 'calls',
  cases: [...ONE_AND_MANY, ...casesOf(BIGINT)],
  contenders: [
    ...promiseContenders(({ stat }, { files }, { inFlight, work }) => {
      const round = new FileRound(files)
      const check = (lane: number, { size }: Stats | BigIntStats): void => round.checkBytes(lane, Number(size))
      return loop((budget) => {
        if (work === BIGINT) return drivePromises(inFlight, budget, (lane) => stat(round.next(lane), { bigint: true }), check)
        return drivePromises(inFlight, budget, (lane) => stat(round.next(lane)), check)
      })
    }),
    ...callbackContenders(({ stat }, { files }, { inFlight, work }) => {
      const round = new FileRound(files)
      const check = (lane: number, { size }: Stats | BigIntStats): void => round.checkBytes(lane, Number(size))
      return loop((budget) => {
        if (work === BIGINT) return driveCallbacks<BigIntStats>(inFlight, budget, (lane, done) => stat(round.next(lane), { bigint: true }, done), check)
        return driveCallbacks<Stats>(inFlight, budget, (lane, done) => stat(round.next(lane), done), check)
      })
    }),
    syncContender(({ statSync }, { files }, { work }) => {
      const round = new FileRound(files)
      return loop((budget) => {
        while (budget.take()) round.checkBytes(0, Number(statSync(round.next(0), { bigint: work === BIGINT }).size))
      })
    }),
  ],
  reference: OURS_PROMISES,
  byDefault: false,
}
