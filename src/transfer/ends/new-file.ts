// ① interface — a whole file while it is written: without a name where the file system can make such files, so that nothing is left whatever ends the
// process; else under a name beside its own, which goes with the thread (unfinished.ts). Its name is given to it when all is there.
import { closeKept, lasting } from '../../lasting.js'
import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { fchmod, fchown, fsync, ftruncate, write } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import { fstatx, futimes, kept, link, open, rename, statx, unlink, type Statx } from '../../operation/path.js'
import type { Operation } from '../../operation/operation.js'
import { row } from '../../operation/row.js'
import { Errno, systemError } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'
import { located } from '../errors.js'
import type { FileFacts, OpenSource, OpenTarget } from './end.js'
import { below, splitPath, textOf, type PathBytes } from './open-file.js'
import { Unfinished } from './unfinished.js'

const { O_CREAT, O_EXCL, O_RDWR, O_DIRECTORY } = constants
const O_TMPFILE = 0o20000000 | O_DIRECTORY
const AT_SYMLINK_FOLLOW = 0x400
const NAME_BYTES_MAX = 255
const PERMISSIONS = 0o777
export const ALL_BITS = 0o7777
/** A second run opens what the first has made, also where the file is to be one that may only be read. */
const OWNERS_BITS = 0o600

/** How a file is made. */
export interface FileTargetOptions {
  /** Its bytes and its name are on the device before the transfer succeeds. Default: false. */
  readonly sync?: boolean | undefined
  /** Mode bits, less the umask. Default: those of the file it replaces, or of the source, or 0o666. */
  readonly mode?: number | undefined
  /** Mode, times and (if this user may set it) the owner are copied from the source. Default: false. */
  readonly preserve?: boolean | undefined
  /** Whatever is in the file's place, but a directory, is replaced: a link is not followed, a pipe not written into. Default: false. */
  readonly replacesAll?: boolean | undefined
  /** For resume: the name it is written under until it is whole, beside the place where links have led. Default: one that nobody else has, or none. */
  readonly partial?: ((place: PathBytes) => PathBytes) | undefined
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

/** Where a file that replaces another has its name for a moment. */
function replacementName(place: PathBytes): PathBytes {
  const { directory, name } = splitPath(place)
  const own = Buffer.from(name)
  if (typeof name === 'string' && own.length + REPLACES.length < NAME_BYTES_MAX) return below(directory, `.${name}${REPLACES}`)
  if (own.length + REPLACES.length < NAME_BYTES_MAX) return below(directory, Buffer.concat([Buffer.from('.'), own, Buffer.from(REPLACES)]))
  return below(directory, `.${createHash('sha256').update(own).digest('hex')}${REPLACES}`)
}

const REPLACES = '.trueaio-replaces.partial'
/** The two steps take microseconds: whoever has not made the second one in this time is gone. */
const LEFT_MILLISECONDS = 500
const BETWEEN_MILLISECONDS = 2
const AT_SYMLINK_NOFOLLOW = 0x100

/** Directories whose file systems make no files without a name. The oldest is forgotten. */
const naming = new Set<string>()
const NAMING_MAX = 64
/** Whether a file without a name has been given one in this process: undefined: none was asked for yet. */
let givesNames: boolean | undefined

/** What is made before its name: where it is to be, what it replaces, and its mode. */
interface Making {
  readonly io: Proactor
  /** Absolute: where links have led. */
  readonly place: PathBytes
  readonly options: FileTargetOptions
  readonly replaced: Statx | undefined
  readonly mode: number
}

/** Nothing of it is left if this fails. */
export async function makeFile(making: Making): Promise<OpenTarget> {
  const { io, place, options } = making
  const resumed = options.partial?.(place)
  if (resumed !== undefined) {
    const fd = await io.submit(kept(open(resumed, { flags: O_CREAT | O_RDWR, mode: making.mode & PERMISSIONS | OWNERS_BITS })))
    return new NewFile(making, fd, resumed, undefined).opened()
  }
  const fd = await withoutName(making)
  if (fd !== undefined) return new NewFile(making, fd, undefined, undefined).opened()
  const partial = partialName(place)
  const unfinished = new Unfinished(io, partial, false)
  try {
    // Without the signal: one that comes too late for the system would leave a file that nobody knows of. What is verified is read again.
    const named = await io.submit(kept(open(partial, { flags: O_CREAT | O_EXCL | O_RDWR, mode: making.mode & PERMISSIONS })))
    unfinished.isMade = true
    return new NewFile(making, named, partial, unfinished).opened()
  } catch (error) {
    unfinished.forget()
    throw error
  }
}

/** Undefined: not here. Why, the file with a name will tell. */
async function withoutName({ io, place, mode }: Making): Promise<number | undefined> {
  // A row gives the name: its driver makes the system's own calls.
  if (givesNames === false || !io.offers(Opcode.ROW)) return undefined
  const { directory } = splitPath(place)
  const key = typeof directory === 'string' ? directory : Buffer.from(directory).toString('latin1')
  if (naming.has(key)) return undefined
  try {
    const made = (): Promise<number> => io.submit(kept(open(directory, { flags: O_TMPFILE | O_RDWR, mode: mode & PERMISSIONS })))
    const fd = await made()
    if (givesNames !== undefined) return fd
    // A sandbox may let them be made, and not be named. The first one tells; it is gone with that name, as the system names a file but once so.
    givesNames = await canBeNamed(io, fd, place).finally(() => closeKept(io, fd))
    return givesNames ? await made() : undefined
  } catch {
    if (naming.size === NAMING_MAX) naming.delete(naming.values().next().value as string) // it is full
    naming.add(key)
    return undefined
  }
}

async function canBeNamed(io: Proactor, fd: number, place: PathBytes): Promise<boolean> {
  const partial = partialName(place)
  const unfinished = new Unfinished(io, partial, false)
  try {
    return (await failuresOf(io, [linkOf(fd, partial), unlink(partial)]))[0] === 0
  } finally {
    unfinished.forget()
  }
}

/** Gives a name to an open file. */
function linkOf(fd: number, name: PathBytes): Operation<void> {
  return link(`/proc/self/fd/${String(fd)}`, name, { flags: AT_SYMLINK_FOLLOW })
}

/** Makes them one after the other. A negative errno for each that failed or was not made, else 0. */
async function failuresOf(io: Proactor, steps: readonly Operation[]): Promise<readonly number[]> {
  const values = await io.submit(row(steps))
  return steps.map((_step, index) => (index < values.length ? (values[index] ?? 0) as number : Errno.ECANCELED))
}

class NewFile {
  readonly #io: Proactor
  readonly #fd: number
  readonly #making: Making
  /** Its name until it is whole; undefined: it has none. */
  readonly #partial: PathBytes | undefined
  /** Undefined: what there is of it is kept, for a resume; or it has no name. */
  readonly #unfinished: Unfinished | undefined
  #isOpen = true

  constructor(making: Making, fd: number, partial: PathBytes | undefined, unfinished: Unfinished | undefined) {
    this.#io = making.io
    this.#fd = fd
    this.#making = making
    this.#partial = partial
    this.#unfinished = unfinished
  }

  opened(): OpenTarget {
    const fd = this.#fd
    return {
      kind: 'file', isFresh: !this.#isResumed, descriptor: { fd, offset: 0 },
      writeAt: (bytes, at) => write(fd, bytes, at),
      commit: (bytes, source, signal) => this.#commit(bytes, source, signal),
      abandon: () => this.#abandon(),
      suspend: () => this.#close(),
    }
  }

  get #isResumed(): boolean {
    return this.#partial !== undefined && this.#unfinished === undefined
  }

  async #commit(bytes: number, source: OpenSource, signal: AbortSignal): Promise<void> {
    const io = this.#io
    const { place, options } = this.#making
    const end = `target ${textOf(place)}`
    const step = async (name: string, made: Promise<unknown>): Promise<void> => {
      await made.catch((error: unknown) => {
        throw located(error, { end, step: name })
      })
    }
    // Behind a hole at the end nothing was written; and what is resumed may have been longer.
    const needsLength = source.facts?.isSparse === true || this.#isResumed
    if (needsLength) await step('set the length', io.submit(ftruncate(this.#fd, bytes), { signal }))
    await step('set the attributes', this.#setAttributes(source.facts))
    if (options.sync === true) await step('sync', io.submit(fsync(this.#fd), { signal }))
    // From here on an abort comes too late: half a rename there is not.
    if (this.#partial === undefined) {
      signal.throwIfAborted()
      await step('rename', this.#giveName())
      await step('close', this.#close())
    } else {
      await step('close', this.#close())
      signal.throwIfAborted()
      await step('rename', io.submit(rename(this.#partial, place)))
      this.#unfinished?.forget()
    }
    if (options.sync === true) await step('sync the directory', this.#syncDirectory())
  }

  /** A link never replaces a file: where there is one, or somebody has made one meanwhile, the new one gets a name beside it, and is renamed in the same trip. */
  async #giveName(): Promise<void> {
    const io = this.#io
    const { place, replaced } = this.#making
    if (replaced === undefined) {
      try {
        await io.submit(linkOf(this.#fd, place))
        return
      } catch (error) {
        if ((error as NodeJS.ErrnoException).errno !== EEXIST) throw error
      }
    }
    // One name for all transfers to this place: what a SIGKILL between the two steps has left there, the next one finds and removes.
    const between = replacementName(place)
    const unfinished = new Unfinished(io, between, false)
    try {
      for (let seen = 0, since = performance.now(); ;) {
        const [linked = 0, renamed = 0] = await failuresOf(io, [linkOf(this.#fd, between), rename(between, place)])
        if (linked === 0 && renamed === 0) return
        if (linked < 0 && linked !== EEXIST) throw systemError(linked, 'link', between)
        if (linked === 0 && renamed !== Errno.ENOENT) {
          await lasting(io).submit(unlink(between)).catch(ifAbsent)
          throw systemError(renamed, 'rename', between, place)
        }
        // Another transfer is between its two steps, for some microseconds; or was ended there.
        const there = (await io.submit(statx(between, { flags: AT_SYMLINK_NOFOLLOW })).catch(ifAbsent))?.ino ?? 0
        if (there !== seen) since = performance.now()
        seen = there
        if (there !== 0 && performance.now() - since > LEFT_MILLISECONDS) await io.submit(unlink(between)).catch(ifAbsent)
        else await new Promise((resolve) => setTimeout(resolve, BETWEEN_MILLISECONDS))
      }
    } finally {
      unfinished.forget()
    }
  }

  async #setAttributes(facts: FileFacts | undefined): Promise<void> {
    const { options, replaced, mode: wanted } = this.#making
    if (options.preserve === true && facts !== undefined) {
      await this.#own(facts.uid, facts.gid)
      await this.#io.submit(fchmod(this.#fd, facts.mode & ALL_BITS))
      await this.#io.submit(futimes(this.#fd, facts.accessTime, facts.modifyTime))
    } else if (replaced !== undefined) {
      await this.#own(replaced.uid, replaced.gid)
      await this.#io.submit(fchmod(this.#fd, replaced.mode & ALL_BITS))
    } else if (this.#isResumed && (wanted & OWNERS_BITS) !== OWNERS_BITS) {
      const { mode } = await this.#io.submit(fstatx(this.#fd)) // less the umask
      await this.#io.submit(fchmod(this.#fd, mode & ALL_BITS & (wanted | ~OWNERS_BITS)))
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
    const fd = await this.#io.submit(kept(open(splitPath(this.#making.place).directory, { flags: O_DIRECTORY })))
    try {
      await this.#io.submit(fsync(fd))
    } finally {
      await closeKept(this.#io, fd)
    }
  }

  async #abandon(): Promise<void> {
    try {
      await this.#close()
    } finally {
      if (this.#partial !== undefined) await lasting(this.#io).submit(unlink(this.#partial)).catch(ifAbsent)
      this.#unfinished?.forget()
    }
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await closeKept(this.#io, this.#fd)
  }
}

const EEXIST = -17

function ifAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).errno === Errno.ENOENT) return undefined
  throw error
}
