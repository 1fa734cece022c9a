// ① interface — the many forms in which read and write take their range, as one. What is not recognised is Node's.
import type { View } from '../../operation/operation.js'
import { IOV_MAX } from '../../operation/file.js'
import { byteLengthOf } from '../../operation/view.js'
import type { SubmitOptions } from '../../proactor/options.js'
import { deadlineOf } from '../request/index.js'

/** A part of a view, and where in the file it goes. */
export class Range {
  readonly view: View
  readonly offset: number
  readonly length: number
  /** -1: the current position. */
  readonly position: number
  readonly options: SubmitOptions | undefined
  constructor(view: View, offset: number, length: number, position: number, options: SubmitOptions | undefined) {
    this.view = view
    this.offset = offset
    this.length = length
    this.position = position
    this.options = options
  }
}

interface Part { readonly offset?: unknown, readonly length?: unknown, readonly position?: unknown }

/** What a read without a buffer reads into: Node's default. */
const DEFAULT_BYTES = 16384

/** Reads: `(view, offset, length, position)`, `(view, { … })`, `({ buffer, … })`, and `()`. Undefined: leave it to Node. */
export function recogniseRead(first: unknown, offset?: unknown, length?: unknown, position?: unknown, extra?: unknown): Range | undefined {
  let view = first
  let deadline = extra
  if (!ArrayBuffer.isView(view)) {
    const asked = view ?? {}
    if (typeof asked !== 'object' || Array.isArray(asked)) return undefined
    deadline = asked
    ;({ buffer: view = Buffer.alloc(DEFAULT_BYTES), offset, length, position } = asked as Part & { readonly buffer?: unknown })
    if (!ArrayBuffer.isView(view)) return undefined
  } else if (typeof offset === 'object' && offset !== null) {
    deadline = offset
    ;({ offset, length, position } = offset as Part)
  }
  const byteLength = byteLengthOf(view as View)
  const from = offset ?? 0
  if (typeof from !== 'number') return undefined // before it is reckoned with
  const bytes = length ?? byteLength - from
  const at = positionOf(position)
  // Nothing to read, and nowhere to read it to, have answers of Node's own.
  if (!isPart(from, bytes, byteLength) || bytes === 0 || Number.isNaN(at)) return undefined
  return new Range(view as View, from, bytes as number, at, deadline === undefined ? undefined : deadlineOf(deadline))
}

/** The length of a read with which Node's FileHandle ends the process: a number, and no integer. Undefined: there is none such. */
export function fatalLength(first: unknown, second?: unknown, third?: unknown): number | undefined {
  const inOptions = !ArrayBuffer.isView(first) ? first : typeof second === 'object' ? second : undefined
  const length = inOptions === undefined || inOptions === null ? third : (inOptions as Part).length
  return typeof length === 'number' && !Number.isInteger(length) ? length : undefined
}

/** Writes of bytes: `(view, offset, length, position)`, `(view, { … })`. Undefined: leave it to Node. */
export function recogniseWrite(view: View, offset?: unknown, length?: unknown, position?: unknown, extra?: unknown): Range | undefined {
  let deadline = extra
  if (typeof offset === 'object') { // null is for Node no offset, but no options: length and position then go for nothing
    deadline = offset ?? extra
    ;({ offset, length, position } = (offset ?? {}) as Part)
  }
  const from = offset ?? 0
  if (typeof from !== 'number') return undefined // before it is reckoned with
  const there = byteLengthOf(view)
  const bytes = typeof length === 'number' ? length : there - from
  const at = typeof position === 'number' ? positionOf(position) : -1
  if (!isPart(from, bytes, there) || bytes === 0 || bytes > 0x7fffffff || Number.isNaN(at)) return undefined
  return new Range(view, from, bytes, at, deadline === undefined ? undefined : deadlineOf(deadline))
}

/** Writes of text: `(text, position, encoding)`. Undefined: leave it to Node. */
export function recogniseText(text: string, position?: unknown, encoding?: unknown, extra?: unknown): Range | undefined {
  const at = typeof position === 'number' || position === undefined || position === null ? positionOf(position) : NaN
  // Half a byte of hex is an error, which Node knows to tell.
  const isKnown = encoding === undefined || encoding === null || (typeof encoding === 'string' && encoding !== 'hex' && Buffer.isEncoding(encoding))
  if (text === '' || Number.isNaN(at) || !isKnown) return undefined
  const bytes = Buffer.from(text, (encoding ?? 'utf8'))
  return new Range(bytes, 0, bytes.length, at, deadlineOf(extra))
}

/** A position as the engine takes it: -1 for the current one; NaN: leave it to Node. */
export function positionOf(position: unknown): number {
  if (position === undefined || position === null || position === -1) return -1
  return typeof position === 'number' && Number.isSafeInteger(position) && position >= 0 ? position : NaN
}

function isPart(offset: unknown, length: unknown, bytes: number): boolean {
  return typeof offset === 'number' && typeof length === 'number' && Number.isInteger(offset) && Number.isInteger(length) &&
    offset >= 0 && length >= 0 && offset + length <= bytes
}

/** Whether these can go down as one vectored call. A hole is no view: `every` would pass over it. */
export function areViews(views: unknown): views is readonly View[] {
  if (!Array.isArray(views) || views.length === 0 || views.length > IOV_MAX) return false
  for (const view of views as readonly unknown[]) if (!ArrayBuffer.isView(view)) return false
  return true
}
