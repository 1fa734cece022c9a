// Benchmark suite — the engine's own thread pool, for machines without io_uring, against Node's.
import { nodePromise, engineReads, promiseReads } from '../../contenders/read-contenders.js'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import type { Case, ProcessContender, Suite } from '../../suite.js'
import { engineStat, nodeStat } from './stat.js'

const POOL = 'trueaio, thread-pool driver'
const DRIVERS = ['thread-pool']
const STAT = 'stat'

const isStat = ({ work }: Case): boolean => work === STAT

const engine: ProcessContender['make'] = (context, case_) => {
  const make = isStat(case_) ? engineStat : engineReads(false, promiseReads)
  return make({ ...context, drivers: DRIVERS }, case_)
}

const node: ProcessContender['make'] = (context, case_) => (isStat(case_) ? nodeStat : nodePromise(false).make)(context, case_)

export const pool: Suite = {
  name: 'pool',
  title: 'The thread-pool driver',
  unit: 'operations',
  cases: [
    { name: 'stat, 64 at once', work: STAT, inFlight: 64, bytes: 0, quick: true },
    { name: '4 KiB pread, 64 at once', work: 'pread', inFlight: 64, bytes: BLOCK_BYTES, quick: true },
  ],
  contenders: [
    { kind: 'process', name: POOL, quick: true, make: engine },
    { kind: 'process', name: 'fs/promises', quick: true, make: node },
    { kind: 'process', name: 'fs/promises, 16 threads', quick: false, poolThreads: 16, make: node },
  ],
  reference: POOL,
}
