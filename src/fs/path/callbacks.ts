// ① interface — what node:fs with a callback does to names, attributes and directories, on the engine.
import type * as node from 'node:fs'
import type { PathLike } from 'node:fs'
import { callbackForm } from '../forms/index.js'
import { nodeFs } from '../node/index.js'
import * as attributes from './attributes.js'
import * as directories from './make-directory.js'
import * as names from './names.js'
import * as own from './node-own.js'

type Node = typeof node

export const access: Node['access'] = callbackForm('access', attributes.access)
export const chmod: Node['chmod'] = callbackForm('chmod', attributes.chmod)
export const chown: Node['chown'] = callbackForm('chown', attributes.chown)
export const copyFile: Node['copyFile'] = callbackForm('copyFile', own.copyFile)
export const lchown: Node['lchown'] = callbackForm('lchown', attributes.lchown)
export const link: Node['link'] = callbackForm('link', names.link)
export const lstat: Node['lstat'] = callbackForm('lstat', attributes.lstat)
export const lutimes: Node['lutimes'] = callbackForm('lutimes', attributes.lutimes)
export const mkdir: Node['mkdir'] = callbackForm('mkdir', directories.mkdir)
export const mkdtemp: Node['mkdtemp'] = callbackForm('mkdtemp', own.mkdtemp)
export const opendir: Node['opendir'] = callbackForm('opendir', own.opendir)
export const readlink: Node['readlink'] = callbackForm('readlink', names.readlink)
export const rename: Node['rename'] = callbackForm('rename', names.rename)
export const rmdir: Node['rmdir'] = callbackForm('rmdir', names.rmdir)
export const stat: Node['stat'] = callbackForm('stat', attributes.stat)
export const statfs: Node['statfs'] = callbackForm('statfs', own.statfs)
export const symlink: Node['symlink'] = callbackForm('symlink', names.symlink)
export const truncate: Node['truncate'] = callbackForm('truncate', attributes.truncate)
export const unlink: Node['unlink'] = callbackForm('unlink', names.unlink)
export const utimes: Node['utimes'] = callbackForm('utimes', attributes.utimes)

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
  [Symbol.for('nodejs.util.promisify.custom')]: { value: { exists: (path: PathLike) => new Promise<boolean>((resolve) => tellExists(path, resolve)) }.exists },
})
export const exists: Node['exists'] = tellExists as Node['exists']
