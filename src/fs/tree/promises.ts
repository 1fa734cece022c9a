// ① interface — what node:fs/promises does to directories and trees, on the engine.
import type { PathLike } from 'node:fs'
import { promiseForm, type Also, type Node } from '../forms/index.js'
import type { Deadline } from '../request/index.js'
import * as trees from './copy-tree.js'
import * as listing from './read-directory.js'
import * as removing from './remove.js'

export const cp: Also<Node['cp'], Parameters<typeof trees.cp>, void> = promiseForm('cp', trees.cp)
export const readdir: Also<Node['readdir'], [path: PathLike, options: { recursive?: boolean, withFileTypes?: false } & Deadline], string[]> = promiseForm('readdir', (path: PathLike, options: unknown) => listing.readdir(path, options, 'newest first'))
export const rm: Also<Node['rm'], Parameters<typeof removing.rm>, void> = promiseForm('rm', removing.rm)
