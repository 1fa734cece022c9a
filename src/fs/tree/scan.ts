// ① interface — scan: a whole tree as a loop, of any size in bounded memory. Several directories are read at once, the
// newest found first, and all of them wait while the consumer is behind.
import { constants, type Stats } from 'node:fs'
import { checkInteger, checkPath, invalidArgType, invalidArgValue } from '../../operation/arguments.js'
import { AbortError } from '../../waiting/abort-error.js'
import { BatchedIterator } from '../../waiting/batched-iterator.js'
import { onAbort } from '../../waiting/on-abort.js'
import { WaitQueue } from '../../waiting/wait-queue.js'
import { EntryType } from './entry-type.js'
import { below, openReader, type DirectoryReader, type Named } from './directory-reader.js'
import type { PathBytes } from '../request/index.js'

/** Options of {@link scan}. */
export interface ScanOptions {
  /** With the Stats of each entry: a link's own. Default: false. */
  readonly stats?: boolean | undefined
  /** Directories read at once, 1 to 128. Default: 16. */
  readonly concurrency?: number | undefined
  /**
   * An entry that cannot be read ends the scan ('throw'), or has an `error` ('report'). The root's error is always
   * thrown. Default: 'throw'.
   */
  readonly errors?: 'throw' | 'report' | undefined
  /** Aborting it ends the loop with an AbortError, after everything has been closed. AbortSignal.timeout makes a deadline. */
  readonly signal?: AbortSignal | undefined
}

/** What an entry of a tree is. A link is not followed. */
export type ScanType = 'file' | 'directory' | 'link' | 'fifo' | 'socket' | 'character' | 'block' | 'unknown'

/** An entry of a tree. */
export class ScanEntry {
  /** The path given to `scan`, followed by the path from there. */
  readonly path: string
  /** The same as bytes if it is not UTF-8: the text then names no file. */
  readonly pathBytes: Buffer | undefined
  /** What the entry is. `'unknown'` where the file system does not say. */
  readonly type: ScanType
  /** With `stats: true`. */
  readonly stats: Stats | undefined
  /** Why this directory, or the stats of this entry, could not be read; with `errors: 'report'`. */
  readonly error: NodeJS.ErrnoException | undefined

  /** @internal */
  constructor(path: string | Buffer, type: ScanType, stats: Stats | undefined, error: NodeJS.ErrnoException | undefined) {
    this.path = typeof path === 'string' ? path : path.toString()
    this.pathBytes = typeof path === 'string' ? undefined : path
    this.type = type
    this.stats = stats
    this.error = error
  }
}

/** Readers wait while so many entries have not been taken. Each may have added one more piece of a directory. */
const ENTRIES_HELD_MAX = 1024
/** Readers of wide directories wait while so many have been found and not read … */
const DIRECTORIES_HELD_MAX = 10_000
/** … unless so many wait for that already: each holds a descriptor. */
const PARKED_MAX = 32
/** By EntryType. */
const TYPES: readonly ScanType[] = ['unknown', 'file', 'directory', 'link', 'fifo', 'socket', 'character', 'block']
const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK } = constants
const TYPE_OF_MODE: ReadonlyMap<number, ScanType> = new Map([
  [S_IFREG, 'file'], [S_IFDIR, 'directory'], [S_IFLNK, 'link'], [S_IFIFO, 'fifo'], [S_IFSOCK, 'socket'], [S_IFCHR, 'character'], [S_IFBLK, 'block'],
])

/** A directory that has been found. Its entry is yielded when it has been opened, so that an error can be reported with it. */
interface Found {
  readonly path: string | Buffer
  readonly isRoot: boolean
  readonly stats: Stats | undefined
}

/**
 * Walks the tree below `directory`: `for await (const { path, type, stats } of scan('src', { stats: true }))`. The
 * directory itself is not among the entries. A directory comes before its entries; otherwise the order is not defined.
 * Links are not followed. Entries that vanish during the scan are left out.
 *
 * Memory is bounded for any tree: at most some thousand entries and directories are read ahead of the consumer. Leaving
 * the loop first closes all directories.
 *
 * @throws what opening `directory` throws, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ABORT_ERR
 */
export function scan(directory: string | Buffer | URL, options: ScanOptions = {}): AsyncGenerator<ScanEntry, void, undefined> {
  const path = checkPath(directory, 'directory')
  const { stats = false, concurrency = 16, errors = 'throw', signal } = options
  if (typeof stats !== 'boolean') throw invalidArgType('stats', 'of type boolean', stats)
  checkInteger(concurrency, 'concurrency', 1, 128)
  if (!['throw', 'report'].includes(errors)) throw invalidArgValue('errors', errors, "must be 'throw' or 'report'")
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
  return new Scan(path, { stats, concurrency, errors, signal }).entries()
}

class Scan {
  readonly #options: ScanOptions & { readonly concurrency: number }
  readonly #stop = new AbortController()
  /** Found and not read, the newest last. */
  readonly #found: Found[] = []
  #ready: ScanEntry[] = []
  /** Told by readers and not taken by the consumer. */
  #held = 0
  #reading = 0
  /** Those among the reading that wait for directories to become fewer. */
  #parked = 0
  #failure: { readonly error: unknown } | undefined = undefined
  /** Those who wait for any change: each looks for itself whether it was theirs. */
  readonly #waiting = new WaitQueue<true>()

  constructor(root: PathBytes, options: ScanOptions & { readonly concurrency: number }) {
    this.#options = options
    this.#found.push({ path: typeof root === 'string' ? root : Buffer.from(root), isRoot: true, stats: undefined })
  }

  entries(): AsyncGenerator<ScanEntry, void, undefined> {
    return new BatchedIterator(this.#batches(), () => this.#check(), () => { this.#held-- })
  }

  async *#batches(): AsyncGenerator<readonly ScanEntry[], void, undefined> {
    const { signal } = this.#options
    const abort = (): void => {
      this.#stop.abort(signal?.reason)
      this.#changed()
    }
    if (signal?.aborted === true) abort()
    const unheed = signal === undefined || signal.aborted ? undefined : onAbort(signal, abort)
    try {
      for (;;) {
        this.#check()
        this.#startReaders()
        if (this.#ready.length > 0) {
          const taken = this.#ready
          this.#ready = []
          yield taken
          this.#changed()
        } else if (this.#reading > 0) await this.#change()
        else return
      }
    } finally {
      unheed?.()
      this.#stop.abort()
      this.#changed()
      while (this.#reading > 0) await this.#change()
    }
  }

  #check(): void {
    if (this.#options.signal?.aborted === true) throw new AbortError(this.#options.signal.reason)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  #change(): Promise<unknown> {
    return this.#waiting.wait((changed) => changed)
  }

  #changed(): void {
    if (this.#waiting.length > 0) this.#waiting.wakeAll(true)
  }

  #startReaders(): void {
    while (this.#reading - this.#parked < this.#options.concurrency && this.#held < ENTRIES_HELD_MAX && this.#found.length > 0) {
      void this.#read(this.#found.pop() as Found) // there is one
    }
  }

  async #read(found: Found): Promise<void> {
    this.#reading++
    try {
      const reader = await this.#open(found)
      if (reader !== undefined) await this.#readPieces(found, reader)
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failure ??= { error } // what ends after the end is its consequence
    } finally {
      this.#reading--
      this.#startNext()
      this.#changed()
    }
  }

  /** A reader's place is free, and the consumer may be at work on what it has got. */
  #startNext(): void {
    if (!this.#stop.signal.aborted && this.#failure === undefined) this.#startReaders()
  }

  async #open(found: Found): Promise<DirectoryReader | undefined> {
    try {
      const reader = await openReader(found.path, found.isRoot, this.#options.stats === true, this.#stop.signal)
      if (!found.isRoot) this.#tell(new ScanEntry(found.path, 'directory', found.stats, undefined))
      return reader
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // No descriptor left: it is opened again when another of this scan's has been closed.
      if ((code === 'EMFILE' || code === 'ENFILE') && this.#reading > 1) {
        await this.#change()
        this.#found.push(found)
      } else if (found.isRoot) throw error
      else this.#wrong(found.path, 'directory', found.stats, error)
      return undefined
    }
  }

  async #readPieces(found: Found, reader: DirectoryReader): Promise<void> {
    try {
      for (;;) {
        await this.#room()
        const piece = await this.#piece(found, reader)
        if (piece.length === 0) return
        await this.#tellAll(found, reader, piece)
      }
    } finally {
      await reader.close()
    }
  }

  /** A directory that opened and can't be read (any further) has its error told by one more entry. */
  async #piece(found: Found, reader: DirectoryReader): Promise<readonly Named[]> {
    try {
      return await reader.next()
    } catch (error) {
      if (found.isRoot) throw error
      this.#wrong(found.path, 'directory', found.stats, error)
      return []
    }
  }

  /** By index, where they are wanted or needed: some file systems tell no types, and Node not all. Empty: nowhere. */
  #statsOf(piece: readonly Named[], reader: DirectoryReader): Promise<(Stats | Error | undefined)[]> | (Stats | Error | undefined)[] {
    if (this.#options.stats !== true && !piece.some(({ type }) => type === EntryType.UNKNOWN)) return []
    if (piece[0]?.stats !== undefined) return piece.map(({ stats }) => stats)
    return Promise.all(piece.map(async ({ name, type }) => {
      return this.#options.stats === true || type === EntryType.UNKNOWN ? reader.stats(name).catch((error: unknown) => error as Error) : undefined
    }))
  }

  async #tellAll(found: Found, reader: DirectoryReader, piece: readonly Named[]): Promise<void> {
    const stats = await this.#statsOf(piece, reader)
    piece.forEach(({ name, type }, index) => {
      const path = below(found.path, name)
      const known = stats[index]
      const typeName = TYPES[type] as ScanType // there is one for each
      if (known instanceof Error) this.#wrong(path, typeName, undefined, known)
      else this.#tellOne(path, known === undefined ? typeName : TYPE_OF_MODE.get(known.mode & S_IFMT) ?? 'unknown', this.#options.stats === true ? known : undefined)
    })
    this.#startNext()
    this.#changed()
  }

  #tellOne(path: string | Buffer, type: ScanType, stats: Stats | undefined): void {
    if (type === 'directory') this.#found.push({ path, isRoot: false, stats })
    else this.#tell(new ScanEntry(path, type, stats, undefined))
  }

  #tell(entry: ScanEntry): void {
    this.#ready.push(entry)
    this.#held++
    this.#changed()
  }

  #wrong(path: string | Buffer, type: ScanType, stats: Stats | undefined, error: unknown): void {
    if (this.#stop.signal.aborted) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return // it has vanished
    if (this.#options.errors !== 'report') throw error
    this.#tell(new ScanEntry(path, type, stats, error as NodeJS.ErrnoException))
  }

  /** Waits until this reader may go on. */
  async #room(): Promise<void> {
    for (;;) {
      if (this.#stop.signal.aborted) throw new AbortError(this.#stop.signal.reason)
      if (this.#found.length >= DIRECTORIES_HELD_MAX && this.#parked < PARKED_MAX) {
        this.#parked++
        this.#startNext()
        await this.#change()
        this.#parked--
      } else if (this.#held >= ENTRIES_HELD_MAX) await this.#change()
      else return
    }
  }
}
