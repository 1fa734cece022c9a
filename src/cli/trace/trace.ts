// ① interface — `trueaio trace`: records a program's I/O, and shows it as tables, as a timeline for Chrome and Perfetto, or as a job to
// replay.
import { writeFileSync } from 'node:fs'
import { Refusal, textOf, UsageError, wholeNumber, type Command, type Given } from '../command.js'
import { columnsOf } from '../terminal.js'
import { watch } from '../watch/program.js'
import { chromeJson, eventsIn, readTrace, type TraceEvent } from './events.js'
import { filtered, groupTable, slowestTable, type Filters } from './tables.js'
import { writeJob } from './to-job.js'

function filtersOf(given: Given): Filters {
  return {
    calls: textOf(given, 'call')?.split(',') ?? [], path: textOf(given, 'path'), errorsOnly: given.values['errors'] === true,
    slower: wholeNumber(given, 'slower', 0, 2 ** 31, 0),
  }
}

function show(given: Given, all: readonly TraceEvent[]): void {
  const events = filtered(all, filtersOf(given))
  const output = textOf(given, 'output')
  if (output !== undefined) {
    try {
      writeFileSync(output, chromeJson(events))
    } catch (error) {
      throw new Refusal(`--output ${output}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
    }
  }
  const job = textOf(given, 'job')
  if (job !== undefined) {
    const { transfers, bytes, others } = writeJob(job, events, given.values['anonymous'] === true)
    process.stderr.write(`trueaio trace: ${job} replays ${String(transfers)} reads, writes and syncs of ${String(bytes)} bytes, and ${String(others)} other calls\n`)
  }
  const limit = wholeNumber(given, 'limit', 1, 1_000_000, 20)
  const columns = columnsOf(process.stderr)
  const tables: string[] = []
  if (given.values['count'] === true) tables.push(groupTable(events, 'call', 1_000_000, columns))
  if (given.values['by-path'] === true) tables.push(groupTable(events, 'path', limit, columns))
  if (given.values['by-site'] === true) tables.push(groupTable(events, 'site', limit, columns))
  if (given.values['slowest'] === true) tables.push(slowestTable(events, limit, columns))
  if (tables.length === 0 && output === undefined && job === undefined) tables.push(groupTable(events, 'call', 1_000_000, columns), slowestTable(events, limit, columns))
  if (tables.length > 0) process.stderr.write(`${tables.join('\n\n')}\n`)
}

export const trace: Command = {
  name: 'trace',
  usage: ['[OPTIONS] PROGRAM [ARGUMENTS…]', '[OPTIONS] --read FILE'],
  text: 'Runs a program with node:fs replaced by trueaio, and records its calls of node:fs and the operations of the engine. Tables go to the standard error. The exit code is the program\'s.',
  options: [
    { name: 'count', short: 'c', text: 'a table by call: count, time, p50, p99, bytes, errors' },
    { name: 'by-path', text: 'a table by path, the one that took longest first' },
    { name: 'by-site', text: 'a table by call site; recording them costs some microseconds a call' },
    { name: 'slowest', text: 'single calls, the slowest first' },
    { name: 'output', short: 'o', value: 'FILE', text: 'all events, as JSON for chrome://tracing and ui.perfetto.dev' },
    { name: 'job', value: 'FILE', text: 'a job for trueaio bench, with the log that it replays beside it' },
    { name: 'anonymous', text: 'with --job: numbers instead of paths' },
    { name: 'call', value: 'NAMES', text: 'only these calls: readFile,read' },
    { name: 'path', value: 'TEXT', text: 'only paths with this in them' },
    { name: 'errors', text: 'only calls that failed' },
    { name: 'slower', value: 'MICROSECONDS', text: 'only calls that took as long, or longer' },
    { name: 'limit', value: 'COUNT', text: 'lines of the tables by path and site, and of the slowest. Default: 20' },
    { name: 'read', value: 'FILE', text: 'runs nothing, and shows what --output has written before' },
  ],
  runsProgram: true,
  async run(given) {
    const file = textOf(given, 'read')
    filtersOf(given)
    if (file !== undefined) {
      if (given.program.length > 0) throw new UsageError('--read shows an existing trace: do not name a program as well')
      show(given, readTrace(file))
      return 0
    }
    return watch('trace', given.program, given.values['by-site'] === true, ({ code, folder }) => {
      show(given, eventsIn(folder))
      return code
    })
  },
}
