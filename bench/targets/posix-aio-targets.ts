// Benchmark — what trueaio/posix-aio may cost over the bare engine, and the rate its lists are meant to reach.
import { FIO } from '../contenders/fio.js'
import { TRUEAIO_CALLBACK } from '../contenders/read-contenders.js'
import { ENGINE_LIST, POSIX_CALLBACK, POSIX_LIST } from '../suites/interface/posix-aio.js'
import { cpu, over, type Target } from './target-figures.js'

const COST_MAX = 1.25
const suite = 'posix-aio'

export const POSIX_AIO_TARGETS: readonly Target[] = ['32 in flight', '128 in flight'].flatMap((case_): Target[] => [
  { suite, case: case_, work: `aio_read told by a function, ${case_}`, against: 'CPU of the engine’s callback', comparison: 'at most', wanted: COST_MAX, measure: over(POSIX_CALLBACK, TRUEAIO_CALLBACK, cpu) },
  { suite, case: case_, work: `lio_listio, ${case_}`, against: 'CPU of the engine’s batches', comparison: 'at most', wanted: COST_MAX, measure: over(POSIX_LIST, ENGINE_LIST, cpu) },
  { suite, case: case_, work: `lio_listio, ${case_}`, against: FIO, wanted: 1, measure: over(POSIX_LIST, FIO) },
])
