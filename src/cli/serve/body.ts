// ① interface — bytes of a file into a response: by the kernel where the connection is the engine's, else through memory.
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { constants, createBrotliCompress, createGzip } from 'node:zlib'
import { read } from '../../operation/file.js'
import type { SocketStream } from '../../net/index.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { Coding } from './accept.js'
import type { Slice } from './ranges.js'

/** What is smaller is read, and goes out with the head. */
const SMALL_BYTES = 2 ** 16
const PIECE_BYTES = 2 ** 17
/** Beyond it brotli takes more time than it saves on the way. */
const BROTLI_QUALITY = 4

/** The client has gone, or takes nothing any more. */
export class ClientGone extends Error {}

/** A file has become shorter than it was when its length was sent. */
export class Shortened extends Error {}

/** Writes a chunk, and waits until the connection has taken it. @throws ClientGone */
export function written(response: ServerResponse, chunk: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new ClientGone())
    if (response.destroyed) {
      gone()
      return
    }
    response.once('close', gone)
    response.write(chunk, (error) => {
      response.off('close', gone)
      if (error === null || error === undefined) resolve()
      else gone()
    })
  })
}

/** Ends a response, and waits for what of it the connection has taken. @throws ClientGone */
export function ended(response: ServerResponse, last?: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    response.once('close', () => (response.writableFinished ? resolve() : reject(new ClientGone())))
    response.once('finish', resolve)
    if (response.destroyed) reject(new ClientGone())
    else if (last === undefined) response.end()
    else response.end(last)
  })
}

/** @throws Shortened */
async function filled(io: Proactor, fd: number, buffer: Buffer, offset: number): Promise<Buffer> {
  for (let done = 0; done < buffer.length;) {
    const count = await io.submit(read(fd, buffer.subarray(done), { offset: offset + done }))
    if (count === 0) throw new Shortened()
    done += count
  }
  return buffer
}

export async function sendSlice(io: Proactor, response: ServerResponse, fd: number, { start, end }: Slice, count: (bytes: number) => void): Promise<void> {
  const length = end - start
  if (length === 0) return
  if (length <= SMALL_BYTES) {
    await written(response, await filled(io, fd, Buffer.allocUnsafe(length), start))
    count(length)
    return
  }
  const { sendFile } = (response.socket ?? {}) as Partial<SocketStream>
  if (sendFile === undefined) await sendThroughMemory(io, response, fd, { start, end }, count)
  else await sendByKernel(response, fd, { start, end }, count)
}

async function sendByKernel(response: ServerResponse, fd: number, { start, end }: Slice, count: (bytes: number) => void): Promise<void> {
  const socket = response.socket as unknown as SocketStream
  response.flushHeaders()
  const sent = await socket.sendFile(fd, { offset: start, length: end - start }).catch(() => {
    throw new ClientGone()
  })
  count(sent)
  if (sent < end - start) throw new Shortened()
}

async function sendThroughMemory(io: Proactor, response: ServerResponse, fd: number, { start, end }: Slice, count: (bytes: number) => void): Promise<void> {
  const memory = Buffer.allocUnsafe(Math.min(PIECE_BYTES, end - start))
  for (let at = start; at < end; at += memory.length) {
    const piece = await filled(io, fd, memory.subarray(0, Math.min(memory.length, end - at)), at)
    await written(response, piece)
    count(piece.length)
  }
}

/** All of a file, compressed on its way; ends the response. @throws ClientGone, Shortened */
export async function sendCompressed(io: Proactor, response: ServerResponse, fd: number, size: number, coding: Coding, count: (bytes: number) => void): Promise<void> {
  const packer = packerFor(coding, size)
  packer.on('data', (chunk: Buffer) => count(chunk.length))
  try {
    await pipeline(piecesOf(io, fd, size), packer, response)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE' || response.destroyed && !(error instanceof Shortened)) throw new ClientGone()
    throw error
  }
}

export function packerFor(coding: Coding, size: number): ReturnType<typeof createBrotliCompress> | ReturnType<typeof createGzip> {
  if (coding === 'gzip') return createGzip()
  return createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: Math.min(size, 2 ** 30) } })
}

async function* piecesOf(io: Proactor, fd: number, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += SMALL_BYTES) yield await filled(io, fd, Buffer.allocUnsafe(Math.min(SMALL_BYTES, size - at)), at)
}
