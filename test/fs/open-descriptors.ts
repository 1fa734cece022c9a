// Which descriptors this process holds on files below a directory: what must be none when everything has been left.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** What of this process leads to `root` or below it. */
export function openBelow(root: string): string[] {
  return fs.readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = fs.readlinkSync(join('/proc/self/fd', fd))
      return target === root || target.startsWith(`${root}/`) ? [target] : []
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [] // the listing's own
      throw error
    }
  })
}

const TURNS_MAX = 20_000

/** Resolves when none is open any more: closes are on their way when a read resolves. */
export async function noneOpenBelow(root: string): Promise<void> {
  let open = openBelow(root)
  for (let turn = 0; turn < TURNS_MAX && open.length > 0; turn++) {
    await nextTurn()
    open = openBelow(root)
  }
  assert.deepEqual(open, [])
}
