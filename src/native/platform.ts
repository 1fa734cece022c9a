// ⑥ native — which of the published binaries is this process's, and what to do where there is none. Read by load.ts.
import { closeSync, openSync, readSync } from 'node:fs'

/** Platforms with a package of their own, `@trueaio/<name>`: scripts/build-binaries.mjs makes them. */
export const PACKAGED: readonly string[] = ['linux-x64', 'linux-arm64', 'linux-x64-musl', 'linux-arm64-musl', 'win32-x64']

/** The interpreter stands in the first bytes of an executable. */
const HEAD_BYTES = 4096

/** Whether this very process runs on musl: its executable names the loader. What else is installed does not matter. */
function runsOnMusl(): boolean {
  const head = Buffer.alloc(HEAD_BYTES)
  let fd = -1
  try {
    fd = openSync(process.execPath, 'r')
    return head.toString('latin1', 0, readSync(fd, head, 0, HEAD_BYTES, 0)).includes('/ld-musl-')
  } catch {
    return false // an executable that cannot be read: most are glibc's
  } finally {
    if (fd >= 0) closeSync(fd)
  }
}

/** `linux-x64`, `linux-arm64-musl`, `darwin-arm64` … */
export function platformName(): string {
  const name = `${process.platform}-${process.arch}`
  return process.platform === 'linux' && runsOnMusl() ? `${name}-musl` : name
}

/** Why a runtime must not load the addon at all; undefined: it may. Both would end the process. */
export function foreignRuntime(versions: Readonly<Record<string, string | undefined>>): string | undefined {
  if (versions['bun'] !== undefined) return 'Bun has no uv_poll, by which the addon wakes the loop (uv_poll_init ends the process)'
  if (versions['deno'] !== undefined) return 'Deno has no libuv loop, which the addon needs to be woken by'
  return undefined
}
