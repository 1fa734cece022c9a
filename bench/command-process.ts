// Benchmark — other programs, run to their end, or killed when the benchmark ends before them.
import { execFile, type ChildProcess } from 'node:child_process'

const running = new Set<ChildProcess>()

export interface CommandOptions {
  readonly directory?: string
  readonly environment?: NodeJS.ProcessEnv
}

/** Resolves to what the program printed. Rejects as execFile does: ENOENT where there is no such program. */
export function runCommand(program: string, arguments_: readonly string[], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, arguments_, { cwd: options.directory, env: options.environment, maxBuffer: 1 << 24 }, (error, stdout) => {
      running.delete(child)
      if (error === null) resolve(stdout)
      else reject(error)
    })
    running.add(child)
  })
}

export function killCommands(): void {
  for (const child of running) child.kill('SIGKILL')
}
