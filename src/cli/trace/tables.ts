// ① interface — a trace in tables: by call, by path, by call site, slowest first.
import { getSystemErrorName } from 'node:util'
import { printable, tableOf } from '../terminal.js'
import { shownBytes, shownMicroseconds } from '../watch/figures.js'
import type { TraceEvent } from './events.js'

export type GroupBy = 'call' | 'path' | 'site'

interface Group {
  readonly name: string
  count: number
  errors: number
  bytes: number
  time: number
  readonly durations: number[]
}

/** Only what the filters let through. */
export interface Filters {
  readonly calls: readonly string[]
  readonly path: string | undefined
  readonly errorsOnly: boolean
  /** Microseconds. */
  readonly slower: number
}

export function filtered(events: readonly TraceEvent[], { calls, path, errorsOnly, slower }: Filters): TraceEvent[] {
  return events.filter((event) => {
    const call = event.name.replace(/^\w+:/, '')
    return (calls.length === 0 || calls.includes(call) || calls.includes(event.name)) && (path === undefined || event.path.includes(path)) && (!errorsOnly || event.result < 0) && event.duration >= slower
  })
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

const BYTE_CALL = /:(read|write|readv|writev|readFile|writeFile|appendFile|copy_file_range|sendfile|splice|send|recv)/

function bytesOf({ name, result }: TraceEvent): number {
  return result > 0 && BYTE_CALL.test(name) ? result : 0
}

function keyOf(event: TraceEvent, by: GroupBy): string {
  if (by === 'call') return event.name
  return (by === 'path' ? event.path : event.site) || '(none)'
}

/** Groups, the one that took longest in all first. */
export function groupTable(events: readonly TraceEvent[], by: GroupBy, limit: number, columns: number): string {
  const groups = new Map<string, Group>()
  for (const event of events) {
    const name = keyOf(event, by)
    const group = groups.get(name) ?? { name, count: 0, errors: 0, bytes: 0, time: 0, durations: [] }
    groups.set(name, group)
    group.count++
    if (event.result < 0) group.errors++
    group.bytes += bytesOf(event)
    group.time += event.duration
    group.durations.push(event.duration)
  }
  const rows = [...groups.values()].sort((a, b) => b.time - a.time).slice(0, limit).map(({ name, count, errors, bytes, time, durations }) => {
    durations.sort((a, b) => a - b)
    return [
      printable(name), String(count), shownMicroseconds(time), shownMicroseconds(quantile(durations, 0.5)), shownMicroseconds(quantile(durations, 0.99)), bytes === 0 ? '' : shownBytes(bytes),
      errors === 0 ? '' : String(errors),
    ]
  })
  const left = groups.size - rows.length
  return [...tableOf([by, 'count', 'time', 'p50', 'p99', 'bytes', 'errors'], rows, columns), ...(left > 0 ? [`… and ${String(left)} more`] : [])].join('\n')
}

/** Single events, the slowest first. */
export function slowestTable(events: readonly TraceEvent[], limit: number, columns: number): string {
  const rows = [...events].sort((a, b) => b.duration - a.duration).slice(0, limit).map((event) => [
    printable(event.path === '' ? event.name : `${event.name} ${event.path}`), shownMicroseconds(event.duration), shownMicroseconds(event.start),
    event.result < 0 ? getSystemErrorName(event.result) : bytesOf(event) > 0 ? shownBytes(bytesOf(event)) : '',
  ])
  return tableOf(['slowest', 'took', 'at', 'result'], rows, columns).join('\n')
}
