// ① interface — read, write, readv and writev with a callback, which gets the bytes moved and the buffer, also on failure.
import { isReadForm, isWriteForm, callbackFormOf, type Taken } from '../forms/index.js'
import { areViews, positionOf, recogniseRead, recogniseText, recogniseWrite, takesDescriptor } from '../arguments/index.js'
import { deadlineOf } from '../request/index.js'
import type { Callbacks } from '../types/index.js'
import { readAll, readRange, writeAll, writeRange } from './transfer.js'

function taken(work: Promise<object>, count: 'bytesRead' | 'bytesWritten', buffer: unknown): Taken {
  return { work, results: (value) => [(value as Record<typeof count, number>)[count], buffer], failed: [0, buffer] }
}

export const read: Callbacks['read'] = callbackFormOf('read', ([fd, ...given]) => {
  const range = takesDescriptor(fd) && isReadForm(given) ? recogniseRead(given[0], given[1], given[2], given[3], given[4]) : undefined
  return range === undefined ? undefined : taken(readRange(fd as number, range), 'bytesRead', range.view)
})

export const write: Callbacks['write'] = callbackFormOf('write', ([fd, ...given]) => {
  const [content] = given
  if (!takesDescriptor(fd) || !isWriteForm(given)) return undefined
  const range = typeof content === 'string' ? recogniseText(content, given[1], given[2], given[3])
    : ArrayBuffer.isView(content) ? recogniseWrite(content as NodeJS.ArrayBufferView, given[1], given[2], given[3], given[4]) : undefined
  return range === undefined ? undefined : taken(writeRange(fd, range, content), 'bytesWritten', content)
})

export const readv: Callbacks['readv'] = callbackFormOf('readv', ([fd, views, position, options]) => {
  const at = typeof position === 'number' ? positionOf(position) : -1
  if (!takesDescriptor(fd) || !areViews(views) || Number.isNaN(at)) return undefined
  return taken(readAll(fd, views, at, deadlineOf(options)), 'bytesRead', views)
})

export const writev: Callbacks['writev'] = callbackFormOf('writev', ([fd, views, position, options]) => {
  const at = typeof position === 'number' ? positionOf(position) : -1
  if (!takesDescriptor(fd) || !areViews(views) || Number.isNaN(at)) return undefined
  return taken(writeAll(fd, views, at, deadlineOf(options)), 'bytesWritten', views)
})
