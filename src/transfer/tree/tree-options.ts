// ① interface — what a transfer of a directory can be told.
import type { Stats } from 'node:fs'
import { invalidArgType, invalidArgValue } from '../../operation/arguments.js'
import type { PathBytes } from '../ends/path-bytes.js'

/** Something in the source's tree. */
export interface TreeEntry {
  /** From the source's directory on. What is not UTF-8 has replacement characters here. */
  readonly path: string
  /** The same as bytes when it is not UTF-8. */
  readonly pathBytes: Buffer | undefined
  /** What it is: `'file'`, `'directory'`, `'link'` … */
  readonly type: string
  /** Its attributes, where they were read. */
  readonly stats: Stats | undefined
}

/** What is done, or would be done, with an entry. */
export interface TreeAction {
  /** What is done. */
  readonly action: 'copy' | 'link' | 'make directory' | 'attributes' | 'delete' | 'unchanged' | 'passed over'
  /** The entry, from the root of the tree on. */
  readonly path: string
  /** Of a file that is copied. */
  readonly bytes: number
}

/** What could not be copied, and why: {@link TreeOptions.failed}. */
export interface TreeFailure {
  /** As in TreeAction. */
  readonly path: string
  /** Where and why. */
  readonly error: Error
}

/** Options of a transfer of directories. */
export interface TreeOptions {
  /** False: the entry is left out, and all below it. Default: everything is taken. */
  readonly filter?: ((entry: TreeEntry) => boolean) | undefined
  /**
   * What is in the target and not in the source is deleted, once all is copied; what is in the way of an entry of another type, before. What `filter` leaves
   * out stays. Default: false.
   */
  readonly delete?: boolean | undefined
  /** Nothing is changed: `report` tells what would be. Default: false. */
  readonly dryRun?: boolean | undefined
  /**
   * Files of the same size and modification time are passed over, and links of the same text. With `preserve`, so that they have it. 'contents': files of the
   * same size are read on both sides, and passed over if their bytes are the same. Default: false.
   */
  readonly onlyChanged?: boolean | 'contents' | undefined
  /** Files of the tree with several names have them in the target as well. Default: false, each name becomes a file of its own. */
  readonly hardLinks?: boolean | undefined
  /**
   * Extended attributes are the source's, also of a single file: for root all but `system.*`, for others `user.*`. They are set when the file is whole.
   * ENOTSUP without the addon. Default: false.
   */
  readonly xattrs?: boolean | undefined
  /** '3/16': the third of sixteen parts of the files, always the same ones. Default: all. */
  readonly shard?: string | undefined
  /** Is told of each entry. */
  readonly report?: ((action: TreeAction) => void) | undefined
  /**
   * Is told of what cannot be copied or deleted; all else is. A full disk, or one that may only be read, ends the transfer all the same. Default: the first
   * failure ends it.
   */
  readonly failed?: ((failure: TreeFailure) => void) | undefined
}

/** The same, checked. */
export interface CheckedTreeOptions {
  readonly filter: ((entry: TreeEntry) => boolean) | undefined
  readonly deletes: boolean
  readonly dryRun: boolean
  readonly onlyChanged: boolean | 'contents'
  readonly hardLinks: boolean
  readonly xattrs: boolean
  readonly shard: Shard | undefined
  readonly report: ((action: TreeAction) => void) | undefined
  readonly failed: ((failure: TreeFailure) => void) | undefined
}

const SHARDS_MAX = 65536
const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193

/** One of several fixed parts, which need not know of each other. */
class Shard {
  readonly #index: number
  readonly #count: number

  /** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
  constructor(text: unknown) {
    if (typeof text !== 'string') throw invalidArgType('options.shard', 'of type string', text)
    const [, index = '0', count = '0'] = /^(\d+)\/(\d+)$/.exec(text) ?? []
    this.#index = Number(index)
    this.#count = Number(count)
    if (this.#index < 1 || this.#index > this.#count || this.#count > SHARDS_MAX) throw invalidArgValue('options.shard', text, "must be 'i/n' with 1 <= i <= n <= 65536")
  }

  has(path: PathBytes): boolean {
    let hash = FNV_OFFSET
    for (const byte of typeof path === 'string' ? Buffer.from(path) : path) hash = Math.imul(hash ^ byte, FNV_PRIME) >>> 0
    return hash % this.#count === this.#index - 1
  }
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function checkTreeOptions(options: TreeOptions): CheckedTreeOptions {
  const { filter, dryRun, onlyChanged, shard, report, failed } = options
  for (const [name, value] of Object.entries({ filter, report, failed })) {
    if (value !== undefined && typeof value !== 'function') throw invalidArgType(`options.${name}`, 'of type function', value)
  }
  if (shard !== undefined && options.delete === true) throw invalidArgValue('options.shard', shard, 'cannot be together with delete: one part does not know of the others')
  return {
    filter, report, failed, deletes: options.delete === true, dryRun: dryRun === true, onlyChanged: onlyChanged === 'contents' ? onlyChanged : onlyChanged === true,
    hardLinks: options.hardLinks === true, xattrs: options.xattrs === true, shard: shard === undefined ? undefined : new Shard(shard),
  }
}
