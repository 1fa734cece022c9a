// FileHandle.readableWebStream of trueaio/fs/promises beside Node's: the same chunks, and the same ends.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import ourPromises from 'trueaio/fs/promises'
import { populate, same } from './twin.js'

type Stream = ReadableStream<ArrayBuffer | Uint8Array> & AsyncIterable<ArrayBuffer | Uint8Array>

const streamOf = (handle: FileHandle, ...options: unknown[]): Stream => (handle.readableWebStream as (...given: unknown[]) => Stream)(...options)

/** Kind and size of each chunk, and whether the handle is open afterwards. */
async function chunksOf(handle: FileHandle, stream: Stream): Promise<unknown> {
  const chunks: unknown[] = []
  for await (const chunk of stream) chunks.push([Object.prototype.toString.call(chunk), chunk.byteLength, Buffer.from(chunk as ArrayBuffer).subarray(0, 4).toString()])
  return [chunks, handle.fd >= 0]
}

function sameStream(use: (handle: FileHandle) => unknown): Promise<void> {
  return same(async (io, at) => {
    const handle = await io.open(at('large'))
    try {
      return await use(handle)
    } finally {
      await handle.close()
    }
  })
}

describe('readableWebStream', () => {
  const list = { 'nothing': [], 'no type': [{}], 'bytes': [{ type: 'bytes' }], 'another type': [{ type: 'x' }], 'autoClose': [{ autoClose: true }], 'no options but text': ['x'] }
  for (const [title, options] of Object.entries(list)) test(`asked for with ${title}`, () => sameStream((handle) => chunksOf(handle, streamOf(handle, ...options))))

  for (const options of [null, { type: 5 }, { autoClose: 1, type: 'bytes' }]) {
    test(`asked for with ${JSON.stringify(options)}`, () => sameStream(async (handle) => {
      return await chunksOf(handle, streamOf(handle, options))
    }))
  }

  test('a reader with a buffer of its own', () => sameStream((handle) => {
    const reader = streamOf(handle).getReader({ mode: 'byob' })
    return typeof reader.read
  }))

  // Node 20 itself fails an assertion of its own when a stream of ArrayBuffers is left early.
  test('cancelled after a chunk', () => sameStream(async (handle) => {
    const reader = streamOf(handle, { type: 'bytes' }).getReader()
    const { done } = await reader.read()
    await reader.cancel()
    return [done, handle.fd >= 0]
  }))

  test('a second one, one of a closed handle', () => sameStream(async (handle) => {
    const told: unknown[] = []
    const ask = (): void => {
      try {
        streamOf(handle, { type: 'bytes' })
      } catch (error) {
        told.push(error)
      }
    }
    await chunksOf(handle, streamOf(handle, { type: 'bytes' }))
    ask()
    await handle.close()
    ask()
    return told
  }))
})

// As above: not beside Node's.
for (const type of [undefined, 'bytes']) {
  test(`closing the handle ends its stream, ${type ?? 'default'}`, async () => {
    for (const isReading of [false, true]) {
      const handle = await ourPromises.open('/dev/zero')
      const reader = streamOf(handle, { type }).getReader()
      if (isReading) await reader.read()
      const closed = handle.close()
      assert.equal((await reader.read()).done, true)
      await reader.closed
      await closed
      assert.equal(handle.fd, -1)
    }
  })
}

test('a chunk is what was read, and no more', () => same(async (io, at) => {
  const handle = await io.open(at('short'))
  try {
    return await chunksOf(handle, streamOf(handle))
  } finally {
    await handle.close()
  }
}, (root) => {
  populate(root)
  writeFileSync(join(root, 'short'), 'short')
}))
