// ⑥ native — finds and loads the addon once, at the first use, and keeps the reason when there is none. Never throws:
// without the addon the node driver serves.
import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import type { Binding } from './binding.js'
import { foreignRuntime, PACKAGED, platformName } from './platform.js'

let own: Uint8Array | undefined

/**
 * In a worker, by number: 1 for each descriptor that the engine keeps to itself (native/descriptors.c). Undefined in the main
 * thread, whose end is the process's, and before the addon was loaded.
 */
export function ownDescriptors(): Uint8Array | undefined {
  return own
}

export type LoadedBinding = { readonly binding: Binding; readonly reason?: never } | { readonly binding?: never; readonly reason: string }

const FILE = 'trueaio.node'

/** Where this code lies. A bundler that makes CommonJS leaves no `import.meta.url`; there the executable's folder is what remains. */
function ownFile(): string {
  const url = import.meta.url as string | undefined
  if (typeof url === 'string' && url.startsWith('file:')) return fileURLToPath(url)
  return typeof __filename === 'string' ? __filename : process.execPath
}

/** A checkout has the sources of the addon two folders up; so does nobody else. */
function checkoutOf(file: string): string | undefined {
  const root = join(dirname(file), '..', '..')
  return existsSync(join(root, 'native', 'binding.gyp')) ? root : undefined
}

interface Place {
  readonly path: string | undefined
  /** What to do when there is nothing at the path. */
  readonly otherwise: string
}

/** Where the addon is to be. */
function find(): Place {
  const named = process.env['TRUEAIO_ADDON']
  if (named !== undefined) return { path: named, otherwise: `there is no addon at ${named}, which TRUEAIO_ADDON names` }
  const file = ownFile()
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
    // Beside a bundle or a single executable, where docs/guide/installing.md says to put it.
    const beside = [join(dirname(file), FILE), join(dirname(process.execPath), FILE)].find((path) => existsSync(path))
    return {
      path: beside,
      otherwise: `the package ${name} is not installed: install trueaio with its optional dependencies; in a bundle keep trueaio external, or put ${FILE} beside the bundle or name it by TRUEAIO_ADDON`,
    }
  }
}

function load(): LoadedBinding {
  if (process.env['TRUEAIO_ADDON'] === 'off') return { reason: 'TRUEAIO_ADDON=off' }
  const foreign = foreignRuntime(process.versions)
  if (foreign !== undefined) return { reason: foreign }
  const { path, otherwise } = find()
  if (path === undefined || !existsSync(path)) return { reason: otherwise }
  try {
    const binding = createRequire(path)(path) as Binding
    // Before any driver is made, so that its end comes after theirs.
    if (!isMainThread) own = binding.ownDescriptors?.() ?? undefined
    return { binding }
  } catch (error) {
    return { reason: `the addon at ${path} did not load: ${error instanceof Error ? error.message : String(error)}` }
  }
}

let loaded: LoadedBinding | undefined

/** The addon, or why there is none. Never throws. TRUEAIO_ADDON names another file, or `off`. */
export function loadBinding(): LoadedBinding {
  loaded ??= load()
  return loaded
}
