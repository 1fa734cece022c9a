// ① interface — the directory that is served: files below it are opened, and never others. Where the engine has openat2(2) the kernel walks
// the path and stays below (RESOLVE_BENEATH). Elsewhere, and for absolute links, a file is opened first, and then asked where it is.
import { constants } from 'node:fs'
import { readlink, realpath } from 'node:fs/promises'
import { defaultProactor } from '../../default-proactor.js'
import { close } from '../../operation/file.js'
import { fstatx, open, type Statx } from '../../operation/path.js'
import type { Proactor } from '../../proactor/proactor.js'
import { Refusal } from '../command.js'
import { hasSockets } from '../move/ends.js'

const RESOLVE_NO_MAGICLINKS = 0x02
const RESOLVE_BENEATH = 0x08
const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_DIRECTORY, S_IFMT, S_IFREG, S_IFDIR } = constants
/** A pipe without a writer is opened at once, and a terminal stays somebody else's. */
const SAFE_FLAGS = O_RDONLY | (process.platform === 'win32' ? 0 : O_NONBLOCK | O_NOCTTY)
const SLASH = Buffer.from('/')
const HAS_PROC = process.platform === 'linux'

/** A file or directory that is open. Close it. */
export interface Opened {
  readonly fd: number
  readonly stats: Statx
  readonly isDirectory: boolean
}

export interface RootOptions {
  /** Links may lead out of it. */
  readonly followsLinks: boolean
}

function beneath(path: Buffer, root: Buffer): boolean {
  if (path.equals(root)) return true
  const prefix = root.length === 1 ? root : Buffer.concat([root, Buffer.from(process.platform === 'win32' ? '\\' : '/')])
  return path.subarray(0, prefix.length).equals(prefix)
}

const failed = (code: string): Error => Object.assign(new Error(code), { code })

export class Root {
  /** Its own path, free of links. */
  readonly path: Buffer
  /** Sockets and openat2 are the engine's. */
  readonly isEngine: boolean
  readonly io: Proactor
  readonly #fd: number
  readonly #followsLinks: boolean

  private constructor(io: Proactor, path: Buffer, fd: number, isEngine: boolean, { followsLinks }: RootOptions) {
    this.io = io
    this.path = path
    this.#fd = fd
    this.isEngine = isEngine
    this.#followsLinks = followsLinks
  }

  /** @throws Refusal */
  static async open(given: string | Buffer, options: RootOptions): Promise<Root> {
    try {
      const isEngine = await hasSockets()
      const io = defaultProactor()
      const path = Buffer.from(await realpath(given, 'buffer'))
      const fd = await io.submit(open(path, { flags: SAFE_FLAGS | (process.platform === 'win32' ? 0 : O_DIRECTORY) }))
      return new Root(io, path, fd, isEngine, options)
    } catch (error) {
      throw new Refusal(`${String(given)} cannot be served: ${(error as Error).message}. Name a directory that can be read`)
    }
  }

  close(): Promise<void> {
    return this.io.submit(close(this.#fd))
  }

  /** @throws ENOENT also for what is neither a file nor a directory, and for what leads out; EACCES; EMFILE … */
  async find(names: readonly Buffer[]): Promise<Opened> {
    const below = names.flatMap((name, index) => (index === 0 ? [name] : [SLASH, name]))
    const fd = await this.#open(below.length === 0 ? Buffer.from('.') : Buffer.concat(below))
    try {
      const stats = await this.io.submit(fstatx(fd))
      const type = stats.mode & S_IFMT
      if (type !== S_IFREG && type !== S_IFDIR) throw failed('ENOENT')
      return { fd, stats, isDirectory: type === S_IFDIR }
    } catch (error) {
      await this.io.submit(close(fd))
      throw error
    }
  }

  async #open(below: Buffer): Promise<number> {
    if (!this.isEngine) return this.#openThenAsk(below)
    const resolve = this.#followsLinks ? 0 : RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
    try {
      return await this.io.submit(open(below, { directory: this.#fd, flags: SAFE_FLAGS, resolve }))
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      // A link that leads out, or an absolute one; a rename on the way; a kernel before 5.6, or a filter.
      if (['EXDEV', 'EAGAIN', 'ENOSYS', 'EPERM', 'ENOTSUP'].includes(code)) return this.#openThenAsk(below)
      throw error
    }
  }

  /** Where something is, is asked of what is open: nobody can exchange that any more. Without /proc the path is asked once more. */
  async #openThenAsk(below: Buffer): Promise<number> {
    const path = Buffer.concat([this.path, SLASH, below])
    const place = Buffer.from(await realpath(path, 'buffer'))
    if (!this.#followsLinks && !beneath(place, this.path)) throw failed('ENOENT')
    const fd = await this.io.submit(open(place, { flags: SAFE_FLAGS }))
    if (this.#followsLinks) return fd
    try {
      const now = HAS_PROC ? await readlink(`/proc/self/fd/${String(fd)}`, 'buffer') : await realpath(path, 'buffer')
      if (!beneath(Buffer.from(now), this.path)) throw failed('ENOENT')
      return fd
    } catch (error) {
      await this.io.submit(close(fd))
      throw error
    }
  }

  /** The path of a directory that is open, for listing it. */
  pathOf(fd: number, names: readonly Buffer[]): Buffer {
    return HAS_PROC ? Buffer.from(`/proc/self/fd/${String(fd)}`) : Buffer.concat([this.path, ...names.flatMap((name) => [SLASH, name])])
  }
}
