// ① interface — all of a content into an open file: writes continue where one was short.
import { write } from '../../operation/file.js'
import type { View } from '../../operation/operation.js'
import { asBuffer } from '../../operation/view.js'
import { checkAborted, request, withDone, type Countdown } from '../request/index.js'
import type { TextEncoding } from '../arguments/index.js'

/** What writeFile takes: text, bytes, or something that gives one or the other piece by piece. */
export type Content = string | View | Iterable<string | View> | AsyncIterable<string | View>

/** So that an abort does not wait for gigabytes; Node writes half a megabyte at a time. */
export const WRITE_BYTES: number = 1024 * 1024

/** Whether this is a content at all; if not, it is Node's to refuse. */
export function isContent(value: unknown): value is Content {
  if (typeof value === 'string' || ArrayBuffer.isView(value)) return true
  if (typeof value !== 'object' || value === null) return false
  const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: synchronous } = value as Partial<AsyncIterable<unknown> & Iterable<unknown>>
  return typeof asynchronous === 'function' || typeof synchronous === 'function'
}

/** A piece as bytes: of a view the memory itself, of text its encoding (UTF-8 by default). */
export function bytesOf(piece: string | View, encoding: TextEncoding): Buffer {
  if (ArrayBuffer.isView(piece)) return asBuffer(piece)
  return Buffer.from(piece, (encoding ?? 'utf8') as BufferEncoding)
}

/** Writes from the current position on, and counts. */
export async function writeContent(fd: number, content: Content, encoding: TextEncoding, countdown: Countdown | undefined, done: { bytesWritten: number } = { bytesWritten: 0 }): Promise<void> {
  try {
    checkAborted(countdown)
    if (typeof content === 'string' || ArrayBuffer.isView(content)) {
      await writeBytes(fd, bytesOf(content, encoding), countdown, done)
      return
    }
    for await (const piece of content) {
      checkAborted(countdown)
      await writeBytes(fd, bytesOf(piece, encoding), countdown, done)
    }
  } catch (error) {
    throw withDone(error, done)
  }
}

/** Writes on from the current position until all is written, and counts. */
export async function writeBytes(fd: number, bytes: Buffer, countdown: Countdown | undefined, done: { bytesWritten: number }): Promise<void> {
  let at = 0
  while (at < bytes.length) {
    const end = Math.min(at + WRITE_BYTES, bytes.length)
    const part = at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end)
    const written = await request<number>(write(fd, part), countdown?.options, 'write')
    at += written
    done.bytesWritten += written
    checkAborted(countdown)
  }
}
