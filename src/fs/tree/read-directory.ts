// ① interface — readdir. One directory is one trip for Node as well; a whole tree is where the engine gains, because it
// reads many directories at once. The order is Node's all the same.
import { Dirent, type PathLike } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { statx, type Statx } from '../../operation/path.js'
import { directoryEntries, type Entries } from './directory-entries.js'
import { EntryType } from './entry-type.js'
import { node, NODE_MAJOR, nodeFs } from '../node/index.js'
import { plainPath, textEncoding } from '../arguments/index.js'
import { checkAborted, countdownOf, deadlineOf, request, within, type Countdown, type Deadline } from '../request/index.js'

interface ReadDirectoryOptions extends Deadline {
  readonly encoding?: BufferEncoding | 'buffer' | null | undefined
  readonly withFileTypes?: boolean | undefined
  readonly recursive?: boolean | undefined
}

type Listing = string[] | Buffer[] | Dirent[]

/** In which order directories follow each other in the result: Node's promises continue with the newest found, its callbacks with the oldest. */
export type TreeOrder = 'newest first' | 'oldest first'

/** fs.readdir, when it can be done here: a whole tree, or anything with a deadline. Undefined: leave it to Node. */
export function readdir(path: PathLike, options: unknown, order: TreeOrder): Promise<Listing> | undefined {
  const plain = plainPath(path)
  const encoding = textEncoding(options)
  if (plain === undefined || encoding === null) return undefined
  const { recursive, withFileTypes } = typeof options === 'object' && options !== null ? options as ReadDirectoryOptions : {}
  // Node's two forms give trees in orders of their own: each asks its own.
  const nodes = (asked: unknown): Promise<Listing> => within<Listing>(order === 'newest first' ? node.readdir(path, asked as 'buffer') : readWithCallback(path, asked as 'buffer'), asked, 'scandir')
  // Node 26 walks trees in C++, faster than here and in an order of its own: it keeps them, loops as well.
  const walksItself = NODE_MAJOR >= 26
  if (walksItself || recursive !== true || typeof plain !== 'string' || (encoding !== undefined && encoding !== 'utf8')) {
    return deadlineOf(options) === undefined ? undefined : nodes(options)
  }
  const hasTypes = Boolean(withFileTypes) // Node takes whatever is true for it
  const countdown = countdownOf(options)
  // By the time that it turns out to be Node's, the caller may have changed his options: they count as they were.
  return readTree(plain, hasTypes, order, countdown).then((tree) => tree ?? nodes({ encoding, recursive, withFileTypes: hasTypes, ...countdown?.options }))
}

/** A whole tree; undefined: something in it is for Node to handle. */
async function readTree(path: string, withFileTypes: boolean, order: TreeOrder, countdown: Countdown | undefined): Promise<string[] | Dirent[] | undefined> {
  checkAborted(countdown)
  const root: Directory = { path, relative: '', entries: undefined, subdirectories: [], parent: undefined, identity: undefined }
  const links = !withFileTypes ? 'followed' : order === 'newest first' || NODE_MAJOR < 22 ? 'not followed' : 'left to Node'
  const walk: Walk = { links, countdown, isForNode: false, hasLoop: false }
  if (!await readAll(root, walk) || (walk.isForNode && !walk.hasLoop)) return undefined
  return withFileTypes ? collect(root, order, direntsOf) : collect(root, order, namesOf)
}

const readWithCallback = promisify(nodeFs.readdir)

interface Directory {
  readonly path: string
  /** From the root: '' for the root itself. */
  readonly relative: string
  entries: Entries | undefined
  readonly subdirectories: Directory[]
  readonly parent: Directory | undefined
  /** Which directory it is, once somebody has asked. */
  identity: Promise<string | undefined> | undefined
}

/**
 * Links to directories: Node follows them where it does not give types, and with promises not where it does. With a
 * callback and types it does since 22.
 */
type Links = 'followed' | 'not followed' | 'left to Node'

interface Walk {
  readonly links: Links
  readonly countdown: Countdown | undefined
  /** Something was found that is Node's to order. */
  isForNode: boolean
  /** A link leads to a directory above it. It is reported and not followed: Node goes round until a path has 40 links, which two such links make 2^40 paths. */
  hasLoop: boolean
}

/** Reads a directory and all below it, as many at once as may be open. False: something that Node's own way must handle. */
async function readAll(directory: Directory, walk: Walk): Promise<boolean> {
  const entries = await directoryEntries(directory.path, walk.countdown)
  if (entries.hasForeignNames) return false
  directory.entries = entries
  const { names, types } = entries
  const readings: Promise<boolean>[] = []
  let nodes = false
  for (let index = 0; index < names.length; index++) {
    const type = types[index]
    if (type === EntryType.FILE) continue
    nodes = type === EntryType.UNKNOWN // a file system that does not tell types
    if (nodes) break
    if (type !== EntryType.DIRECTORY && (type !== EntryType.LINK || walk.links === 'not followed')) continue
    const subdirectory = below(directory, names[index] as string) // below length
    if (type === EntryType.LINK && !await isToFollow(subdirectory, walk)) continue
    directory.subdirectories.push(subdirectory)
    readings.push(readAll(subdirectory, walk))
  }
  if (readings.length === 0) return !nodes
  // What has begun is waited for in any case: nothing of it may fail later, with nobody listening.
  const results = await Promise.allSettled(readings)
  if (nodes) return false
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return results.every((result) => result.status === 'fulfilled' && result.value)
}

/** Whether a link leads to a directory, and to none that it is in. */
async function isToFollow(link: Directory, walk: Walk): Promise<boolean> {
  const identity = await identityOf(link, walk.countdown)
  if (identity === undefined) return false
  if (walk.links === 'left to Node') walk.isForNode = true
  for (let { parent } = link; parent !== undefined; parent = parent.parent) {
    if (await identityOf(parent, walk.countdown) !== identity) continue
    walk.hasLoop = true
    return false
  }
  return true
}

/** Undefined: no directory is there. */
function identityOf(directory: Directory, countdown: Countdown | undefined): Promise<string | undefined> {
  return (directory.identity ??= lookUp(directory.path, countdown))
}

/** A directory in a directory. Only the root's own path may need to be put in order, as Node does. */
function below(parent: Directory, name: string): Directory {
  const { path, relative } = parent
  return {
    path: relative === '' ? join(path, name) : `${path}/${name}`,
    relative: relative === '' ? name : `${relative}/${name}`,
    entries: undefined, subdirectories: [], parent, identity: undefined,
  }
}

async function lookUp(path: string, countdown: Countdown | undefined): Promise<string | undefined> {
  try {
    const { mode, ino, devMajor, devMinor } = await request<Statx>(statx(path), countdown?.options, 'stat', path)
    return (mode & 0o170000) === 0o040000 ? `${String(devMajor)}:${String(devMinor)}:${String(ino)}` : undefined
  } catch {
    checkAborted(countdown)
    return undefined // a link that leads nowhere
  }
}

function collect<Item>(root: Directory, order: TreeOrder, itemsOf: (directory: Directory, into: Item[]) => void): Item[] {
  const items: Item[] = []
  const found = [root]
  for (let next = 0; order === 'newest first' ? found.length > 0 : next < found.length; next++) {
    const directory = (order === 'newest first' ? found.pop() : found[next]) as Directory // there is one: the condition
    itemsOf(directory, items)
    for (const subdirectory of directory.subdirectories) found.push(subdirectory)
  }
  return items
}

function namesOf({ entries, relative }: Directory, into: string[]): void {
  for (const name of (entries as Entries).names) into.push(relative === '' ? name : `${relative}/${name}`)
}

// Its types declare no constructor, though it has the same one in every version: name, type, directory.
const MakeDirent = Dirent as unknown as new (name: string, type: EntryType, path: string) => Dirent

function direntsOf({ entries, path }: Directory, into: Dirent[]): void {
  const { names, types } = entries as Entries
  for (let index = 0; index < names.length; index++) into.push(new MakeDirent(names[index] as string, types[index] as EntryType, path))
}
