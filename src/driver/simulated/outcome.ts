// ④ driver — simulated: what an operation is carried out on, under which circumstances, and the outcome.
import type { Inode } from './inode.js'
import type { OpenFile, OpenFiles } from './open-files.js'
import type { Tree } from './tree.js'

/** What every operation works on. */
export interface World {
  readonly tree: Tree
  readonly openFiles: OpenFiles
}

export interface Outcome {
  /** ≥ 0, or a negative errno. */
  readonly result: number
  /** What the caller gets on success. */
  readonly value: unknown
}

/** How one operation is carried out. */
export interface Circumstances {
  /** The file that `Operation.file` means. @throws EBADF */
  readonly file: () => OpenFile
  /** Where relative paths start for a directory descriptor. @throws EBADF, ENOTDIR */
  readonly directory: (fd: number) => Inode
  /** Opens into the chain instead of getting a descriptor; undefined: not in such a chain. */
  readonly keepForChain: ((file: OpenFile) => void) | undefined
  /** Closes the chain's file, or the descriptor. */
  readonly close: () => void
  /** The most bytes a transfer may move: a short read or write. */
  readonly bytesMax: number
}

export const DONE: Outcome = { result: 0, value: undefined }

/** Success with a number, of which the caller gets the same. */
export function counted(count: number): Outcome {
  return { result: count, value: count }
}
