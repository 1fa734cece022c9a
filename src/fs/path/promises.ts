// ① interface — what node:fs/promises does to names, attributes and directories, on the engine.
import { promiseForm } from '../forms/index.js'
import type { Promises } from '../types/index.js'
import * as attributes from './attributes.js'
import * as made from './made-directories.js'
import * as directories from './make-directory.js'
import * as names from './names.js'
import * as own from './node-own.js'
import * as real from './real-path.js'

export const access: Promises['access'] = promiseForm('access', attributes.access)
export const chmod: Promises['chmod'] = promiseForm('chmod', attributes.chmod)
export const chown: Promises['chown'] = promiseForm('chown', attributes.chown)
export const copyFile: Promises['copyFile'] = promiseForm('copyFile', own.copyFile)
export const lchown: Promises['lchown'] = promiseForm('lchown', attributes.lchown)
export const link: Promises['link'] = promiseForm('link', names.link)
export const lstat: Promises['lstat'] = promiseForm('lstat', attributes.lstat)
export const lutimes: Promises['lutimes'] = promiseForm('lutimes', attributes.lutimes)
export const mkdir: Promises['mkdir'] = promiseForm('mkdir', directories.mkdir)
export const mkdtemp: Promises['mkdtemp'] = promiseForm('mkdtemp', made.mkdtemp)
export const readlink: Promises['readlink'] = promiseForm('readlink', names.readlink)
export const realpath: Promises['realpath'] = promiseForm('realpath', real.realpath)
export const rename: Promises['rename'] = promiseForm('rename', names.rename)
export const rmdir: Promises['rmdir'] = promiseForm('rmdir', names.rmdir)
export const stat: Promises['stat'] = promiseForm('stat', attributes.stat)
export const statfs: Promises['statfs'] = promiseForm('statfs', own.statfs)
export const symlink: Promises['symlink'] = promiseForm('symlink', names.symlink)
export const truncate: Promises['truncate'] = promiseForm('truncate', attributes.truncate)
export const unlink: Promises['unlink'] = promiseForm('unlink', names.unlink)
export const utimes: Promises['utimes'] = promiseForm('utimes', attributes.utimes)
