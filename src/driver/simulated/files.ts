// ④ driver — simulated: the file tree as a test sees it: to be filled before and looked at after, without an operation.
// Errors are Node's, by `code`. Changes made here pass by faults, quota excepted.
import { systemError } from '../../operation/system-error.js'
import type { Statx } from '../../operation/path.js'
import { Failure, type Inode } from './inode.js'
import { pathText } from './path-walk.js'
import { statxOf } from './perform-path.js'
import type { Tree } from './tree.js'

/** The files of a simulation. Paths start at '/', which is also its current directory. */
export class SimulatedFiles {
  readonly #tree: Tree

  constructor(tree: Tree) {
    this.#tree = tree
  }

  /** Bytes of all files' pages, which `bytesMax` limits. */
  get bytesUsed(): number {
    return this.#tree.quota.bytesUsed
  }

  /** Changes the quota; Infinity: none. Existing files stay. */
  set bytesMax(bytes: number) {
    this.#tree.quota.bytesMax = bytes
  }

  /**
   * Makes a file with this content, or replaces the content of an existing one. Missing directories are made.
   * @throws EISDIR, ENOTDIR, ENOSPC
   */
  write(path: string, content: string | Uint8Array): void {
    this.#attempt('write', path, () => {
      const slash = path.lastIndexOf('/')
      if (slash > 0) this.mkdir(path.slice(0, slash))
      const place = this.#tree.walk(pathText(path), { last: 'follow' })
      const inode = place.inode ?? this.#tree.makeFile(place, 0o644)
      const bytes = typeof content === 'string' ? Buffer.from(content) : content
      inode.bytes.resize(0)
      if (inode.bytes.write(0, bytes) < bytes.byteLength) throw new Failure('ENOSPC')
      inode.touch(this.#tree.now())
    })
  }

  /** A file's bytes. @throws ENOENT, EISDIR */
  read(path: string): Buffer {
    return this.#attempt('read', path, () => {
      const { bytes } = this.#find(path)
      const content = Buffer.alloc(bytes.size)
      bytes.read(0, content)
      return content
    })
  }

  /** Makes a directory and those above it; an existing one stays. @throws ENOTDIR */
  mkdir(path: string): void {
    this.#attempt('mkdir', path, () => {
      let sofar = ''
      for (const name of path.split('/').filter((part) => part !== '')) {
        sofar += `/${name}`
        const place = this.#tree.walk(pathText(sofar), { last: 'follow' })
        if (place.inode === undefined) this.#tree.makeDirectory(place, 0o755)
        else if (!place.inode.isDirectory) throw new Failure('ENOTDIR')
      }
    })
  }

  /** Makes a symbolic link at `path`. @throws EEXIST, ENOENT */
  symlink(target: string, path: string): void {
    this.#attempt('symlink', path, () => this.#tree.makeLink(this.#tree.walk(pathText(path), { last: 'name' }), pathText(target)))
  }

  /** Whether the path exists; a dangling link does not. */
  exists(path: string): boolean {
    try {
      this.#find(path)
      return true
    } catch (error) {
      if (error instanceof Failure) return false
      throw error
    }
  }

  /** The attributes, as statx gives them. @throws ENOENT */
  stat(path: string): Statx {
    return this.#attempt('statx', path, () => statxOf(this.#find(path)))
  }

  /** The names in a directory, sorted. @throws ENOENT, ENOTDIR */
  list(path = '/'): string[] {
    return this.#attempt('list', path, () => [...this.#find(path).directory.keys()].map((name) => Buffer.from(name, 'latin1').toString()).sort())
  }

  /** Removes a file, or a directory with everything in it. @throws ENOENT */
  remove(path: string): void {
    this.#attempt('remove', path, () => {
      const place = this.#tree.walk(pathText(path), { last: 'name' })
      if (place.inode?.isDirectory !== true) {
        this.#tree.unlink(place)
        return
      }
      for (const name of this.list(path)) this.remove(`${path}/${name}`)
      this.#tree.rmdir(place)
    })
  }

  #find(path: string): Inode {
    return this.#tree.find(pathText(path), { last: 'follow' })
  }

  #attempt<Result>(name: string, path: string, action: () => Result): Result {
    try {
      return action()
    } catch (error) {
      if (error instanceof Failure) throw systemError(error.errno, name, path)
      throw error
    }
  }
}
