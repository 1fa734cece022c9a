// ① interface — the names of files: rename, link, symlink, readlink, unlink, rmdir.
import type { PathLike, RmDirOptions } from 'node:fs'
import * as node from 'node:fs/promises'
import * as operation from '../operation/path.js'
import { optionsObject, plainPath, textEncoding } from './recognise.js'
import { deadlineOf, request, type Deadline } from './request.js'

/** fs.promises.rename. */
export function rename(from: PathLike, to: PathLike, options?: Deadline): Promise<void> {
  const source = plainPath(from)
  const target = plainPath(to)
  if (source === undefined || target === undefined) return node.rename(from, to)
  return request(operation.rename(source, target), deadlineOf(options), 'rename', source, target)
}

/** fs.promises.link. */
export function link(existing: PathLike, path: PathLike, options?: Deadline): Promise<void> {
  const source = plainPath(existing)
  const target = plainPath(path)
  if (source === undefined || target === undefined) return node.link(existing, path)
  return request(operation.link(source, target), deadlineOf(options), 'link', source, target)
}

/** fs.promises.symlink. `type` means something on Windows only. */
export function symlink(target: PathLike, path: PathLike, type?: string | null, options?: Deadline): Promise<void> {
  const text = plainPath(target)
  const name = plainPath(path)
  const typeIsFine = typeof type !== 'string' || type === 'file' || type === 'dir' || type === 'junction'
  if (text === undefined || name === undefined || !typeIsFine) return node.symlink(target, path, type)
  return request(operation.symlink(text, name), deadlineOf(options), 'symlink', text, name)
}

/** fs.promises.readlink. Texts in other encodings than UTF-8 are Node's to give. */
export function readlink(path: PathLike, options?: ({ encoding?: BufferEncoding | 'buffer' | null } & Deadline) | BufferEncoding | 'buffer' | null): Promise<string | Buffer> {
  const plain = plainPath(path)
  const encoding = textEncoding(options)
  if (plain === undefined || (encoding !== undefined && encoding !== 'utf8')) return node.readlink(path, options as 'buffer')
  return request<string>(operation.readlink(plain), deadlineOf(options), 'readlink', plain)
}

/** fs.promises.unlink. */
export function unlink(path: PathLike, options?: Deadline): Promise<void> {
  const plain = plainPath(path)
  if (plain === undefined) return node.unlink(path)
  return request(operation.unlink(plain), deadlineOf(options), 'unlink', plain)
}

/** fs.promises.rmdir. Its deprecated recursive form is Node's. */
export function rmdir(path: PathLike, options?: RmDirOptions & Deadline): Promise<void> {
  const plain = plainPath(path)
  const given = optionsObject(options)
  const isPlain = given !== undefined && (given['recursive'] === undefined || given['recursive'] === false) &&
    given['maxRetries'] === undefined && given['retryDelay'] === undefined
  if (plain === undefined || !isPlain) return node.rmdir(path, options)
  return request(operation.rmdir(plain), deadlineOf(options), 'rmdir', plain)
}
