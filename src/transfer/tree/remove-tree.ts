// ① interface — a directory of the target and all below it, removed; and the errors that say that something is not there.
import { defaultProactor } from '../../default-proactor.js'
import { hasTrees, scan, TreeRequest } from '../../fs/tree/index.js'
import { Opcode } from '../../operation/opcode.js'
import { rmdir, unlink } from '../../operation/path.js'
import { Errno } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { PathBytes } from '../ends/path-bytes.js'

const ENOTDIR = -20

/** For `catch`: what is not there is undefined. */
export function ifAbsent(error: unknown): undefined {
  const { errno } = error as NodeJS.ErrnoException
  if (errno === Errno.ENOENT || errno === ENOTDIR) return undefined
  throw error
}

/** What vanishes meanwhile is gone as well. By a thread that walks from open directory to open directory, where there is one: no link is followed. */
export async function removeTree(directory: PathBytes, io: Proactor): Promise<void> {
  if (typeof directory === 'string' && io === defaultProactor() && hasTrees(Opcode.REMOVE_TREE)) {
    if (await new TreeRequest(Opcode.REMOVE_TREE, [directory], 0, 'rm').run(undefined) >= 0) return
  }
  const directories: PathBytes[] = [directory]
  try {
    for await (const entry of scan(typeof directory === 'string' ? directory : Buffer.from(directory))) {
      const path = entry.pathBytes ?? entry.path
      if (entry.type === 'directory') directories.push(path)
      else await io.submit(unlink(path)).catch(ifAbsent)
    }
  } catch (error) {
    ifAbsent(error)
  }
  for (const path of directories.reverse()) await io.submit(rmdir(path)).catch(ifAbsent)
}
