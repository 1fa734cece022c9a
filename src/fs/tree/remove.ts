// ① interface — rm: a tree removed many names at once, those of one directory in a row on one thread: the kernel removes
// them one after the other anyway. Whatever does not go smoothly is done by Node's own rm, which then retries, or refuses
// with its own error.
import { constants, type PathLike, type RmOptions } from 'node:fs'
import { close } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, Operation, OperationDetail } from '../../operation/operation.js'
import * as operation from '../../operation/path.js'
import { leftOpen, onStep, row } from '../../operation/row.js'
import { AbortError } from '../../waiting/abort-error.js'
import { directoryEntries } from './directory-entries.js'
import { EntryType } from './entry-type.js'
import { allDone, checkAborted, closeBehind, countdownOf, deadlineOf, hasRows, request, requestRowInTurn, withDone, within, type Countdown, type Deadline } from '../request/index.js'
import { node } from '../node/index.js'
import { hasNoneOf, optionsObject, plainPath } from '../arguments/index.js'
import { hasTrees, TreeRequest } from './tree-request.js'

/** Unlinks in flight in one directory where there are no rows: each waits on a worker of its own. */
const UNLINKS_AT_ONCE = 4
/** Names in one row, with those of the directory itself: names and paths of any length fit its memory. */
const NAMES_IN_ROW = 32
const ENOENT = -2
const NOT_EMPTY: ReadonlySet<unknown> = new Set(['ENOTEMPTY', 'EEXIST'])
const O_PATH = 0o10000000
const OPEN_DIRECTORY = { flags: constants.O_DIRECTORY | constants.O_NOFOLLOW | O_PATH }
/** Steps of a row that remove nothing. */
const OPEN_AND_CLOSE = 2
const CLOSE_DIRECTORY = onStep(close(0), 0)

/** fs.rm, when it can be done here: a tree, or anything with a deadline. Undefined: leave it to Node. */
export function rm(path: PathLike, options?: RmOptions & Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  const given = optionsObject(options)
  if (plain === undefined || given === undefined) return undefined
  const nodes = (isBegun: boolean): Promise<void> => within(node.rm(path, isBegun ? { ...options, force: true } : options), options, 'rm')
  const areFine = given['recursive'] === true && (!('force' in given) || typeof given['force'] === 'boolean') && hasNoneOf(given, ['maxRetries', 'retryDelay'])
  if (typeof plain !== 'string' || !areFine) return deadlineOf(given) === undefined ? undefined : nodes(false)
  return removeOrLeave(plain, countdownOf(given), nodes)
}

/** @param nodes does the rest by Node's rm. Where the tree was seen, somebody else may have removed it by then: that is no failure */
async function removeOrLeave(path: string, countdown: Countdown | undefined, nodes: (isBegun: boolean) => Promise<void>): Promise<void> {
  checkAborted(countdown)
  if (hasTrees(Opcode.REMOVE_TREE)) {
    const result = await removeOnThread(path, countdown)
    if (result >= 0) return
    if (!STEP_BY_STEP.has(result)) {
      await nodes(result !== ENOENT)
      return
    }
  }
  const removal = new TreeRemoval(countdown)
  try {
    if (await removal.tree(path)) return
  } catch (error) {
    const { entriesRemoved } = removal
    if ((error as { code?: unknown }).code === 'ETIMEDOUT') throw withDone(error, { entriesRemoved })
    if (countdown?.signal?.aborted === true) throw withDone(new AbortError(countdown.signal.reason), { entriesRemoved })
    // Some name could not be removed: Node's rm meets the same, and says so its way.
  }
  await nodes(removal.isBegun)
}

/** Deeper than a thread goes, or no descriptor, memory or thread for it. */
const STEP_BY_STEP: ReadonlySet<number> = new Set([-31, -24, -23, -12, -11])

/** Resolves to 0 and more when all of it is gone, otherwise to the errno of what did not go smoothly. */
async function removeOnThread(path: string, countdown: Countdown | undefined): Promise<number> {
  const tree = new TreeRequest(Opcode.REMOVE_TREE, [path], 0, 'rm')
  try {
    return await tree.run(countdown)
  } catch (error) {
    throw withDone(error, { entriesRemoved: tree.entries })
  }
}

/** Where a row has failed: which name it was is for Node's rm to find out. */
class RowFailed extends Error {}

class TreeRemoval {
  entriesRemoved = 0
  /** The tree has been seen. */
  isBegun = false
  readonly #countdown: Countdown | undefined
  readonly #inRows: boolean = hasRows()

  constructor(countdown: Countdown | undefined) {
    this.#countdown = countdown
  }

  /** True: all of it is gone. False: not a directory, or not for this class. */
  async tree(path: string): Promise<boolean> {
    const { mode } = await request<operation.Statx>(operation.statx(path, { flags: 0x100 }), this.#countdown?.options, 'lstat', path)
    this.isBegun = true
    if ((mode & 0o170000) !== 0o040000) return false
    try {
      // First the name itself, as Node does: what can't be removed at all (`a/.`) must not lose its content.
      await this.#rmdir(path)
      return true
    } catch (error) {
      if (!NOT_EMPTY.has((error as { code?: unknown }).code)) throw error
    }
    return this.#directory(path)
  }

  async #directory(path: string): Promise<boolean> {
    const { names, types, hasForeignNames } = await directoryEntries(path, this.#countdown)
    if (hasForeignNames || types.includes(EntryType.UNKNOWN)) return false
    const others: string[] = []
    const below: Promise<boolean>[] = []
    names.forEach((name, index) => {
      if (types[index] === EntryType.DIRECTORY) below.push(this.#directory(`${path}/${name}`))
      else others.push(name)
    })
    if (below.length === 0 && this.#inRows) {
      await this.#unlinkInRows(path, others, true)
      return true
    }
    below.push((this.#inRows ? this.#unlinkInRows(path, others, false) : this.#unlinkEach(path, others)).then(() => true))
    // What has begun is waited for in any case: nothing of it may fail later, with nobody listening.
    const results = await Promise.allSettled(below)
    for (const result of results) if (result.status === 'rejected') throw result.reason
    if (!results.every((result) => result.status === 'fulfilled' && result.value)) return false
    await this.#rmdir(path)
    return true
  }

  async #rmdir(path: string): Promise<void> {
    await request(operation.rmdir(path), this.#countdown?.options, 'rmdir', path)
    this.entriesRemoved++
  }

  /** @param isAll there are no other names: the directory itself goes in the same trip */
  async #unlinkInRows(path: string, names: readonly string[], isAll: boolean): Promise<void> {
    for (let at = 0; at < names.length || (isAll && at === 0); at += NAMES_IN_ROW) {
      const end = Math.min(at + NAMES_IN_ROW, names.length)
      const steps: Operation[] = [operation.open(path, OPEN_DIRECTORY)]
      for (let index = at; index < end; index++) steps.push(unlinkStep(names[index] as string)) // below length
      steps.push(CLOSE_DIRECTORY)
      if (isAll && end === names.length) steps.push(operation.rmdir(path))
      const values = await requestRowInTurn(steps, this.#countdown, 'unlink', path)
      if (!allDone(values, steps.length)) {
        for (const fd of leftOpen(row(steps), values)) void closeBehind(fd)
        throw new RowFailed()
      }
      this.entriesRemoved += steps.length - OPEN_AND_CLOSE
    }
  }

  async #unlinkEach(path: string, names: readonly string[]): Promise<void> {
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < names.length) {
        const name = `${path}/${names[next++] as string}`
        await request(operation.unlink(name), this.#countdown?.options, 'unlink', name)
        this.entriesRemoved++
      }
    }
    const results = await Promise.allSettled(Array.from({ length: Math.min(UNLINKS_AT_ONCE, names.length) }, lane))
    for (const { reason } of results as { reason?: Error }[]) if (reason !== undefined) throw reason
  }
}

/** Of a name that the system has told: nothing of it needs to be checked. */
function unlinkStep(name: string): Operation {
  const detail = new OperationDetail()
  detail.path = name
  return new Operation(Opcode.UNLINK, FileKind.STEP_RESULT, 0, undefined, 0, 0, 0, detail)
}
