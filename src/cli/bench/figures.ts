// ① interface — what a job has done, in numbers, as they go from its process to the report.
import { merged, type LatencyFigures } from './histogram.js'

export interface Sampled {
  readonly least: number
  readonly greatest: number
  readonly sum: number
  readonly squares: number
  readonly count: number
}

export interface DirectionFigures {
  readonly bytes: number
  readonly operations: number
  readonly short: number
  /** Milliseconds. */
  readonly runtime: number
  readonly slat: LatencyFigures
  readonly clat: LatencyFigures
  readonly lat: LatencyFigures
  /** KiB a second. */
  readonly bandwidth: Sampled
  readonly iops: Sampled
}

export interface JobFigures {
  readonly error: number
  readonly problem: string | undefined
  /** Of a job that goes on behind errors: how many, and the first. */
  readonly errors?: number
  readonly firstError?: number
  /** Calls that move no bytes, of a replay. */
  readonly calls?: number
  readonly pid: number
  readonly driver: string
  /** Milliseconds. */
  readonly runtime: number
  readonly directions: readonly [DirectionFigures, DirectionFigures, DirectionFigures]
  readonly sync: LatencyFigures
  /** Microseconds. */
  readonly user: number
  readonly system: number
  readonly switches: number
  readonly majorFaults: number
  readonly minorFaults: number
  /** By log2: 1, 2, 4 … 32, 64 and more. */
  readonly depths: readonly number[]
  /** 0, up to 4, 8, 16, 32, 64, more. */
  readonly submits: readonly number[]
  readonly completes: readonly number[]
  /** Of all latencies: below 2, 4, 10, 20, 50, 100, 250, 500, 750, 1000 ns; the same in µs; the same in ms, 2000, and more. */
  readonly classes: readonly number[]
}

export const NS_CLASSES: readonly number[] = [2, 4, 10, 20, 50, 100, 250, 500, 750, 1000]
export const CLASS_COUNT = 32

/** Which of fio's classes a latency falls into. */
export function classOf(nanoseconds: number): number {
  if (nanoseconds >= 2e9) return 31
  if (nanoseconds >= 1e9) return 30
  let [from, unit] = [0, nanoseconds]
  while (unit >= 1000) {
    unit /= 1000
    from += 10
  }
  for (let index = 0; index < 9; index++) if (unit < (NS_CLASSES[index] as number)) return from + index
  return from + 9
}

/** Samples of a rate, each over half a second. */
export class Samples {
  #least = Infinity
  #greatest = 0
  #sum = 0
  #squares = 0
  #count = 0

  record(value: number): void {
    this.#count++
    this.#least = Math.min(this.#least, value)
    this.#greatest = Math.max(this.#greatest, value)
    this.#sum += value
    this.#squares += value * value
  }

  figures(): Sampled {
    return { least: this.#count === 0 ? 0 : this.#least, greatest: this.#greatest, sum: this.#sum, squares: this.#squares, count: this.#count }
  }
}

function mergedSamples(all: readonly Sampled[]): Sampled {
  const filled = all.filter(({ count }) => count > 0)
  const add = (one: (figures: Sampled) => number): number => all.reduce((sum, figures) => sum + one(figures), 0)
  return {
    least: filled.length === 0 ? 0 : Math.min(...filled.map(({ least }) => least)), greatest: Math.max(0, ...all.map(({ greatest }) => greatest)),
    sum: add(({ sum }) => sum), squares: add(({ squares }) => squares), count: add(({ count }) => count),
  }
}

function mergedDirection(all: readonly DirectionFigures[]): DirectionFigures {
  const add = (one: (figures: DirectionFigures) => number): number => all.reduce((sum, figures) => sum + one(figures), 0)
  return {
    bytes: add(({ bytes }) => bytes), operations: add(({ operations }) => operations), short: add(({ short }) => short), runtime: Math.max(...all.map(({ runtime }) => runtime)),
    slat: merged(all.map(({ slat }) => slat)), clat: merged(all.map(({ clat }) => clat)), lat: merged(all.map(({ lat }) => lat)),
    bandwidth: mergedSamples(all.map(({ bandwidth }) => bandwidth)), iops: mergedSamples(all.map(({ iops }) => iops)),
  }
}

function addedUp(all: readonly (readonly number[])[]): number[] {
  return (all[0] ?? []).map((_, index) => all.reduce((sum, list) => sum + (list[index] ?? 0), 0))
}

/** The clones of a job as one, for group_reporting. */
export function mergedFigures(all: readonly JobFigures[]): JobFigures {
  const first = all[0] as JobFigures
  if (all.length === 1) return first
  const add = (one: (figures: JobFigures) => number): number => all.reduce((sum, figures) => sum + one(figures), 0)
  const direction = (index: 0 | 1 | 2): DirectionFigures => mergedDirection(all.map(({ directions }) => directions[index]))
  return {
    error: all.find(({ error }) => error !== 0)?.error ?? 0, problem: all.find(({ problem }) => problem !== undefined)?.problem, errors: add(({ errors = 0 }) => errors),
    firstError: all.find(({ firstError = 0 }) => firstError !== 0)?.firstError ?? 0, pid: first.pid, driver: first.driver,
    runtime: add(({ runtime }) => runtime), directions: [direction(0), direction(1), direction(2)], sync: merged(all.map(({ sync }) => sync)),
    user: add(({ user }) => user), system: add(({ system }) => system), switches: add(({ switches }) => switches), majorFaults: add(({ majorFaults }) => majorFaults),
    minorFaults: add(({ minorFaults }) => minorFaults), depths: addedUp(all.map(({ depths }) => depths)), submits: addedUp(all.map(({ submits }) => submits)),
    completes: addedUp(all.map(({ completes }) => completes)), classes: addedUp(all.map(({ classes }) => classes)),
  }
}
