// ① interface — counts a job's operations while they run: latencies, depths, samples of the rate, and logs.
import type { Unit } from './backend.js'
import { classOf, CLASS_COUNT, Samples, type DirectionFigures, type JobFigures } from './figures.js'
import { Latency } from './histogram.js'
import type { Job } from './job.js'
import type { Logs } from './logs.js'

const SAMPLE_NANOSECONDS = 500e6

class DirectionCount {
  bytes = 0
  operations = 0
  short = 0
  endedAt = 0
  readonly slat: Latency
  readonly clat: Latency
  readonly lat: Latency
  bandwidth = new Samples()
  iops = new Samples()
  #sampledAt = 0
  #sampledBytes = 0
  #sampledOperations = 0

  constructor(job: Job) {
    this.slat = new Latency(job.slatPercentiles)
    this.clat = new Latency(job.clatPercentiles)
    this.lat = new Latency(job.latPercentiles)
  }

  begin(now: number): void {
    this.bytes = this.operations = this.short = this.#sampledBytes = this.#sampledOperations = 0
    this.#sampledAt = this.endedAt = now
    this.bandwidth = new Samples()
    this.iops = new Samples()
    for (const latency of [this.slat, this.clat, this.lat]) latency.clear()
  }

  sample(now: number): void {
    const passed = now - this.#sampledAt
    if (passed < SAMPLE_NANOSECONDS || this.operations === this.#sampledOperations) return
    this.bandwidth.record((this.bytes - this.#sampledBytes) / 1024 / (passed / 1e9))
    this.iops.record((this.operations - this.#sampledOperations) / (passed / 1e9))
    this.#sampledAt = now
    this.#sampledBytes = this.bytes
    this.#sampledOperations = this.operations
  }

  figures(runtime: number): DirectionFigures {
    return {
      bytes: this.bytes, operations: this.operations, short: this.short, runtime: this.operations === 0 ? 0 : Math.max(1, runtime),
      slat: this.slat.figures(), clat: this.clat.figures(), lat: this.lat.figures(), bandwidth: this.bandwidth.figures(), iops: this.iops.figures(),
    }
  }
}

/** 1, 2, 4, … 32, 64 and more. */
function depthClass(depth: number): number {
  return Math.min(6, 31 - Math.clz32(Math.max(1, depth)))
}

/** 0, up to 4, up to 8, …, up to 64, more. */
function batchClass(count: number): number {
  return count === 0 ? 0 : count <= 4 ? 1 : Math.min(6, 31 - Math.clz32(count - 1))
}

export class Counting {
  readonly #job: Job
  readonly #logs: Logs | undefined
  readonly #isSynchronous: boolean
  readonly #directions: readonly [DirectionCount, DirectionCount, DirectionCount]
  readonly #sync = new Latency()
  readonly #depths = new Array<number>(7).fill(0)
  readonly #submits = new Array<number>(7).fill(0)
  readonly #completes = new Array<number>(7).fill(0)
  readonly #classes = new Array<number>(CLASS_COUNT).fill(0)
  #startedAt = 0
  #usage = process.resourceUsage()

  constructor(job: Job, isSynchronous: boolean, logs: Logs | undefined) {
    this.#job = job
    this.#logs = logs
    this.#isSynchronous = isSynchronous
    this.#directions = [new DirectionCount(job), new DirectionCount(job), new DirectionCount(job)]
  }

  /** Begins, or begins anew behind a ramp time. */
  begin(now: number): void {
    this.#startedAt = now
    this.#usage = process.resourceUsage()
    this.#sync.clear()
    for (const direction of this.#directions) direction.begin(now)
    for (const list of [this.#depths, this.#submits, this.#completes, this.#classes]) list.fill(0)
  }

  get operations(): number {
    return this.#directions.reduce((sum, { operations }) => sum + operations, 0)
  }

  get bytes(): number {
    return this.#directions.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  submitted(count: number, inFlight: number): void {
    const submits = batchClass(count)
    this.#submits[submits] = (this.#submits[submits] as number) + 1
    // Each of them found one more in flight than the one before.
    for (let depth = inFlight - count + 1; depth <= inFlight; depth++) {
      const index = depthClass(depth)
      this.#depths[index] = (this.#depths[index] as number) + 1
    }
  }

  completed(count: number): void {
    const index = batchClass(count)
    this.#completes[index] = (this.#completes[index] as number) + 1
  }

  /** Counts one that has ended with a number of bytes. */
  ended(unit: Unit, now: number): void {
    const direction = this.#directions[unit.direction] as DirectionCount
    direction.operations++
    direction.bytes += unit.result
    direction.endedAt = now
    if (unit.result < unit.length) direction.short++
    if (this.#job.measuresLatency) {
      const lat = now - unit.startedAt
      const clat = this.#isSynchronous ? lat : now - unit.issuedAt
      if (!this.#isSynchronous) direction.slat.record(unit.issuedAt - unit.startedAt)
      direction.clat.record(clat)
      direction.lat.record(lat)
      const index = classOf(lat)
      this.#classes[index] = (this.#classes[index] as number) + 1
    }
    this.#logs?.ended(unit, now - this.#startedAt, now - unit.startedAt, now - unit.issuedAt)
  }

  sample(now: number): void {
    for (const direction of this.#directions) direction.sample(now)
  }

  synced(nanoseconds: number): void {
    this.#sync.record(nanoseconds)
  }

  figures(about: Pick<JobFigures, 'error' | 'problem' | 'driver' | 'errors' | 'firstError' | 'calls'>, endedAt: number): JobFigures {
    const usage = process.resourceUsage()
    const from = this.#usage
    const runtime = Math.max(1, Math.floor((endedAt - this.#startedAt) / 1e6))
    const runtimeOf = ({ endedAt: last }: DirectionCount): number => Math.floor((last - this.#startedAt) / 1e6)
    const [reads, writes, trims] = this.#directions
    return {
      ...about, pid: process.pid, runtime, directions: [reads.figures(runtimeOf(reads)), writes.figures(runtimeOf(writes)), trims.figures(0)], sync: this.#sync.figures(),
      user: usage.userCPUTime - from.userCPUTime, system: usage.systemCPUTime - from.systemCPUTime,
      switches: usage.voluntaryContextSwitches + usage.involuntaryContextSwitches - from.voluntaryContextSwitches - from.involuntaryContextSwitches,
      majorFaults: usage.majorPageFault - from.majorPageFault, minorFaults: usage.minorPageFault - from.minorPageFault,
      depths: this.#depths, submits: this.#submits, completes: this.#completes, classes: this.#classes,
    }
  }
}
