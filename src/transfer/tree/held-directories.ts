// ① interface — the directories of one tree, each opened from the root's descriptor without following a link: what is named below one of them is there,
// whatever is moved or replaced meanwhile. Where the system cannot (before Linux 5.6, without /proc, in a sandbox), names are looked up by their paths.
import { closeKept } from '../../lasting.js'
import { constants } from 'node:fs'
import { Opcode } from '../../operation/opcode.js'
import { kept, open, statx } from '../../operation/path.js'
import type { Proactor } from '../../proactor/proactor.js'
import { below, splitPath, textOf, type PathBytes } from '../ends/open-file.js'

const { O_DIRECTORY, O_NOFOLLOW } = constants
const O_PATH = 0o10000000
const RESOLVE_NO_SYMLINKS = 0x4
const RESOLVE_BENEATH = 0x8
/** Directories that nobody uses now, and that the next files may be in. */
const IDLE_MAX = 32

interface Held {
  readonly key: string
  readonly fd: Promise<number>
  users: number
}

export class HeldDirectories {
  readonly #io: Proactor
  readonly #root: PathBytes
  readonly #rootFd: number
  readonly #held = new Map<string, Held>()

  private constructor(io: Proactor, root: PathBytes, rootFd: number) {
    this.#io = io
    this.#root = root
    this.#rootFd = rootFd
  }

  /** @param root is there, and may be reached by links; one that cannot be opened is looked up by its path, which then tells why */
  static async of(io: Proactor, root: PathBytes): Promise<HeldDirectories> {
    return new HeldDirectories(io, root, io.offers(Opcode.CALL) ? await rootOf(io, root) : -1)
  }

  /** Gives the path of an entry whose directory stays the one it is. @param path from the root on */
  async within<Result>(path: PathBytes, work: (place: PathBytes) => Promise<Result>): Promise<Result> {
    const whole = this.#whole(path)
    if (this.#rootFd < 0 || path.length === 0) return work(whole)
    const { directory, name } = splitPath(path)
    const held = this.#take(directory)
    try {
      const place = placeOf(await held.fd.catch((error: unknown) => {
        throw named(error, undefined, whole)
      }))
      return await work(below(place, name)).catch((error: unknown) => {
        throw named(error, place, splitPath(whole).directory)
      })
    } finally {
      await this.#giveBack(held)
    }
  }

  /** The same of the entry itself: what is changed then is its own, also where a link has come in its place. */
  entry<Result>(path: PathBytes, work: (place: PathBytes) => Promise<Result>): Promise<Result> {
    return this.within(path, async (place) => {
      if (this.#rootFd < 0 || path.length === 0) return work(place)
      const fd = await this.#io.submit(kept(open(place, { flags: O_PATH | O_NOFOLLOW })))
      try {
        return await work(placeOf(fd))
      } finally {
        await closeKept(this.#io, fd)
      }
    })
  }

  async close(): Promise<void> {
    for (const held of this.#held.values()) await this.#close(held)
    this.#held.clear()
    if (this.#rootFd >= 0) await closeKept(this.#io, this.#rootFd)
  }

  #whole(path: PathBytes): PathBytes {
    return path.length === 0 ? this.#root : below(this.#root, path)
  }

  #take(directory: PathBytes): Held {
    const key = Buffer.from(directory).toString('latin1')
    let held = this.#held.get(key)
    if (held === undefined) {
      const options = { directory: this.#rootFd, flags: O_PATH | O_DIRECTORY, resolve: RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH }
      this.#held.set(key, held = { key, fd: this.#io.submit(kept(open(directory, options))), users: 0 })
      held.fd.catch(() => this.#held.delete(key)) // whoever waits for it meets it; the next one tries again
    }
    held.users++
    // The newest is the last.
    this.#held.delete(key)
    this.#held.set(key, held)
    return held
  }

  async #giveBack(held: Held): Promise<void> {
    held.users--
    if (this.#held.size <= IDLE_MAX) return
    for (const one of this.#held.values()) {
      if (one.users > 0) continue
      this.#held.delete(one.key)
      await this.#close(one)
      return
    }
  }

  async #close({ fd }: Held): Promise<void> {
    const number = await fd.catch(() => -1) // it was never opened
    if (number >= 0) await closeKept(this.#io, number)
  }
}

function placeOf(fd: number): string {
  return `/proc/self/fd/${String(fd)}`
}

/** -1: not here. */
async function rootOf(io: Proactor, root: PathBytes): Promise<number> {
  const fd = await io.submit(kept(open(root, { flags: O_PATH | O_DIRECTORY }))).catch(() => -1)
  if (fd < 0) return -1
  try {
    const trial = await io.submit(kept(open('.', { directory: fd, flags: O_PATH | O_DIRECTORY, resolve: RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH })))
    try {
      await io.submit(statx(`${placeOf(trial)}/.`))
    } finally {
      await closeKept(io, trial)
    }
    return fd
  } catch {
    await closeKept(io, fd)
    return -1
  }
}

/** An error as its reader knows the place. @param place what stood for the directory; undefined: the error is of opening it */
function named(error: unknown, place: string | undefined, real: PathBytes): unknown {
  if (!(error instanceof Error)) return error
  const text = textOf(real)
  if (place === undefined) {
    const { errno } = error as NodeJS.ErrnoException
    const why = errno === ELOOP || errno === EXDEV || errno === ENOTDIR ? ': a link has come in a directory’s place' : ''
    return Object.assign(error, { path: text, message: `${error.message}, at '${text}'${why}` })
  }
  const fields = error as NodeJS.ErrnoException & { dest?: string }
  for (const name of ['message', 'path', 'dest', 'end'] as const) {
    const given: unknown = Reflect.get(fields, name)
    if (typeof given === 'string' && given.includes(place)) Object.defineProperty(error, name, { value: given.replaceAll(place, text), configurable: true, writable: true, enumerable: name !== 'message' })
  }
  if (error.cause instanceof Error) named(error.cause, place, real)
  return error
}

const ELOOP = -40
const EXDEV = -18
const ENOTDIR = -20
