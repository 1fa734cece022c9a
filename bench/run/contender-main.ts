// Benchmark — a contender's own process: makes its workload, warms it up, and measures it on each request.
// Alone in its process, it has its own thread pool, compiled code and heap. contender-process.ts is the other end.
import { Budget } from '../workload/budget.js'
import type { MeasureAnswer, MeasureRequest } from './messages.js'
import { Unavailable, type Measurement, type Suite, type Workload } from '../suite.js'
import { SUITES } from '../suites.js'

const workloads = new Map<string, Promise<Workload>>()

function find(request: MeasureRequest): { suite: Suite; make: () => Promise<Workload> } {
  const suite = SUITES.find(({ name }) => name === request.suite)
  const case_ = suite?.cases.find(({ name }) => name === request.case)
  const contender = suite?.contenders[request.contender]
  if (suite === undefined || case_ === undefined || contender?.kind !== 'process') throw new Error(`no contender ${String(request.contender)} in ${request.suite}, ${request.case}`)
  return { suite, make: async () => contender.make(request.context, case_) }
}

async function measure(request: MeasureRequest): Promise<Measurement> {
  const { suite, make } = find(request)
  let ready = workloads.get(request.case)
  if (ready === undefined) workloads.set(request.case, (ready = make()))
  const workload = await ready
  if (request.warmUpMilliseconds > 0) {
    await workload.prepare?.()
    await workload.run(new Budget(request.warmUpMilliseconds, suite.stride))
  }
  await workload.prepare?.()
  const cpu = process.cpuUsage()
  const begin = performance.now()
  const budget = new Budget(request.milliseconds, suite.stride)
  await workload.run(budget)
  const seconds = (performance.now() - begin) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { operations: budget.taken, seconds, cpuMicroseconds: user + system, figures: workload.figures?.() ?? {} }
}

async function answer(request: MeasureRequest): Promise<MeasureAnswer> {
  try {
    return { state: 'measured', measurement: await measure(request) }
  } catch (error) {
    if (error instanceof Unavailable) return { state: 'skipped', reason: error.message }
    const { code, message, stack } = error as NodeJS.ErrnoException
    if (code === 'ENOTSUP') return { state: 'skipped', reason: message }
    return { state: 'failed', reason: stack ?? message }
  }
}

async function close(): Promise<void> {
  for (const ready of workloads.values()) await (await ready.catch(() => undefined))?.close() // a failed make has been answered already
}

process.on('message', (request: MeasureRequest) => {
  void answer(request).then((result) => process.send?.(result))
})
// The main process lets go of its end when it is done with this contender, and also when it dies.
process.on('disconnect', () => {
  void close().finally(() => process.exit(0))
})
// Ctrl-C in a terminal reaches every process of the group; the main process decides what happens then.
process.on('SIGINT', () => { /* see above */ })
