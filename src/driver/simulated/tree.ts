// ④ driver — simulated: the file tree and what changes its names. Bytes are file-content.ts, descriptors open-files.ts.
import type { Quota } from './file-content.js'
import { Failure, Inode, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, type Instant } from './inode.js'
import { walk, type Place, type WalkOptions } from './path-walk.js'

const RENAME_NOREPLACE = 1
const RENAME_EXCHANGE = 2

export class Tree {
  readonly root: Inode
  readonly quota: Quota
  /** The clock's. */
  readonly now: () => Instant
  #inoNext = 2

  constructor(quota: Quota, now: () => Instant) {
    this.quota = quota
    this.now = now
    this.root = new Inode(1, S_IFDIR | 0o755, now(), quota)
    this.root.parent = this.root
  }

  walk(path: string, options: WalkOptions, start: Inode = this.root): Place {
    return walk(this.root, start, path, options)
  }

  /** What stands at a path. @throws ENOENT and the rest of path_resolution(7) */
  find(path: string, options: WalkOptions, start?: Inode): Inode {
    const { inode } = this.walk(path, options, start)
    if (inode === undefined) throw new Failure('ENOENT')
    return inode
  }

  /** Makes something new where nothing stands. @param mode type and permission bits @throws EEXIST, ENOENT */
  make(place: Place, mode: number, target = ''): Inode {
    if (place.inode !== undefined) throw new Failure('EEXIST')
    if (place.trailingSlash && (mode & S_IFMT) !== S_IFDIR) throw new Failure('ENOENT')
    const inode = new Inode(this.#inoNext++, mode, this.now(), this.quota, target)
    this.#enter(place, inode)
    if (inode.isDirectory) this.#adopt(inode, place.parent)
    return inode
  }

  makeFile(place: Place, mode: number): Inode {
    return this.make(place, S_IFREG | mode)
  }

  makeDirectory(place: Place, mode: number): Inode {
    return this.make(place, S_IFDIR | mode)
  }

  makeLink(place: Place, target: string): Inode {
    if (target === '') throw new Failure('ENOENT')
    return this.make(place, S_IFLNK | 0o777, target)
  }

  /** Another name for a file. @throws EEXIST, EPERM (a directory) */
  link(inode: Inode, place: Place): void {
    if (place.inode !== undefined) throw new Failure('EEXIST')
    if (place.trailingSlash) throw new Failure('ENOENT')
    if (inode.isDirectory) throw new Failure('EPERM')
    this.#enter(place, inode)
    inode.nlink++
    inode.changed = this.now()
  }

  unlink(place: Place): void {
    const inode = present(place)
    if (inode.isDirectory) throw new Failure('EISDIR')
    if (place.trailingSlash) throw new Failure('ENOTDIR')
    this.#leave(place)
    this.#dropName(inode)
  }

  rmdir(place: Place): void {
    const inode = present(place)
    if (inode === this.root) throw new Failure('EBUSY')
    if (place.name === '') throw new Failure('EINVAL')
    if (inode.directory.size > 0) throw new Failure('ENOTEMPTY')
    this.#leave(place)
    this.#dropName(inode)
  }

  /** @param flags of renameat2(2) */
  rename(from: Place, to: Place, flags: number): void {
    const inode = present(from)
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) !== 0 || flags === (RENAME_NOREPLACE | RENAME_EXCHANGE)) throw new Failure('EINVAL')
    if (!inode.isDirectory && (from.trailingSlash || to.trailingSlash)) throw new Failure('ENOTDIR')
    if (contains(inode, to.parent)) throw new Failure('EINVAL')
    const { inode: replaced } = to
    if (replaced !== undefined && (flags & RENAME_EXCHANGE) === 0 && contains(replaced, from.parent)) throw new Failure('ENOTEMPTY')
    if ((flags & RENAME_EXCHANGE) !== 0) {
      this.#exchange(from, to, inode, present(to))
      return
    }
    if (replaced !== undefined) {
      if ((flags & RENAME_NOREPLACE) !== 0) throw new Failure('EEXIST')
      if (replaced === inode) return // two names of one file: nothing happens, says rename(2)
      if (replaced.isDirectory !== inode.isDirectory) throw new Failure(replaced.isDirectory ? 'EISDIR' : 'ENOTDIR')
      if (replaced.isDirectory && replaced.directory.size > 0) throw new Failure('ENOTEMPTY')
      this.#leave(to)
      this.#dropName(replaced)
    }
    this.#enter(to, inode)
    this.#leave(from)
    if (inode.isDirectory) {
      from.parent.nlink--
      this.#adopt(inode, to.parent)
    }
    inode.changed = this.now()
  }

  #exchange(from: Place, to: Place, first: Inode, second: Inode): void {
    if (contains(second, from.parent)) throw new Failure('EINVAL')
    from.parent.directory.set(from.name, second)
    to.parent.directory.set(to.name, first)
    for (const [inode, parent, before] of [[first, to.parent, from.parent], [second, from.parent, to.parent]] as const) {
      inode.changed = this.now()
      if (!inode.isDirectory) continue
      before.nlink--
      this.#adopt(inode, parent)
    }
    from.parent.touch(this.now())
    to.parent.touch(this.now())
  }

  #adopt(directory: Inode, parent: Inode): void {
    directory.parent = parent
    parent.nlink++
  }

  #enter(place: Place, inode: Inode): void {
    if (place.name === '') throw new Failure('EEXIST')
    if (place.parent.nlink === 0) throw new Failure('ENOENT') // the directory was removed while somebody held it
    place.parent.directory.set(place.name, inode)
    place.parent.touch(this.now())
  }

  #leave(place: Place): void {
    place.parent.directory.delete(place.name)
    place.parent.touch(this.now())
  }

  #dropName(inode: Inode): void {
    if (inode.isDirectory) {
      inode.nlink = 0
      if (inode.parent !== undefined) inode.parent.nlink--
    } else inode.nlink--
    inode.changed = this.now()
    inode.dropIfUnused()
  }
}

function present(place: Place): Inode {
  if (place.inode === undefined) throw new Failure('ENOENT')
  return place.inode
}

/** Whether `inside` is `directory` or below it. */
function contains(directory: Inode, inside: Inode): boolean {
  for (let at: Inode | undefined = inside; at !== undefined; at = at.parent === at ? undefined : at.parent) {
    if (at === directory) return true
  }
  return false
}
