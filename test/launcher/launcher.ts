// Builds the launcher (launcher.c) once a run, in a temporary directory of its own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Launcher = { readonly path: string; readonly missing?: never } | { readonly path?: never; readonly missing: string }

let built: Launcher | undefined

/** The launcher's path, or why there is none here. */
export function launcher(): Launcher {
  built ??= build()
  return built
}

function build(): Launcher {
  if (process.platform !== 'linux') return { missing: 'the launcher is for Linux' }
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-launcher-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const path = join(directory, 'launcher')
  const source = fileURLToPath(new URL('../../../test/launcher/launcher.c', import.meta.url))
  const compiled = spawnSync('cc', ['-Wall', '-Wextra', '-Werror', '-O1', '-o', path, source], { encoding: 'utf8', timeout: 30_000 })
  if (compiled.error !== undefined) return { missing: `no C compiler: ${compiled.error.message}` }
  if (compiled.status !== 0) throw new Error(`the launcher does not compile: ${compiled.stderr}`)
  return { path }
}
