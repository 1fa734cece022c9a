// Benchmark suite — small files read whole by readFile, as programs write it.
import { driveCallbacks, drivePromises } from '../../workload/drive.js'
import { FileRound } from '../../workload/file-round.js'
import { callbackContenders, loop, ONE_AND_MANY, OURS_PROMISES, promiseContenders, syncContender } from '../../contenders/fs-contenders.js'
import type { Suite } from '../../suite.js'

export const fsRead: Suite = {
  name: 'fs-read',
  title: 'The drop-in: readFile of small files (0.5–7.5 KB)',
  unit: 'files',
  cases: ONE_AND_MANY,
  contenders: [
    ...promiseContenders(({ readFile }, { files }, { inFlight }) => {
      const round = new FileRound(files)
      return loop((budget) => drivePromises(inFlight, budget, (lane) => readFile(round.next(lane)), (lane, content) => round.checkContent(lane, content, content.length)))
    }),
    ...callbackContenders(({ readFile }, { files }, { inFlight }) => {
      const round = new FileRound(files)
      return loop((budget) => driveCallbacks<Buffer>(inFlight, budget, (lane, done) => readFile(round.next(lane), done), (lane, content) => round.checkContent(lane, content, content.length)))
    }),
    syncContender(({ readFileSync }, { files }) => {
      const round = new FileRound(files)
      return loop((budget) => {
        while (budget.take()) {
          const content = readFileSync(round.next(0))
          round.checkContent(0, content, content.length)
        }
      })
    }),
  ],
  reference: OURS_PROMISES,
  byDefault: false,
}
