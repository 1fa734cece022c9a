// For the tests of the benchmark: runs the built program in a directory of its own, on little data.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'node:test'

const MAIN = fileURLToPath(new URL('../../bench/main.js', import.meta.url))

/** Little enough for a test: 4 MiB of blocks, 200 small files. */
export const LITTLE_DATA: readonly string[] = ['--blocks-bytes', String(4 * 2 ** 20), '--small-files', '200']

/** A directory on the file system of the checkout, gone after the test. */
export function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(process.cwd(), '.trueaio-test-bench-'))
  context.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
}

export interface Running {
  readonly child: ChildProcess
  /** Resolves when a line of the output contains the text; rejects when the program ends before. */
  says(text: string): Promise<void>
  readonly ended: Promise<Ended>
}

/** @param prefix a command that runs the command after it */
export function startBenchmark(context: TestContext, directory: string, arguments_: readonly string[], prefix: readonly string[] = []): Running {
  const [program, ...rest] = [...prefix, process.execPath, MAIN, ...arguments_] as [string, ...string[]]
  const child = spawn(program, rest, { cwd: directory, env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] })
  context.after(() => child.kill('SIGKILL'))
  let output = ''
  let errors = ''
  const listeners = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    for (const listener of listeners) listener()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code: code as number | null, signal: signal as NodeJS.Signals | null, output, errors }))
  return {
    child, ended,
    says: (text) => new Promise((resolve, reject) => {
      const look = (): void => {
        if (!output.includes(text)) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
      void ended.then(() => reject(new Error(`it ended without saying '${text}': ${output}${errors}`)))
    }),
  }
}
