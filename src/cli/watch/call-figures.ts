// ① interface — counts the calls of node:fs where there is no engine: the figures of `trueaio run` without the addon.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { ProactorFigures } from './figures.js'
import type { CallSink } from './wrap-fs.js'

interface Count {
  count: number
  errors: number
  bytes: number
  readonly latency: RecordableHistogram
}

export class CallFigures implements CallSink {
  readonly #names = new Map<string, number>()
  readonly #counts: (Count | undefined)[] = []

  numberOf(text: string): number {
    // Paths are not counted by: only the names of calls are kept.
    if (!text.startsWith('fs:')) return 0
    let number = this.#names.get(text)
    if (number === undefined) this.#names.set(text, (number = this.#names.size + 1))
    return number
  }

  opened(): void {
    // whose file it is, is not told
  }

  pathOf(): number {
    return 0
  }

  record(_start: number, duration: number, name: number, result: number): void {
    const count = (this.#counts[name] ??= { count: 0, errors: 0, bytes: 0, latency: createHistogram() })
    count.count++
    if (result < 0) count.errors++
    else count.bytes += result
    count.latency.record(Math.max(1, Math.round(duration * 1e6)))
  }

  figures(thread: number): ProactorFigures {
    const rows = [...this.#names].flatMap(([name, number]) => {
      const one = this.#counts[number]
      if (one === undefined) return []
      const { count, errors, bytes, latency } = one
      return [[name.slice(3), { count, errors, bytes, p50: latency.percentile(50) / 1e3, p99: latency.percentile(99) / 1e3 }] as const]
    })
    return { driver: 'node', thread, operations: Object.fromEntries(rows), inFlight: 0, queued: 0, abandoned: 0, systemCalls: 0, reapedInline: 0, reapedOnWake: 0 }
  }
}
