// ① interface — how much there is to copy in a tree, for a progress line that is looked at.
import type { excluded } from './exclude.js'
import { shown } from './words.js'

export interface TreeBytes {
  readonly files: number
  readonly bytes: number
}

/** What cannot be read does not count. Undefined: the directory itself cannot be read, which the copy will tell. */
export async function bytesBelow(directory: string | Buffer, isLeftOut: ReturnType<typeof excluded>): Promise<TreeBytes | undefined> {
  const { scan } = await import('../../fs/tree/index.js')
  const skipped = shown(directory).replace(/\/+$/, '').length + 1
  let files = 0
  let bytes = 0
  try {
    for await (const { path, type, stats } of scan(directory, { stats: true, errors: 'report' })) {
      if (type !== 'file' || stats === undefined || isLeftOut?.(path.slice(skipped), false) === true) continue
      files++
      bytes += stats.size
    }
  } catch {
    return undefined
  }
  return { files, bytes }
}
