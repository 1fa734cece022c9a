// ① interface — what streams and iterables give, as bytes.
import { invalidArgType } from '../../operation/arguments.js'
import type { View } from '../../operation/file-reference.js'
import { asBuffer } from '../../operation/view.js'
import type { Piece } from './end.js'

const nothing = (): void => undefined

/** A piece of memory that nobody else uses. @throws ERR_INVALID_ARG_TYPE */
export function pieceOf(chunk: unknown): Piece {
  if (typeof chunk === 'string') return { bytes: Buffer.from(chunk), release: nothing }
  if (ArrayBuffer.isView(chunk)) return { bytes: asBuffer(chunk as View), release: nothing }
  if (chunk instanceof ArrayBuffer) return { bytes: new Uint8Array(chunk), release: nothing }
  throw invalidArgType('chunk', 'of type string or an instance of Buffer, TypedArray or DataView', chunk)
}
