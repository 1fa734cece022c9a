// Benchmark suite — millions of reads in one process: does its memory grow, and what does each read allocate?
import { PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Budget } from '../../workload/budget.js'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { callbackReads, engineReads, eventReads, nodeCallback, nodePromise, promiseReads, TRUEAIO_CALLBACK, TRUEAIO_EVENTS, TRUEAIO_PROMISE } from '../../contenders/read-contenders.js'
import type { Case, Figures, ProcessContender, Suite } from '../../suite.js'

/** Warm-up, so that compiled code and grown tables are there before the first look. */
const WARM_READS_MAX = 200_000
const ALLOCATION_WARM_READS = 30_000
const ALLOCATION_READS = 20_000
const ATTEMPTS = 5

type RunReads = (operations: number) => Promise<void>
type Watch = (run: RunReads, reads: number) => Promise<Figures>

/** A budget of a number of operations. */
class CountBudget extends Budget {
  readonly #count: number
  constructor(count: number) {
    super(Infinity)
    this.#count = count
  }

  override take(): boolean {
    if (this.taken >= this.#count) return false
    this.add(1)
    return true
  }
}

function collect(): void {
  if (globalThis.gc === undefined) throw new Error('steady needs node --expose-gc')
  globalThis.gc()
  globalThis.gc()
}

function memoryNow(): { heap: number; rss: number } {
  collect()
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, rss }
}

const growth: Watch = async (run, reads) => {
  await run(Math.min(WARM_READS_MAX, reads))
  const begin = memoryNow()
  await run(reads)
  const end = memoryNow()
  return { heapBeginBytes: begin.heap, heapEndBytes: end.heap, rssBeginBytes: begin.rss, rssEndBytes: end.rss }
}

/** Runs until no garbage collection fell into the run; the growth of the heap is then what was allocated. */
const allocation: Watch = async (run) => {
  let collections = 0
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))
  observer.observe({ entryTypes: ['gc'] })
  try {
    await run(ALLOCATION_WARM_READS)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      collect()
      await nextTurn()
      await nextTurn() // the observer is notified of a collection a turn later
      collections = 0
      const before = process.memoryUsage().heapUsed
      await run(ALLOCATION_READS)
      const after = process.memoryUsage().heapUsed
      await nextTurn()
      await nextTurn()
      if (collections === 0) return { allocatedBytesPerOperation: (after - before) / ALLOCATION_READS }
    }
    throw new Error(`each of ${String(ATTEMPTS)} runs was interrupted by a garbage collection`)
  } finally {
    observer.disconnect()
  }
}

/** The same contender with what `watch` finds out about its memory. */
function watching(contender: ProcessContender, case_: Case, nodeOptions: readonly string[], watch: Watch): ProcessContender {
  return {
    ...contender,
    nodeOptions: ['--expose-gc', ...nodeOptions],
    takesPart: ({ work }) => work === case_.work,
    async make(context) {
      const workload = await contender.make(context, case_)
      let figures: Figures = {}
      return {
        async run(budget) {
          figures = await watch(async (operations) => {
            await workload.run(new CountBudget(operations))
            budget.add(operations)
          }, context.steadyReads)
        },
        figures: () => figures,
        close: () => workload.close(),
      }
    },
  }
}

const MEMORY: Case = { name: 'memory, 32 in flight', work: 'memory', inFlight: 32, bytes: BLOCK_BYTES, quick: true }
const ALLOCATION: Case = { name: 'allocation, 32 in flight', work: 'allocation', inFlight: 32, bytes: BLOCK_BYTES, quick: false }
// One young generation large enough for a whole measured run, so that nothing is collected during it.
const ROOMY = ['--min-semi-space-size=64', '--max-semi-space-size=64']

const engines: readonly ProcessContender[] = [
  { kind: 'process', name: TRUEAIO_PROMISE, quick: true, make: engineReads(false, promiseReads) },
  { kind: 'process', name: TRUEAIO_CALLBACK, quick: false, make: engineReads(false, callbackReads) },
  { kind: 'process', name: TRUEAIO_EVENTS, quick: false, make: engineReads(false, eventReads) },
]

export const steady: Suite = {
  name: 'steady',
  title: 'Steady state: memory before and after, and bytes allocated by each read',
  unit: 'reads',
  cases: [MEMORY, ALLOCATION],
  contenders: [
    ...engines.map((contender) => watching(contender, MEMORY, [], growth)),
    ...[...engines, nodeCallback(false), nodePromise(false)].map((contender) => watching(contender, ALLOCATION, ROOMY, allocation)),
  ],
  reference: TRUEAIO_PROMISE,
  once: true,
}
