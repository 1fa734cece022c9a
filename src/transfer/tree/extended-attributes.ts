// ① interface — extended attributes of a file or directory: those of the target become those of the source. As with rsync: of root all but those of
// the system's own, of others the user's.
import { chmod, statx } from '../../operation/path.js'
import { Errno, systemError } from '../../operation/system-error.js'
import { Opcode } from '../../operation/opcode.js'
import { getxattr, listxattr, removexattr, setxattr } from '../../operation/xattr.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { PathBytes } from '../ends/open-file.js'

/** XATTR_LIST_MAX, and XATTR_SIZE_MAX: the system has no more. */
const BYTES_MAX = 65_536
const ENODATA = -61
const OWNER_WRITES = 0o200
const PERMISSIONS = 0o7777

/** @throws ENOTSUP: no driver here has them */
export function checkExtended(io: Proactor): void {
  if (!io.offers(Opcode.LISTXATTR)) throw systemError(Errno.ENOTSUP, 'listxattr', undefined, undefined, 'extended attributes need the addon, which does not load here')
}

async function attributesOf(io: Proactor, path: PathBytes): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  const memory = Buffer.allocUnsafe(BYTES_MAX)
  const length = await io.submit(listxattr(path, memory)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).errno === Errno.ENOTSUP) return 0 // its file system has none
    throw error
  })
  const isRoot = process.geteuid?.() === 0
  for (const name of memory.toString('utf8', 0, length).split('\0')) {
    if (name === '' || !(isRoot ? !name.startsWith('system.') : name.startsWith('user.'))) continue
    const bytes = await io.submit(getxattr(path, name, memory)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).errno === ENODATA) return undefined // removed meanwhile
      throw error
    })
    if (bytes !== undefined) found.set(name, Buffer.from(memory.subarray(0, bytes)))
  }
  return found
}

/** @returns whether something was, or with `isDry` would be, changed */
export async function copyExtended(io: Proactor, from: PathBytes, to: PathBytes, isDry: boolean): Promise<boolean> {
  const [wanted, there] = await Promise.all([attributesOf(io, from), attributesOf(io, to)])
  const set = [...wanted].filter(([name, value]) => there.get(name)?.equals(value) !== true)
  const removed = [...there.keys()].filter((name) => !wanted.has(name))
  if (set.length === 0 && removed.length === 0) return false
  if (isDry) return true
  const change = async (): Promise<void> => {
    for (const [name, value] of set) await io.submit(setxattr(to, name, value))
    for (const name of removed) await io.submit(removexattr(to, name))
  }
  try {
    await change()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno !== Errno.EACCES) throw error
    // Its owner may not write into it: for the moment it may.
    const { mode } = await io.submit(statx(to))
    await io.submit(chmod(to, mode & PERMISSIONS | OWNER_WRITES))
    await change().finally(() => io.submit(chmod(to, mode & PERMISSIONS)))
  }
  return true
}

