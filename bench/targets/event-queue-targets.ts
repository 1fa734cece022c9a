// Benchmark — what the event queue is meant to cost; targets.ts puts it beside the rest.
import { FIO } from '../contenders/fio.js'
import { TRUEAIO_EVENTS } from '../contenders/read-contenders.js'
import { EVENT_QUEUE, FEW_AND_MANY, NOPS_CASE, OBJECTS, USER } from '../suites/interface/event-queue.js'
import { cpu, over, type Look, type Target } from './target-figures.js'

const suite = 'event-queue'

export const EVENT_QUEUE_TARGETS: readonly Target[] = [
  { suite, case: NOPS_CASE, work: 'event queue, CPU of an operation', against: 'the bare completion queue’s', comparison: 'at most', wanted: 1.25, measure: over(EVENT_QUEUE, TRUEAIO_EVENTS, cpu) },
  ...['32 in flight', '128 in flight'].map((case_): Target => ({
    suite, case: case_, work: `event queue, 4 KiB cached reads, ${case_}`, against: 'fio’s rate', wanted: 1, measure: over(EVENT_QUEUE, FIO),
  })),
  ...FEW_AND_MANY.map(([few, many, work]): Target => {
    // A hundred objects fit into the processor's cache and 100,000 don't: where nothing else is as cheap as a look at one
    // of them, that look is taken off.
    const objects = (look: Look, case_: string): number => (work === USER ? cpu(look(OBJECTS, case_)) : 0)
    return {
      suite, case: many, work: `event queue, CPU of an event, ${many}${work === USER ? ', beyond its object’s' : ''}`, against: few, comparison: 'at most', wanted: 1.5,
      measure: (look) => (cpu(look(EVENT_QUEUE, many)) - objects(look, many)) / (cpu(look(EVENT_QUEUE, few)) - objects(look, few)),
    }
  }),
]
