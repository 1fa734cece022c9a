// ① interface — what node:fs with a callback does to whole files, on the engine: by their paths or their descriptor numbers.
import type { PathLike } from 'node:fs'
import { plainPath, takesDescriptor, textEncoding } from '../arguments/index.js'
import { callbackForm } from '../forms/index.js'
import { countdownOf, deadlineOf } from '../request/index.js'
import * as reading from './read-file.js'
import { writeContent } from './write-content.js'
import * as writing from './write-file.js'
import type { Callbacks } from '../types/index.js'

export const readFile: Callbacks['readFile'] = callbackForm('readFile', (file: unknown, options: unknown) => {
  if ((options as { flag?: unknown } | null | undefined)?.flag === '') return undefined // fs.promises take '' for none
  if (plainPath(file) !== undefined) return reading.readFile(file as PathLike, options as BufferEncoding)
  const encoding = textEncoding(options)
  if (!takesDescriptor(file) || encoding === null || encoding === 'buffer' || !reading.isOursToRead(options) || deadlineOf(options)?.signal !== undefined) return undefined
  return reading.readOpenFile(file, encoding, countdownOf(options))
})

/** Text and bytes only: the callback forms take no iterables. */
function isPlainContent(data: unknown): data is string | NodeJS.ArrayBufferView {
  return typeof data === 'string' || ArrayBuffer.isView(data)
}

/** Into an open file, from its current position. Options other than an encoding are Node's to look at. */
function writeToDescriptor(file: unknown, data: string | NodeJS.ArrayBufferView, options: unknown): Promise<void> | undefined {
  const encoding = textEncoding(options)
  if (!takesDescriptor(file) || encoding === null || encoding === 'buffer' || (typeof options === 'object' && options !== null)) return undefined
  return writeContent(file, data, encoding, undefined)
}

export const writeFile: Callbacks['writeFile'] = callbackForm('writeFile', (file: unknown, data: unknown, options: unknown) => {
  if (!isPlainContent(data)) return undefined
  return plainPath(file) === undefined ? writeToDescriptor(file, data, options) : writing.writeFile(file as PathLike, data, options as BufferEncoding)
})

export const appendFile: Callbacks['appendFile'] = callbackForm('appendFile', (file: unknown, data: unknown, options: unknown) => {
  if (!isPlainContent(data)) return undefined
  return plainPath(file) === undefined ? writeToDescriptor(file, data, options) : writing.appendFile(file as PathLike, data, options as BufferEncoding)
})
