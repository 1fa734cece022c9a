// ① interface — `trueaio/fs/promises`: everything node:fs/promises of the running Node exports. A table of contents: what
// gains runs on the engine, from the folders beside this file; the rest is Node's own. docs/guide/drop-in.md says which is which.
import type { BigIntStats, Dir, PathLike, StatOptions, Stats, StatsFs, TimeLike } from 'node:fs'
import type * as nodeModule from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import * as attributes from './path/attributes.js'
import type { CommitHandle } from './handle/commit.js'
import * as trees from './tree/copy-tree.js'
import * as directories from './path/make-directory.js'
import * as names from './path/names.js'
import { node } from './node/node-functions.js'
import * as own from './node/node-own.js'
import { openHandle } from './handle/open.js'
import * as listing from './tree/read-directory.js'
import * as reading from './file/read-file.js'
import * as removing from './tree/remove.js'
import { signalIsFine } from './arguments/recognise.js'
import { deadlineOf, type Deadline } from './request/request.js'
import { within } from './request/within.js'
import * as writing from './file/write-file.js'

export * from 'node:fs/promises'
export type { Deadline } from './request/request.js'
export type { DoneSoFar } from './request/done-so-far.js'

// More than Node has.
export type { CommitHandle, CommitOptions } from './handle/commit.js'
export { readFiles, statMany } from './file/many.js'
export { readFilesSync, ReadFilesError } from './file/read-files-sync.js'
export { scan, ScanEntry } from './tree/scan.js'
export { DirectHandle, NoDirectError, openDirect } from './handle/open-direct.js'
export type { FailedPath, Many, ManyOptions, ReadFilesOptions, ReadPath, StatManyOptions, StatPath } from './file/many.js'
export type { ScanOptions, ScanType } from './tree/scan.js'
export type { DirectAlignment, DirectTransferOptions } from './handle/open-direct.js'
export type { ReadFilesSyncOptions } from './file/read-files-sync.js'

type Node = typeof nodeModule
type Anything = (...given: never[]) => unknown
/** Node's function, and the same with a deadline: in its options where it has some, else as a last argument. */
type Also<Function_, Arguments extends readonly unknown[], Result> = Function_ & ((...given: Arguments) => Promise<Result>)

/** Node's function, with the deadline that may be among the last argument. A signal that is none is Node's to refuse. */
function nodeWithin(theirs: (...given: unknown[]) => unknown, given: unknown[], name: string): unknown {
  const last = given[given.length - 1]
  const deadline = deadlineOf(last)
  const work = theirs(...given)
  return deadline === undefined || !signalIsFine(deadline.signal) ? work : within(work as Promise<unknown>, last, name)
}

/** A function of ours, where it takes the arguments; Node's, where it does not. Named as Node's. */
function orNode<Name extends keyof Node>(name: Name, ours: Anything): Node[Name] & Anything {
  const theirs = node[name] as (...given: unknown[]) => unknown
  const take = ours as (...given: unknown[]) => unknown
  const either = (...given: unknown[]): unknown => take(...given) ?? nodeWithin(theirs, given, name)
  Object.defineProperties(either, Object.getOwnPropertyDescriptors(theirs))
  // Node's are async functions, which some callers ask for.
  return Object.setPrototypeOf(either, Object.getPrototypeOf(theirs) as object) as never
}

export const access: Also<Node['access'], [path: PathLike, mode: number | undefined, options: Deadline], void> = orNode('access', attributes.access)
export const appendFile: Also<Node['appendFile'], [path: PathLike | FileHandle, data: string | Uint8Array, options: writing.WriteFileOptions], void> = orNode('appendFile', writing.appendFile)
export const chmod: Also<Node['chmod'], [path: PathLike, mode: number | string, options: Deadline], void> = orNode('chmod', attributes.chmod)
export const chown: Also<Node['chown'], [path: PathLike, uid: number, gid: number, options: Deadline], void> = orNode('chown', attributes.chown)
export const copyFile: Also<Node['copyFile'], [source: PathLike, destination: PathLike, mode: number | undefined, options: Deadline], void> = orNode('copyFile', own.copyFile)
export const cp: Also<Node['cp'], Parameters<typeof trees.cp>, void> = orNode('cp', trees.cp)
export const lchown: Also<Node['lchown'], [path: PathLike, uid: number, gid: number, options: Deadline], void> = orNode('lchown', attributes.lchown)
export const link: Also<Node['link'], [existing: PathLike, path: PathLike, options: Deadline], void> = orNode('link', names.link)
export const lstat: Also<Node['lstat'], [path: PathLike, options: StatOptions & Deadline], Stats | BigIntStats> = orNode('lstat', attributes.lstat)
export const lutimes: Also<Node['lutimes'], [path: PathLike, atime: TimeLike, mtime: TimeLike, options: Deadline], void> = orNode('lutimes', attributes.lutimes)
export const mkdir: Also<Node['mkdir'], Parameters<typeof directories.mkdir>, string | undefined> = orNode('mkdir', directories.mkdir)
export const mkdtemp: Also<Node['mkdtemp'], [prefix: string, options: { encoding?: BufferEncoding } & Deadline], string> = orNode('mkdtemp', own.mkdtemp)
export const open: (path: PathLike, flags?: string | number, mode?: number | string, options?: Deadline) => Promise<CommitHandle> = orNode('open', openHandle) as never
export const opendir: Also<Node['opendir'], Parameters<typeof own.opendir>, Dir> = orNode('opendir', own.opendir)
export const readdir: Also<Node['readdir'], [path: PathLike, options: { recursive?: boolean, withFileTypes?: false } & Deadline], string[]> = orNode('readdir', (path: PathLike, options: unknown) => listing.readdir(path, options, 'newest first'))
export const readFile: Also<Node['readFile'], [path: PathLike | FileHandle, options: { encoding?: null, flag?: string | number } & Deadline], Buffer> &
  ((path: PathLike | FileHandle, options: { encoding: BufferEncoding, flag?: string | number } & Deadline) => Promise<string>) = orNode('readFile', reading.readFile)
export const readlink: Also<Node['readlink'], [path: PathLike, options: { encoding?: BufferEncoding } & Deadline], string> = orNode('readlink', names.readlink)
export const realpath: Also<Node['realpath'], [path: PathLike, options: { encoding?: BufferEncoding } & Deadline], string> = orNode('realpath', own.realpath)
export const rename: Also<Node['rename'], [from: PathLike, to: PathLike, options: Deadline], void> = orNode('rename', names.rename)
export const rm: Also<Node['rm'], Parameters<typeof removing.rm>, void> = orNode('rm', removing.rm)
export const rmdir: Also<Node['rmdir'], Parameters<typeof names.rmdir>, void> = orNode('rmdir', names.rmdir)
export const stat: Also<Node['stat'], [path: PathLike, options: StatOptions & Deadline], Stats | BigIntStats> = orNode('stat', attributes.stat)
export const statfs: Also<Node['statfs'], [path: PathLike, options: Deadline], StatsFs> = orNode('statfs', own.statfs)
export const symlink: Also<Node['symlink'], [target: PathLike, path: PathLike, type: string | null | undefined, options: Deadline], void> = orNode('symlink', names.symlink)
export const truncate: Also<Node['truncate'], [path: PathLike, length: number | undefined, options: Deadline], void> = orNode('truncate', attributes.truncate)
export const unlink: Also<Node['unlink'], [path: PathLike, options: Deadline], void> = orNode('unlink', names.unlink)
export const utimes: Also<Node['utimes'], [path: PathLike, atime: TimeLike, mtime: TimeLike, options: Deadline], void> = orNode('utimes', attributes.utimes)
export const writeFile: Also<Node['writeFile'], [path: PathLike | FileHandle, data: string | Uint8Array, options: writing.WriteFileOptions], void> = orNode('writeFile', writing.writeFile) as never

interface Ours {
  access: typeof access, appendFile: typeof appendFile, chmod: typeof chmod, chown: typeof chown, copyFile: typeof copyFile, cp: typeof cp,
  lchown: typeof lchown, link: typeof link, lstat: typeof lstat, lutimes: typeof lutimes, mkdir: typeof mkdir, mkdtemp: typeof mkdtemp,
  open: typeof open, opendir: typeof opendir, readdir: typeof readdir, readFile: typeof readFile, readlink: typeof readlink,
  realpath: typeof realpath, rename: typeof rename, rm: typeof rm, rmdir: typeof rmdir, stat: typeof stat, statfs: typeof statfs,
  symlink: typeof symlink, truncate: typeof truncate, unlink: typeof unlink, utimes: typeof utimes, writeFile: typeof writeFile
}

/** Exactly what the running Node's module has. */
const promises: Node & Ours = {
  ...node,
  access, appendFile, chmod, chown, copyFile, cp, lchown, link, lstat, lutimes, mkdir, mkdtemp, open, opendir, readdir, readFile, readlink,
  realpath, rename, rm, rmdir, stat, statfs, symlink, truncate, unlink, utimes, writeFile,
}
export default promises
