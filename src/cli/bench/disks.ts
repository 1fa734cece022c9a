// ① interface — what the disks under a job's files did meanwhile, from /proc/diskstats. Elsewhere, and on file systems without a disk: nothing.
import { readFileSync, statSync } from 'node:fs'

export interface DiskFigures {
  readonly name: string
  readonly readIos: number
  readonly writeIos: number
  readonly readMerges: number
  readonly writeMerges: number
  readonly readTicks: number
  readonly writeTicks: number
  readonly inQueue: number
  /** Percent of the time. */
  readonly utilization: number
}

type Counters = readonly number[]

function readCounters(): Map<string, { readonly name: string, readonly counters: Counters }> {
  try {
    return new Map(readFileSync('/proc/diskstats', 'latin1').trim().split('\n').map((line) => {
      const [major = '', minor = '', name = '', ...counters] = line.trim().split(/\s+/)
      return [`${major}:${minor}`, { name, counters: counters.map(Number) }]
    }))
  } catch {
    return new Map()
  }
}

export class Disks {
  readonly #before = readCounters()
  readonly #begun = performance.now()

  figures(paths: readonly string[]): DiskFigures[] {
    const after = readCounters()
    const devices = new Set(paths.flatMap((path) => {
      try {
        const { dev } = statSync(path)
        return [`${String((dev >>> 8) & 0xfff)}:${String((dev & 0xff) | ((dev >>> 12) & 0xfff00))}`]
      } catch {
        return []
      }
    }))
    const milliseconds = Math.max(1, performance.now() - this.#begun)
    return [...devices].flatMap((device) => {
      const disk = after.get(device)
      if (disk === undefined) return []
      const before = this.#before.get(device)?.counters ?? []
      const change = (index: number): number => (disk.counters[index] ?? 0) - (before[index] ?? 0)
      return [{
        name: disk.name, readIos: change(0), readMerges: change(1), readTicks: change(3), writeIos: change(4), writeMerges: change(5), writeTicks: change(7), inQueue: change(10),
        utilization: Math.min(100, Math.round((change(9) / milliseconds) * 1e8) / 1e6),
      }]
    })
  }
}
