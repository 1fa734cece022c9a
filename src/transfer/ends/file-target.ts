// ① interface — a file as a target. A whole file is written beside its name and renamed when all is there: nobody ever sees a half of it.
// A range of a file, a pipe, a device and a descriptor are written in place.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { close, fchmod, fchown, fsync, ftruncate, write } from '../../operation/file.js'
import { access, fstatx, futimes, kept, open, readlink, rename, statx, unlink, type Statx } from '../../operation/path.js'
import { Errno, systemError } from '../../operation/system-error.js'
import { poll, PollEvent } from '../../operation/timer.js'
import type { Proactor } from '../../proactor/proactor.js'
import { located } from '../errors.js'
import type { FileFacts, Opening, OpenSource, OpenTarget, TargetEnd } from './end.js'
import { below, isDirectory, isRegular, kindOf, splitPath, statOf, textOf, type PathBytes } from './open-file.js'
import type { Range } from './file-source.js'

/** How a file is made. */
export interface FileTargetOptions {
  /** Its bytes and its name are on the device before success is told. Default: false. */
  readonly sync?: boolean | undefined
  /** Mode bits, less the umask. Default: those of the file it replaces, or of the source, or 0o666. */
  readonly mode?: number | undefined
  /** Mode, times and, where this user may set it, the owner are the source's. Default: false. */
  readonly preserve?: boolean | undefined
  /** A link in the file's place is replaced, and not followed. Default: false. */
  readonly replaceLink?: boolean | undefined
  /** For resume: the name it is written under until it is whole, beside the place where links have led. Default: one that nobody else has. */
  readonly partial?: ((place: PathBytes) => PathBytes) | undefined
}

const { O_CREAT, O_EXCL, O_RDWR, O_WRONLY, O_DIRECTORY, S_IFMT, S_IFLNK } = constants
const AT_SYMLINK_NOFOLLOW = 0x100
const ELOOP = -40
const EISDIR = -21
const LINKS_MAX = 40
const W_OK = 2
const NAME_BYTES_MAX = 255
const PERMISSIONS = 0o777
const ALL_BITS = 0o7777
/** A second run opens what the first has made, also where the file is to be one that may only be read. */
const OWNERS_BITS = 0o600

export function fileTarget(path: PathBytes, options: FileTargetOptions): TargetEnd {
  return {
    name: textOf(path),
    path,
    async open(opening: Opening): Promise<OpenTarget> {
      const { io, signal } = opening
      const { place, stats } = await followed(io, path, options.replaceLink === true, signal)
      if (stats !== undefined && isDirectory(stats)) throw systemError(EISDIR, 'open', path)
      if (stats !== undefined && !isRegular(stats)) return inPlace(io, await io.submit(kept(open(place, { flags: O_WRONLY })), { signal }), { offset: undefined }, true, signal)
      // Writing into it would have asked for this right; a rename asks for the directory's alone.
      if (stats !== undefined) await io.submit(access(place, W_OK), { signal })
      const mode = stats === undefined ? (options.mode ?? (opening.source?.facts?.mode ?? 0o666) & PERMISSIONS) : stats.mode & ALL_BITS
      const partial = options.partial?.(place) ?? partialName(place)
      // What is resumed or verified is read again. What is not resumed has a name that nobody else has.
      const flags = options.partial === undefined ? O_CREAT | O_EXCL | O_RDWR : O_CREAT | O_RDWR
      // Without the signal: one that comes too late for the system would leave a file that nobody knows of.
      const fd = await io.submit(kept(open(partial, { flags, mode: mode & PERMISSIONS | (options.partial === undefined ? 0 : OWNERS_BITS) })))
      return new NewFile(io, fd, place, partial, options, stats, mode).opened(options.partial === undefined)
    },
  }
}

/** Into a part of a file that is there, or that is made, in place. */
export function fileRangeTarget(path: PathBytes, range: Range, options: FileTargetOptions): TargetEnd {
  return {
    name: textOf(path),
    async open({ io, signal, isReadBack }: Opening): Promise<OpenTarget> {
      const fd = await io.submit(kept(open(path, { flags: O_CREAT | (isReadBack === true ? O_RDWR : O_WRONLY), mode: options.mode ?? 0o666 })), { signal })
      return inPlace(io, fd, { offset: range.offset ?? 0, length: range.length }, true, signal, options.sync)
    },
  }
}

/** What somebody else has opened, and closes. Without an offset it is written from its position on, which moves. */
export function descriptorTarget(fd: number, range: Range, options: FileTargetOptions): TargetEnd {
  return { name: `descriptor ${String(fd)}`, open: ({ io, signal }) => inPlace(io, fd, range, false, signal, options.sync) }
}

async function inPlace(io: Proactor, fd: number, { offset, length }: Range, isOurs: boolean, signal: AbortSignal, sync = false): Promise<OpenTarget> {
  const end = async (): Promise<void> => {
    if (isOurs) await io.submit(close(fd))
  }
  try {
    const stats = await statOf(io, fd, signal)
    const kind = kindOf(stats)
    return {
      kind, room: length, isFresh: false, descriptor: { fd, offset },
      ...offset === undefined || kind !== 'file' ? { write: (bytes: Uint8Array) => write(fd, bytes) } : { writeAt: (bytes: Uint8Array, at: number) => write(fd, bytes, offset + at) },
      ...kind === 'file' ? {} : { readiness: () => poll(fd, PollEvent.POLLOUT) },
      async commit(): Promise<void> {
        if (sync && kind === 'file') await io.submit(fsync(fd), { signal })
        await end()
      },
      abandon: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** Where links lead, and what is there; no stats: nothing yet. */
async function followed(io: Proactor, path: PathBytes, replacesLink: boolean, signal: AbortSignal): Promise<{ readonly place: PathBytes, readonly stats: Statx | undefined }> {
  let place = path
  for (let links = 0; links < LINKS_MAX; links++) {
    const stats = await io.submit(statx(place, { flags: AT_SYMLINK_NOFOLLOW }), { signal }).catch(ifAbsent)
    if (stats === undefined || (stats.mode & S_IFMT) !== S_IFLNK) return { place, stats }
    if (replacesLink) return { place, stats: undefined }
    const to = await io.submit(readlink(place), { signal })
    place = to.startsWith('/') ? to : below(splitPath(place).directory, to)
  }
  throw systemError(ELOOP, 'open', path)
}

function ifAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).errno === Errno.ENOENT) return undefined
  throw error
}

/** A name beside the file's that nobody else has. */
export function partialName(place: PathBytes): PathBytes {
  const { directory, name } = splitPath(place)
  const ending = `.${randomBytes(8).toString('hex')}.partial`
  const own = Buffer.from(name)
  const room = NAME_BYTES_MAX - 1 - ending.length
  const isText = typeof name === 'string' && own.length <= room
  return below(directory, isText ? `.${name}${ending}` : Buffer.concat([Buffer.from('.'), own.subarray(0, room), Buffer.from(ending)]))
}

class NewFile {
  readonly #io: Proactor
  readonly #fd: number
  readonly #place: PathBytes
  readonly #partial: PathBytes
  readonly #options: FileTargetOptions
  readonly #replaced: Statx | undefined
  readonly #mode: number
  #isOpen = true

  constructor(io: Proactor, fd: number, place: PathBytes, partial: PathBytes, options: FileTargetOptions, replaced: Statx | undefined, mode: number) {
    this.#io = io
    this.#fd = fd
    this.#place = place
    this.#partial = partial
    this.#options = options
    this.#replaced = replaced
    this.#mode = mode
  }

  opened(isFresh: boolean): OpenTarget {
    const fd = this.#fd
    return {
      kind: 'file', isFresh, descriptor: { fd, offset: 0 },
      writeAt: (bytes, at) => write(fd, bytes, at),
      commit: (bytes, source, signal) => this.#commit(bytes, source, signal),
      abandon: () => this.#abandon(),
      suspend: () => this.#close(),
    }
  }

  async #commit(bytes: number, source: OpenSource, signal: AbortSignal): Promise<void> {
    const io = this.#io
    const end = `target ${textOf(this.#place)}`
    const step = async (name: string, made: Promise<unknown>): Promise<void> => {
      await made.catch((error: unknown) => {
        throw located(error, { end, step: name })
      })
    }
    // Behind a hole at the end nothing was written; and what is resumed may have been longer.
    const needsLength = source.facts?.isSparse === true || this.#options.partial !== undefined
    if (needsLength) await step('set the length', io.submit(ftruncate(this.#fd, bytes), { signal }))
    await step('set the attributes', this.#setAttributes(source.facts))
    if (this.#options.sync === true) await step('sync', io.submit(fsync(this.#fd), { signal }))
    await step('close', this.#close())
    // From here on an abort comes too late: half a rename there is not.
    signal.throwIfAborted()
    await step('rename', io.submit(rename(this.#partial, this.#place)))
    if (this.#options.sync === true) await step('sync the directory', this.#syncDirectory())
  }

  async #setAttributes(facts: FileFacts | undefined): Promise<void> {
    const replaced = this.#replaced
    if (this.#options.preserve === true && facts !== undefined) {
      await this.#own(facts.uid, facts.gid)
      await this.#io.submit(fchmod(this.#fd, facts.mode & ALL_BITS))
      await this.#io.submit(futimes(this.#fd, facts.accessTime, facts.modifyTime))
    } else if (replaced !== undefined) {
      await this.#own(replaced.uid, replaced.gid)
      await this.#io.submit(fchmod(this.#fd, replaced.mode & ALL_BITS))
    } else if (this.#options.partial !== undefined && (this.#mode & OWNERS_BITS) !== OWNERS_BITS) {
      const { mode } = await this.#io.submit(fstatx(this.#fd)) // less the umask
      await this.#io.submit(fchmod(this.#fd, mode & ALL_BITS & (this.#mode | ~OWNERS_BITS)))
    }
  }

  /** Who is not root may not give files away: then it stays the user's, as with cp. */
  async #own(uid: number, gid: number): Promise<void> {
    if (uid === process.geteuid?.() && gid === process.getegid?.()) return
    await this.#io.submit(fchown(this.#fd, uid, gid)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).errno !== Errno.EPERM) throw error
    })
  }

  async #syncDirectory(): Promise<void> {
    const fd = await this.#io.submit(kept(open(splitPath(this.#place).directory, { flags: O_DIRECTORY })))
    try {
      await this.#io.submit(fsync(fd))
    } finally {
      await this.#io.submit(close(fd))
    }
  }

  async #abandon(): Promise<void> {
    try {
      await this.#close()
    } finally {
      await this.#io.submit(unlink(this.#partial)).catch(ifAbsent)
    }
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#io.submit(close(this.#fd))
  }
}
