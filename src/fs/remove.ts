// ① interface — rm: a tree removed many names at once, those of one directory in a row on one thread: the kernel removes
// them one after the other anyway. Whatever does not go smoothly is done by Node's own rm, which then retries, or refuses
// with its own error.
import { constants, type PathLike, type RmOptions } from 'node:fs'
import { close } from '../operation/file.js'
import { Opcode } from '../operation/opcode.js'
import { FileKind, Operation, OperationDetail } from '../operation/operation.js'
import * as operation from '../operation/path.js'
import { leftOpen, onStep, row } from '../operation/row.js'
import { directoryEntries, EntryType } from './directory-entries.js'
import { node } from './node-functions.js'
import { optionsObject, plainPath } from './recognise.js'
import { checkAborted, countdownOf, deadlineOf, request, type Countdown, type Deadline } from './request.js'
import { allDone, closeBehind, hasRows, requestRowInTurn } from './row-request.js'
import { within } from './within.js'

/** Unlinks in flight in one directory where there are no rows: each waits on a worker of its own. */
const UNLINKS_AT_ONCE = 4
/** Names in one row, with those of the directory itself: names and paths of any length fit its memory. */
const NAMES_IN_ROW = 32
const NOT_EMPTY: ReadonlySet<unknown> = new Set(['ENOTEMPTY', 'EEXIST'])
const O_PATH = 0o10000000
const OPEN_DIRECTORY = { flags: constants.O_DIRECTORY | constants.O_NOFOLLOW | O_PATH }
const CLOSE_DIRECTORY = onStep(close(0), 0)

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
  return removeDirectory(path, countdown, hasRows() ? unlinkInRows : unlinkEach)
}

/**
 * Removes all of a directory's names that are no directories.
 * @param isAll there are no others: the directory itself may go in the same trip
 * @returns whether the directory has gone with them
 */
type UnlinkNames = (path: string, names: readonly string[], isAll: boolean, countdown: Countdown | undefined) => Promise<boolean>

async function removeDirectory(path: string, countdown: Countdown | undefined, unlinkNames: UnlinkNames): Promise<boolean> {
  const { names, types, hasForeignNames } = await directoryEntries(path, countdown)
  if (hasForeignNames || types.includes(EntryType.UNKNOWN)) return false
  const others: string[] = []
  const below: Promise<boolean>[] = []
  names.forEach((name, index) => {
    if (types[index] === EntryType.DIRECTORY) below.push(removeDirectory(`${path}/${name}`, countdown, unlinkNames))
    else others.push(name)
  })
  if (below.length === 0) {
    if (await unlinkNames(path, others, true, countdown)) return true
  } else {
    below.push(unlinkNames(path, others, false, countdown).then(() => true))
    // What has begun is waited for in any case: nothing of it may fail later, with nobody listening.
    const results = await Promise.allSettled(below)
    for (const result of results) if (result.status === 'rejected') throw result.reason
    if (!results.every((result) => result.status === 'fulfilled' && result.value)) return false
  }
  await request(operation.rmdir(path), countdown?.options, 'rmdir', path)
  return true
}

/** Where a row has failed: which name it was is for Node's rm to find out. */
class RowFailed extends Error {}

/** Of a name that the system has told: nothing of it needs to be checked. */
function unlinkStep(name: string): Operation {
  const detail = new OperationDetail()
  detail.path = name
  return new Operation(Opcode.UNLINK, FileKind.STEP_RESULT, 0, undefined, 0, 0, 0, detail)
}

async function unlinkInRows(path: string, names: readonly string[], isAll: boolean, countdown: Countdown | undefined): Promise<boolean> {
  for (let at = 0; at < names.length || (isAll && at === 0); at += NAMES_IN_ROW) {
    const end = Math.min(at + NAMES_IN_ROW, names.length)
    const steps: Operation[] = [operation.open(path, OPEN_DIRECTORY)]
    for (let index = at; index < end; index++) steps.push(unlinkStep(names[index] as string)) // below length
    steps.push(CLOSE_DIRECTORY)
    if (isAll && end === names.length) steps.push(operation.rmdir(path))
    const values = await requestRowInTurn(steps, countdown, 'unlink', path)
    if (allDone(values, steps.length)) continue
    for (const fd of leftOpen(row(steps), values)) closeBehind(fd)
    throw new RowFailed()
  }
  return isAll
}

async function unlinkEach(path: string, names: readonly string[], _isAll: boolean, countdown: Countdown | undefined): Promise<boolean> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < names.length) {
      const name = `${path}/${names[next++] as string}`
      await request(operation.unlink(name), countdown?.options, 'unlink', name)
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(UNLINKS_AT_ONCE, names.length) }, lane))
  for (const { reason } of results as { reason?: Error }[]) if (reason !== undefined) throw reason
  return false
}
