// Benchmark — what completion ports and machines of work may cost over the bare engine; targets.ts puts it beside the rest.
import { FIO } from '../contenders/fio.js'
import { TRUEAIO_CALLBACK, TRUEAIO_EVENTS } from '../contenders/read-contenders.js'
import { PORT_BATCHES } from '../suites/interface/completion-port.js'
import { WORK_STEPS } from '../suites/interface/work.js'
import { over, type Target } from './target-figures.js'

const COST_MAX = 1.25

export const COMPLETION_TARGETS: readonly Target[] = ['32 in flight', '128 in flight'].flatMap((case_): Target[] => [
  { suite: 'completion-port', case: case_, work: `getMany, ${case_}: time a read`, against: 'the bare engine’s events', comparison: 'at most', wanted: COST_MAX, measure: over(TRUEAIO_EVENTS, PORT_BATCHES) },
  { suite: 'completion-port', case: case_, work: `getMany, ${case_}`, against: FIO, wanted: 1, measure: over(PORT_BATCHES, FIO) },
  { suite: 'work', case: case_, work: `a step a read, ${case_}: time a read`, against: 'the bare engine’s callbacks', comparison: 'at most', wanted: COST_MAX, measure: over(TRUEAIO_CALLBACK, WORK_STEPS) },
])
