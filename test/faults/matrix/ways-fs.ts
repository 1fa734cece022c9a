// Ways of writing: the drop-in fs.
import { once } from 'node:events'
import type { WriteStream } from 'node:fs'
import { promisify } from 'node:util'
import fs from 'trueaio/fs'
import promises from 'trueaio/fs/promises'
import type { CommitHandle } from 'trueaio/fs/promises'
import type { Cell } from './cell.js'
import { atOnce, inPieces, LIBUV_GOES_ON, MUCH, PIECE, withDescriptor, type Way } from './way.js'
import { parts } from './ways-engine.js'

/** A FileHandle; its close is the way's, so that the way hears what it says. */
async function withHandle(cell: Cell, body: (handle: CommitHandle) => Promise<void>, flags = 'wx'): Promise<void> {
  const handle = await promises.open(cell.path, flags)
  try {
    await body(handle)
  } catch (error) {
    await handle.close().catch(() => undefined)
    throw error
  }
  await handle.close()
}

/** One call that writes all. */
function whole(name: string, write: (cell: Cell) => Promise<unknown>, more: Partial<Way> = {}): Way {
  return {
    name, placing: 'in order', exact: false, hearsClose: true, ...more,
    async write(cell) {
      await write(cell)
      cell.acknowledgeAll()
    },
  }
}

function* inThirds({ content }: Cell): Generator<Buffer> {
  for (const at of [0, 1, 2]) yield content.subarray(at * Math.ceil(content.length / 24) * 8, (at + 1) * Math.ceil(content.length / 24) * 8)
}

/** Writes into a stream; a chunk counts as acknowledged once its callback was called without an error. */
async function intoStream(cell: Cell, stream: WriteStream): Promise<void> {
  const { content } = cell
  const ended = once(stream, 'close').catch((error: unknown) => error as Error)
  for (let at = 0; at < content.length; at += PIECE) {
    const piece = content.subarray(at, at + PIECE)
    stream.write(piece, (error) => {
      if (error === undefined || error === null) cell.acknowledge(at, piece.length)
    })
  }
  stream.end()
  const end = await ended
  if (end instanceof Error) {
    if (!stream.closed) await once(stream, 'close')
    throw end
  }
}

/** One trip to a thread of Node's, which knows the system's files only. */
const NODES_COPY = { simulated: 'copies of one file are Node’s own (docs/guide/configuration.md)' } as const

const NODES_HANDLE = { node: 'with this driver FileHandles are Node’s own, which have no commit (docs/guide/drop-in-fs.md)' } as const

/** Its WriteStream with a `start` goes on after a short writev at a wrong place. */
const NODES_STREAM = { 'node, EIO at one write': 'with this driver streams are Node’s own' } as const

const writeBack = promisify(fs.write) as unknown as (fd: number, bytes: Buffer, offset: number, length: number, position: number | null) => Promise<{ bytesWritten: number }>
const writevBack = promisify(fs.writev) as unknown as (fd: number, buffers: Buffer[], position: number | null) => Promise<{ bytesWritten: number }>

export const FS_WAYS: readonly Way[] = [
  whole('promises.writeFile', (cell) => promises.writeFile(cell.path, cell.content)),
  whole('promises.writeFile, much', (cell) => promises.writeFile(cell.path, cell.content), { bytes: MUCH }),
  whole('promises.writeFile, flush', (cell) => promises.writeFile(cell.path, cell.content, { flush: true }), { hearsSync: true }),
  whole('promises.writeFile, iterable', (cell) => promises.writeFile(cell.path, inThirds(cell) as never)),
  whole('promises.writeFile, text', (cell) => promises.writeFile(cell.path, cell.content.toString('latin1'), 'latin1')),
  whole('promises.appendFile', (cell) => promises.appendFile(cell.path, cell.content)),
  whole('writeFile', (cell) => promisify(fs.writeFile)(cell.path, cell.content)),
  whole('appendFile, much', (cell) => promisify(fs.appendFile)(cell.path, cell.content), { bytes: MUCH }),
  whole('writeFile, descriptor', (cell) => withDescriptor(cell, (fd) => promisify(fs.writeFile)(fd, cell.content)), { hearsClose: false }),
  whole('handle.writeFile', (cell) => withHandle(cell, (handle) => handle.writeFile(cell.content))),
  whole('handle.appendFile', (cell) => withHandle(cell, (handle) => handle.appendFile(cell.content))),
  {
    name: 'handle.write', placing: 'in order', exact: true, hearsClose: true,
    write: (cell) => withHandle(cell, (handle) => inPieces(cell, async (bytes) => (await handle.write(bytes)).bytesWritten)),
  },
  {
    name: 'handle.write, offset', placing: 'in order', exact: true, hearsClose: true,
    write: (cell) => withHandle(cell, (handle) => inPieces(cell, async (bytes, at) => (await handle.write(bytes, 0, bytes.length, at)).bytesWritten)),
  },
  {
    lacks: LIBUV_GOES_ON, name: 'handle.write at once', placing: 'in any order', exact: true, hearsClose: true,
    write: (cell) => withHandle(cell, (handle) => atOnce(cell, async (bytes) => (await handle.write(bytes)).bytesWritten)),
  },
  {
    name: 'handle.writev', placing: 'in order', exact: true, hearsClose: true,
    write: (cell) => withHandle(cell, (handle) => inPieces(cell, async (bytes) => (await handle.writev(parts(bytes))).bytesWritten)),
  },
  {
    lacks: NODES_HANDLE, name: 'handle.commit', placing: 'in order', exact: false, hearsSync: true, hearsClose: true,
    write: (cell) => withHandle(cell, (handle) => inPieces(cell, (bytes) => handle.commit(bytes))),
  },
  {
    lacks: NODES_HANDLE, name: 'handle.commit at once', placing: 'in any order', exact: false, hearsSync: true, hearsClose: true,
    write: (cell) => withHandle(cell, (handle) => atOnce(cell, (bytes) => handle.commit(bytes))),
  },
  {
    lacks: NODES_HANDLE, name: 'handle.commit, offsets at once', placing: 'side by side', exact: false, hearsSync: true, hearsClose: true,
    write: (cell) => withHandle(cell, (handle) => atOnce(cell, (bytes, offset) => handle.commit(bytes, { offset }))),
  },
  {
    name: 'write, callback', placing: 'in order', exact: true,
    write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, async (bytes) => (await writeBack(fd, bytes, 0, bytes.length, null)).bytesWritten)),
  },
  {
    name: 'write, callback, offset', placing: 'in order', exact: true,
    write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, async (bytes, at) => (await writeBack(fd, bytes, 0, bytes.length, at)).bytesWritten)),
  },
  {
    name: 'writev, callback', placing: 'in order', exact: true,
    write: (cell) => withDescriptor(cell, (fd) => inPieces(cell, async (bytes) => (await writevBack(fd, parts(bytes), null)).bytesWritten)),
  },
  { name: 'createWriteStream', placing: 'in order', exact: false, hearsClose: true, write: (cell) => intoStream(cell, fs.createWriteStream(cell.path)) },
  { lacks: NODES_STREAM, name: 'createWriteStream, start', placing: 'in order', exact: false, hearsClose: true, write: (cell) => intoStream(cell, fs.createWriteStream(cell.path, { start: 0 })) },
  { name: 'createWriteStream, flush', placing: 'in order', exact: false, hearsClose: true, hearsSync: true, write: (cell) => intoStream(cell, fs.createWriteStream(cell.path, { flush: true })) },
  {
    name: 'handle.createWriteStream', placing: 'in order', exact: false,
    write: async (cell) => intoStream(cell, (await promises.open(cell.path, 'wx')).createWriteStream()),
  },
  whole('cp', (cell) => promises.cp(cell.source, cell.path), { lacks: NODES_COPY }),
  whole('copyFile', (cell) => promises.copyFile(cell.source, cell.path), { lacks: NODES_COPY }),
]
