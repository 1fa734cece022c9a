// ① interface — starts a program with the watch in it, passes signals on, and gathers what the watch has left.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '../command.js'
import type { ProactorFigures } from './figures.js'

export interface Watched {
  /** Its exit code; of one that a signal ended, 128 and the signal's number. */
  readonly code: number
  readonly figures: readonly ProactorFigures[]
  /** What the trace left: `<pid>-<thread>.events` and `.texts`. */
  readonly folder: string
}

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

function figuresIn(folder: string): ProactorFigures[] {
  return readdirSync(folder).filter((name) => name.endsWith('.figures')).flatMap((name) => {
    try {
      return JSON.parse(readFileSync(join(folder, name), 'utf8')) as ProactorFigures[]
    } catch {
      return [] // it was killed while it wrote
    }
  })
}

/**
 * Runs a program to its end, and gives what was watched to `use`. The folder is gone afterwards, whatever happens.
 */
export async function watch<Value>(mode: 'run' | 'trace', program: readonly string[], sites: boolean, use: (watched: Watched) => Promise<Value> | Value): Promise<Value> {
  if (program.length === 0) throw new UsageError(`${mode} needs a program: trueaio ${mode} app.js`)
  const folder = mkdtempSync(join(tmpdir(), 'trueaio-watch-'))
  try {
    const environment = { ...process.env, TRUEAIO_WATCH: JSON.stringify({ mode, folder, sites }), ...(mode === 'run' ? { TRUEAIO_LATENCY: process.env['TRUEAIO_LATENCY'] ?? '1' } : {}) }
    const child = spawn(process.execPath, ['--import', import.meta.resolve('#cli/watch'), ...program], { stdio: 'inherit', env: environment })
    // Ctrl-C of a terminal reaches the program by itself; what is sent to the command alone is passed on.
    const pass = (signal: NodeJS.Signals): void => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    for (const signal of SIGNALS) process.on(signal, pass)
    const askFigures = (): void => void child.kill('SIGUSR2')
    process.on('SIGUSR2', askFigures)
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exit, signal) => resolve(exit ?? 128 + constants.signals[signal as NodeJS.Signals]))
    })
    for (const signal of SIGNALS) process.off(signal, pass)
    process.off('SIGUSR2', askFigures)
    return await use({ code, figures: figuresIn(folder), folder })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
