// Runs one of the small programs beside the tests in a Node process of its own, as a test's child.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { launcher } from './launcher.js'
import { PATIENCE } from './patience.js'

export interface RunOptions {
  readonly arguments?: readonly string[]
  /** Node's own options. */
  readonly nodeOptions?: readonly string[]
  /** Conditions of the launcher; none: started directly. */
  readonly conditions?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly milliseconds: number
}

/** Milliseconds after which a program counts as hung and is killed: a test sees SIGKILL. */
const HUNG = 30_000 * PATIENCE

/** Runs `name` of test/harsh/programs to its end. */
export async function runProgram(name: string, options: RunOptions = {}): Promise<Ended> {
  const program = fileURLToPath(new URL(`../harsh/programs/${name}.js`, import.meta.url))
  const command = [process.execPath, ...(options.nodeOptions ?? []), program, ...(options.arguments ?? [])]
  if (options.conditions !== undefined) {
    const { path, missing } = launcher()
    if (path === undefined) throw new Error(missing)
    command.unshift(path, ...options.conditions, '--')
  }
  const start = performance.now()
  const child = spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, ...options.environment }, stdio: ['ignore', 'pipe', 'pipe'], timeout: HUNG, killSignal: 'SIGKILL',
  })
  const [stdout, stderr, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]) as
    [string, string, [number | null, NodeJS.Signals | null]]
  return { code, signal, stdout, stderr, milliseconds: performance.now() - start }
}
