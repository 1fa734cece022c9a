// ① interface — what node:fs/promises does to whole files, on the engine.
import { promiseForm } from '../forms/index.js'
import type { Promises } from '../types/index.js'
import * as reading from './read-file.js'
import * as writing from './write-file.js'

export const appendFile: Promises['appendFile'] = promiseForm('appendFile', writing.appendFile)
export const readFile: Promises['readFile'] = promiseForm('readFile', reading.readFile)
export const writeFile: Promises['writeFile'] = promiseForm('writeFile', writing.writeFile)
