// Benchmark suite — the attributes of many files, 64 at once.
import { stat as statWithCallback, statSync } from 'node:fs'
import { stat as statPromise } from 'node:fs/promises'
import { statx } from 'trueaio'
import { driveCallbacks, drivePromises } from '../../workload/drive.js'
import { makeProactor } from '../../contenders/engine.js'
import { FileRound } from '../../workload/file-round.js'
import type { ProcessContender, Suite } from '../../suite.js'

const PROMISE = 'trueaio, promise'
type Make = ProcessContender['make']

const enginePromise: Make = (context, { inFlight }) => {
  const proactor = makeProactor(context.drivers)
  const round = new FileRound(context.files)
  return {
    run: (budget) => drivePromises(inFlight, budget, (lane) => proactor.submit(statx(round.next(lane))), (lane, { size }) => round.checkBytes(lane, size)),
    close: () => proactor.close(),
  }
}

const engineCallback: Make = (context, { inFlight }) => {
  const proactor = makeProactor(context.drivers)
  const round = new FileRound(context.files)
  return {
    run: (budget) => driveCallbacks<{ readonly size: number } | undefined>(
      inFlight, budget,
      (lane, done) => proactor.submit(statx(round.next(lane)), done as (error: Error | null, result?: { readonly size: number }) => void),
      (lane, result) => round.checkBytes(lane, result?.size ?? -1),
    ),
    close: () => proactor.close(),
  }
}

const sync: Make = (context) => {
  const round = new FileRound(context.files)
  return {
    run(budget) {
      while (budget.take()) round.checkBytes(0, statSync(round.next(0)).size)
    },
    close() { /* nothing is open */ },
  }
}

const callback: Make = (context, { inFlight }) => {
  const round = new FileRound(context.files)
  return {
    run: (budget) => driveCallbacks<{ readonly size: number }>(inFlight, budget, (lane, done) => statWithCallback(round.next(lane), done), (lane, { size }) => round.checkBytes(lane, size)),
    close() { /* nothing is open */ },
  }
}

/** Also the yardstick of the suite `pool`. */
export const nodeStat: Make = (context, { inFlight }) => {
  const round = new FileRound(context.files)
  return {
    run: (budget) => drivePromises(inFlight, budget, (lane) => statPromise(round.next(lane)), (lane, { size }) => round.checkBytes(lane, size)),
    close() { /* nothing is open */ },
  }
}

export const engineStat: Make = enginePromise

export const stat: Suite = {
  name: 'stat',
  title: 'Attributes of files (stat)',
  unit: 'stats',
  cases: [{ name: '64 at once', work: '', inFlight: 64, bytes: 0, quick: true }],
  contenders: [
    { kind: 'process', name: PROMISE, quick: true, make: enginePromise },
    { kind: 'process', name: 'trueaio, callback', quick: false, make: engineCallback },
    { kind: 'process', name: 'fs.statSync', quick: true, make: sync },
    { kind: 'process', name: 'fs.stat, callback', quick: true, make: callback },
    { kind: 'process', name: 'fs/promises.stat', quick: true, make: nodeStat },
  ],
  reference: PROMISE,
}
