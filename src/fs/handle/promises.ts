// ① interface — what node:fs/promises does to open files, on the engine.
import { promiseForm } from '../forms/index.js'
import type { Promises } from '../types/index.js'
import { openHandle } from './open.js'

export const open: Promises['open'] = promiseForm('open', openHandle)
