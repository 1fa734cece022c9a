// The small C programs of the tests, each compiled once a run into a temporary directory of its own.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type Compiled = { readonly path: string; readonly missing?: never } | { readonly path?: never; readonly missing: string }

/** Their sources below test/. */
const PROGRAMS = {
  'launcher': ['launcher/launcher.c'],
  'fuse-daemon': ['faults/fuse/daemon.c', 'faults/fuse/answers.c', 'faults/fuse/files.c'],
} as const

export type ProgramName = keyof typeof PROGRAMS

const compiled = new Map<ProgramName, Compiled>()

/** A program's path, or why it is not here. TRUEAIO_TEST_PROGRAMS names a folder that has them compiled already. */
export function program(name: ProgramName): Compiled {
  let here = compiled.get(name)
  if (here === undefined) {
    here = findOrCompile(name)
    compiled.set(name, here)
  }
  return here
}

function findOrCompile(name: ProgramName): Compiled {
  if (process.platform !== 'linux') return { missing: `the ${name} is for Linux` }
  const ready = process.env['TRUEAIO_TEST_PROGRAMS']
  if (ready !== undefined && existsSync(join(ready, name))) return { path: join(ready, name) }
  const directory = mkdtempSync(join(tmpdir(), `trueaio-${name}-`))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  return compile(name, directory, [])
}

function compile(name: ProgramName, directory: string, flags: readonly string[]): Compiled {
  const path = join(directory, name)
  const sources = PROGRAMS[name].map((source) => fileURLToPath(new URL(`../../../test/${source}`, import.meta.url)))
  const { error, status, stderr } = spawnSync('cc', ['-Wall', '-Wextra', '-Werror', '-O1', ...flags, '-o', path, ...sources], { encoding: 'utf8', timeout: 60_000 })
  if (error !== undefined) return { missing: `no C compiler: ${error.message}` }
  if (status !== 0) throw new Error(`the ${name} does not compile: ${stderr}`)
  return { path }
}

/** Compiles all of them for a system that may have another C library. */
export function compileAll(directory: string): void {
  mkdirSync(directory, { recursive: true })
  for (const name of Object.keys(PROGRAMS) as ProgramName[]) {
    const { missing } = compile(name, directory, ['-static'])
    if (missing !== undefined) throw new Error(missing)
  }
}
