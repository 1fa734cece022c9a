// Benchmark suite — large page-cached reads, 16 in flight: throughput, and how long the event loop is held up meanwhile.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { BLOCK_BYTES } from '../../workload/data-files.js'
import { callbackReads, engineReads, nodeCallback, nodePromise, promiseReads, SEQUENTIAL, TRUEAIO_CALLBACK, TRUEAIO_POOL, TRUEAIO_PROMISE } from '../../contenders/read-contenders.js'
import type { ProcessContender, Suite } from '../../suite.js'

const IN_FLIGHT = 16
const RESOLUTION_MILLISECONDS = 1
const MEBIBYTE = 2 ** 20

/** The same contender with the delay of its event loop watched: a timer of one millisecond, and when it really ran. */
function watched(contender: ProcessContender): ProcessContender {
  return {
    ...contender,
    async make(context, case_) {
      const workload = await contender.make(context, case_)
      let figures = {}
      return {
        async run(budget) {
          const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS })
          const begin = performance.now()
          delay.enable()
          await workload.run(budget)
          delay.disable()
          figures = {
            loopDelayP50Milliseconds: delay.percentile(50) / 1e6,
            loopDelayP99Milliseconds: delay.percentile(99) / 1e6,
            mebibytesPerSecond: (budget.taken * case_.bytes) / MEBIBYTE / ((performance.now() - begin) / 1000),
          }
        },
        figures: () => figures,
        close: () => workload.close(),
      }
    },
  }
}

export const sequential: Suite = {
  name: 'sequential',
  title: 'Large reads one after the other, page-cached, with the delay of the event loop',
  unit: 'reads',
  cases: [
    { name: '64 KiB, 16 in flight', work: SEQUENTIAL, inFlight: IN_FLIGHT, bytes: 16 * BLOCK_BYTES, quick: false },
    { name: '1 MiB, 16 in flight', work: SEQUENTIAL, inFlight: IN_FLIGHT, bytes: MEBIBYTE, quick: true },
  ],
  contenders: [
    { kind: 'process' as const, name: TRUEAIO_PROMISE, quick: true, make: engineReads(false, promiseReads) },
    // Large copies are cheaper to a page boundary: what the pool's buffers are for.
    { kind: 'process' as const, name: TRUEAIO_POOL, quick: true, make: engineReads(false, promiseReads, true) },
    { kind: 'process' as const, name: TRUEAIO_CALLBACK, quick: false, make: engineReads(false, callbackReads) },
    nodeCallback(false),
    nodePromise(false),
  ].map(watched),
  reference: TRUEAIO_PROMISE,
  stride: 4,
}
