// ① interface — a directory to a directory: what scan finds is filtered, made and copied, several files at once, in memory that does not grow with the tree.
// A target that is not there yet is made beside its name, and renamed when it is whole.
import { constants, type Stats } from 'node:fs'
import { defaultProactor } from '../../default-proactor.js'
import { lasting } from '../../lasting.js'
import { scan, type ScanEntry } from '../../fs/tree/index.js'
import { mkdir, rename, statx, unlink, type Statx } from '../../operation/path.js'
import { onAbort } from '../../waiting/on-abort.js'
import { Semaphore } from '../../waiting/semaphore.js'
import { carryOut } from '../carry-out.js'
import { fileSource } from '../ends/file-source.js'
import { fileTarget } from '../ends/file-target.js'
import { partialName, type FileTargetOptions } from '../ends/new-file.js'
import { below, isDirectory, splitPath, textOf, type PathBytes } from '../ends/open-file.js'
import { Unfinished } from '../ends/unfinished.js'
import { located, TransferError } from '../errors.js'
import type { CheckedTransferOptions } from '../options.js'
import { Pace } from '../pieces/pace.js'
import { Running } from '../running.js'
import { attributesOf, haveSameAttributes, isSameTime, setAttributes, type Attributes } from './attributes.js'
import { copyLink, isSameLink } from './copy-link.js'
import { copyExtended } from './extended-attributes.js'
import { HardLinks, isSameFile, linkInPlace } from './hard-links.js'
import { HeldDirectories } from './held-directories.js'
import { refuseBelow, relativeTo } from './places.js'
import { ifAbsent, removeTree } from './remove-tree.js'
import { haveSameContents } from './same-contents.js'
import type { CheckedTreeOptions, TreeAction } from './tree-options.js'
import { copiedWhole } from './whole-tree.js'

const FILES_AT_ONCE = 16
const AT_SYMLINK_NOFOLLOW = 0x100
const OWNER_ALL = 0o700
/** Where these are, no other file can be written either: EROFS, ENOSPC, EDQUOT. */
const OF_ALL_FILES: ReadonlySet<number | undefined> = new Set([-30, -28, -122])
/** In a file's or a link's place is a directory: EISDIR, EEXIST, ENOTEMPTY. */
const IS_DIRECTORY_THERE: ReadonlySet<string | undefined> = new Set(['EISDIR', 'EEXIST', 'ENOTEMPTY'])
const { S_IFMT, S_IFREG } = constants

type Options = CheckedTransferOptions & FileTargetOptions

/** @throws TransferError: the first failure, which names the file; with `failed` only what concerns all files */
export async function copyTree(from: PathBytes, to: PathBytes, given: Options, tree: CheckedTreeOptions, running: Running): Promise<void> {
  const { io, rate } = given
  // One for all files, so that they hold the rate together.
  const options = rate === undefined ? given : { ...given, pace: new Pace(rate, running.signal) }
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
    if (isOneTrip && await copiedInOneTrip(from, place, options, tree, running)) running.choice.name = 'a tree in one trip'
    else {
      if (isOneTrip) await removeTree(place, io)
      running.choice.name = 'a tree, file by file'
      await new TreeCopy(from, place, options, tree, running).run()
    }
    running.signal.throwIfAborted()
    if (isNew) await io.submit(rename(place, to))
    unfinished?.forget()
  } catch (error) {
    running.fail(located(error, { end: `target ${textOf(to)}`, step: 'copy a tree' }))
    if (isNew) await removeTree(place, lasting(io))
    unfinished?.forget()
    throw running.signal.reason
  }
}

async function copiedInOneTrip(from: string, place: string, { preserve }: Options, { failed }: CheckedTreeOptions, running: Running): Promise<boolean> {
  try {
    return await copiedWhole(from, place, preserve === true, running)
  } catch (error) {
    // File by file it can go on behind what fails.
    if (failed === undefined || running.signal.aborted) throw error
    return false
  }
}

/** Nothing is asked of it that only looking at each file can do. */
function isPlain({ io, rate, through, verify, mode, sync }: Options, { filter, report, hardLinks, xattrs }: CheckedTreeOptions): boolean {
  const isWhole = rate === undefined && through.length === 0 && verify === undefined && mode === undefined && sync !== true
  return isWhole && filter === undefined && report === undefined && !hardLinks && !xattrs && io === defaultProactor()
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
  /** Set by `run`. */
  #sources!: HeldDirectories
  #targets!: HeldDirectories
  readonly #links: HardLinks | undefined

  constructor(from: PathBytes, to: PathBytes, options: Options, tree: CheckedTreeOptions, running: Running) {
    this.#from = from
    this.#to = to
    this.#options = options
    this.#tree = tree
    this.#running = running
    this.#links = tree.hardLinks ? new HardLinks() : undefined
  }

  async run(): Promise<void> {
    const { io } = this.#options
    this.#sources = await HeldDirectories.of(io, this.#from)
    try {
      await this.#makeDirectory('', await this.#stat(this.#from))
      this.#targets = await HeldDirectories.of(io, this.#to)
      await this.#copyAll().finally(() => this.#targets.close())
    } finally {
      await this.#sources.close()
    }
  }

  async #copyAll(): Promise<void> {
    const { signal } = this.#running
    await this.#copyExtended('')
    try {
      for await (const entry of this.#scan(this.#from)) {
        signal.throwIfAborted()
        await this.#take(entry)
      }
    } finally {
      // Files in progress end before anything else is done, however the loop was left.
      await this.#places.down(FILES_AT_ONCE)
    }
    signal.throwIfAborted()
    if (this.#tree.deletes) await this.#deleteOthers()
    if (this.#options.preserve === true && !this.#tree.dryRun) await this.#setDirectories()
  }

  #scan(directory: PathBytes): AsyncGenerator<ScanEntry, void, undefined> {
    const errors = this.#tree.failed === undefined ? 'throw' : 'report'
    return scan(typeof directory === 'string' ? directory : Buffer.from(directory), { stats: true, errors, signal: this.#running.signal })
  }

  async #take(entry: ScanEntry): Promise<void> {
    const path = relativeTo(this.#from, entry)
    if (this.#isLeftOut(entry, path)) {
      this.#report('passed over', path)
      return
    }
    const { type, stats, error } = entry
    if (error !== undefined) this.#failed(error, path)
    // A directory that cannot be read is made all the same, as others make it.
    if (stats === undefined) return
    if (type === 'directory') {
      await this.#orFailed(path, this.#makeDirectory(path, stats).then(async () => {
        await this.#copyExtended(path)
      }), () => this.#leftOut.add(textOf(path)))
    } else if (this.#tree.shard?.has(path) === false) return
    else if (type === 'link') await this.#orFailed(path, this.#copyLink(path, stats))
    else if (type === 'file') await this.#beginFile(path, stats)
    else this.#report('passed over', path)
  }

  /** @throws what ends the whole transfer */
  async #orFailed(path: PathBytes, work: Promise<void>, otherwise?: () => void): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#failed(error, path)
      otherwise?.()
    }
  }

  /** Reports it, and the rest continues. @throws the error, if there is no callback for failures, or if every other file would fail as well */
  #failed(error: unknown, path: PathBytes): void {
    const reason = located(error, { end: `source ${textOf(this.#source(path))}`, step: 'copy' })
    const { failed } = this.#tree
    if (failed === undefined || this.#running.signal.aborted || OF_ALL_FILES.has((error as NodeJS.ErrnoException).errno)) throw reason
    failed({ path: textOf(path), error: reason })
  }

  #isLeftOut({ type, stats }: ScanEntry, path: PathBytes): boolean {
    const { filter } = this.#tree
    if (filter === undefined && this.#leftOut.size === 0) return false
    const text = textOf(path)
    for (let at = text.indexOf('/'); at > 0 && this.#leftOut.size > 0; at = text.indexOf('/', at + 1)) if (this.#leftOut.has(text.slice(0, at))) return true
    if (filter === undefined || filter({ path: text, pathBytes: typeof path === 'string' ? undefined : Buffer.from(path), type, stats })) return false
    if (type === 'directory') this.#leftOut.add(text)
    return true
  }

  async #makeDirectory(path: PathBytes, { mode }: Pick<Stats, 'mode'>): Promise<void> {
    const makeAt = (place: PathBytes): Promise<void> => this.#makeDirectoryAt(path, place, mode)
    // In a dry run those above it need not be there.
    if (path.length > 0) return this.#tree.dryRun ? makeAt(this.#target(path)) : this.#targets.within(path, makeAt)
    const there = await this.#options.io.submit(statx(this.#to)).catch(ifAbsent)
    // The target itself may be reached by a link. What is below may not: it would lead out of the target.
    if (there === undefined || !isDirectory(there)) await this.#makeDirectoryAt(path, this.#to, mode)
  }

  async #makeDirectoryAt(path: PathBytes, place: PathBytes, mode: number): Promise<void> {
    const there = await this.#there(place)
    if (there !== undefined && isDirectory(there)) return
    if (there !== undefined && this.#tree.deletes) await this.#clear(path, place, there)
    // Until everything is in it this user must be able to write there.
    if (!this.#tree.dryRun) {
      await this.#options.io.submit(mkdir(place, { mode: (mode & 0o777) | OWNER_ALL })).catch((error: unknown) => {
        throw located(error, { end: `target ${textOf(this.#target(path))}`, step: 'make the directory' })
      })
    }
    this.#report('make directory', path)
  }

  /** Both places of an entry. In a dry run the target's directory need not be there. */
  #both(path: PathBytes, work: (from: PathBytes, to: PathBytes) => Promise<void>): Promise<void> {
    return this.#sources.within(path, (from) => (this.#tree.dryRun ? work(from, this.#target(path)) : this.#targets.within(path, (to) => work(from, to))))
  }

  #copyLink(path: PathBytes, stats: Stats): Promise<void> {
    return this.#both(path, (from, to) => this.#copyLinkAt(path, stats, from, to))
  }

  async #copyLinkAt(path: PathBytes, stats: Stats, from: PathBytes, to: PathBytes): Promise<void> {
    const { io, preserve } = this.#options
    if (this.#tree.onlyChanged !== false && await isSameLink(io, from, to)) {
      this.#report('unchanged', path)
      return
    }
    if (!this.#tree.dryRun) {
      await this.#inPlaceOf(path, to, () => copyLink(io, from, to))
      if (preserve === true) await setAttributes(io, to, stats, true)
    }
    this.#report('link', path)
  }

  /** Waits for a place; then the file is copied while the next entries are looked at. */
  async #beginFile(path: PathBytes, stats: Stats): Promise<void> {
    const { signal } = this.#running
    await this.#places.down(1, { signal })
    const copy = (): Promise<void> => this.#copyFile(path, stats)
    // Which name is the first is known before the next entry is looked at.
    const work = await this.#links?.take(stats, (look) => this.#sources.within(path, look), path, copy, (first) => this.#linkFile(path, first)) ?? copy
    void this.#orFailed(path, work()).catch((error: unknown) => this.#running.fail(error as Error)).finally(() => this.#places.up())
  }

  #copyFile(path: PathBytes, stats: Stats): Promise<void> {
    return this.#both(path, (from, to) => this.#copyFileAt(path, stats, from, to))
  }

  async #copyFileAt(path: PathBytes, stats: Stats, from: PathBytes, to: PathBytes): Promise<void> {
    if (this.#tree.onlyChanged !== false && await this.#isUnchanged(path, stats, from, to)) return
    const { mode, preserve, sync } = this.#options
    if (!this.#tree.dryRun) await this.#inPlaceOf(path, to, async () => {
      // What fails alone ends alone.
      const file = new Running(this.#running, this.#tree.failed !== undefined)
      const { signal } = this.#running
      const release = this.#tree.failed === undefined || signal.aborted ? undefined : onAbort(signal, () => file.fail(signal.reason as Error))
      try {
        const source = { ...fileSource(from, {}, true), name: textOf(this.#source(path)) }
        const target = { ...fileTarget(to, { mode, preserve, sync, replacesAll: true }), name: textOf(this.#target(path)) }
        await carryOut(source, target, this.#options, file)
      } finally {
        release?.()
        file.settle()
      }
    })
    await this.#copyExtended(path)
    this.#report('copy', path, stats.size)
  }

  /** Another name of a file that is there. */
  #linkFile(path: PathBytes, first: PathBytes): Promise<void> {
    if (this.#tree.dryRun) return this.#linkFileAt(path, this.#target(first), this.#target(path))
    return this.#targets.within(first, (one) => this.#targets.within(path, (other) => this.#linkFileAt(path, one, other)))
  }

  async #linkFileAt(path: PathBytes, one: PathBytes, other: PathBytes): Promise<void> {
    const isThere = this.#tree.onlyChanged !== false && await isSameFile(one, other)
    if (!isThere && !this.#tree.dryRun) await this.#inPlaceOf(path, other, () => linkInPlace(this.#options.io, one, other))
    this.#report(isThere ? 'unchanged' : 'link', path)
  }

  /** @returns whether something changed, or would */
  async #copyExtended(path: PathBytes): Promise<boolean> {
    const { xattrs, dryRun } = this.#tree
    if (!xattrs) return false
    const copied = this.#sources.entry(path, (from) => this.#targets.entry(path, (to) => copyExtended(this.#options.io, from, to, dryRun)))
    return copied.catch((error: unknown) => {
      if (dryRun && (error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw located(error, { end: `target ${textOf(this.#target(path))}`, step: 'set extended attributes' })
    })
  }

  /** Does it, and once more if a directory was in its place that may be deleted. */
  async #inPlaceOf(path: PathBytes, place: PathBytes, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const { code, end } = error as TransferError
      const isAtTarget = !(error instanceof TransferError) || end.startsWith('target ')
      const there = this.#tree.deletes && isAtTarget && IS_DIRECTORY_THERE.has(code) ? await this.#there(place) : undefined
      if (there === undefined || !isDirectory(there)) throw error
      await this.#clear(path, place, there)
      await work()
    }
  }

  /** Its bytes are there. Attributes that are others are set. */
  async #isUnchanged(path: PathBytes, stats: Stats, from: PathBytes, to: PathBytes): Promise<boolean> {
    const { io, preserve } = this.#options
    const { onlyChanged, dryRun } = this.#tree
    const there = await this.#there(to)
    if (there === undefined || (there.mode & S_IFMT) !== S_IFREG || there.size !== stats.size) return false
    const isSame = onlyChanged === 'contents' ? await haveSameContents(io, from, to, stats.size, this.#running.signal) : isSameTime(there, stats)
    if (!isSame) return false
    const isSet = await this.#copyExtended(path)
    const isRight = preserve !== true || haveSameAttributes(there, stats)
    if (!isRight && !dryRun) await this.#targets.entry(path, (place) => setAttributes(io, place, stats))
    this.#report(isRight && !isSet ? 'unchanged' : 'attributes', path)
    return true
  }

  /** What is in the target and not in the source. Each is looked up there: no list of names is held. */
  async #deleteOthers(): Promise<void> {
    const { io } = this.#options
    if (await io.submit(statx(this.#to)).catch(ifAbsent) === undefined) return
    for await (const entry of this.#scan(this.#to)) {
      const path = relativeTo(this.#to, entry)
      await this.#orFailed(path, this.#deleteIfOther(entry, path))
    }
  }

  async #deleteIfOther(entry: ScanEntry, path: PathBytes): Promise<void> {
    if (await this.#sources.within(path, (place) => this.#there(place)).catch(ifAbsent) !== undefined) return
    if (this.#isLeftOut(entry, path)) return
    await this.#targets.within(path, async (place) => {
      const there = await this.#there(place)
      if (there !== undefined) await this.#clear(path, place, there)
    }).catch(ifAbsent)
  }

  /** Deletes what is in the target there. */
  async #clear(path: PathBytes, place: PathBytes, there: Statx): Promise<void> {
    const { io } = this.#options
    if (!this.#tree.dryRun) {
      if (isDirectory(there)) await removeTree(place, io)
      else await io.submit(unlink(place)).catch(ifAbsent)
    }
    this.#report('delete', path)
  }

  /** Their times change with everything that is put into them, so that they come last. */
  async #setDirectories(): Promise<void> {
    const { io } = this.#options
    const set = (path: PathBytes, wanted: Attributes): Promise<void> => this.#targets.entry(path, async (place) => {
      const there = await io.submit(statx(place)).catch(ifAbsent)
      // What is in a directory's place, and was not to be replaced, keeps what it has.
      if (there !== undefined && isDirectory(there) && !haveSameAttributes(there, wanted)) await setAttributes(io, place, wanted)
    }).catch(ifAbsent)
    for await (const entry of this.#scan(this.#from)) {
      if (entry.type !== 'directory' || entry.stats === undefined) continue
      const path = relativeTo(this.#from, entry)
      if (!this.#isLeftOut(entry, path)) await this.#orFailed(path, set(path, entry.stats))
    }
    await this.#orFailed('', set('', attributesOf(await this.#stat(this.#from))))
  }

  #there(place: PathBytes): Promise<Statx | undefined> {
    return this.#options.io.submit(statx(place, { flags: AT_SYMLINK_NOFOLLOW })).catch(ifAbsent)
  }

  #stat(path: PathBytes): Promise<Statx> {
    return this.#options.io.submit(statx(path))
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
