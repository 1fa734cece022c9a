// ① interface — cp of a tree to a place where nothing is yet: many files at once. Every other case is Node's own cp, and so
// is any single thing in the tree that is neither file, directory nor symbolic link. Small files of one directory are copied
// in rows (copy-in-row.ts); a large one by Node's copyFile: one trip to a thread that does all of it.
import { constants, type CopyOptions } from 'node:fs'
import { dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { Opcode } from '../../operation/opcode.js'
import * as operation from '../../operation/path.js'
import { systemError } from '../../operation/system-error.js'
import { CopyFlag, CopyStep } from '../../ring/layout/whole.js'
import { Semaphore } from '../../waiting/semaphore.js'
import { copyOne } from './copy-one.js'
import { copyError, copyFilesInRow, FILES_IN_ROW, NOT_MENDED } from './copy-in-row.js'
import { checkAborted, countdownOf, deadlineOf, hasRows, request, withDone, within, type Countdown, type Deadline } from '../request/index.js'
import { directoryEntries, type Entries } from './directory-entries.js'
import { EntryType } from './entry-type.js'
import { node, NODE_MAJOR } from '../node/index.js'
import { plainPath } from '../arguments/index.js'
import { isOfKernel } from '../path/index.js'
import { hasTrees, TreeRequest } from './tree-request.js'

const COPIES_AT_ONCE = 16
const EAGAIN = -11
const TOO_DEEP = -31
/** A path below the tree's root. */
const PLACE_BYTES = 4096
const AT_SYMLINK_NOFOLLOW = 0x100
const PERMISSIONS = 0o7777
const SET_ID = 0o6000
const FLAGS: ReadonlySet<string> = new Set(['recursive', 'force', 'errorOnExist', 'verbatimSymlinks'])
/** Options with which the tree is copied here; any other one leads to Node. */
const KNOWN_OPTIONS: ReadonlySet<string> = new Set([...FLAGS, 'mode', 'signal', 'timeout'])

/** fs.cp, when it can be done here: a tree, or anything with a deadline. Undefined: leave it to Node. */
export function cp(source: string | URL, destination: string | URL, options?: CopyOptions & Deadline): Promise<void> | undefined {
  const from = plainPath(source)
  const to = plainPath(destination)
  const nodes = (): Promise<void> => within(node.cp(source, destination, options), options, 'cp')
  if (isOfKernel(from) && typeof to === 'string' && (options === undefined || isSimple({ ...options, recursive: true }))) {
    return copyOfKernel(from, to, options, nodes)
  }
  if (typeof from !== 'string' || typeof to !== 'string' || options === undefined || !isSimple(options)) {
    return deadlineOf(options) === undefined ? undefined : nodes()
  }
  return copyOrLeave(from, to, options, nodes)
}

/** One of the kernel's own files, to a name that is free. Everything else as always. */
async function copyOfKernel(from: string, to: string, options: (CopyOptions & Deadline) | undefined, nodes: () => Promise<void>): Promise<void> {
  const [source, existing, parent] = await Promise.all([from, to, dirname(to)].map((path) => node.lstat(path).catch(() => undefined)))
  if (source?.isFile() === true && existing === undefined && parent?.isDirectory() === true) return within(copyOne(from, to, options?.mode), options, 'cp')
  return options?.recursive === true ? copyOrLeave(from, to, options, nodes) : nodes()
}

async function copyOrLeave(from: string, to: string, options: CopyOptions & Deadline, nodes: () => Promise<void>): Promise<void> {
  const countdown = countdownOf(options)
  checkAborted(countdown)
  if (!await isNewTree(from, to, countdown)) return nodes()
  const copy = new TreeCopy(options, countdown)
  try {
    if (!hasTrees(Opcode.COPY_TREE) || !await copy.onThread(from, to)) await copy.directory(from, to)
  } catch (error) {
    throw withDone(error, { entriesCopied: copy.entriesCopied })
  }
}

function isSimple(options: CopyOptions): boolean {
  if (typeof options !== 'object' || options as unknown === null || options.recursive !== true) return false
  for (const [name, value] of Object.entries(options)) {
    // An undefined said explicitly is Node's to refuse.
    if (!KNOWN_OPTIONS.has(name) || (FLAGS.has(name) && typeof value !== 'boolean')) return false
  }
  const { mode } = options
  return mode === undefined || mode === 0 || mode === constants.COPYFILE_EXCL || mode === constants.COPYFILE_FICLONE
}

/** A directory, to a name that does not exist in a directory that does and is not inside the source. */
async function isNewTree(from: string, to: string, countdown: Countdown | undefined): Promise<boolean> {
  // Node compares the names as they are written, and the kernel follows what is there: with a step up they may differ.
  if (to.split(sep).includes('..')) return false
  const look = async (path: string, flags: number): Promise<operation.Statx | 'nothing' | undefined> => {
    try {
      return await request<operation.Statx>(operation.statx(path, { flags }), countdown?.options, 'stat', path)
    } catch (error) {
      checkAborted(countdown)
      return (error as { code?: unknown }).code === 'ENOENT' ? 'nothing' : undefined // Node's cp will meet the same, if it matters
    }
  }
  const [source, existing] = await Promise.all([look(from, AT_SYMLINK_NOFOLLOW), look(to, AT_SYMLINK_NOFOLLOW)])
  if (typeof source !== 'object' || existing !== 'nothing' || (source.mode & 0o170000) !== 0o040000) return false
  for (let path = resolve(dirname(to)); ; path = dirname(path)) {
    const parent = await look(path, 0)
    if (typeof parent !== 'object') return false
    if (parent.ino === source.ino && parent.devMajor === source.devMajor && parent.devMinor === source.devMinor) return false
    if (path === dirname(path)) return true
  }
}

/** What a relative link means. Node 26 copies trees in C++, whose paths keep a slash where the text says that it is a directory. */
function whereTo(link: string, text: string): string {
  const target = resolve(dirname(link), text)
  return NODE_MAJOR >= 26 && /(?:^|\/)\.{0,2}$/.test(text) && target !== '/' ? `${target}/` : target
}

/** One tree on its way. A failure stops what has not started; what has is waited for, so that nothing goes on afterwards. */
class TreeCopy {
  entriesCopied = 0
  readonly #options: CopyOptions
  readonly #countdown: Countdown | undefined
  readonly #copiesInRows: boolean
  #failed = false
  readonly #places = new Semaphore(COPIES_AT_ONCE)

  constructor(options: CopyOptions, countdown: Countdown | undefined) {
    this.#options = { ...options, signal: undefined, timeout: undefined } as CopyOptions
    this.#countdown = countdown
    this.#copiesInRows = hasRows() && (options.mode === undefined || options.mode === 0)
  }

  /** The whole tree by one thread, which stops where something is not its own to do. False: nothing is done, and not for a thread. */
  async onThread(from: string, to: string): Promise<boolean> {
    const { mode, verbatimSymlinks } = this.#options
    const flags = (verbatimSymlinks === true ? CopyFlag.VERBATIM : 0) | (NODE_MAJOR >= 26 ? CopyFlag.SLASH : 0) | (mode === constants.COPYFILE_FICLONE ? CopyFlag.CLONE : 0)
    const tree = new TreeRequest(Opcode.COPY_TREE, [from, to, resolve(from)], flags, 'cp', PLACE_BYTES)
    for (let last: string | undefined; ;) {
      let result: number
      try {
        result = await tree.run(this.#countdown)
      } finally {
        this.entriesCopied = tree.entries
      }
      if (result >= 0) return true
      if (result === EAGAIN && tree.entries === 0) return false // the system gives no thread
      const { step, path } = tree.ended
      // Done here, and not skipped: it fails again and again.
      if (path === last) throw systemError(result, 'scandir', join(from, path))
      last = path
      await (path === '' ? this.#stoppedAt(step, result, from, to) : this.#stoppedAt(step, result, join(from, path), join(to, path)))
      tree.resume()
    }
  }

  /** Does what the thread has left to this one, or fails as Node does. */
  #stoppedAt(step: number, result: number, from: string, to: string): Promise<void> {
    if (step === CopyStep.MKDIR) throw systemError(result, 'mkdir', to)
    if (step === CopyStep.CHMOD) throw systemError(result, 'chmod', to)
    if (step === CopyStep.LINK) return this.#copy(EntryType.LINK, from, to)
    if (result === TOO_DEEP) return this.directory(from, to)
    if (step === CopyStep.DIRECTORY) return this.#unread(result, from, to)
    if (step !== CopyStep.FILE) return node.cp(from, to, this.#options)
    if (NOT_MENDED.has(result)) throw copyError(result, from, to)
    return this.#copyFile(from, to)
  }

  /** Of a directory whose reading ended in the middle a part is there, which Node's cp takes for what was there before. One that was not opened Node explains. */
  async #unread(result: number, from: string, to: string): Promise<void> {
    if (await node.lstat(to).then(() => true, () => false)) throw systemError(result, 'scandir', from)
    return node.cp(from, to, this.#options)
  }

  async directory(from: string, to: string): Promise<void> {
    const { options } = this.#countdown ?? {}
    const { mode } = await request<operation.Statx>(operation.statx(from), options, 'stat', from)
    const listed = await this.#listed(from)
    if (listed === undefined) return node.cp(from, to, this.#options)
    const { names, types, hasForeignNames } = listed
    if (hasForeignNames || types.includes(EntryType.UNKNOWN)) return node.cp(from, to, this.#options)
    await request(operation.mkdir(to), options, 'mkdir', to)
    const items: Promise<void>[] = []
    const files: string[] = []
    names.forEach((name, index) => {
      const type = types[index] as EntryType // one for each name
      if (type === EntryType.FILE && this.#copiesInRows) files.push(name)
      else items.push(this.#item(type, join(from, name), join(to, name)))
    })
    for (let at = 0; at < files.length; at += FILES_IN_ROW) items.push(this.#files(from, to, files.slice(at, at + FILES_IN_ROW)))
    const results = await Promise.allSettled(items)
    for (const result of results) if (result.status === 'rejected') throw result.reason
    await request(operation.chmod(to, mode & PERMISSIONS), options, 'chmod', to)
    this.entriesCopied++
  }

  /** Undefined: it cannot be read, which Node's cp says its own way. */
  async #listed(path: string): Promise<Entries | undefined> {
    try {
      return await directoryEntries(path, this.#countdown)
    } catch (error) {
      checkAborted(this.#countdown)
      if ((error as NodeJS.ErrnoException).code === 'ETIMEDOUT') throw error
      return undefined
    }
  }

  async #files(from: string, to: string, names: readonly string[]): Promise<void> {
    await this.#orFail(this.#inTurn(async () => {
      const others = await copyFilesInRow(from, to, names, this.#countdown)
      this.entriesCopied += names.length - others.length
      for (const name of others) {
        checkAborted(this.#countdown)
        await this.#copyFile(join(from, name), join(to, name))
        this.entriesCopied++
      }
    }))
  }

  async #item(type: EntryType, from: string, to: string): Promise<void> {
    if (type === EntryType.DIRECTORY) return this.#orFail(this.directory(from, to))
    await this.#orFail(this.#inTurn(() => this.#copy(type, from, to)))
    this.entriesCopied++
  }

  async #orFail(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#failed = true
      throw error
    }
  }

  async #copy(type: EntryType, from: string, to: string): Promise<void> {
    if (type === EntryType.FILE) return this.#copyFile(from, to, this.#options.mode)
    if (type !== EntryType.LINK) return node.cp(from, to, this.#options) // refuses sockets and pipes by name, copies devices
    const text = await request<string>(operation.readlink(from), this.#countdown?.options, 'readlink', from)
    const target = this.#options.verbatimSymlinks !== true && !isAbsolute(text) ? whereTo(from, text) : text
    return request(operation.symlink(target, to), this.#countdown?.options, 'symlink', target, to)
  }

  /** Node's copyFile sets the mode before the data, and writing takes set-user-ID and set-group-ID away: as Node's cp, it is set again. */
  async #copyFile(from: string, to: string, flags?: number): Promise<void> {
    await copyOne(from, to, flags).catch(async (error: unknown) => {
      // Node looks at a file before it copies it, and may fail there; since 26 in C++, which looks not.
      if (NODE_MAJOR < 26) await request(operation.statx(from, { flags: AT_SYMLINK_NOFOLLOW }), this.#countdown?.options, 'lstat', from)
      const { errno } = error as NodeJS.ErrnoException
      throw errno === undefined ? error : copyError(errno, from, to)
    })
    const { mode } = await request<operation.Statx>(operation.statx(from), this.#countdown?.options, 'stat', from)
    if ((mode & SET_ID) !== 0) await request(operation.chmod(to, mode & PERMISSIONS), this.#countdown?.options, 'chmod', to)
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    await this.#places.down()
    try {
      checkAborted(this.#countdown)
      if (!this.#failed) await work()
    } finally {
      this.#places.up()
    }
  }
}
