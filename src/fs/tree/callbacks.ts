// ① interface — what node:fs with a callback does to directories and trees, on the engine.
import type * as node from 'node:fs'
import type { PathLike } from 'node:fs'
import { callbackForm } from '../forms/index.js'
import * as trees from './copy-tree.js'
import * as listing from './read-directory.js'
import * as removing from './remove.js'

type Node = typeof node

export const cp: Node['cp'] = callbackForm('cp', trees.cp, () => [undefined])
export const readdir: Node['readdir'] = callbackForm('readdir', (path: PathLike, options: unknown) => listing.readdir(path, options, 'oldest first'))
export const rm: Node['rm'] = callbackForm('rm', removing.rm)
