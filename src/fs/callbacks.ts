// ① interface — `trueaio/fs`: everything node:fs of the running Node exports. Functions with a callback run on the engine
// where it gains, those that end in Sync are Node's, `promises` is trueaio/fs/promises. A table of contents.
import type * as node from 'node:fs'
import type { PathLike } from 'node:fs'
import { promisify } from 'node:util'
import * as attributes from './path/attributes.js'
import { orNode } from './arguments/callback-form.js'
import { read, readv, write, writev } from './handle/callback-transfers.js'
import * as trees from './tree/copy-tree.js'
import * as descriptors from './handle/descriptors.js'
import * as directories from './path/make-directory.js'
import * as names from './path/names.js'
import { nodeFs, shared } from './node/node-functions.js'
import * as own from './node/node-own.js'
import { openDescriptor } from './handle/open.js'
import ourPromises from './promises.js'
import * as listing from './tree/read-directory.js'
import * as reading from './file/read-file.js'
import { plainPath, takesDescriptor, textEncoding } from './arguments/recognise.js'
import * as removing from './tree/remove.js'
import { countdownOf, deadlineOf } from './request/request.js'
import { functionsNow } from './stream/stream-functions.js'
import { streamsOn } from './stream/streams.js'
import { writeContent } from './file/write-content.js'
import * as writing from './file/write-file.js'

export * from 'node:fs'
export type { Deadline } from './request/request.js'
export { setOpenFilesMax } from './request/open-files.js'

// More than Node has.
export { readFiles, statMany } from './file/many.js'
export { readFilesSync, ReadFilesError } from './file/read-files-sync.js'
export { scan, ScanEntry } from './tree/scan.js'

type Node = typeof node

export const access: Node['access'] = orNode('access', attributes.access)
export const chmod: Node['chmod'] = orNode('chmod', attributes.chmod)
export const chown: Node['chown'] = orNode('chown', attributes.chown)
export const close: Node['close'] = orNode('close', descriptors.close)
export const copyFile: Node['copyFile'] = orNode('copyFile', own.copyFile)
export const cp: Node['cp'] = orNode('cp', trees.cp, () => [undefined])
export const fchmod: Node['fchmod'] = orNode('fchmod', descriptors.fchmod)
export const fchown: Node['fchown'] = orNode('fchown', descriptors.fchown)
export const fdatasync: Node['fdatasync'] = orNode('fdatasync', descriptors.fdatasync)
export const fstat: Node['fstat'] = orNode('fstat', descriptors.fstat)
export const fsync: Node['fsync'] = orNode('fsync', descriptors.fsync)
export const ftruncate: Node['ftruncate'] = orNode('ftruncate', descriptors.ftruncate)
export const futimes: Node['futimes'] = orNode('futimes', descriptors.futimes)
export const lchown: Node['lchown'] = orNode('lchown', attributes.lchown)
export const link: Node['link'] = orNode('link', names.link)
export const lstat: Node['lstat'] = orNode('lstat', attributes.lstat)
export const lutimes: Node['lutimes'] = orNode('lutimes', attributes.lutimes)
export const mkdir: Node['mkdir'] = orNode('mkdir', directories.mkdir)
export const mkdtemp: Node['mkdtemp'] = orNode('mkdtemp', own.mkdtemp)
export const open: Node['open'] = orNode('open', openDescriptor)
export const opendir: Node['opendir'] = orNode('opendir', own.opendir)
export const readdir: Node['readdir'] = orNode('readdir', (path: PathLike, options: unknown) => listing.readdir(path, options, 'oldest first'))
export const readlink: Node['readlink'] = orNode('readlink', names.readlink)
export const rename: Node['rename'] = orNode('rename', names.rename)
export const rm: Node['rm'] = orNode('rm', removing.rm)
export const rmdir: Node['rmdir'] = orNode('rmdir', names.rmdir)
export const stat: Node['stat'] = orNode('stat', attributes.stat)
export const statfs: Node['statfs'] = orNode('statfs', own.statfs)
export const symlink: Node['symlink'] = orNode('symlink', names.symlink)
export const truncate: Node['truncate'] = orNode('truncate', attributes.truncate)
export const unlink: Node['unlink'] = orNode('unlink', names.unlink)
export const utimes: Node['utimes'] = orNode('utimes', attributes.utimes)

export const readFile: Node['readFile'] = orNode('readFile', (file: unknown, options: unknown) => {
  if ((options as { flag?: unknown } | null | undefined)?.flag === '') return undefined // fs.promises take '' for none
  if (plainPath(file) !== undefined) return reading.readFile(file as PathLike, options as BufferEncoding)
  const encoding = textEncoding(options)
  if (!takesDescriptor(file) || encoding === null || encoding === 'buffer' || !reading.isOursToRead(options) || deadlineOf(options)?.signal !== undefined) return undefined
  return reading.readOpenFile(file, encoding, countdownOf(options))
})

/** Text and bytes only: the callback forms take no iterables. */
function isPlainContent(data: unknown): data is string | NodeJS.ArrayBufferView {
  return typeof data === 'string' || ArrayBuffer.isView(data)
}

/** Into an open file, from its current position. Options other than an encoding are Node's to look at. */
function writeToDescriptor(file: unknown, data: string | NodeJS.ArrayBufferView, options: unknown): Promise<void> | undefined {
  const encoding = textEncoding(options)
  if (!takesDescriptor(file) || encoding === null || encoding === 'buffer' || (typeof options === 'object' && options !== null)) return undefined
  return writeContent(file, data, encoding, undefined)
}

export const writeFile: Node['writeFile'] = orNode('writeFile', (file: unknown, data: unknown, options: unknown) => {
  if (!isPlainContent(data)) return undefined
  return plainPath(file) === undefined ? writeToDescriptor(file, data, options) : writing.writeFile(file as PathLike, data, options as BufferEncoding)
})

export const appendFile: Node['appendFile'] = orNode('appendFile', (file: unknown, data: unknown, options: unknown) => {
  if (!isPlainContent(data)) return undefined
  return plainPath(file) === undefined ? writeToDescriptor(file, data, options) : writing.appendFile(file as PathLike, data, options as BufferEncoding)
})

/** fs.exists: its callback has no error before the answer. */
function tellExists(path: PathLike, callback: (exists: boolean) => void): void {
  const work = typeof callback === 'function' ? attributes.access(path) : undefined
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a drop-in has what Node has
  if (work === undefined) nodeFs.exists(path, callback)
  else void work.then(() => process.nextTick(callback, true), () => process.nextTick(callback, false))
}
Object.defineProperties(tellExists, {
  name: { value: 'exists' },
  // In an object for the sake of its name, which is Node's.
  [promisify.custom]: { value: { exists: (path: PathLike) => new Promise<boolean>((resolve) => tellExists(path, resolve)) }.exists },
})
export const exists: Node['exists'] = tellExists as Node['exists']

export { read, readv, write, writev }
const streams: Pick<Node, 'createReadStream' | 'createWriteStream'> = streamsOn(functionsNow({ open, close, read, write, writev, fsync }, () => module))
export const createReadStream: Node['createReadStream'] = streams.createReadStream
export const createWriteStream: Node['createWriteStream'] = streams.createWriteStream

export const promises: Node['promises'] = ourPromises

// A copy with Node's own accessors (`promises`, and the classes people replace) and our functions.
const module: Node = Object.defineProperties({}, Object.getOwnPropertyDescriptors(shared.fs)) as Node
Object.assign(module, {
  access, appendFile, chmod, chown, close, copyFile, cp, createReadStream, createWriteStream, exists, fchmod, fchown, fdatasync, fstat, fsync, ftruncate, futimes, lchown, link, lstat,
  lutimes, mkdir, mkdtemp, open, opendir, read, readdir, readFile, readlink, readv, rename, rm, rmdir, stat, statfs, symlink, truncate, unlink,
  utimes, write, writeFile, writev,
})
Object.defineProperty(module, 'promises', { configurable: true, enumerable: true, get: () => ourPromises })
export default module
