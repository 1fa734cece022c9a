// ① interface — chance that a seed repeats: sfc32, and the distributions of accesses that fio has.
import type { Distribution } from './job.js'

export class Random {
  #a = 0
  #b = 0
  #c = 0
  #counter = 1

  constructor(seed: number) {
    this.#a = seed >>> 0
    this.#b = Math.floor(seed / 2 ** 32) >>> 0
    this.#c = 0x9e3779b9
    for (let round = 0; round < 15; round++) this.next()
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** 0 up to 1, without it; 53 bits. */
  share(): number {
    return ((this.next() >>> 5) * 0x4000000 + (this.next() >>> 6)) / 2 ** 53
  }

  /** 0 to `count` - 1. */
  below(count: number): number {
    return count <= 0x100000000 ? Math.floor((this.next() / 0x100000000) * count) : Math.floor(this.share() * count)
  }
}

/** Spreads neighbours, so that what is drawn most often does not lie together at the beginning. */
function spread(index: number, count: number): number {
  return Number((BigInt(index) * 0x9e37fffffffc0001n) % BigInt(count))
}

/** The sum over 1/i^theta up to 10 million; beyond by its integral. */
function zeta(count: number, theta: number): number {
  const exact = Math.min(count, 100_000)
  let sum = 0
  for (let index = 1; index <= exact; index++) sum += index ** -theta
  return count === exact ? sum : sum + (count ** (1 - theta) - exact ** (1 - theta)) / (1 - theta)
}

/** Draws block numbers below `count`. */
export function drawer(distribution: Distribution, count: number, random: Random): () => number {
  const { kind, parameter, zones } = distribution
  if (kind === 'zipf') {
    // As in fio and YCSB: Gray et al., "Quickly generating billion-record synthetic databases".
    const zetan = zeta(count, parameter)
    const alpha = 1 / (1 - parameter)
    const eta = (1 - (2 / count) ** (1 - parameter)) / (1 - (1 + 0.5 ** parameter) / zetan)
    return () => {
      const share = random.share()
      const uz = share * zetan
      const rank = uz < 1 ? 0 : uz < 1 + 0.5 ** parameter ? 1 : Math.floor(count * (eta * share - eta + 1) ** alpha)
      return spread(Math.min(rank, count - 1), count)
    }
  }
  if (kind === 'pareto') {
    const power = Math.log(parameter) / Math.log(1 - parameter)
    return () => spread(Math.min(Math.floor((count - 1) * random.share() ** power), count - 1), count)
  }
  if (kind === 'normal') {
    const deviation = (count * parameter) / 100
    return () => {
      for (;;) {
        const value = Math.floor(count / 2 + deviation * Math.sqrt(-2 * Math.log(1 - random.share())) * Math.cos(2 * Math.PI * random.share()))
        if (value >= 0 && value < count) return value
        if (deviation > count * 10) return random.below(count)
      }
    }
  }
  if (kind === 'zoned') {
    return () => {
      const share = random.share()
      const index = Math.max(0, zones.findIndex(([accesses]) => share < accesses))
      const from = index === 0 ? 0 : (zones[index - 1]?.[1] ?? 0)
      return Math.min(count - 1, Math.floor(count * (from + random.share() * ((zones[index]?.[1] ?? 1) - from))))
    }
  }
  return () => random.below(count)
}
