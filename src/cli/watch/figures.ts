// ① interface — a program's figures, from the statistics of all its proactors: as plain data, and as a table.
import type { Proactor } from '../../proactor/proactor.js'
import { tableOf } from '../terminal.js'

interface OperationFigures {
  readonly count: number
  readonly errors: number
  readonly bytes: number
  /** Microseconds; absent where latencies are not kept. */
  readonly p50?: number
  readonly p99?: number
}

/** Of one proactor. */
export interface ProactorFigures {
  readonly driver: string
  readonly thread: number
  readonly operations: Readonly<Record<string, OperationFigures>>
  readonly inFlight: number
  readonly queued: number
  readonly abandoned: number
  readonly systemCalls: number
  readonly reapedInline: number
  readonly reapedOnWake: number
}

export function figuresOf(proactor: Proactor, thread: number): ProactorFigures {
  const { operations, inFlight, queued, abandoned, systemCalls, reapedInline, reapedOnWake } = proactor.statistics
  const rows = Object.entries(operations).map(([name, { count, errors, bytes, latency }]): [string, OperationFigures] => [name, {
    count, errors, bytes, ...(latency === undefined ? {} : { p50: latency.percentile(50) / 1e3, p99: latency.percentile(99) / 1e3 }),
  }])
  return {
    driver: proactor.explain().find(({ state }) => state === 'in use')?.name ?? 'none', thread, operations: Object.fromEntries(rows), inFlight, queued, abandoned, systemCalls, reapedInline, reapedOnWake,
  }
}

export function shownBytes(bytes: number): string {
  if (bytes < 10_000) return String(bytes)
  const units = ['B', 'k', 'M', 'G', 'T']
  const power = Math.min(4, Math.floor(Math.log(bytes) / Math.log(1024)))
  return `${(bytes / 1024 ** power).toFixed(1)}${units[power] ?? ''}`
}

export function shownMicroseconds(time: number | undefined): string {
  if (time === undefined) return ''
  if (time < 1000) return `${time.toFixed(time < 10 ? 1 : 0)} µs`
  return time < 1e6 ? `${(time / 1e3).toFixed(1)} ms` : `${(time / 1e6).toFixed(1)} s`
}

/** A table for each proactor that did something. */
export function figuresTable(all: readonly ProactorFigures[], columns: number): string {
  const used = all.filter(({ operations }) => Object.keys(operations).length > 0)
  if (used.length === 0) return 'trueaio: no operation went through the engine'
  return used.map((figures) => {
    const rows = Object.entries(figures.operations).sort(([, a], [, b]) => b.count - a.count)
      .map(([name, { count, errors, bytes, p50, p99 }]) => [name, String(count), errors === 0 ? '' : String(errors), bytes === 0 ? '' : shownBytes(bytes), shownMicroseconds(p50), shownMicroseconds(p99)])
    const where = figures.thread === 0 ? '' : `, thread ${String(figures.thread)}`
    const facts = `driver ${figures.driver}${where}: in flight ${String(figures.inFlight)}, waiting ${String(figures.queued)}, system calls ${String(figures.systemCalls)}`
    return [facts, ...tableOf(['operation', 'count', 'errors', 'bytes', 'p50', 'p99'], rows, columns)].join('\n')
  }).join('\n\n')
}
