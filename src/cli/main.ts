#!/usr/bin/env node
// ① interface — the command `trueaio`: finds the command that was asked for, and loads only that one.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ExitCode, helpOf, readWords, Refusal, UsageError, type Command } from './command.js'
import { columnsOf, wrapped } from './terminal.js'

interface Row {
  readonly summary: string
  /** For the command itself: it is not shown. */
  readonly hidden?: true
  load(): Promise<Command>
}

const COMMANDS: Readonly<Record<string, Row>> = {
  bench: { summary: 'measures I/O as fio does, from job files or options', load: async () => (await import('./bench/bench.js')).bench },
  completion: { summary: 'prints the completion for bash, zsh or fish', load: async () => (await import('./completion.js')).completionOf(await loadAll()) },
  copy: { summary: 'copies files and trees, with progress, verified, resumable', load: async () => (await import('./move/copy.js')).copy },
  probe: { summary: 'shows which driver runs here, and what to do about the others', load: async () => (await import('./probe/probe.js')).probe },
  run: { summary: 'runs a program on trueaio, and reports what it did', load: async () => (await import('./run.js')).run },
  serve: { summary: 'serves the files of a directory over http', load: async () => (await import('./serve/serve.js')).serve },
  sync: { summary: 'makes a directory the same as another one', load: async () => (await import('./move/sync.js')).sync },
  top: { summary: "shows a running program's figures", load: async () => (await import('./top/top.js')).top },
  trace: { summary: "records a program's I/O: tables, a timeline, a job to replay", load: async () => (await import('./trace/trace.js')).trace },
  transfer: { summary: 'moves bytes from any end to any other: files, pipes, sockets, http', load: async () => (await import('./move/transfer.js')).transferCommand },
  'bench-job': { summary: 'one job of bench', hidden: true, load: async () => (await import('./bench/job-process.js')).benchJob },
}

function shown(): [string, Row][] {
  return Object.entries(COMMANDS).filter(([, { hidden }]) => hidden !== true)
}

async function loadAll(): Promise<Command[]> {
  const others = shown().filter(([name]) => name !== 'completion')
  return Promise.all(others.map(([, row]) => row.load()))
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return version
}

function help(columns: number): string {
  const rows = shown().flatMap(([name, { summary }]) => {
    const text = wrapped(summary, columns, 15)
    return [`  ${name.padEnd(13)}${(text[0] ?? '').trimStart()}`, ...text.slice(1)]
  })
  const more = `Exit codes: 0 done, 1 failed or refused, 2 wrong usage, 130 stopped by Ctrl-C. NO_COLOR is respected.`
  return ['trueaio COMMAND [OPTIONS]', 'trueaio COMMAND --help', 'trueaio --version', '', ...rows, '', ...wrapped(more, columns, 0)].join('\n')
}

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words
  if (name === '--version' || name === '-v' || name === '-V') {
    console.log(versionOf())
    return ExitCode.DONE
  }
  const columns = columnsOf(process.stdout)
  if (name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    console.log(help(columns))
    return ExitCode.DONE
  }
  const wanted = name === 'help' ? rest[0] : name
  const row = wanted === undefined || !Object.hasOwn(COMMANDS, wanted) ? undefined : COMMANDS[wanted]
  if (row === undefined) {
    const names = shown().map(([each]) => each).join(', ')
    throw new UsageError(`expected a command (${names}), got ${wanted === undefined ? 'none' : `'${wanted}'`}. See 'trueaio --help'`)
  }
  const command = await row.load()
  const end = rest.indexOf('--')
  const own = end < 0 ? rest : rest.slice(0, end)
  if (name === 'help' || (command.runsProgram === true ? own[0] === '--help' || own[0] === '-h' : own.includes('--help') || own.includes('-h'))) {
    console.log(helpOf(command, columns))
    return ExitCode.DONE
  }
  const given = command.readsItself === true ? { values: {}, lists: {}, positionals: [], program: [] } : readWords(command, rest)
  return command.run(given, rest, { mainFile: fileURLToPath(import.meta.url), version: versionOf() })
}

/** A reader that has gone, as `| head` does, ends the command quietly. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(ExitCode.DONE)
})

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    process.stderr.write(`trueaio: ${error instanceof Error && process.env['TRUEAIO_DEBUG'] === '1' ? String(error.stack) : message}\n`)
    process.exitCode = error instanceof Refusal ? ExitCode.FAILED : ExitCode.USAGE
  },
)
