// ① interface — Node's streams as ends.
import type { Readable, Writable } from 'node:stream'
import type { OpenSource, OpenTarget, SourceEnd, TargetEnd } from './end.js'
import { orAbort } from '../../waiting/or-abort.js'
import { pieceOf } from './bytes-of.js'

/** Reads a stream to its end. What fails in between destroys it. */
export function readableSource(stream: Readable): SourceEnd {
  return {
    name: `stream ${stream.constructor.name}`,
    open({ signal }): Promise<OpenSource> {
      const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<unknown, undefined>
      const destroy = (): void => void stream.destroy(signal.reason as Error)
      // An error before the first piece is asked for has no other listener. The iterator reports it.
      const told = (): void => undefined
      stream.on('error', told)
      signal.addEventListener('abort', destroy, { once: true })
      return Promise.resolve({
        kind: 'stream', size: undefined,
        async next(ending) {
          const result = await orAbort(iterator.next(), ending)
          return result.done === true ? undefined : pieceOf(result.value)
        },
        async close(isWhole) {
          signal.removeEventListener('abort', destroy)
          if (!isWhole) await iterator.return?.()
          if (!stream.destroyed) stream.off('error', told)
        },
      })
    },
  }
}

/** @param end false: it stays open for more */
export function writableTarget(stream: Writable, end: boolean): TargetEnd {
  return {
    name: `stream ${stream.constructor.name}`,
    open(): Promise<OpenTarget> {
      let failure: Error | undefined
      const fail = (error: Error): void => {
        failure ??= error
      }
      stream.on('error', fail)
      const orFailure = (begin: (done: (error?: Error | null) => void) => void): Promise<void> => new Promise((resolve, reject) => {
        const closed = (): void => settle(failure ?? Object.assign(new Error('the stream was closed before the end'), { code: 'ERR_STREAM_PREMATURE_CLOSE' }))
        const settle = (error?: Error | null): void => {
          stream.off('close', closed)
          const reason = error ?? failure
          if (reason === undefined) resolve()
          else reject(reason)
        }
        if (failure !== undefined) reject(failure)
        else if (stream.destroyed) closed()
        else {
          stream.on('close', closed)
          begin(settle)
        }
      })
      return Promise.resolve({
        kind: 'stream', isFresh: false,
        // A copy: a stream may hand the memory on and call back at once, and the slab is used again.
        push: (bytes, signal) => orAbort(orFailure((done) => stream.write(Buffer.from(bytes), done)), signal),
        async commit(_bytes, _source, signal) {
          if (end) await orAbort(orFailure((done) => stream.end(() => done())), signal)
          stream.off('error', fail)
        },
        abandon(error) {
          // It may tell the same error later, which nobody else waits for.
          if (end) stream.destroy(error)
          else stream.off('error', fail)
          return Promise.resolve()
        },
      })
    },
  }
}
