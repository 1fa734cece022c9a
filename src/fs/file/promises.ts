// ① interface — what node:fs/promises does to whole files, on the engine.
import type { PathLike } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { promiseForm, type Also, type Node } from '../forms/index.js'
import type { Deadline } from '../request/index.js'
import * as reading from './read-file.js'
import * as writing from './write-file.js'

export const appendFile: Also<Node['appendFile'], [path: PathLike | FileHandle, data: string | Uint8Array, options: writing.WriteFileOptions], void> = promiseForm('appendFile', writing.appendFile)
export const readFile: Also<Node['readFile'], [path: PathLike | FileHandle, options: { encoding?: null, flag?: string | number } & Deadline], Buffer> &
  ((path: PathLike | FileHandle, options: { encoding: BufferEncoding, flag?: string | number } & Deadline) => Promise<string>) = promiseForm('readFile', reading.readFile)
export const writeFile: Also<Node['writeFile'], [path: PathLike | FileHandle, data: string | Uint8Array, options: writing.WriteFileOptions], void> = promiseForm('writeFile', writing.writeFile) as never
