// Benchmark suite — stat with Node's own Stats objects as its results, which the suite `stat` does without.
import type { Stats } from 'node:fs'
import { driveCallbacks, drivePromises } from '../drive.js'
import { FileRound } from '../file-round.js'
import { callbackContenders, loop, ONE_AND_MANY, OURS_PROMISES, promiseContenders, syncContender } from '../fs-contenders.js'
import type { Suite } from '../suite.js'

export const fsStat: Suite = {
  name: 'fs-stat',
  title: 'The drop-in: stat',
  unit: 'stats',
  cases: ONE_AND_MANY,
  contenders: [
    ...promiseContenders(({ stat }, { files }, { inFlight }) => {
      const round = new FileRound(files)
      return loop((budget) => drivePromises(inFlight, budget, (lane) => stat(round.next(lane)), (lane, { size }) => round.checkBytes(lane, size)))
    }),
    ...callbackContenders(({ stat }, { files }, { inFlight }) => {
      const round = new FileRound(files)
      return loop((budget) => driveCallbacks<Stats>(inFlight, budget, (lane, done) => stat(round.next(lane), done), (lane, { size }) => round.checkBytes(lane, size)))
    }),
    syncContender(({ statSync }, { files }) => {
      const round = new FileRound(files)
      return loop((budget) => {
        while (budget.take()) round.checkBytes(0, statSync(round.next(0)).size)
      })
    }),
  ],
  reference: OURS_PROMISES,
  byDefault: false,
}
