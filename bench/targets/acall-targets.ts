// Benchmark — what acall is meant to cost; targets.ts puts it beside the rest.
import { FIO } from '../contenders/fio.js'
import { ACALL, CALLS, ENGINE, READS } from '../suites/interface/acall.js'
import { over, type Target } from './target-figures.js'

const suite = 'acall'
const READS_CASE = `${READS}, 32 in flight`
const BARE = 'the bare engine’s events'

export const ACALL_TARGETS: readonly Target[] = [
  { suite, case: READS_CASE, work: 'acall, 4 KiB cached reads, 32 in flight: time an operation', against: BARE, comparison: 'at most', wanted: 1.25, measure: over(ENGINE, ACALL) },
  { suite, case: READS_CASE, work: 'acall, 4 KiB cached reads, 32 in flight', against: FIO, wanted: 1, measure: over(ACALL, FIO) },
  { suite, case: `${CALLS}, 64 in flight`, work: 'acall, getppid on the pool, 64 in flight: time a call', against: BARE, comparison: 'at most', wanted: 1.25, measure: over(ENGINE, ACALL) },
]
