// ① interface — what both ends in files need: what a descriptor stands for, and names as text or bytes.
import { constants } from 'node:fs'
import { fstatx, type Statx } from '../../operation/path.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { EndKind, FileFacts } from './end.js'
import type { PathBytes } from './path-bytes.js'

export type { PathBytes } from './path-bytes.js'

const { S_IFMT, S_IFREG, S_IFBLK, S_IFSOCK, S_IFDIR, S_IFIFO } = constants
const BLOCK_BYTES = 512

export function kindOf({ mode }: Statx): EndKind {
  const type = mode & S_IFMT
  if (type === S_IFREG || type === S_IFBLK) return 'file'
  return type === S_IFSOCK ? 'socket' : 'pipe'
}

export function isRegular({ mode }: Pick<Statx, 'mode'>): boolean {
  return (mode & S_IFMT) === S_IFREG
}

export function isFifo({ mode }: Statx): boolean {
  return (mode & S_IFMT) === S_IFIFO
}

export function isDirectory({ mode }: Pick<Statx, 'mode'>): boolean {
  return (mode & S_IFMT) === S_IFDIR
}

export function factsOf(stats: Statx): FileFacts {
  const { mode, uid, gid, accessSeconds, accessNanoseconds, modifySeconds, modifyNanoseconds, blocks, size, devMajor, devMinor } = stats
  return {
    mode, uid, gid,
    accessTime: accessSeconds + accessNanoseconds / 1e9,
    modifyTime: modifySeconds + modifyNanoseconds / 1e9,
    fileSystem: devMajor * 2 ** 20 + devMinor,
    isSparse: blocks * BLOCK_BYTES < size,
  }
}

/** Another text once the content may be another. */
export function versionOf({ size, modifySeconds, modifyNanoseconds, ino, devMajor, devMinor }: Statx): string {
  return `${String(size)} bytes of ${String(modifySeconds)}.${String(modifyNanoseconds)}, inode ${String(devMajor)}:${String(devMinor)}:${String(ino)}`
}

export function statOf(io: Proactor, fd: number, signal: AbortSignal): Promise<Statx> {
  return io.submit(fstatx(fd), { signal })
}

/** A path as messages name it. */
export function textOf(path: PathBytes): string {
  return typeof path === 'string' ? path : Buffer.from(path).toString()
}

/** The directory of a path, and the name in it, each as text or as bytes, as the path is. */
export function splitPath(path: PathBytes): { readonly directory: PathBytes, readonly name: PathBytes } {
  if (typeof path === 'string') {
    const at = path.lastIndexOf('/')
    return { directory: at < 0 ? '.' : at === 0 ? '/' : path.slice(0, at), name: path.slice(at + 1) }
  }
  const at = path.lastIndexOf(0x2f)
  return { directory: at < 0 ? '.' : at === 0 ? '/' : path.subarray(0, at), name: path.subarray(at + 1) }
}

/** `${directory}/${name}`, as bytes if either is. */
export function below(directory: PathBytes, name: PathBytes): PathBytes {
  if (typeof directory === 'string' && typeof name === 'string') return directory.endsWith('/') ? directory + name : `${directory}/${name}`
  return Buffer.concat([Buffer.from(directory), Buffer.from('/'), Buffer.from(name)])
}

/** The same place wherever the process goes meanwhile. */
export function absolute(path: PathBytes): PathBytes {
  if (path[0] === '/' || path[0] === 0x2f) return path
  try {
    return below(process.cwd(), path)
  } catch {
    return path // where the process is has no name any more
  }
}
