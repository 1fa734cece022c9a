// ① interface — a trace as it is read: from the files that the recorder has left, or from the JSON that `trueaio trace -o` wrote.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Refusal } from '../command.js'
import { Field, FIELDS } from '../watch/event-fields.js'

/** Where this package lies: that it loads itself is no work of the program's. */
const OWN = fileURLToPath(new URL('../../../', import.meta.url))

export interface TraceEvent {
  /** Microseconds since the first event. */
  readonly start: number
  readonly duration: number
  /** `fs:readFile`, `engine:read`. */
  readonly name: string
  /** Bytes or 0; below 0: an error's number. */
  readonly result: number
  readonly path: string
  readonly second: string | undefined
  readonly offset: number
  readonly length: number
  readonly site: string
  readonly pid: number
  readonly thread: number
}

/** What the package reads of itself, and of the executable to know its C library. */
function isOwn(path: string): boolean {
  return path === process.execPath || (path.startsWith(OWN) && /^(dist|prebuilds|native|package\.json)/.test(path.slice(OWN.length)))
}

/** Reads what the recorder has left in a folder. A program that was killed may have cut an event off: that one is left out. */
export function eventsIn(folder: string): TraceEvent[] {
  const events: TraceEvent[] = []
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.events'))) {
    const [, pid = '0', thread = '0'] = /^(\d+)-(\d+)\.events$/.exec(file) ?? []
    const texts = readFileSync(join(folder, file.replace(/events$/, 'texts')), 'utf8').split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as string]))
    const bytes = readFileSync(join(folder, file))
    const whole = Math.floor(bytes.length / (FIELDS * 8))
    const numbers = new Float64Array(new Uint8Array(bytes).buffer, 0, whole * FIELDS)
    for (let at = 0; at < numbers.length; at += FIELDS) {
      const value = (field: number): number => numbers[at + field] as number
      const [path = '', second] = (texts[value(Field.PATH)] ?? '').split('\n')
      if (isOwn(path)) continue
      events.push({
        start: value(Field.START) * 1e3, duration: value(Field.DURATION) * 1e3, name: texts[value(Field.NAME)] ?? '', result: value(Field.RESULT), path, second,
        offset: value(Field.OFFSET), length: value(Field.LENGTH), site: texts[value(Field.SITE)] ?? '', pid: Number(pid), thread: Number(thread),
      })
    }
  }
  const first = events.reduce((least, { start }) => Math.min(least, start), Infinity)
  return events.map((event) => ({ ...event, start: event.start - first })).sort((a, b) => a.start - b.start)
}

interface ChromeEvent {
  readonly name: string
  readonly cat: string
  readonly ph: 'X'
  readonly ts: number
  readonly dur: number
  readonly pid: number
  readonly tid: number
  readonly args: Readonly<Record<string, string | number>>
}

const FORMAT = 'trueaio-trace/1'

/**
 * As chrome://tracing and https://ui.perfetto.dev read it. Events of one row must not overlap: each goes into the first row that is
 * free, rows of a thread beside each other.
 */
export function chromeJson(events: readonly TraceEvent[]): string {
  const rows = new Map<string, number[]>()
  const lines = events.map((event) => {
    const key = `${String(event.pid)} ${String(event.thread)}`
    const ends = rows.get(key) ?? []
    rows.set(key, ends)
    let row = ends.findIndex((end) => end <= event.start)
    if (row < 0) row = ends.length
    ends[row] = event.start + event.duration
    const [cat = '', name = ''] = event.name.split(':')
    const { path, second, offset, length, result, site, thread } = event
    const args = { result, thread, ...(path === '' ? {} : { path }), ...(second === undefined ? {} : { second }), ...(offset < 0 ? {} : { offset }), ...(length < 0 ? {} : { length }), ...(site === '' ? {} : { site }) }
    const one: ChromeEvent = { name, cat, ph: 'X', ts: event.start, dur: event.duration, pid: event.pid, tid: thread * 10_000 + row, args }
    return JSON.stringify(one)
  })
  return `{"otherData":{"format":"${FORMAT}"},"displayTimeUnit":"ns","traceEvents":[\n${lines.join(',\n')}\n]}\n`
}

/** @throws Refusal for what is no trace, or only its begin */
export function readTrace(file: string): TraceEvent[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Refusal(`${file}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  let trace: { readonly otherData?: { readonly format?: string }, readonly traceEvents?: readonly ChromeEvent[] }
  try {
    trace = JSON.parse(text) as typeof trace
  } catch {
    const isCut = text.startsWith('{"otherData":{"format":"trueaio-trace/')
    throw new Refusal(`${file}: ${isCut ? 'the trace was cut off: its end is missing' : 'not a trace: it is not JSON'}. Traces are written by 'trueaio trace -o FILE'`)
  }
  if ((trace as unknown) === null || trace.otherData?.format !== FORMAT || !Array.isArray(trace.traceEvents)) throw new Refusal(`${file}: not a trace of 'trueaio trace -o FILE' (${FORMAT})`)
  return (trace.traceEvents as readonly ChromeEvent[]).map((event, index) => {
    const args = event.args as Readonly<Record<string, string | number>> | undefined
    if (typeof event.name !== 'string' || typeof event.ts !== 'number' || typeof event.dur !== 'number' || args === undefined) throw new Refusal(`${file}: event ${String(index)} is malformed: expected name, ts, dur and args`)
    const number = (name: string, otherwise: number): number => (typeof args[name] === 'number' ? args[name] : otherwise)
    const textIn = (name: string): string | undefined => (typeof args[name] === 'string' ? args[name] : undefined)
    return {
      start: event.ts, duration: event.dur, name: `${event.cat}:${event.name}`, result: number('result', 0), path: textIn('path') ?? '', second: textIn('second'),
      offset: number('offset', -1), length: number('length', -1), site: textIn('site') ?? '', pid: event.pid, thread: number('thread', 0),
    }
  })
}
