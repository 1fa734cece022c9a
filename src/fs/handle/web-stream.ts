// ① interface — FileHandle.readableWebStream of Node 20, whose default gives ArrayBuffers of up to 64 KiB, which Node's native
// object reads. Here they are read through the handle, by way of the stream of bytes that Node 20 can make as well.
import type { ReadableStream } from 'node:stream/web'
import { NODE_MAJOR } from '../node/index.js'

const READ_BYTES = 65536

/** Whether these options ask for such a stream; what they get wrong is Node's to refuse. */
export function asksForArrayBuffers(options: unknown): boolean {
  if (NODE_MAJOR >= 22 || options === null) return false
  const { type } = (options ?? {}) as { readonly type?: unknown }
  return type === undefined || (typeof type === 'string' && type !== 'bytes')
}

/** The same content, ends and errors. */
export function arrayBufferStream(bytes: ReadableStream): ReadableStream<ArrayBuffer> {
  const reader = bytes.getReader({ mode: 'byob' })
  let isCancelled = false
  const web = process.getBuiltinModule('node:stream/web') // only here: to load it costs 5 ms
  return new web.ReadableStream<ArrayBuffer>({
    start(controller) {
      // Also when the handle is closed while nobody is reading.
      reader.closed.then(() => {
        if (!isCancelled) controller.close()
      }, (error: unknown) => controller.error(error))
    },
    async pull(controller) {
      const { done, value } = await reader.read(new Uint8Array(READ_BYTES))
      if (!done) controller.enqueue(value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength))
    },
    async cancel(reason: unknown) {
      isCancelled = true
      await reader.cancel(reason)
    },
  }, { highWaterMark: 0 }) // so that nothing is held back when it ends
}
