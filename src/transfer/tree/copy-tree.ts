// ① interface — a directory to a directory: what scan finds is filtered, made and copied, several files at once, in memory that does not grow with the tree.
// A target that is not there yet is made beside its name, and renamed when it is whole.
import { constants, type Stats } from 'node:fs'
import { readlink as nodesReadlink } from 'node:fs/promises'
import { defaultProactor } from '../../default-proactor.js'
import { scan, type ScanEntry } from '../../fs/tree/index.js'
import { chmod, chown, mkdir, readlink, rename, rmdir, statx, symlink, unlink, utimes, type Statx } from '../../operation/path.js'
import { Errno, systemError } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'
import { Semaphore } from '../../waiting/semaphore.js'
import { carryOut } from '../carry-out.js'
import { fileSource } from '../ends/file-source.js'
import { fileTarget } from '../ends/file-target.js'
import { partialName, type FileTargetOptions } from '../ends/new-file.js'
import { below, isDirectory, splitPath, textOf, type PathBytes } from '../ends/open-file.js'
import { Unfinished } from '../ends/unfinished.js'
import { located } from '../errors.js'
import type { CheckedTransferOptions } from '../options.js'
import { Running } from '../running.js'
import type { CheckedTreeOptions, TreeAction } from './tree-options.js'
import { copiedWhole } from './whole-tree.js'

const FILES_AT_ONCE = 16
const AT_SYMLINK_NOFOLLOW = 0x100
const EEXIST = -17
const OWNER_ALL = 0o700
const ALL_BITS = 0o7777
const { S_IFMT, S_IFREG } = constants

type Options = CheckedTransferOptions & FileTargetOptions

/** @throws TransferError: the first failure, which names the file */
export async function copyTree(from: PathBytes, to: PathBytes, options: Options, tree: CheckedTreeOptions, running: Running): Promise<void> {
  const { io } = options
  running.total = undefined
  const stats = await io.submit(statx(to)).catch(ifAbsent)
  // Parts of a tree come together in one target, so that it must be there from the first on.
  const isNew = stats === undefined && tree.shard === undefined && !tree.dryRun
  await refuseBelow(io, from, isNew ? splitPath(to).directory : to).catch((error: unknown) => {
    throw located(error, { end: `target ${textOf(to)}`, step: 'open' })
  })
  const place = isNew ? partialName(to) : to
  // It is not made: a target whose directory is not there may be a slip.
  if (isNew) {
    await io.submit(statx(splitPath(to).directory)).catch((error: unknown) => {
      throw located(error, { end: `target ${textOf(to)}`, step: 'open' })
    })
  }
  const unfinished = isNew ? new Unfinished(io, place, true) : undefined
  try {
    const isOneTrip = isNew && isPlain(options, tree) && typeof from === 'string' && typeof place === 'string'
    if (isOneTrip && await copiedWhole(from, place, options.preserve === true, running)) running.choice.name = 'a tree in one trip'
    else {
      if (isOneTrip) await removeTree(place, options)
      running.choice.name = 'a tree, file by file'
      await new TreeCopy(from, place, options, tree, running).run()
    }
    running.signal.throwIfAborted()
    if (isNew) await io.submit(rename(place, to))
    unfinished?.forget()
  } catch (error) {
    running.fail(located(error, { end: `target ${textOf(to)}`, step: 'copy a tree' }))
    if (isNew) await removeTree(place, options)
    unfinished?.forget()
    throw running.signal.reason
  }
}

/** A tree that is copied into itself finds its own copies, and never ends. @throws EINVAL. @param directory is there, or is not made */
async function refuseBelow(io: Proactor, from: PathBytes, directory: PathBytes): Promise<void> {
  const { ino, devMajor, devMinor } = await io.submit(statx(from))
  let before = -1
  for (let place = directory; ; place = below(place, '..')) {
    const stats = await io.submit(statx(place)).catch(ifAbsent)
    if (stats === undefined || stats.ino === before) return // the root is its own parent
    if (stats.ino === ino && stats.devMajor === devMajor && stats.devMinor === devMinor) throw systemError(Errno.EINVAL, 'mkdir', textOf(directory), undefined, 'a directory cannot be copied into itself')
    before = stats.ino
  }
}

/** Nothing is asked of it that only looking at each file can do. */
function isPlain({ io, rate, through, verify, mode, sync }: Options, { filter, report }: CheckedTreeOptions): boolean {
  const isWhole = rate === undefined && through.length === 0 && verify === undefined && mode === undefined && sync !== true
  return isWhole && filter === undefined && report === undefined && io === defaultProactor()
}

class TreeCopy {
  readonly #from: PathBytes
  readonly #to: PathBytes
  readonly #options: Options
  readonly #tree: CheckedTreeOptions
  readonly #running: Running
  readonly #places = new Semaphore(FILES_AT_ONCE)
  /** Directories that the filter has left out. */
  readonly #leftOut = new Set<string>()

  constructor(from: PathBytes, to: PathBytes, options: Options, tree: CheckedTreeOptions, running: Running) {
    this.#from = from
    this.#to = to
    this.#options = options
    this.#tree = tree
    this.#running = running
  }

  async run(): Promise<void> {
    const { signal } = this.#running
    await this.#makeDirectory('', await this.#stat(this.#from))
    const found = scan(typeof this.#from === 'string' ? this.#from : Buffer.from(this.#from), { stats: true, signal })
    try {
      for await (const entry of found) {
        signal.throwIfAborted()
        await this.#take(entry)
      }
    } finally {
      // Files under way end before anything else is done, however the loop was left.
      await this.#places.down(FILES_AT_ONCE)
    }
    signal.throwIfAborted()
    if (this.#tree.deletes) await this.#deleteOthers()
    if (this.#options.preserve === true && !this.#tree.dryRun) await this.#setDirectories()
  }

  async #take(entry: ScanEntry): Promise<void> {
    const path = relativeTo(this.#from, entry)
    if (this.#isLeftOut(entry, path)) {
      this.#report('passed over', path)
      return
    }
    const { type, stats } = entry
    if (stats === undefined) return
    if (type === 'directory') await this.#makeDirectory(path, stats)
    else if (this.#tree.shard?.has(path) === false) return
    else if (type === 'link') await this.#copyLink(path, stats)
    else if (type === 'file') await this.#beginFile(path, stats)
    else this.#report('passed over', path)
  }

  #isLeftOut({ type, stats }: ScanEntry, path: PathBytes): boolean {
    const { filter } = this.#tree
    if (filter === undefined) return false
    const text = textOf(path)
    for (let at = text.indexOf('/'); at > 0 && this.#leftOut.size > 0; at = text.indexOf('/', at + 1)) if (this.#leftOut.has(text.slice(0, at))) return true
    if (filter({ path: text, pathBytes: typeof path === 'string' ? undefined : Buffer.from(path), type, stats })) return false
    if (type === 'directory') this.#leftOut.add(text)
    return true
  }

  async #makeDirectory(path: PathBytes, { mode }: Pick<Stats, 'mode'>): Promise<void> {
    this.#report('make directory', path)
    if (this.#tree.dryRun) return
    try {
      // Until everything is in it this user must be able to write there.
      await this.#options.io.submit(mkdir(this.#target(path), { mode: (mode & 0o777) | OWNER_ALL }))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno !== EEXIST) throw error
      const there = await this.#stat(this.#target(path), 0)
      if (!isDirectory(there)) throw error
    }
  }

  async #copyLink(path: PathBytes, stats: Stats): Promise<void> {
    const { io, preserve } = this.#options
    this.#report('link', path)
    if (this.#tree.dryRun) return
    const text = await linkText(io, this.#source(path))
    const place = this.#target(path)
    const partial = partialName(place)
    const unfinished = new Unfinished(io, partial, false)
    try {
      await io.submit(symlink(text, partial))
      if (preserve === true) await this.#preserveLink(partial, stats)
      await io.submit(rename(partial, place))
    } catch (error) {
      await io.submit(unlink(partial)).catch(ifAbsent)
      throw error
    } finally {
      unfinished.forget()
    }
  }

  async #preserveLink(partial: PathBytes, { uid, gid, atimeMs, mtimeMs }: Stats): Promise<void> {
    const { io } = this.#options
    const itself = { followSymlinks: false } as const
    if (uid !== process.geteuid?.() || gid !== process.getegid?.()) {
      await io.submit(chown(partial, uid, gid, itself)).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).errno !== Errno.EPERM) throw error
      })
    }
    await io.submit(utimes(partial, atimeMs / 1000, mtimeMs / 1000, itself))
  }

  /** Waits for a place; then the file is copied while the next entries are looked at. */
  async #beginFile(path: PathBytes, stats: Stats): Promise<void> {
    const { signal } = this.#running
    await this.#places.down(1, { signal })
    void this.#copyFile(path, stats).catch((error: unknown) => this.#running.fail(located(error, { end: `source ${textOf(this.#source(path))}`, step: 'copy' })))
      .finally(() => this.#places.up())
  }

  async #copyFile(path: PathBytes, stats: Stats): Promise<void> {
    if (this.#tree.onlyChanged && await this.#isUnchanged(path, stats)) {
      this.#report('unchanged', path)
      return
    }
    this.#report('copy', path, stats.size)
    if (this.#tree.dryRun) return
    const file = new Running(this.#running)
    const { mode, preserve, sync } = this.#options
    await carryOut(fileSource(this.#source(path), {}), fileTarget(this.#target(path), { mode, preserve, sync, replaceLink: true }), this.#options, file)
    file.settle()
  }

  async #isUnchanged(path: PathBytes, { size, mtimeMs }: Stats): Promise<boolean> {
    const there = await this.#options.io.submit(statx(this.#target(path), { flags: AT_SYMLINK_NOFOLLOW })).catch(ifAbsent)
    if (there === undefined || (there.mode & S_IFMT) !== S_IFREG || there.size !== size) return false
    return Math.abs(there.modifySeconds * 1000 + there.modifyNanoseconds / 1e6 - mtimeMs) < 0.01 // milliseconds; what a double keeps of nanoseconds
  }

  /** What is in the target and not in the source. Each is looked up there: no list of names is held. */
  async #deleteOthers(): Promise<void> {
    const { io } = this.#options
    if (await io.submit(statx(this.#to)).catch(ifAbsent) === undefined) return
    for await (const entry of scan(typeof this.#to === 'string' ? this.#to : Buffer.from(this.#to), { signal: this.#running.signal, stats: true })) {
      const path = relativeTo(this.#to, entry)
      if (await io.submit(statx(this.#source(path), { flags: AT_SYMLINK_NOFOLLOW })).catch(ifAbsent) !== undefined) continue
      if (this.#isLeftOut(entry, path)) continue
      const gone = this.#target(path)
      if (!this.#tree.dryRun) {
        if (entry.type === 'directory') await removeTree(gone, this.#options)
        else await io.submit(unlink(gone)).catch(ifAbsent)
      }
      this.#report('delete', path)
    }
  }

  /** Their times change with everything that is put into them, so that they come last. */
  async #setDirectories(): Promise<void> {
    const { io } = this.#options
    const set = async (path: PathBytes, { mode, atimeMs, mtimeMs }: Pick<Stats, 'mode' | 'atimeMs' | 'mtimeMs'>): Promise<void> => {
      await io.submit(chmod(this.#target(path), mode & ALL_BITS))
      await io.submit(utimes(this.#target(path), atimeMs / 1000, mtimeMs / 1000))
    }
    for await (const entry of scan(typeof this.#from === 'string' ? this.#from : Buffer.from(this.#from), { stats: true, signal: this.#running.signal })) {
      if (entry.type !== 'directory' || entry.stats === undefined) continue
      const path = relativeTo(this.#from, entry)
      if (!this.#isLeftOut(entry, path)) await set(path, entry.stats)
    }
    const { mode, accessSeconds, modifySeconds, modifyNanoseconds } = await this.#stat(this.#from)
    await set('', { mode, atimeMs: accessSeconds * 1000, mtimeMs: modifySeconds * 1000 + modifyNanoseconds / 1e6 })
  }

  #stat(path: PathBytes, flags = 0): Promise<Statx> {
    return this.#options.io.submit(statx(path, { flags }))
  }

  #source(path: PathBytes): PathBytes {
    return path.length === 0 ? this.#from : below(this.#from, path)
  }

  #target(path: PathBytes): PathBytes {
    return path.length === 0 ? this.#to : below(this.#to, path)
  }

  #report(action: TreeAction['action'], path: PathBytes, bytes = 0): void {
    this.#tree.report?.({ action, path: textOf(path), bytes })
  }
}

/** The text of a link, byte for byte: the operation gives characters, and U+FFFD for what are none. */
async function linkText(io: Proactor, path: PathBytes): Promise<PathBytes> {
  const text = await io.submit(readlink(path))
  return text.includes('\ufffd') ? nodesReadlink(typeof path === 'string' ? path : Buffer.from(path), 'buffer') : text
}

/** An entry's path from the directory on that was scanned. */
function relativeTo(directory: PathBytes, { path, pathBytes }: ScanEntry): PathBytes {
  const base = Buffer.from(directory)
  const skipped = base.length + (base.at(-1) === 0x2f ? 0 : 1)
  if (pathBytes !== undefined) return pathBytes.subarray(skipped)
  return typeof directory === 'string' ? path.slice(directory.length + (directory.endsWith('/') ? 0 : 1)) : Buffer.from(path).subarray(skipped).toString()
}

function ifAbsent(error: unknown): undefined {
  const { errno } = error as NodeJS.ErrnoException
  if (errno === Errno.ENOENT || errno === ENOTDIR) return undefined
  throw error
}

const ENOTDIR = -20

/** Removes a directory and all below it; what vanishes meanwhile is gone as well. */
async function removeTree(directory: PathBytes, options: Options): Promise<void> {
  const { io } = options
  const directories: PathBytes[] = [directory]
  try {
    for await (const entry of scan(typeof directory === 'string' ? directory : Buffer.from(directory))) {
      const path = entry.pathBytes ?? entry.path
      if (entry.type === 'directory') directories.push(path)
      else await io.submit(unlink(path)).catch(ifAbsent)
    }
  } catch (error) {
    ifAbsent(error)
  }
  for (const path of directories.reverse()) await io.submit(rmdir(path)).catch(ifAbsent)
}
