// ① interface — the names of files: rename, link, symlink, readlink, unlink, rmdir.
// Each gives undefined for arguments that it does not recognise: those are Node's to do, or to refuse.
import type { PathLike, RmDirOptions } from 'node:fs'
import * as operation from '../../operation/path.js'
import { hasNoneOf, optionsObject, plainPath, textEncoding } from '../arguments/index.js'
import { deadlineOf, isListed, request, type Deadline } from '../request/index.js'
import { NameChange } from '../../ring/layout/whole.js'
import { changed } from './changed-names.js'

/** fs.rename. */
export function rename(from: PathLike, to: PathLike, options?: Deadline): Promise<void> | undefined {
  const source = plainPath(from)
  const target = plainPath(to)
  if (source === undefined || target === undefined) return undefined
  if (isListed(source) && isListed(target)) {
    return changed({ kind: NameChange.RENAME, syscall: 'rename', path: source, to: target }, options)
  }
  return request(operation.rename(source, target), deadlineOf(options), 'rename', source, target)
}

/** fs.link. */
export function link(existing: PathLike, path: PathLike, options?: Deadline): Promise<void> | undefined {
  const source = plainPath(existing)
  const target = plainPath(path)
  if (source === undefined || target === undefined) return undefined
  return request(operation.link(source, target), deadlineOf(options), 'link', source, target)
}

const SYMLINK_TYPES: ReadonlySet<unknown> = new Set([undefined, null, 'file', 'dir', 'junction'])

/** fs.symlink. `type` means something on Windows only. */
export function symlink(target: PathLike, path: PathLike, type?: string | null, options?: Deadline): Promise<void> | undefined {
  const text = plainPath(target)
  const name = plainPath(path)
  if (text === undefined || name === undefined || !SYMLINK_TYPES.has(type)) return undefined
  return request(operation.symlink(text, name), deadlineOf(options), 'symlink', text, name)
}

/** fs.readlink. Texts in other encodings than UTF-8 are Node's to give. */
export function readlink(path: PathLike, options?: ({ encoding?: BufferEncoding | 'buffer' | null } & Deadline) | BufferEncoding | 'buffer' | null): Promise<string | Buffer> | undefined {
  const plain = plainPath(path)
  const encoding = textEncoding(options)
  if (plain === undefined || (encoding !== undefined && encoding !== 'utf8')) return undefined
  return request<string>(operation.readlink(plain), deadlineOf(options), 'readlink', plain)
}

/** fs.unlink. */
export function unlink(path: PathLike, options?: Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  if (plain === undefined) return undefined
  if (isListed(plain)) return changed({ kind: NameChange.UNLINK, syscall: 'unlink', path: plain }, options)
  return request(operation.unlink(plain), deadlineOf(options), 'unlink', plain)
}

/** fs.rmdir. Its deprecated recursive form is Node's. */
export function rmdir(path: PathLike, options?: RmDirOptions & Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  const given = optionsObject(options)
  const isPlain = given !== undefined && hasNoneOf(given, ['recursive', 'maxRetries', 'retryDelay'])
  if (plain === undefined || !isPlain) return undefined
  if (isListed(plain)) return changed({ kind: NameChange.RMDIR, syscall: 'rmdir', path: plain }, options)
  return request(operation.rmdir(plain), deadlineOf(options), 'rmdir', plain)
}
