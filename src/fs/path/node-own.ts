// ① interface — functions that stay Node's own, because the engine does them no faster (one trip to one thread that does
// all of it), with the one thing added that all functions of the drop-in have: a deadline. Without one: undefined.
import type { PathLike } from 'node:fs'
import { systemError } from '../../operation/system-error.js'
import { node } from '../node/index.js'
import { deadlineOf, within, type Deadline } from '../request/index.js'
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

/** fs.statfs. On a thread of the pool it is faster with many at once, and slower one after the other. */
export function statfs(path: PathLike, options?: { bigint?: boolean } & Deadline): Promise<unknown> | undefined {
  return deadlineOf(options) === undefined ? undefined : within(node.statfs(path, options), options, 'statfs')
}
