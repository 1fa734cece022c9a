// ① interface — latencies as fio keeps them: 29 groups of 64 steps (stat.h, FIO_IO_U_PLAT_*), with least, greatest, mean and deviation.

const BITS = 6
const STEPS = 1 << BITS
const BINS: number = 29 * STEPS

/** The bin of a time in nanoseconds. */
function binOf(nanoseconds: number): number {
  const value = Math.floor(nanoseconds)
  if (value < 2 * STEPS) return value < 0 ? 0 : value
  const top = value < 0x80000000 ? 31 - Math.clz32(value) : Math.floor(Math.log2(value))
  const shift = top - BITS
  const bin = (shift + 1) * STEPS + (Math.floor(value / 2 ** shift) & (STEPS - 1))
  return bin < BINS ? bin : BINS - 1
}

/** The middle of a bin, in nanoseconds. */
export function valueOf(bin: number): number {
  if (bin < 2 * STEPS) return bin
  const shift = (bin >> BITS) - 1
  return Math.floor(2 ** (shift + BITS) + ((bin % STEPS) + 0.5) * 2 ** shift)
}

/** Its figures as they go from process to process. */
export interface LatencyFigures {
  readonly count: number
  readonly least: number
  readonly greatest: number
  readonly sum: number
  readonly squares: number
  /** Pairs of bin and count. */
  readonly bins: readonly number[]
}

export class Latency {
  count = 0
  #least = Infinity
  #greatest = 0
  #sum = 0
  #squares = 0
  readonly #bins: Uint32Array | undefined

  constructor(hasBins: boolean = true) {
    this.#bins = hasBins ? new Uint32Array(BINS) : undefined
  }

  record(nanoseconds: number): void {
    this.count++
    if (nanoseconds < this.#least) this.#least = nanoseconds
    if (nanoseconds > this.#greatest) this.#greatest = nanoseconds
    this.#sum += nanoseconds
    this.#squares += nanoseconds * nanoseconds
    if (this.#bins === undefined) return
    const bin = binOf(nanoseconds)
    this.#bins[bin] = (this.#bins[bin] as number) + 1
  }

  clear(): void {
    this.count = this.#greatest = this.#sum = this.#squares = 0
    this.#least = Infinity
    this.#bins?.fill(0)
  }

  figures(): LatencyFigures {
    const bins: number[] = []
    this.#bins?.forEach((count, bin) => {
      if (count > 0) bins.push(bin, count)
    })
    return { count: this.count, least: this.count === 0 ? 0 : this.#least, greatest: this.#greatest, sum: this.#sum, squares: this.#squares, bins }
  }
}

export function merged(all: readonly LatencyFigures[]): LatencyFigures {
  const bins = new Map<number, number>()
  for (const figures of all) {
    for (let index = 0; index < figures.bins.length; index += 2) {
      const bin = figures.bins[index] as number
      bins.set(bin, (bins.get(bin) ?? 0) + (figures.bins[index + 1] as number))
    }
  }
  const filled = all.filter(({ count }) => count > 0)
  const add = (one: (figures: LatencyFigures) => number): number => all.reduce((sum, figures) => sum + one(figures), 0)
  return {
    count: add(({ count }) => count), least: filled.length === 0 ? 0 : Math.min(...filled.map(({ least }) => least)),
    greatest: Math.max(0, ...all.map(({ greatest }) => greatest)), sum: add(({ sum }) => sum), squares: add(({ squares }) => squares),
    bins: [...bins].sort(([a], [b]) => a - b).flat(),
  }
}

export function meanOf({ count, sum }: LatencyFigures): number {
  return count === 0 ? 0 : sum / count
}

export function deviationOf(figures: LatencyFigures): number {
  const { count, squares } = figures
  if (count < 2) return 0
  return Math.sqrt(Math.max(0, (squares - count * meanOf(figures) ** 2) / (count - 1)))
}

/** Nanoseconds below which so many of a hundred were. */
export function percentileOf({ count, bins }: LatencyFigures, percentile: number): number {
  let seen = 0
  for (let index = 0; index < bins.length; index += 2) {
    seen += bins[index + 1] as number
    if (seen >= (percentile / 100) * count) return valueOf(bins[index] as number)
  }
  return 0
}
