// ⑥ native — where this code lies: in the package, in a checkout, or in a bundle. A bundler that makes CommonJS leaves no
// `import.meta.url`. So nobody asks it while a module loads (importing never throws), and what it says goes through `fileOf`.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The file of a module's `import.meta.url`; without one, what is nearest: the bundle, or the executable. */
export function fileOf(url: string | undefined): string {
  if (typeof url === 'string' && url.startsWith('file:')) return fileURLToPath(url)
  return typeof __filename === 'string' ? __filename : process.execPath
}

/** Whether a bundler took this code out of the package. Modules of the package lie two folders below its package.json. */
export function isBundled(file: string): boolean {
  try {
    const { name } = JSON.parse(readFileSync(join(dirname(file), '..', '..', 'package.json'), 'utf8')) as { readonly name?: unknown }
    return name !== 'trueaio'
  } catch {
    return true
  }
}
