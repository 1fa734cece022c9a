// ① interface — iterables and async iterables of bytes or text as a source.
import type { OpenSource, SourceEnd } from './end.js'
import { pieceOf } from './bytes-of.js'
import { orAbort } from '../../waiting/or-abort.js'

/** Bytes or text, piece by piece. */
export type ByteIterable = AsyncIterable<string | NodeJS.ArrayBufferView> | Iterable<string | NodeJS.ArrayBufferView>

export function iterableSource(iterable: ByteIterable): SourceEnd {
  return {
    name: 'iterable',
    open(): Promise<OpenSource> {
      const iterator = Symbol.asyncIterator in iterable ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]()
      return Promise.resolve({
        kind: 'stream', size: undefined,
        async next(signal) {
          const result = await orAbort(Promise.resolve(iterator.next()), signal)
          return result.done === true ? undefined : pieceOf(result.value)
        },
        close(isWhole) {
          // One that waits for itself would keep us waiting, too.
          if (!isWhole) void Promise.resolve(iterator.return?.()).catch(() => undefined)
          return Promise.resolve()
        },
      })
    },
  }
}
