// ① interface — options of a transfer of a directory.
import type { Stats } from 'node:fs'
import { invalidArgType, invalidArgValue } from '../../operation/arguments.js'
import type { PathBytes } from '../ends/path-bytes.js'

/** An entry of the source's tree. */
export interface TreeEntry {
  /** The path from the source's directory on. Bytes that are not UTF-8 are replaced here. */
  readonly path: string
  /** The same as bytes when it is not UTF-8. */
  readonly pathBytes: Buffer | undefined
  /** Its type: `'file'`, `'directory'`, `'link'` … */
  readonly type: string
  /** Its attributes, if they were read. */
  readonly stats: Stats | undefined
}

/** An action on an entry, done or planned. */
export interface TreeAction {
  /** The action. */
  readonly action: 'copy' | 'link' | 'make directory' | 'attributes' | 'delete' | 'unchanged' | 'passed over'
  /** The entry, from the root of the tree on. */
  readonly path: string
  /** The size of a file that is copied. */
  readonly bytes: number
}

/** An entry that could not be copied, and why: {@link TreeOptions.failed}. */
export interface TreeFailure {
  /** As in TreeAction. */
  readonly path: string
  /** Where and why. */
  readonly error: Error
}

/** Options of a transfer of directories. */
export interface TreeOptions {
  /** False: the entry is left out, with everything below it. Default: everything is copied. */
  readonly filter?: ((entry: TreeEntry) => boolean) | undefined
  /**
   * Entries of the target that are not in the source are deleted once everything is copied. An entry that blocks one of
   * another type is deleted before. Entries that `filter` leaves out stay. Default: false.
   */
  readonly delete?: boolean | undefined
  /** Nothing is changed: `report` gets what would be done. Default: false. */
  readonly dryRun?: boolean | undefined
  /**
   * Files of the same size and modification time are skipped, and links of the same text. Use it with `preserve`, which
   * copies the times. 'contents': files of the same size are read on both sides, and skipped if their bytes are the
   * same. Default: false.
   */
  readonly onlyChanged?: boolean | 'contents' | undefined
  /** Hard links within the tree are kept in the target. Default: false, each name becomes a separate file. */
  readonly hardLinks?: boolean | undefined
  /**
   * Extended attributes are copied, also of a single file: for root all but `system.*`, for others `user.*`. They are
   * set when the file is complete. ENOTSUP without the addon. Default: false.
   */
  readonly xattrs?: boolean | undefined
  /** '3/16': only the third of sixteen fixed parts of the files. Default: all. */
  readonly shard?: string | undefined
  /** Called for each entry. */
  readonly report?: ((action: TreeAction) => void) | undefined
  /**
   * Called for each entry that cannot be copied or deleted; the transfer continues with the others. A full or read-only
   * disk ends the transfer in any case. Default: the first failure ends it.
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
