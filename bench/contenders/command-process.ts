// Benchmark — other programs, run to their end, or killed when the benchmark ends before them.
import { execFile, type ChildProcess } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const running = new Set<ChildProcess>()

export interface CommandOptions {
  readonly directory?: string
  readonly environment?: NodeJS.ProcessEnv
  /** What is wanted is what it prints to standard error. */
  readonly stderr?: boolean
}

/** Resolves to what the program printed. Rejects as execFile does: ENOENT where there is no such program. */
export async function runCommand(program: string, arguments_: readonly string[], options: CommandOptions = {}): Promise<string> {
  const ended = run(program, arguments_, { cwd: options.directory, env: options.environment, maxBuffer: 1 << 24 })
  running.add(ended.child)
  try {
    const { stdout, stderr } = await ended
    return options.stderr === true ? stderr : stdout
  } finally {
    running.delete(ended.child)
  }
}

export function killCommands(): void {
  for (const child of running) child.kill('SIGKILL')
}
