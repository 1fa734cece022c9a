// ④ driver — simulated: from a path to where it leads, as path_resolution(7) describes it. Used by tree.ts.
import { Failure, type Inode } from './inode.js'
import { asBuffer } from '../../operation/view.js'

const PATH_BYTES_MAX = 4096
const NAME_BYTES_MAX = 255
const LINKS_MAX = 40
/** RESOLVE_* of openat2(2). */
const Resolve = { NO_XDEV: 1, NO_MAGICLINKS: 2, NO_SYMLINKS: 4, BENEATH: 8, IN_ROOT: 16, CACHED: 32 } as const

/** Where a path leads. */
export interface Place {
  /** The directory of the last name. */
  readonly parent: Inode
  /** '': the path ends in '.', '..' or '/'. */
  readonly name: string
  /** What stands there; undefined: nothing yet, or not looked at. */
  readonly inode: Inode | undefined
  /** The path, or the link at its end, has a slash there: only a directory will do. */
  readonly trailingSlash: boolean
}

export interface WalkOptions {
  /**
   * The last name: `follow` a symbolic link there; `keep` it, unless a slash follows; take it as the `name` it is, slash
   * or not, for what makes and removes names; or look at its `parent` only.
   */
  readonly last: 'follow' | 'keep' | 'name' | 'parent'
  /** RESOLVE_* ored. */
  readonly resolve?: number
  /** A file may be made there, which no name with a slash can be: EISDIR. */
  readonly creates?: boolean
}

/** Bytes of a path as Latin-1 text. */
export function pathText(path: string | Uint8Array | undefined): string {
  if (path === undefined) return ''
  return (typeof path === 'string' ? Buffer.from(path) : asBuffer(path)).toString('latin1')
}

/** @throws ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EXDEV */
export function walk(root: Inode, start: Inode, path: string, options: WalkOptions): Place {
  if (path === '') throw new Failure('ENOENT')
  if (path.length >= PATH_BYTES_MAX) throw new Failure('ENAMETOOLONG')
  const resolve = options.resolve ?? 0
  const top = (resolve & Resolve.IN_ROOT) !== 0 ? start : root
  let current = start
  let names = splitPath(path)
  let mustBeDirectory = path.endsWith('/')
  let links = 0
  const toTop = (): void => {
    if ((resolve & Resolve.BENEATH) !== 0) throw new Failure('EXDEV')
    current = top
  }
  if (path.startsWith('/')) toTop()
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const entries = current.directory
    if (name === '.') continue
    if (name === '..') {
      if (current === start && (resolve & Resolve.BENEATH) !== 0) throw new Failure('EXDEV')
      if (current !== top) current = current.parent ?? root
      continue
    }
    const last = names.length === 0
    if (last && options.last === 'parent') return { parent: current, name, inode: undefined, trailingSlash: mustBeDirectory }
    if (last && mustBeDirectory && options.creates === true) throw new Failure('EISDIR')
    if (name.length > NAME_BYTES_MAX) throw new Failure('ENAMETOOLONG')
    const child = entries.get(name)
    if (child === undefined) {
      if (!last) throw new Failure('ENOENT')
      return { parent: current, name, inode: undefined, trailingSlash: mustBeDirectory }
    }
    if (child.isLink && (!last || options.last === 'follow' || (options.last === 'keep' && mustBeDirectory))) {
      if ((resolve & Resolve.NO_SYMLINKS) !== 0 || ++links > LINKS_MAX) throw new Failure('ELOOP')
      if (last) mustBeDirectory ||= child.target.endsWith('/')
      names = [...splitPath(child.target), ...names]
      if (child.target.startsWith('/')) toTop()
      continue
    }
    if (last) {
      if (mustBeDirectory && !child.isDirectory && options.last !== 'name') throw new Failure('ENOTDIR')
      return { parent: current, name, inode: child, trailingSlash: mustBeDirectory }
    }
    current = child
  }
  if (!current.isDirectory) throw new Failure('ENOTDIR')
  return { parent: current.parent ?? root, name: '', inode: current, trailingSlash: mustBeDirectory }
}

function splitPath(path: string): string[] {
  return path.split('/').filter((name) => name !== '')
}
