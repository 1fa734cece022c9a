// ① interface — what the caller of a whole-file read gets: text, or a Buffer of its own. Never a part of memory that is used again.
import type { TextEncoding } from '../arguments/index.js'

type Slices = Buffer & { utf8Slice(start: number, end: number): string }

/** `length` bytes from `at` on. Throws when they are longer than a string can be. */
export function contentOf(bytes: Buffer, at: number, length: number, encoding: TextEncoding): Buffer | string {
  if (encoding === undefined) {
    const content = Buffer.allocUnsafeSlow(length)
    bytes.copy(content, 0, at, at + length)
    return content
  }
  if (encoding === 'utf8') return (bytes as Slices).utf8Slice(at, at + length)
  return bytes.toString(encoding as BufferEncoding, at, at + length)
}
