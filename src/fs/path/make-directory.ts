// ① interface — mkdir. With `recursive` all that is missing is made in one trip to a thread (made-directories.ts). Step by step, the one
// directory that is usually missing is tried first. Whatever then is not plain success is Node's to sort out.
import type { MakeDirectoryOptions, PathLike } from 'node:fs'
import * as operation from '../../operation/path.js'
import { node } from '../node/index.js'
import { modeBits, plainPath } from '../arguments/index.js'
import { NameChange } from '../../ring/layout/whole.js'
import { changed } from './changed-names.js'
import { madeWithParents } from './made-directories.js'
import { checkAborted, countdownOf, deadlineOf, isListed, request, within, type Countdown, type Deadline } from '../request/index.js'

type Options = (MakeDirectoryOptions & Deadline) | number | string | null

/** fs.mkdir. Undefined: leave it to Node. */
export function mkdir(path: PathLike, options?: Options): Promise<string | undefined> | undefined {
  if (options !== undefined && options !== null && typeof options !== 'object' && typeof options !== 'number' && typeof options !== 'string') return undefined
  const given: MakeDirectoryOptions & Deadline = typeof options === 'object' && options !== null ? options : { mode: options ?? undefined }
  const plain = plainPath(path)
  const mode = modeBits(given.mode, 0o777)
  if (plain === undefined || mode < 0 || (given.mode as unknown) === null) return undefined
  const { recursive = false }: { recursive?: unknown } = given // null, here and above, is Node's to refuse
  if (recursive === false && isListed(plain)) {
    return changed<undefined>({ kind: NameChange.MKDIR, syscall: 'mkdir', path: plain, mode }, options)
  }
  if (recursive === false) return request<undefined>(operation.mkdir(plain, { mode }), deadlineOf(options), 'mkdir', plain)
  if (recursive !== true || typeof plain !== 'string') return undefined
  const countdown = countdownOf(given)
  const asNode = (): Promise<string | undefined> => within(node.mkdir(path, { recursive: true, mode }), countdown?.options, 'mkdir')
  return madeWithParents(plain, mode, countdown, (resolve) => resolve(stepByStep(plain, mode, countdown, asNode)), asNode) ?? stepByStep(plain, mode, countdown, asNode)
}

async function stepByStep(plain: string, mode: number, countdown: Countdown | undefined, asNode: () => Promise<string | undefined>): Promise<string | undefined> {
  checkAborted(countdown)
  try {
    await request(operation.mkdir(plain, { mode }), countdown?.options, 'mkdir', plain)
    return Buffer.from(plain).toString() // the name as it was made: half a surrogate pair can't be in one
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'ABORT_ERR' || code === 'ETIMEDOUT') throw error
    return asNode()
  }
}
