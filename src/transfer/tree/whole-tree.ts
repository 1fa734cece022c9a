// ① interface — a plain copy of a tree to where nothing is: one trip to one thread, as with the drop-in's cp. File by file it costs nine times as much
// (5,000 files, Linux 6.18: 1.8 s of processor time against 0.2).
import { scan } from '../../fs/tree/index.js'
import { cp } from '../../fs/tree/promises.js'
import type { Running } from '../running.js'

/** Types that cp copies. At others it would end. */
const COPIED: ReadonlySet<string> = new Set(['file', 'directory', 'link'])

/**
 * @param to a name beside the target, which is not there
 * @returns false: there is something in it that is passed over, file by file. Nothing was done
 */
export async function copiedWhole(from: string, to: string, running: Running): Promise<boolean> {
  const { signal } = running
  let bytes = 0
  for await (const { type, stats } of scan(from, { stats: true, signal })) {
    if (!COPIED.has(type)) return false
    if (type === 'file') bytes += stats?.size ?? 0
  }
  running.total = bytes
  // As it stands: a link's text is copied, and not made absolute.
  await cp(from, to, { recursive: true, verbatimSymlinks: true, errorOnExist: true, force: false, signal })
  running.count(bytes)
  running.written += bytes
  return true
}
