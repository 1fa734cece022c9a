// ① interface — what node:fs with a callback does to directories and trees, on the engine.
import type { PathLike } from 'node:fs'
import { callbackForm } from '../forms/index.js'
import * as trees from './copy-tree.js'
import * as opening from './open-directory.js'
import * as listing from './read-directory.js'
import * as removing from './remove.js'
import type { Callbacks } from '../types/index.js'

export const cp: Callbacks['cp'] = callbackForm('cp', trees.cp, () => [undefined])
export const opendir: Callbacks['opendir'] = callbackForm('opendir', opening.opendir)
export const readdir: Callbacks['readdir'] = callbackForm('readdir', (path: PathLike, options: unknown) => listing.readdir(path, options, 'oldest first'))
export const rm: Callbacks['rm'] = callbackForm('rm', removing.rm)
