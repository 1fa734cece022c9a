// ① interface — what node:fs/promises does to open files, on the engine.
import type { PathLike } from 'node:fs'
import { promiseForm } from '../forms/index.js'
import type { Deadline } from '../request/index.js'
import type { CommitHandle } from './commit.js'
import { openHandle } from './open.js'

export const open: (path: PathLike, flags?: string | number, mode?: number | string, options?: Deadline) => Promise<CommitHandle> = promiseForm('open', openHandle) as never
