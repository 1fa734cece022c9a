// ① interface — names of one file in a tree: the first is copied, and the others become names of its copy. Inode numbers are compared as they are,
// since those beyond 2^53 would be taken for others as doubles, and two files for one.
import { lasting } from '../../lasting.js'
import type { BigIntStats, Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { link, rename, unlink } from '../../operation/path.js'
import type { Proactor } from '../../proactor/proactor.js'
import { partialName } from '../ends/new-file.js'
import type { PathBytes } from '../ends/path-bytes.js'
import { Unfinished } from '../ends/unfinished.js'
import { ifAbsent } from './remove-tree.js'

const exact = (path: PathBytes): Promise<BigIntStats> => lstat(typeof path === 'string' ? path : Buffer.from(path), { bigint: true })

/** What is known of the files of one tree that have several names. */
export class HardLinks {
  /** By device and inode: the path of the first name, when it is copied; undefined: it could not be. */
  readonly #firsts = new Map<string, Promise<PathBytes | undefined>>()

  /**
   * Calls `copy` for the first name of a file, and `link` with the first one's path for each other name.
   * @param within gives the place of the file in the source
   */
  async take({ nlink }: Stats, within: (look: (place: PathBytes) => Promise<BigIntStats>) => Promise<BigIntStats>, path: PathBytes, copy: () => Promise<void>, link: (first: PathBytes) => Promise<void>): Promise<() => Promise<void>> {
    if (nlink <= 1) return copy
    const stats = await within(exact).catch(() => undefined)
    if (stats === undefined) return copy // which says what is wrong
    const key = `${String(stats.dev)}:${String(stats.ino)}`
    const first = this.#firsts.get(key)
    if (first !== undefined) {
      return async () => {
        const there = await first
        await (there === undefined ? copy() : link(there))
      }
    }
    return () => {
      const copied = copy()
      this.#firsts.set(key, copied.then(() => path, () => undefined))
      return copied
    }
  }
}

export async function isSameFile(one: PathBytes, other: PathBytes): Promise<boolean> {
  const [left, right] = await Promise.all([one, other].map((path) => exact(path).catch(ifAbsent)))
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev
}

/** Gives a file another name, in place of what has it. */
export async function linkInPlace(io: Proactor, first: PathBytes, to: PathBytes): Promise<void> {
  const partial = partialName(to)
  const unfinished = new Unfinished(io, partial, false)
  try {
    await io.submit(link(first, partial))
    try {
      await io.submit(rename(partial, to))
    } finally {
      // Two names of one file are not renamed into each other: then it is still there.
      await lasting(io).submit(unlink(partial)).catch(ifAbsent)
    }
  } finally {
    unfinished.forget()
  }
}
