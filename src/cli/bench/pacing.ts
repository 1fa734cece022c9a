// ① interface — when a job may make its next operation: rates, think times, and the flow that jobs share.
import type { Job } from './job.js'

/** Counts of jobs that share a flow, by job: operations made. */
export interface Flow {
  readonly counts: Float64Array
  readonly weights: readonly number[]
  readonly own: number
}

export class Pacing {
  readonly #job: Job
  readonly #flow: Flow | undefined
  #startedAt = 0
  readonly #bytes: [number, number, number] = [0, 0, 0]
  readonly #operations: [number, number, number] = [0, 0, 0]
  #untilThought = 0
  #thinkingUntil = 0

  constructor(job: Job, flow: Flow | undefined) {
    this.#job = job
    this.#flow = flow
  }

  get isNeeded(): boolean {
    const { rate, rateIops, thinkTime } = this.#job
    return thinkTime > 0 || this.#flow !== undefined || [...rate, ...rateIops].some((value) => value > 0)
  }

  begin(now: number): void {
    this.#startedAt = now
    this.#bytes.fill(0)
    this.#operations.fill(0)
    this.#untilThought = this.#job.thinkBlocks
  }

  /** The time from which on an operation of this direction may be made, in nanoseconds. */
  due(direction: number, now: number): number {
    const { rate, rateIops } = this.#job
    const bytes = rate[direction as 0]
    const operations = rateIops[direction as 0]
    let due = this.#thinkingUntil
    if (bytes > 0) due = Math.max(due, this.#startedAt + (this.#bytes[direction as 0] / bytes) * 1e9)
    if (operations > 0) due = Math.max(due, this.#startedAt + (this.#operations[direction as 0] / operations) * 1e9)
    return this.#isAhead() ? Math.max(due, now + 1e6) : due
  }

  /** Whether this job has made more than its weight among those of its flow. */
  #isAhead(): boolean {
    if (this.#flow === undefined) return false
    const { counts, weights, own } = this.#flow
    let [all, weight] = [0, 0]
    weights.forEach((each, index) => {
      // One that has ended, which it says by a count below 0, holds up nobody.
      if ((counts[index] as number) < 0) return
      all += counts[index] as number
      weight += each
    })
    return (counts[own] as number) / (weights[own] as number) > all / Math.max(1, weight) + 1
  }

  made(direction: number, bytes: number, now: number): void {
    this.#bytes[direction as 0] += bytes
    this.#operations[direction as 0]++
    if (this.#flow !== undefined) this.#flow.counts[this.#flow.own] = (this.#flow.counts[this.#flow.own] as number) + 1
    if (this.#job.thinkTime > 0 && --this.#untilThought === 0) {
      this.#untilThought = this.#job.thinkBlocks
      const spin = now + this.#job.thinkSpin * 1e3
      while (performance.now() * 1e6 < spin);
      this.#thinkingUntil = now + this.#job.thinkTime * 1e3
    }
  }

  end(): void {
    if (this.#flow !== undefined) this.#flow.counts[this.#flow.own] = -1
  }
}

/** Calls back at a time of the performance clock: a timer for whole milliseconds, turns of the loop for the rest. Gives the way to stop it. */
export function callAt(nanoseconds: number, then: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  let immediate: NodeJS.Immediate | undefined
  const arm = (): void => {
    const left = nanoseconds / 1e6 - performance.now()
    if (left <= 0) then()
    // Node's timers count whole milliseconds, and come late rather than early.
    else if (left > 2) timer = setTimeout(arm, Math.min(left - 1, 2 ** 30))
    else immediate = setImmediate(arm)
  }
  arm()
  return () => {
    clearTimeout(timer)
    clearImmediate(immediate)
  }
}

/** The same as a promise; undefined where the time has come. */
export function until(nanoseconds: number): Promise<void> | undefined {
  return nanoseconds <= performance.now() * 1e6 ? undefined : new Promise((resolve) => void callAt(nanoseconds, resolve))
}
