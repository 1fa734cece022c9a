// ② operation — where a view's memory is and how long it is, by the view's internal fields. Its properties are believed by
// nobody here: a class, a prototype or the view itself may have a `length`, a `byteLength` or a `buffer` of its own, and the
// kernel would write where that says. The one place that asks; test/tidy.test.ts holds it.
import type { View } from './file-reference.js'

type Getter<Value> = (this: View) => Value

function getterOf<Value>(prototype: object, name: 'buffer' | 'byteLength' | 'byteOffset'): Getter<Value> {
  const property = Object.getOwnPropertyDescriptor(prototype, name)
  return Reflect.get(property as object, 'get') as Getter<Value> // the language has them since 2015
}

// As constants of this module, and called by `Reflect.apply` with an empty list made there and then, which V8 compiles to a call: 11 ns on
// Node 20, where `view.byteLength` takes 30; on Node 26 nine less than with a list that is kept.
const apply = Reflect.apply as <Value>(getter: Getter<Value>, view: View, given: readonly never[]) => Value
const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as object
const typedBuffer = getterOf<ArrayBufferLike>(typedArrays, 'buffer')
const typedLength = getterOf<number>(typedArrays, 'byteLength')
const typedOffset = getterOf<number>(typedArrays, 'byteOffset')
const dataBuffer = getterOf<ArrayBufferLike>(DataView.prototype, 'buffer')
const dataLength = getterOf<number>(DataView.prototype, 'byteLength')
const dataOffset = getterOf<number>(DataView.prototype, 'byteOffset')

/** Bytes of a typed array; 0 of one whose memory is gone; -1 of anything else. Nobody can make the answer up. */
export function typedArrayBytes(view: unknown): number {
  try {
    return apply(typedLength, view as View, [])
  } catch {
    return -1
  }
}

/** A view's bytes; 0 once its memory is gone (detached, or resized below it). */
export function byteLengthOf(view: View): number {
  try {
    return apply(typedLength, view, [])
  } catch {
    return ofDataView(dataLength, view)
  }
}

/** Bytes between the start of its memory and the view; 0 once the memory is gone. */
export function byteOffsetOf(view: View): number {
  try {
    return apply(typedOffset, view, [])
  } catch {
    return ofDataView(dataOffset, view)
  }
}

/** A DataView throws where a typed array answers 0. */
function ofDataView(getter: Getter<number>, view: View): number {
  try {
    return apply(getter, view, [])
  } catch {
    return 0
  }
}

/** The memory under a view. */
export function bufferOf(view: View): ArrayBufferLike {
  try {
    return apply(typedBuffer, view, [])
  } catch {
    return apply(dataBuffer, view, [])
  }
}

/** The bytes of a view, or a part of them, as a plain Uint8Array over the same memory. @throws RangeError: they are not there */
export function bytesOf(view: View, from = 0, length: number = byteLengthOf(view) - from): Uint8Array {
  return new Uint8Array(bufferOf(view), byteOffsetOf(view) + from, length)
}

/** The same as a Buffer. */
export function asBuffer(view: View): Buffer {
  return Buffer.from(bufferOf(view) as ArrayBuffer, byteOffsetOf(view), byteLengthOf(view))
}

/** Several views without their first bytes, as views over the same memory. */
export function viewsAfter(views: readonly View[], bytes: number): readonly View[] {
  if (bytes === 0) return views
  const rest: View[] = []
  let left = bytes
  for (const view of views) {
    const length = byteLengthOf(view)
    if (left < length) rest.push(left === 0 ? view : bytesOf(view, left, length - left))
    left = Math.max(0, left - length)
  }
  return rest
}

/**
 * What an operation lends: a typed array, the bytes of a DataView. Elements are looked up in the memory and nowhere else, so
 * that `holds` is an answer that nobody can make up.
 */
export function lendable(view: View): View {
  try {
    apply(typedLength, view, [])
    return view
  } catch {
    return bytesOf(view)
  }
}

/** Whether an element at the end of so many bytes is there; a quick yes (2 ns). A no means: ask `byteLengthOf`. */
export function holds(view: View, bytes: number): boolean {
  return (view as Uint8Array)[bytes - 1] !== undefined
}
