// ① interface — names of incomplete files and trees: they are removed with their thread or process, however it ends. `exit` reports the end of a
// process. In a worker that is terminated no JavaScript runs any more, so the addon removes them (native/unfinished.c).
import { readlinkSync, rmSync } from 'node:fs'
import { loadBinding } from '../../native/load.js'
import { Errno, systemError } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'
import { below, splitPath } from './open-file.js'
import type { PathBytes } from './path-bytes.js'

/** What is being made as the process ends is there so soon: Node joins the threads that make it only later. */
const MADE_MILLISECONDS_MAX = 200
const LOOK_MILLISECONDS = 2

const noted = new Set<Unfinished>()
let isFollowing = false
let hasEnded = false

export class Unfinished {
  readonly io: Proactor
  readonly path: PathBytes
  readonly #number: number
  /** It is there: whoever removes it need not wait for it. */
  isMade = false

  /** Before it is made. @param path absolute. @throws ECANCELED: the process ends */
  constructor(io: Proactor, path: PathBytes, isTree: boolean) {
    if (hasEnded) throw systemError(Errno.ECANCELED, 'open', path, undefined, 'the process is ending')
    if (!isFollowing) process.on('exit', removeAll)
    isFollowing = true
    this.io = io
    this.path = realPath(path)
    this.#number = loadBinding().binding?.noteUnfinished?.(Buffer.from(this.path), isTree) ?? -1
    noted.add(this)
  }

  /** It has its last name, or none. */
  forget(): void {
    if (noted.delete(this) && this.#number >= 0) loadBinding().binding?.forgetUnfinished?.(this.#number)
  }
}

const HELD = '/proc/self/fd/'

/** Of a name below an open directory (tree/held-directories.ts): by that directory's own path, which is there when no descriptor is any more. */
function realPath(path: PathBytes): PathBytes {
  if (!Buffer.from(path).subarray(0, HELD.length).equals(Buffer.from(HELD))) return path
  const { directory, name } = splitPath(path)
  try {
    return below(readlinkSync(typeof directory === 'string' ? directory : Buffer.from(directory), 'buffer'), name)
  } catch {
    return path
  }
}

function removeAll(): void {
  hasEnded = true
  // What makes or renames one is in progress no more.
  for (const io of new Set([...noted].map((one) => one.io))) io.finish()
  const until = performance.now() + MADE_MILLISECONDS_MAX
  for (const one of noted) while (!removed(one) && performance.now() < until) Atomics.wait(NOBODY_WAKES, 0, 0, LOOK_MILLISECONDS)
}

const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4))

/** False: it may still come. */
function removed({ path, isMade }: Unfinished): boolean {
  try {
    rmSync(typeof path === 'string' ? path : Buffer.from(path), { recursive: true })
    return true
  } catch (error) {
    return isMade || (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
