// ① interface — `trueaio/fs`: everything node:fs of the running Node exports. Functions with a callback run on the engine
// where it gains, those that end in Sync are Node's, `promises` is trueaio/fs/promises. A table of contents.
import type * as node from 'node:fs'
import * as file from './file/callbacks.js'
import type { NameIn, Room } from './functions.js'
import * as handle from './handle/callbacks.js'
import { shared } from './node/index.js'
import * as path from './path/callbacks.js'
import ourPromises from './promises.js'
import * as stream from './stream/callbacks.js'
import { serveStreams } from './stream/index.js'
import * as tree from './tree/callbacks.js'
import type { Callbacks } from './types/index.js'

export * from 'node:fs'
export {
  access, chmod, chown, copyFile, exists, lchown, link, lstat, lutimes, mkdir, mkdtemp, readlink, realpath, rename, rmdir, stat, statfs, symlink, truncate,
  unlink, utimes,
} from './path/callbacks.js'
export { appendFile, readFile, writeFile } from './file/callbacks.js'
export { cp, opendir, readdir, rm } from './tree/callbacks.js'
export { close, fchmod, fchown, fdatasync, fstat, fsync, ftruncate, futimes, open, read, readv, write, writev } from './handle/callbacks.js'
export { createReadStream, createWriteStream } from './stream/callbacks.js'
export const promises: typeof ourPromises = ourPromises
export type { GivenDeadline, PipeOptions } from './types/index.js'
export type { Deadline } from './request/index.js'
export { setOpenFilesMax } from './request/index.js'

// More than Node has.
export { readFiles, readFilesSync, ReadFilesError, statMany } from './many/index.js'
export { scan, ScanEntry } from './tree/index.js'
export { flush } from '../waiting/pending.js'
export type { FlushOptions } from '../waiting/pending.js'

/** What the default export is. */
type FileSystem = Omit<typeof node, keyof Callbacks | 'promises'> & Callbacks & { readonly promises: typeof ourPromises }

/** Every function of the table, in its room. */
const ROOMS: { readonly [Of in Room]: Readonly<Record<NameIn<Of, 'callbacks'>, unknown>> } = { path, file, tree, handle, stream }

// A copy with Node's own accessors (`promises`, and the classes people replace) and our functions.
const module: FileSystem = Object.defineProperties({}, Object.getOwnPropertyDescriptors(shared.fs)) as FileSystem
Object.assign(module, ...Object.values(ROOMS))
Object.defineProperty(module, 'promises', { configurable: true, enumerable: true, get: () => ourPromises })
serveStreams(module)
export default module
