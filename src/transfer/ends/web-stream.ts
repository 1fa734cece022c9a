// ① interface — web streams as ends.
import type { ReadableStream, WritableStream } from 'node:stream/web'
import type { OpenSource, OpenTarget, SourceEnd, TargetEnd } from './end.js'
import { pieceOf } from './bytes-of.js'
import { orAbort } from '../../waiting/or-abort.js'

export function webSource(stream: ReadableStream<unknown>): SourceEnd {
  return {
    name: 'web stream',
    open({ signal }): Promise<OpenSource> {
      const reader = stream.getReader()
      return Promise.resolve({
        kind: 'stream', size: undefined,
        async next(ending) {
          const { done, value } = await orAbort(reader.read(), ending)
          return done ? undefined : pieceOf(value)
        },
        async close(isWhole) {
          if (!isWhole) await reader.cancel(signal.reason).catch(() => undefined) // it has failed by itself
          reader.releaseLock()
        },
      })
    },
  }
}

/** @param end false: it stays open for more */
export function webTarget(stream: WritableStream<unknown>, end: boolean): TargetEnd {
  return {
    name: 'web stream',
    open(): Promise<OpenTarget> {
      const writer = stream.getWriter()
      return Promise.resolve({
        kind: 'stream', isFresh: false,
        async push(bytes, signal) {
          await orAbort(writer.ready, signal)
          await orAbort(writer.write(Buffer.from(bytes)), signal) // a copy, as the slab is used again
        },
        async commit(_bytes, _source, signal) {
          if (end) await orAbort(writer.close(), signal)
          else writer.releaseLock()
        },
        async abandon(error) {
          if (end) await writer.abort(error).catch(() => undefined) // it has failed by itself
          else writer.releaseLock()
        },
      })
    },
  }
}
