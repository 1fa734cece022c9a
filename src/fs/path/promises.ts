// ① interface — what node:fs/promises does to names, attributes and directories, on the engine.
import type { BigIntStats, Dir, PathLike, StatOptions, Stats, StatsFs, TimeLike } from 'node:fs'
import { promiseForm, type Also, type Node } from '../forms/index.js'
import type { Deadline } from '../request/index.js'
import * as attributes from './attributes.js'
import * as directories from './make-directory.js'
import * as names from './names.js'
import * as own from './node-own.js'

export const access: Also<Node['access'], [path: PathLike, mode: number | undefined, options: Deadline], void> = promiseForm('access', attributes.access)
export const chmod: Also<Node['chmod'], [path: PathLike, mode: number | string, options: Deadline], void> = promiseForm('chmod', attributes.chmod)
export const chown: Also<Node['chown'], [path: PathLike, uid: number, gid: number, options: Deadline], void> = promiseForm('chown', attributes.chown)
export const copyFile: Also<Node['copyFile'], [source: PathLike, destination: PathLike, mode: number | undefined, options: Deadline], void> = promiseForm('copyFile', own.copyFile)
export const lchown: Also<Node['lchown'], [path: PathLike, uid: number, gid: number, options: Deadline], void> = promiseForm('lchown', attributes.lchown)
export const link: Also<Node['link'], [existing: PathLike, path: PathLike, options: Deadline], void> = promiseForm('link', names.link)
export const lstat: Also<Node['lstat'], [path: PathLike, options: StatOptions & Deadline], Stats | BigIntStats> = promiseForm('lstat', attributes.lstat)
export const lutimes: Also<Node['lutimes'], [path: PathLike, atime: TimeLike, mtime: TimeLike, options: Deadline], void> = promiseForm('lutimes', attributes.lutimes)
export const mkdir: Also<Node['mkdir'], Parameters<typeof directories.mkdir>, string | undefined> = promiseForm('mkdir', directories.mkdir)
export const mkdtemp: Also<Node['mkdtemp'], [prefix: string, options: { encoding?: BufferEncoding } & Deadline], string> = promiseForm('mkdtemp', own.mkdtemp)
export const opendir: Also<Node['opendir'], Parameters<typeof own.opendir>, Dir> = promiseForm('opendir', own.opendir)
export const readlink: Also<Node['readlink'], [path: PathLike, options: { encoding?: BufferEncoding } & Deadline], string> = promiseForm('readlink', names.readlink)
export const realpath: Also<Node['realpath'], [path: PathLike, options: { encoding?: BufferEncoding } & Deadline], string> = promiseForm('realpath', own.realpath)
export const rename: Also<Node['rename'], [from: PathLike, to: PathLike, options: Deadline], void> = promiseForm('rename', names.rename)
export const rmdir: Also<Node['rmdir'], Parameters<typeof names.rmdir>, void> = promiseForm('rmdir', names.rmdir)
export const stat: Also<Node['stat'], [path: PathLike, options: StatOptions & Deadline], Stats | BigIntStats> = promiseForm('stat', attributes.stat)
export const statfs: Also<Node['statfs'], [path: PathLike, options: Deadline], StatsFs> = promiseForm('statfs', own.statfs)
export const symlink: Also<Node['symlink'], [target: PathLike, path: PathLike, type: string | null | undefined, options: Deadline], void> = promiseForm('symlink', names.symlink)
export const truncate: Also<Node['truncate'], [path: PathLike, length: number | undefined, options: Deadline], void> = promiseForm('truncate', attributes.truncate)
export const unlink: Also<Node['unlink'], [path: PathLike, options: Deadline], void> = promiseForm('unlink', names.unlink)
export const utimes: Also<Node['utimes'], [path: PathLike, atime: TimeLike, mtime: TimeLike, options: Deadline], void> = promiseForm('utimes', attributes.utimes)
