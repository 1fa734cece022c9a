// ① interface — memory as an end: a view that is read from, or written into, in place.
import { outOfRange } from '../../operation/arguments.js'
import type { View } from '../../operation/file-reference.js'
import { asBuffer, byteLengthOf } from '../../operation/view.js'
import type { OpenSource, OpenTarget, SourceEnd, TargetEnd } from './end.js'

const nothing = (): Promise<void> => Promise.resolve()

export function memorySource(view: View): SourceEnd {
  const name = `memory of ${String(byteLengthOf(view))} bytes`
  return {
    name,
    open(): Promise<OpenSource> {
      const bytes = asBuffer(view)
      return Promise.resolve({ kind: 'memory', size: bytes.length, viewAt: (offset, length) => bytes.subarray(offset, offset + length), close: nothing })
    },
  }
}

export function memoryTarget(view: View): TargetEnd {
  const name = `memory of ${String(byteLengthOf(view))} bytes`
  return {
    name,
    open({ expected }): Promise<OpenTarget> {
      const bytes = asBuffer(view)
      if (expected !== undefined && expected > bytes.length) return Promise.reject(noRoom(bytes.length, expected))
      return Promise.resolve({
        kind: 'memory', room: bytes.length, isFresh: false, commit: nothing, abandon: nothing,
        viewAt(offset, length): Uint8Array {
          if (offset + length > bytes.length) throw noRoom(bytes.length, offset + length)
          return bytes.subarray(offset, offset + length)
        },
      })
    },
  }
}

function noRoom(room: number, wanted: number): RangeError {
  return outOfRange('target.memory', `at least as large as what comes, ${String(wanted)} bytes`, room)
}
