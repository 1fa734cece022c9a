// ① interface — a connection as web streams: what is read is received, one piece for each chunk asked for; what is written is sent before
// the next is taken.
import { ReadableStream, WritableStream, type ReadableByteStreamController } from 'node:stream/web'
import type { Piece } from './piece.js'
import type { Sendable } from './sendable.js'

/** What the streams need of a connection. */
export interface Ends {
  receive(options: { readonly signal: AbortSignal }): Promise<Piece | undefined>
  send(data: Sendable): Promise<void>
  shutdown(): Promise<void>
  reset(): Promise<void>
}

export function readableOf(connection: Ends): ReadableStream<Uint8Array> {
  const stop = new AbortController()
  return new ReadableStream({
    type: 'bytes',
    async pull(controller: ReadableByteStreamController) {
      const piece = await connection.receive({ signal: stop.signal })
      if (piece === undefined) {
        controller.close()
        // A reader with a buffer of its own waits for this.
        controller.byobRequest?.respond(0)
      } else {
        // Not a Buffer, which may share its memory with others: the stream transfers it.
        const bytes = new Uint8Array(piece.bytes)
        piece.release()
        controller.enqueue(bytes)
      }
    },
    cancel: () => stop.abort(),
  })
}

export function writableOf(connection: Ends): WritableStream<Sendable> {
  return new WritableStream<Sendable>({
    write: (chunk) => connection.send(chunk),
    close: () => connection.shutdown(),
    abort: () => connection.reset(),
  })
}
