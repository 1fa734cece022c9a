// ① interface — `trueaio/fs/promises`: everything node:fs/promises of the running Node exports. A table of contents: what
// gains runs on the engine, from the files beside this one; the rest is Node's own. docs/guide/drop-in.md says which is which.
import type { BigIntStats, PathLike, StatOptions, Stats, TimeLike } from 'node:fs'
import * as node from 'node:fs/promises'
import * as attributes from './attributes.js'
import { cp as copyTree } from './copy-tree.js'
import { mkdir as makeDirectory } from './make-directory.js'
import * as names from './names.js'
import * as own from './node-own.js'
import { open as openFile } from './open.js'
import { readdir as readDirectory } from './read-directory.js'
import { readFile as readWholeFile } from './read-file.js'
import { rm as remove } from './remove.js'
import type { Deadline } from './request.js'
import * as writing from './write-file.js'

export type { Deadline } from './request.js'
export type { FileHandle } from 'node:fs/promises'

type Node = typeof node
/** Node's function, and the same with a deadline: in its options where it has some, else as a last argument. */
type Also<Function_, Arguments extends readonly unknown[], Result> = Function_ & ((...given: Arguments) => Promise<Result>)
type AlsoInOptions<Function_ extends (...given: never) => unknown, Options, Result> = Also<Function_, [path: PathLike, options: Options & Deadline], Result>

export const access: Also<Node['access'], [path: PathLike, mode: number | undefined, options: Deadline], void> = attributes.access
export const appendFile: Also<Node['appendFile'], [path: PathLike | node.FileHandle, data: string | Uint8Array, options: writing.WriteFileOptions], void> = writing.appendFile
export const chmod: Also<Node['chmod'], [path: PathLike, mode: number | string, options: Deadline], void> = attributes.chmod
export const chown: Also<Node['chown'], [path: PathLike, uid: number, gid: number, options: Deadline], void> = attributes.chown
export const copyFile: Also<Node['copyFile'], [source: PathLike, destination: PathLike, mode: number | undefined, options: Deadline], void> = own.copyFile
export const cp: Also<Node['cp'], Parameters<typeof copyTree>, void> = copyTree as Node['cp']
export const lchmod: Node['lchmod'] = node.lchmod
export const lchown: Also<Node['lchown'], [path: PathLike, uid: number, gid: number, options: Deadline], void> = attributes.lchown
export const link: Also<Node['link'], [existing: PathLike, path: PathLike, options: Deadline], void> = names.link
export const lstat: AlsoInOptions<Node['lstat'], StatOptions, Stats | BigIntStats> = attributes.lstat as Node['lstat']
export const lutimes: Also<Node['lutimes'], [path: PathLike, atime: TimeLike, mtime: TimeLike, options: Deadline], void> = attributes.lutimes
export const mkdir: AlsoInOptions<Node['mkdir'], { recursive?: boolean, mode?: number | string }, string | undefined> = makeDirectory as Node['mkdir']
export const mkdtemp: Node['mkdtemp'] = own.mkdtemp as Node['mkdtemp']
export const open: Also<Node['open'], [path: PathLike, flags: string | number | undefined, mode: number | string | undefined, options: Deadline], node.FileHandle> = openFile
export const opendir: Node['opendir'] = own.opendir as Node['opendir']
export const readdir: Also<Node['readdir'], [path: PathLike, options: { recursive?: boolean, withFileTypes?: false } & Deadline], string[]> = readDirectory as Node['readdir']
export const readFile: Also<Node['readFile'], [path: PathLike | node.FileHandle, options: { encoding?: null, flag?: string | number } & Deadline], Buffer> &
  ((path: PathLike | node.FileHandle, options: { encoding: BufferEncoding, flag?: string | number } & Deadline) => Promise<string>) = readWholeFile as unknown as Node['readFile']
export const readlink: Node['readlink'] = names.readlink as Node['readlink']
export const realpath: Node['realpath'] = own.realpath as Node['realpath']
export const rename: Also<Node['rename'], [from: PathLike, to: PathLike, options: Deadline], void> = names.rename
export const rm: Also<Node['rm'], Parameters<typeof remove>, void> = remove
export const rmdir: Also<Node['rmdir'], Parameters<typeof names.rmdir>, void> = names.rmdir
export const stat: AlsoInOptions<Node['stat'], StatOptions, Stats | BigIntStats> = attributes.stat as Node['stat']
export const statfs: Node['statfs'] = own.statfs as Node['statfs']
export const symlink: Also<Node['symlink'], [target: PathLike, path: PathLike, type: string | null | undefined, options: Deadline], void> = names.symlink
export const truncate: Also<Node['truncate'], [path: PathLike, length: number | undefined, options: Deadline], void> = attributes.truncate as Node['truncate']
export const unlink: Also<Node['unlink'], [path: PathLike, options: Deadline], void> = names.unlink
export const utimes: Also<Node['utimes'], [path: PathLike, atime: TimeLike, mtime: TimeLike, options: Deadline], void> = attributes.utimes
export const watch: Node['watch'] = node.watch
export const writeFile: Also<Node['writeFile'], [path: PathLike | node.FileHandle, data: string | Uint8Array, options: writing.WriteFileOptions], void> = writing.writeFile
export const constants: Node['constants'] = node.constants

// Names of newer versions: undefined where the running Node has none, as an ES module's list of exports is fixed.
type Newer = (...given: never[]) => unknown
const newer = node as unknown as Readonly<Record<string, Newer | undefined>>
export const glob: Newer | undefined = newer['glob']
export const mkdtempDisposable: Newer | undefined = newer['mkdtempDisposable']

/** Exactly what the running Node's module has. */
const promises: Node = {
  ...(node as unknown as { default: Node }).default,
  access, appendFile, chmod, chown, copyFile, cp, lchown, link, lstat, lutimes, mkdir, mkdtemp, open, opendir, readdir, readFile, readlink,
  realpath, rename, rm, rmdir, stat, statfs, symlink, truncate, unlink, utimes, writeFile,
}
export default promises
