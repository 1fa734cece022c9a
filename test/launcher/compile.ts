// Compiles a small C program of the tests', once a run, into a temporary directory of its own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Compiled = { readonly path: string; readonly missing?: never } | { readonly path?: never; readonly missing: string }

/** @param sources below test/ */
export function compile(name: string, sources: readonly string[], flags: readonly string[] = []): Compiled {
  if (process.platform !== 'linux') return { missing: `the ${name} is for Linux` }
  const directory = mkdtempSync(join(tmpdir(), `trueaio-${name}-`))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, name)
  const files = sources.map((source) => fileURLToPath(new URL(`../../../test/${source}`, import.meta.url)))
  const compiled = spawnSync('cc', ['-Wall', '-Wextra', '-Werror', '-O1', ...flags, '-o', path, ...files], { encoding: 'utf8', timeout: 60_000 })
  if (compiled.error !== undefined) return { missing: `no C compiler: ${compiled.error.message}` }
  if (compiled.status !== 0) throw new Error(`the ${name} does not compile: ${compiled.stderr}`)
  return { path }
}
