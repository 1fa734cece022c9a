// ⑥ native — finds and loads the addon once, at the first use, and keeps the reason when there is none.
import { createRequire } from 'node:module'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Binding } from './binding.js'

export type LoadedBinding = { readonly binding: Binding; readonly reason?: never } | { readonly binding?: never; readonly reason: string }

let loaded: LoadedBinding | undefined

function load(): LoadedBinding {
  if (process.env['TRUEAIO_ADDON'] === 'off') return { reason: 'TRUEAIO_ADDON=off' }
  const platform = `${process.platform}-${process.arch}`
  const path = process.env['TRUEAIO_ADDON'] ?? fileURLToPath(new URL(`../../prebuilds/${platform}/trueaio.node`, import.meta.url))
  if (!existsSync(path)) {
    return { reason: `no addon for ${platform} at ${path}: run "npm run build:addon" in a checkout, or use a platform with a prebuilt binary` }
  }
  try {
    return { binding: createRequire(import.meta.url)(path) as Binding }
  } catch (error) {
    return { reason: `the addon at ${path} did not load: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** The addon, or why there is none. Never throws. TRUEAIO_ADDON names another file, or `off`. */
export function loadBinding(): LoadedBinding {
  loaded ??= load()
  return loaded
}
