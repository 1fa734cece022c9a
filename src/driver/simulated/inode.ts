// ④ driver — simulated: one object of the file tree, and the error that any step of an operation may end with.
import { constants } from 'node:fs'
import { errnoOf } from '../../operation/system-error.js'
import { FileContent, type Quota } from './file-content.js'

/** An operation fails with this. */
export class Failure extends Error {
  /** Negative. */
  readonly errno: number
  constructor(code: string) {
    super(code)
    this.errno = errnoNumber(code)
  }
}

const numbers = new Map<string, number>()

/** The negative errno of a code, looked up once. */
export function errnoNumber(code: string): number {
  let errno = numbers.get(code)
  if (errno === undefined) numbers.set(code, (errno = errnoOf(code)))
  return errno
}

export interface Instant {
  readonly seconds: number
  readonly nanoseconds: number
}

export const S_IFMT: number = constants.S_IFMT
export const S_IFREG: number = constants.S_IFREG
export const S_IFDIR: number = constants.S_IFDIR
export const S_IFLNK: number = constants.S_IFLNK

/** A file, a directory or a symbolic link. Names inside are bytes as Latin-1 text, so that any name survives. */
export class Inode {
  readonly ino: number
  /** Type and permission bits. */
  mode: number
  uid = 0
  gid = 0
  nlink = 1
  /** Descriptors that hold it open. */
  opened = 0
  /** A file's. */
  readonly content: FileContent | undefined
  /** A directory's. */
  readonly entries: Map<string, Inode> | undefined
  /** A symbolic link's text. */
  readonly target: string
  /** A directory's; its own for the root. */
  parent: Inode | undefined
  readonly attributes: Map<string, Uint8Array> = new Map<string, Uint8Array>()
  accessed: Instant
  modified: Instant
  changed: Instant
  readonly born: Instant

  constructor(ino: number, mode: number, now: Instant, quota: Quota, target = '') {
    this.ino = ino
    this.mode = mode
    this.target = target
    const type = mode & S_IFMT
    this.content = type === S_IFREG ? new FileContent(quota) : undefined
    this.entries = type === S_IFDIR ? new Map() : undefined
    if (type === S_IFDIR) this.nlink = 2
    this.accessed = this.modified = this.changed = this.born = now
  }

  get isDirectory(): boolean {
    return this.entries !== undefined
  }

  get isLink(): boolean {
    return (this.mode & S_IFMT) === S_IFLNK
  }

  /** A directory's names. @throws ENOTDIR */
  get directory(): Map<string, Inode> {
    if (this.entries === undefined) throw new Failure('ENOTDIR')
    return this.entries
  }

  /** A file's bytes. @throws EISDIR, EINVAL */
  get bytes(): FileContent {
    if (this.content === undefined) throw new Failure(this.isDirectory ? 'EISDIR' : 'EINVAL')
    return this.content
  }

  get size(): number {
    if (this.content !== undefined) return this.content.size
    return this.entries === undefined ? this.target.length : 4096
  }

  /** Content or names have changed. */
  touch(now: Instant): void {
    this.modified = now
    this.changed = now
  }

  /** Gives a file's pages back once no name and no descriptor leads to it. */
  dropIfUnused(): void {
    if (this.nlink === 0 && this.opened === 0) this.content?.resize(0)
  }
}
