// ① interface — one directory piece by piece, for scan: by getdents64 on the engine, or by Node's opendir where the engine
// does not open. A piece is bounded, so that a directory of a million names never has to be held.
import { readsDirectories, typeOf } from './node-entries.js'
import { constants, type Stats } from 'node:fs'
import { close, getdents64 } from '../../operation/file.js'
import { kept, open, statx } from '../../operation/path.js'
import { systemError } from '../../operation/system-error.js'
import { Listing, parse } from './directory-entries.js'
import { EntryType } from './entry-type.js'
import { listed, type ListedDirectory } from './listed.js'
import { node, statsOf } from '../node/index.js'
import { plainPath } from '../arguments/index.js'
import { Countdown, hasRows, request, type PathBytes } from '../request/index.js'

/** A name as text, or as bytes when it is not UTF-8. */
export interface Named {
  readonly name: string | Buffer
  readonly type: EntryType
  /** Where they came along; or why there are none. */
  readonly stats?: Stats | Error
}

export interface DirectoryReader {
  /** Some more entries; none: that was all. */
  next(): Promise<readonly Named[]>
  /** An entry's own stats: of a link, not of what it leads to. */
  stats(name: string | Buffer): Promise<Stats>
  close(): Promise<void>
}

/** 680 entries at most: a name has a byte, and its record 24. */
const PIECE_BYTES = 16384
const NODE_PIECE = 256
const AT_SYMLINK_NOFOLLOW = 0x100

/** `${directory}/${name}`, as bytes if either is. */
export function below(directory: PathBytes, name: string | Buffer): string | Buffer {
  if (typeof directory === 'string' && typeof name === 'string') return directory.endsWith('/') ? directory + name : `${directory}/${name}`
  return Buffer.concat([Buffer.from(directory), Buffer.from('/'), Buffer.from(name)])
}

class EngineReader implements DirectoryReader {
  readonly #path: PathBytes
  readonly #fd: number
  readonly #signal: AbortSignal
  readonly #buffer = Buffer.allocUnsafeSlow(PIECE_BYTES)

  constructor(path: PathBytes, fd: number, signal: AbortSignal) {
    this.#path = path
    this.#fd = fd
    this.#signal = signal
  }

  async next(): Promise<readonly Named[]> {
    for (;;) {
      const bytes = await request<number>(getdents64(this.#fd, this.#buffer), { signal: this.#signal }, 'scandir', this.#path)
      if (bytes === 0) return []
      const listing = new Listing()
      parse(this.#buffer, bytes, listing)
      const { names, others } = listing
      // A piece may hold nothing but '.' and '..'.
      if (names.length > 0) return names.map((name) => ({ name: decode(name), type: others?.get(name) ?? EntryType.FILE }))
    }
  }

  stats(name: string | Buffer): Promise<Stats> {
    const operation = statx(name, { directory: this.#fd, flags: AT_SYMLINK_NOFOLLOW })
    return request(operation, { signal: this.#signal }, 'lstat', below(this.#path, name), undefined, statsOf)
  }

  close(): Promise<void> {
    return request(close(this.#fd), undefined, 'close')
  }
}

/** Of a directory that came in a list; what is too large for that is read on piece by piece. */
class ListedReader implements DirectoryReader {
  readonly #path: string
  readonly #first: ListedDirectory
  readonly #rest: EngineReader | undefined
  #isBegun = false

  constructor(path: string, first: ListedDirectory, signal: AbortSignal) {
    this.#path = path
    this.#first = first
    this.#rest = first.fd < 0 ? undefined : new EngineReader(path, first.fd, signal)
  }

  next(): Promise<readonly Named[]> {
    if (this.#isBegun || this.#first.names.length === 0) return this.#rest?.next() ?? NO_MORE
    this.#isBegun = true
    const { names, types, stats, isAscii } = this.#first
    return Promise.resolve(names.map((latin1, index) => {
      const name = isAscii ? latin1 : decode(latin1)
      const type = types?.[index] ?? EntryType.FILE
      const said = stats?.[index]
      if (said === undefined) return { name, type }
      return { name, type, stats: typeof said === 'number' ? systemError(said, 'lstat', below(this.#path, name)) : said }
    }))
  }

  /** Of what came without: all of one piece. */
  stats(name: string | Buffer): Promise<Stats> {
    return this.#rest?.stats(name) ?? node.lstat(below(this.#path, name))
  }

  close(): Promise<void> {
    return this.#rest?.close() ?? CLOSED
  }
}

const NO_MORE = Promise.resolve<readonly Named[]>([])
const CLOSED = Promise.resolve()

/** Bytes, a character each, as the text they are in UTF-8; or as they are. */
function decode(latin1: string): string | Buffer {
  if (!/[\x80-\xff]/.test(latin1)) return latin1
  return nameOf(Buffer.from(latin1, 'latin1'))
}

function nameOf(bytes: Buffer): string | Buffer {
  const name = bytes.toString('utf8')
  return Buffer.from(name, 'utf8').equals(bytes) ? name : bytes
}

class NodeReader implements DirectoryReader {
  readonly #path: PathBytes
  readonly #directory: Awaited<ReturnType<typeof node.opendir>>

  constructor(path: PathBytes, directory: Awaited<ReturnType<typeof node.opendir>>) {
    this.#path = path
    this.#directory = directory
  }

  async next(): Promise<readonly Named[]> {
    const piece: Named[] = []
    while (piece.length < NODE_PIECE) {
      const entry = await this.#directory.read()
      if (entry === null) break
      piece.push({ name: nameOf(entry.name as unknown as Buffer), type: typeOf(entry) }) // Buffers were asked for
    }
    return piece
  }

  stats(name: string | Buffer): Promise<Stats> {
    return node.lstat(below(this.#path, name))
  }

  close(): Promise<void> {
    return this.#directory.close()
  }
}

/** Of a list: what is read ahead of the consumer stays bounded. */
const ENTRIES_IN_LIST = 2048

/**
 * Opens a directory.
 * @param follows it may be reached by a link; otherwise one that has come into its place is not followed
 * @param hasStats the stats of its entries will be asked for
 */
export async function openReader(path: PathBytes, follows: boolean, hasStats: boolean, signal: AbortSignal): Promise<DirectoryReader> {
  if (plainPath(path) === undefined || !readsDirectories()) return new NodeReader(path, await node.opendir(path as string, { encoding: 'buffer' as BufferEncoding })) // its types know no 'buffer'
  if (typeof path === 'string' && hasRows()) {
    const options = { flags: follows ? 0 : constants.O_NOFOLLOW, most: ENTRIES_IN_LIST, sorted: false, stats: hasStats }
    const first = await listed(path, options, new Countdown({ signal }))
    if (first !== undefined) return new ListedReader(path, first, signal)
  }
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | (follows ? 0 : constants.O_NOFOLLOW)
  return request(kept(open(path, { flags })), { signal }, 'scandir', path, undefined, (fd: number) => new EngineReader(path, fd, signal))
}
