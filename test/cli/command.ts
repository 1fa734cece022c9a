// The command as a user runs it, from the compiled checkout.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const command: string = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Without colours, and as wide as 80 columns unless the environment says otherwise. */
export function run(words: readonly string[], cwd: string = process.cwd(), environment: NodeJS.ProcessEnv = {}): Ran {
  return spawnSync(process.execPath, [command, ...words], {
    encoding: 'utf8', timeout: 120_000, cwd, env: { ...process.env, NO_COLOR: '1', COLUMNS: '80', ...environment }, maxBuffer: 1 << 28,
  })
}

/** A folder of its own for each test. */
export async function inFolder<Value>(work: (folder: string) => Value | Promise<Value>): Promise<Value> {
  const folder = mkdtempSync(join(tmpdir(), 'trueaio-cli-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
