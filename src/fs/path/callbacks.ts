// ① interface — what node:fs with a callback does to names, attributes and directories, on the engine.
import type { PathLike } from 'node:fs'
import { callbackForm } from '../forms/index.js'
import { nodeFs } from '../node/index.js'
import * as attributes from './attributes.js'
import * as made from './made-directories.js'
import * as directories from './make-directory.js'
import * as names from './names.js'
import * as own from './node-own.js'
import * as real from './real-path.js'
import type { Callbacks } from '../types/index.js'

export const access: Callbacks['access'] = callbackForm('access', attributes.access)
export const chmod: Callbacks['chmod'] = callbackForm('chmod', attributes.chmod)
export const chown: Callbacks['chown'] = callbackForm('chown', attributes.chown)
export const copyFile: Callbacks['copyFile'] = callbackForm('copyFile', own.copyFile)
export const lchown: Callbacks['lchown'] = callbackForm('lchown', attributes.lchown)
export const link: Callbacks['link'] = callbackForm('link', names.link)
export const lstat: Callbacks['lstat'] = callbackForm('lstat', attributes.lstat)
export const lutimes: Callbacks['lutimes'] = callbackForm('lutimes', attributes.lutimes)
export const mkdir: Callbacks['mkdir'] = callbackForm('mkdir', directories.mkdir)
export const mkdtemp: Callbacks['mkdtemp'] = callbackForm('mkdtemp', made.mkdtemp)
export const readlink: Callbacks['readlink'] = callbackForm('readlink', names.readlink)
export const realpath: Callbacks['realpath'] = callbackForm('realpath', real.realpathByWalking)
export const rename: Callbacks['rename'] = callbackForm('rename', names.rename)
export const rmdir: Callbacks['rmdir'] = callbackForm('rmdir', names.rmdir)
export const stat: Callbacks['stat'] = callbackForm('stat', attributes.stat)
export const statfs: Callbacks['statfs'] = callbackForm('statfs', own.statfs)
export const symlink: Callbacks['symlink'] = callbackForm('symlink', names.symlink)
export const truncate: Callbacks['truncate'] = callbackForm('truncate', attributes.truncate)
export const unlink: Callbacks['unlink'] = callbackForm('unlink', names.unlink)
export const utimes: Callbacks['utimes'] = callbackForm('utimes', attributes.utimes)

/** fs.exists: its callback has no error before the answer. */
function tellExists(path: PathLike, callback: (exists: boolean) => void): void {
  const work = typeof callback === 'function' ? attributes.access(path) : undefined
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a drop-in has what Node has
  if (work === undefined) nodeFs.exists(path, callback)
  else void work.then(() => process.nextTick(callback, true), () => process.nextTick(callback, false))
}
const promisedExists = (path: PathLike): Promise<boolean> => new Promise((resolve) => tellExists(path, resolve))
// By its own words, since the published package shortens the names of functions: both have Node's.
Object.defineProperty(promisedExists, 'name', { value: 'exists' })
Object.defineProperties(tellExists, {
  name: { value: 'exists' },
  [Symbol.for('nodejs.util.promisify.custom')]: { value: promisedExists },
})
export const exists: Callbacks['exists'] = tellExists as Callbacks['exists']
