// ① interface — `trueaio/fs/promises`: everything node:fs/promises of the running Node exports. A table of contents: what
// gains runs on the engine, from the folders beside this file; the rest is Node's own. docs/guide/drop-in.md says which is which.
import type * as nodeModule from 'node:fs/promises'
import * as file from './file/promises.js'
import type { NameIn, Room } from './functions.js'
import * as handle from './handle/promises.js'
import { node } from './node/index.js'
import * as path from './path/promises.js'
import * as tree from './tree/promises.js'
import type { Promises } from './types/index.js'

export * from 'node:fs/promises'
export {
  access, chmod, chown, copyFile, lchown, link, lstat, lutimes, mkdir, mkdtemp, readlink, realpath, rename, rmdir, stat, statfs, symlink, truncate,
  unlink, utimes,
} from './path/promises.js'
export { appendFile, readFile, writeFile } from './file/promises.js'
export { cp, opendir, readdir, rm } from './tree/promises.js'
export { open } from './handle/promises.js'
export type { Deadline, DoneSoFar } from './request/index.js'

// More than Node has.
export type { CommitHandle, CommitOptions } from './types/index.js'
export { readFiles, readFilesSync, ReadFilesError, statMany } from './many/index.js'
export { scan, ScanEntry } from './tree/index.js'
export { DirectHandle, NoDirectError, openDirect } from './handle/index.js'
export type { FailedPath, Many, ManyOptions, ReadFilesOptions, ReadFilesSyncOptions, ReadPath, StatManyOptions, StatPath } from './many/index.js'
export type { ScanOptions, ScanType } from './tree/index.js'
export type { DirectAlignment, DirectTransferOptions } from './handle/index.js'
export { flush } from '../waiting/pending.js'
export type { FlushOptions } from '../waiting/pending.js'

/** Every function of the table, in its room. */
const ROOMS: { readonly [Of in Exclude<Room, 'stream'>]: Readonly<Record<NameIn<Of, 'promises'>, unknown>> } = { path, file, tree, handle }

/** Exactly what the running Node's module has. */
const promises: Omit<typeof nodeModule, keyof Promises> & Promises = Object.assign({ ...node }, ...Object.values(ROOMS)) as never
export default promises
