// ① interface — where the entries of a tree are: their paths from its root on, and that a target is not below its source.
import type { ScanEntry } from '../../fs/tree/index.js'
import { statx } from '../../operation/path.js'
import { Errno, systemError } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'
import { below, textOf, type PathBytes } from '../ends/open-file.js'
import { ifAbsent } from './remove-tree.js'

/** A tree that is copied into itself finds its own copies, and never ends. @throws EINVAL. @param directory is there, or is not made */
export async function refuseBelow(io: Proactor, from: PathBytes, directory: PathBytes): Promise<void> {
  const { ino, devMajor, devMinor } = await io.submit(statx(from))
  let before = -1
  for (let place = directory; ; place = below(place, '..')) {
    const stats = await io.submit(statx(place)).catch(ifAbsent)
    if (stats === undefined || stats.ino === before) return // the root is its own parent
    if (stats.ino === ino && stats.devMajor === devMajor && stats.devMinor === devMinor) throw systemError(Errno.EINVAL, 'mkdir', textOf(directory), undefined, 'a directory cannot be copied into itself')
    before = stats.ino
  }
}

/** An entry's path from the directory on that was scanned. */
export function relativeTo(directory: PathBytes, { path, pathBytes }: ScanEntry): PathBytes {
  const base = Buffer.from(directory)
  const skipped = base.length + (base.at(-1) === 0x2f ? 0 : 1)
  if (pathBytes !== undefined) return pathBytes.subarray(skipped)
  return typeof directory === 'string' ? path.slice(directory.length + (directory.endsWith('/') ? 0 : 1)) : Buffer.from(path).subarray(skipped).toString()
}
