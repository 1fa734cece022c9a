// ① interface — functions that stay Node's own, because the engine does them no faster (one trip to one thread that does
// all of it), with the one thing added that all functions of the drop-in have: a deadline. Without one: undefined.
import type { Dir, OpenDirOptions, PathLike } from 'node:fs'
import { systemError } from '../../operation/system-error.js'
import { node } from '../node/index.js'
import { plainPath } from '../arguments/index.js'
import { deadlineOf, openedWithin, within, type Deadline } from '../request/index.js'
import { copyByReading, isOfKernel } from './copy-by-reading.js'

/** fs.copyFile. */
export function copyFile(source: PathLike, destination: PathLike, mode?: number, options?: Deadline): Promise<void> | undefined {
  if (isOfKernel(source) && typeof destination === 'string' && (mode === undefined || typeof mode === 'number')) {
    return within(copyOfKernel(source, destination, mode), options, 'copyfile')
  }
  return deadlineOf(options) === undefined ? undefined : within(node.copyFile(source, destination, mode), options, 'copyfile')
}

async function copyOfKernel(source: string, destination: string, mode: number | undefined): Promise<void> {
  const isDone = await copyByReading(source, destination, mode).catch((error: unknown) => {
    const { errno } = error as NodeJS.ErrnoException
    throw errno === undefined ? error : systemError(errno, 'copyfile', source, destination)
  })
  if (!isDone) await node.copyFile(source, destination, mode)
}

/** fs.statfs. On a thread of the pool it is quicker with many at once, and slower one after the other. */
export function statfs(path: PathLike, options?: { bigint?: boolean } & Deadline): Promise<unknown> | undefined {
  return deadlineOf(options) === undefined ? undefined : within(node.statfs(path, options), options, 'statfs')
}

/** fs.realpath. */
export function realpath(path: PathLike, options?: unknown): Promise<string | Buffer> | undefined {
  return deadlineOf(options) === undefined ? undefined : within(node.realpath(path, options as 'buffer') as Promise<string | Buffer>, options, 'realpath')
}

/** fs.mkdtemp. What was made after the deadline stays. */
export function mkdtemp(prefix: string, options?: unknown): Promise<string | Buffer> | undefined {
  return deadlineOf(options) === undefined ? undefined : within(node.mkdtemp(prefix, options as 'buffer') as Promise<string | Buffer>, options, 'mkdtemp')
}

/** Entries of one read of a directory. Node takes memory for as many as it is told, and ends the process where there is not so much. */
const ENTRIES_MAX = 65536

/** Whether a read is asked for more than that. What is no number of entries is Node's to refuse. */
function tooManyEntries(options: OpenDirOptions | null | undefined): boolean {
  const { bufferSize } = options ?? {}
  return typeof bufferSize === 'number' && Number.isInteger(bufferSize) && bufferSize > ENTRIES_MAX && bufferSize <= 0xffffffff
}

/** fs.opendir. A directory that opens after the deadline is closed. */
export function opendir(path: PathLike, options?: OpenDirOptions & Deadline): Promise<Dir> | undefined {
  const isTooMuch = plainPath(path) !== undefined && tooManyEntries(options)
  if (deadlineOf(options) === undefined && !isTooMuch) return undefined
  const work = node.opendir(path, isTooMuch ? { ...options, bufferSize: ENTRIES_MAX } : options)
  return openedWithin(work, options, 'opendir', (directory) => directory)
}
