// ① interface — what node:fs/promises does to directories and trees, on the engine.
import type { OpenDirOptions, PathLike } from 'node:fs'
import { promiseForm } from '../forms/index.js'
import type { Promises } from '../types/index.js'
import * as trees from './copy-tree.js'
import * as opening from './open-directory.js'
import * as listing from './read-directory.js'
import * as removing from './remove.js'

export const cp: Promises['cp'] = promiseForm('cp', trees.cp)
export const opendir: Promises['opendir'] = promiseForm('opendir', (path: PathLike, options: unknown, ...behind: unknown[]) => {
  // Node's is made of the one with a callback, and takes one.
  return behind.length > 0 || typeof options === 'function' ? undefined : opening.opendir(path, options as OpenDirOptions)
})
export const readdir: Promises['readdir'] = promiseForm('readdir', (path: PathLike, options: unknown) => listing.readdir(path, options, 'newest first'))
export const rm: Promises['rm'] = promiseForm('rm', removing.rm)
