// ⑥ native — finds and loads the addon once, at the first use, and keeps the reason when there is none. Never throws:
// without the addon the node driver serves.
import { createRequire } from 'node:module'
import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Binding } from './binding.js'
import { fileOf, isBundled } from './own-package.js'
import { foreignRuntime, PACKAGED, platformName } from './platform.js'

let own: Uint8Array | undefined

/**
 * In a worker, by number: 1 for each descriptor that the engine keeps to itself (native/descriptors.c). Undefined in the main
 * thread, whose end is the process's, and before the addon was loaded.
 */
export function ownDescriptors(): Uint8Array | undefined {
  return own
}

/** Closes one that is noted there, now. */
export function closeOwn(fd: number): void {
  const { binding } = loadBinding()
  if (binding?.closeOwn === undefined) closeSync(fd)
  else binding.closeOwn(fd)
}

export type LoadedBinding = { readonly binding: Binding; readonly reason?: never; readonly isTransient?: never } | MissingBinding

export interface MissingBinding {
  readonly binding?: never
  readonly reason: string
  /** The system was out of open files or memory: it is tried again later. */
  readonly isTransient: boolean
}

const FILE = 'trueaio.node'

/** A checkout has the sources of the addon two folders up; so does nobody else. */
function checkoutOf(file: string): string | undefined {
  const root = join(dirname(file), '..', '..')
  return existsSync(join(root, 'native', 'binding.gyp')) ? root : undefined
}

interface Place {
  readonly path: string | undefined
  /** What to do when there is nothing at the path. */
  readonly otherwise: string
  /** A bundle without its addon still works, only slower: a warning is printed. */
  readonly isBundled?: boolean
}

/** Where the addon is to be. */
function find(): Place {
  const named = process.env['TRUEAIO_ADDON']
  if (named !== undefined) return { path: named, otherwise: `there is no addon at ${named}, which TRUEAIO_ADDON names` }
  const file = fileOf(import.meta.url)
  const platform = platformName()
  const checkout = checkoutOf(file)
  if (checkout !== undefined) {
    const path = join(checkout, 'prebuilds', platform, FILE)
    return { path, otherwise: `there is no addon at ${path}: run "npm run build:addon" in this checkout` }
  }
  if (!PACKAGED.includes(platform)) return { path: undefined, otherwise: `there is no addon for ${platform} (there is for ${PACKAGED.join(', ')})` }
  const name = `@trueaio/${platform}`
  try {
    return { path: createRequire(file).resolve(`${name}/${FILE}`), otherwise: '' }
  } catch {
    // Beside a bundle or a single executable, where docs/guide/installing.md says to put it. A bundler may have written down where
    // this code lay when the bundle was made (webpack does): then the program's own file is the one beside it.
    const beside = [file, process.argv[1] ?? file, process.execPath].map((path) => join(dirname(path), FILE)).find((path) => existsSync(path))
    return {
      path: beside,
      isBundled: isBundled(file),
      otherwise: `the package ${name} is not installed: install trueaio with its optional dependencies; in a bundle keep trueaio external, or put ${FILE} beside the bundle or name it by TRUEAIO_ADDON`,
    }
  }
}

/** What the addon opens, Node does not see: with it --allow-fs-write would promise what is not so. */
const PERMISSION = "Node's permission model is on, and the addon would go around it (TRUEAIO_ADDON names one to load all the same, with --allow-addons)"

function load(): LoadedBinding {
  if (process.env['TRUEAIO_ADDON'] === 'off') return { reason: 'TRUEAIO_ADDON=off', isTransient: false }
  const foreign = foreignRuntime(process.versions)
  if (foreign !== undefined) return { reason: foreign, isTransient: false }
  if ('permission' in process && process.env['TRUEAIO_ADDON'] === undefined) return { reason: PERMISSION, isTransient: false }
  const { path, otherwise, isBundled: isIncomplete } = find()
  if (path === undefined || !existsSync(path)) {
    const isTransient = isOutOfFiles()
    if (isIncomplete === true && !isTransient && nodeSaysMain()) process.emitWarning(`trueaio runs on node:fs: ${otherwise}`, { code: 'TRUEAIO_NO_ADDON' })
    return { reason: otherwise, isTransient }
  }
  try {
    const binding = createRequire(path)(path) as Binding
    // Before any driver is made, so that its end comes after theirs.
    if (!(binding.isMainLoop ?? nodeSaysMain())) own = binding.ownDescriptors?.() ?? undefined
    return { binding }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return { reason: `the addon at ${path} did not load: ${said}`, isTransient: OUT_OF_SOMETHING.test(said) || isOutOfFiles() }
  }
}

/** What the dynamic linker says of a system that is out of open files or memory, in words of the C library's. */
const OUT_OF_SOMETHING = /EMFILE|ENFILE|ENOMEM|too many open files|cannot allocate memory|failed to map segment/i

/** Whether no file can be opened at this moment: what was not found may be there all the same. */
function isOutOfFiles(): boolean {
  try {
    closeSync(openSync(process.execPath, 'r'))
    return false
  } catch (error) {
    return OUT_OF_SOMETHING.test(String((error as NodeJS.ErrnoException).code))
  }
}

/** Node's module for threads brings streams and sockets along: a tenth of an empty program. */
function nodeSaysMain(): boolean {
  return process.getBuiltinModule('node:worker_threads').isMainThread
}

let isMain: boolean | undefined

/** Whether this is the main thread. Loads the addon, which can tell by itself. */
export function isMainThread(): boolean {
  isMain ??= loadBinding().binding?.isMainLoop ?? nodeSaysMain()
  return isMain
}

/** Milliseconds after which what the system had no means for is tried again. */
export const RETRY_MILLISECONDS = 250

let loaded: LoadedBinding | undefined
let retryAt = Infinity

/** The addon, or why there is none. Never throws. TRUEAIO_ADDON names another file, or `off`. */
export function loadBinding(): LoadedBinding {
  if (loaded !== undefined && (loaded.isTransient !== true || performance.now() < retryAt)) return loaded
  loaded = load()
  if (loaded.isTransient === true) retryAt = performance.now() + RETRY_MILLISECONDS
  return loaded
}
