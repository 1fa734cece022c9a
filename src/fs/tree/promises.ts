// ① interface — what node:fs/promises does to directories and trees, on the engine.
import type { PathLike } from 'node:fs'
import { promiseForm } from '../forms/index.js'
import type { Promises } from '../types/index.js'
import * as trees from './copy-tree.js'
import * as listing from './read-directory.js'
import * as removing from './remove.js'

export const cp: Promises['cp'] = promiseForm('cp', trees.cp)
export const readdir: Promises['readdir'] = promiseForm('readdir', (path: PathLike, options: unknown) => listing.readdir(path, options, 'newest first'))
export const rm: Promises['rm'] = promiseForm('rm', removing.rm)
