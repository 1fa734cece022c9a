// ① interface — rm: a tree removed many names at once. Whatever does not go smoothly is done by Node's own rm, which then
// retries, or refuses with its own error.
import type { PathLike, RmOptions } from 'node:fs'
import * as operation from '../operation/path.js'
import { directoryEntries, EntryType } from './directory-entries.js'
import { node } from './node-functions.js'
import { optionsObject, plainPath } from './recognise.js'
import { checkAborted, countdownOf, deadlineOf, request, type Countdown, type Deadline } from './request.js'
import { within } from './within.js'

/** Unlinks in flight in one directory: the kernel does them one after the other anyway, and each waits on a worker of its. */
const UNLINKS_AT_ONCE = 4
const NOT_EMPTY: ReadonlySet<unknown> = new Set(['ENOTEMPTY', 'EEXIST'])

/** fs.rm, when it can be done here: a tree, or anything with a deadline. Undefined: leave it to Node. */
export function rm(path: PathLike, options?: RmOptions & Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  const given = optionsObject(options)
  if (plain === undefined || given === undefined) return undefined
  const nodes = (): Promise<void> => within(node.rm(path, options), options, 'rm')
  const areFine = given['recursive'] === true && (given['force'] === undefined || typeof given['force'] === 'boolean') &&
    given['maxRetries'] === undefined && given['retryDelay'] === undefined
  if (typeof plain !== 'string' || !areFine) return deadlineOf(given) === undefined ? undefined : nodes()
  return removeOrLeave(plain, countdownOf(given), nodes)
}

async function removeOrLeave(path: string, countdown: Countdown | undefined, nodes: () => Promise<void>): Promise<void> {
  checkAborted(countdown)
  try {
    if (await removeTree(path, countdown)) return
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ETIMEDOUT') throw error
    checkAborted(countdown)
    // Some name could not be removed: Node's rm meets the same, and says so its way.
  }
  await nodes()
}

/** True: all of it is gone. False: not a directory, or not for this function. */
async function removeTree(path: string, countdown: Countdown | undefined): Promise<boolean> {
  const { mode } = await request<operation.Statx>(operation.statx(path, { flags: 0x100 }), countdown?.options, 'lstat', path)
  if ((mode & 0o170000) !== 0o040000) return false
  try {
    // First the name itself, as Node does: what can't be removed at all (`a/.`) must not lose its content.
    await request(operation.rmdir(path), countdown?.options, 'rmdir', path)
    return true
  } catch (error) {
    if (!NOT_EMPTY.has((error as { code?: unknown }).code)) throw error
  }
  return removeDirectory(path, countdown)
}

async function removeDirectory(path: string, countdown: Countdown | undefined): Promise<boolean> {
  const { names, types, hasForeignNames } = await directoryEntries(path, countdown)
  if (hasForeignNames || types.includes(EntryType.UNKNOWN)) return false
  const below = names.filter((_, index) => types[index] === EntryType.DIRECTORY).map((name) => removeDirectory(`${path}/${name}`, countdown))
  let next = 0
  const lane = async (): Promise<boolean> => {
    while (next < names.length) {
      const index = next++
      if (types[index] === EntryType.DIRECTORY) continue
      const name = `${path}/${names[index] as string}`
      await request(operation.unlink(name), countdown?.options, 'unlink', name)
    }
    return true
  }
  for (let lanes = Math.min(UNLINKS_AT_ONCE, names.length); lanes > 0; lanes--) below.push(lane())
  const results = await Promise.allSettled(below)
  for (const result of results) if (result.status === 'rejected') throw result.reason
  if (!results.every((result) => result.status === 'fulfilled' && result.value)) return false
  await request(operation.rmdir(path), countdown?.options, 'rmdir', path)
  return true
}
