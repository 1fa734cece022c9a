// Benchmark — a program as a contender: how long it took, and its processor time, which bash tells to the millisecond.
import type { CommandOptions } from './command-process.js'
import { runCommand } from './command-process.js'
import { Unavailable } from '../suite.js'

export interface Timed {
  readonly seconds: number
  readonly cpuMicroseconds: number
}

/** The program alone: bash's own start is not part of it. @throws where the program fails */
export async function timedCommand(program: string, arguments_: readonly string[], options: CommandOptions = {}): Promise<Timed> {
  const script = 'TIMEFORMAT="%U %S %R"; time "$@"'
  const output = await runCommand('bash', ['-c', script, 'bash', program, ...arguments_], { ...options, stderr: true })
  const [user = NaN, system = NaN, seconds = NaN] = output.trim().split(/\s+/).slice(-3).map(Number)
  return { seconds, cpuMicroseconds: (user + system) * 1e6 }
}

/** @throws Unavailable: it is not installed, or there is no bash to measure it with */
export async function mustBeThere(program: string): Promise<void> {
  try {
    await runCommand('bash', ['-c', 'command -v "$1"', 'bash', program])
  } catch {
    throw new Unavailable(`${program} is not installed, or there is no bash to measure it with`)
  }
}
