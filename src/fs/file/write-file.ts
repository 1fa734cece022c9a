// ① interface — writeFile and appendFile: open, write all, flush if asked, close; the close is waited for, because a
// file system may keep its refusal until then. What fits one write goes to one thread as a row (write-in-row.ts).
import type { PathLike } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { close, fsync } from '../../operation/file.js'
import { kept, open } from '../../operation/path.js'
import { abortWins, closeAfter, countdownOf, hasRows, isListed, request, withFile, type Countdown, type Deadline, type PathBytes } from '../request/index.js'
import { engineHandle, modeBits, openFlags, plainPath, signalIsFine, textEncoding, type TextEncoding } from '../arguments/index.js'
import { bytesOf, isContent, WRITE_BYTES, writeContent, type Content } from './write-content.js'
import { writeInRow } from './write-in-row.js'
import { PACKED_BYTES_MAX, writePacked } from './write-packed.js'

export interface WriteFileOptions extends Deadline {
  readonly encoding?: BufferEncoding | null | undefined
  readonly mode?: number | string | undefined
  readonly flag?: string | number | undefined
  readonly flush?: boolean | undefined
}

type Target = PathLike | FileHandle

/** fs.writeFile. Undefined: leave it to Node. */
export function writeFile(path: Target, data: unknown, options?: WriteFileOptions | BufferEncoding | null): Promise<void> | undefined {
  return writeWhole(path, data, options, 'w')
}

/** fs.appendFile. Undefined: leave it to Node. */
export function appendFile(path: Target, data: unknown, options?: WriteFileOptions | BufferEncoding | null): Promise<void> | undefined {
  return writeWhole(path, data, options, 'a')
}

function writeWhole(path: Target, data: unknown, options: WriteFileOptions | BufferEncoding | null | undefined, defaultFlag: string): Promise<void> | undefined {
  const encoding = textEncoding(options)
  const given: WriteFileOptions = typeof options === 'object' && options !== null ? options : {}
  const isDefaultFlag = !given.flag // whatever is falsy
  const flags = openFlags(isDefaultFlag ? defaultFlag : given.flag)
  const mode = modeBits(given.mode, 0o666)
  const flushIsFine = given.flush === undefined || (given.flush as unknown) === null || typeof given.flush === 'boolean'
  if (encoding === null || encoding === 'buffer' || flags < 0 || mode < 0 || !flushIsFine || !signalIsFine(given.signal) || !isContent(data)) return undefined
  const handle = engineHandle(path)
  if (handle !== undefined) return handle.writeFile(data as string, options)
  const plain = plainPath(path)
  if (plain === undefined) return undefined
  const { signal } = given
  if (signal?.aborted === true) return undefined // Node's callback then comes before its function returns
  const countdown = countdownOf(given)
  const done = { bytesWritten: 0 }
  if (given.flush !== true && hasRows() && (typeof data === 'string' || ArrayBuffer.isView(data))) {
    const bytes = bytesOf(data, encoding)
    if (bytes.length <= WRITE_BYTES) {
      const oneByOne = (): Promise<void> => stepByStep(plain, flags, mode, { content: bytes, encoding: undefined, flush: false, done }, countdown)
      if (countdown === undefined && bytes.length <= PACKED_BYTES_MAX && isListed(plain)) return writePacked(plain, flags, mode, bytes, oneByOne)
      return abortWins(writeInRow(plain, flags, mode, bytes, countdown, oneByOne), signal, { bytesWritten: bytes.length })
    }
  }
  return abortWins(stepByStep(plain, flags, mode, { content: data, encoding, flush: given.flush === true, done }, countdown), signal, done)
}

interface WholeWrite {
  readonly content: Content
  readonly encoding: TextEncoding
  readonly flush: boolean
  /** Counted while it goes on. */
  readonly done: { bytesWritten: number }
}

function stepByStep(path: PathBytes, flags: number, mode: number, whole: WholeWrite, countdown: Countdown | undefined): Promise<void> {
  return withFile(
    () => request<number>(kept(open(path, { flags, mode })), countdown?.options, 'open', path),
    (fd) => writeAndClose(fd, whole, countdown),
  )
}

async function writeAndClose(fd: number, { content, encoding, flush, done }: WholeWrite, countdown: Countdown | undefined): Promise<void> {
  try {
    await writeContent(fd, content, encoding, countdown, done)
    if (flush) await request(fsync(fd), countdown?.options, 'fsync')
  } catch (error) {
    await closeAfter(fd, error as Error)
  }
  await request(close(fd), undefined, 'close')
}
