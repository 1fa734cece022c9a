// ① interface — what users give as an end, in every form, as one of the ends of this folder.
import type { Readable, Writable } from 'node:stream'
import type { ReadableStream, WritableStream } from 'node:stream/web'
import { fileURLToPath } from 'node:url'
import type { AddressArgument } from '../../net/address.js'
import { Connection } from '../../net/connection.js'
import { checkInteger, checkPath, invalidArgType, invalidArgValue } from '../../operation/arguments.js'
import type { View } from '../../operation/file-reference.js'
import { datagramSource, datagramTarget } from './datagrams.js'
import type { SourceEnd, TargetEnd } from './end.js'
import { descriptorSource, fileSource, type Range } from './file-source.js'
import { descriptorTarget, fileRangeTarget, fileTarget } from './file-target.js'
import { httpSource, httpTarget, type HttpEnd } from './http.js'
import { iterableSource, type ByteIterable } from './iterable.js'
import { memorySource, memoryTarget } from './memory.js'
import { readableSource, writableTarget } from './node-stream.js'
import type { FileTargetOptions } from './new-file.js'
import type { PathBytes } from './open-file.js'
import { s3Source, s3Target, type S3Options } from './s3.js'
import { addressSource, addressTarget, connectionSource, connectionTarget } from './socket.js'
import { webSource, webTarget } from './web-stream.js'

/** Memory, in place. */
export interface MemoryEnd {
  /** The bytes to read, or to write into. */
  readonly memory: View
}

/** An open file, pipe or socket, or an object that has one, such as a FileHandle. It stays open. */
export interface DescriptorEnd {
  /** The descriptor. It stays open. */
  readonly fd: number
  /** First byte. Default: the file's position, which moves. */
  readonly offset?: number | undefined
  /** The most bytes. Default: to the end. */
  readonly length?: number | undefined
}

/** A file, or a range of it. As a target with an offset it is written in place. */
export interface FileEnd {
  /** The file's path. */
  readonly file: string | Uint8Array | URL
  /** Where to begin, in bytes. Default: 0. */
  readonly offset?: number | undefined
  /** How many bytes. Default: to the end. */
  readonly length?: number | undefined
}

/** Text is a path, an address or a URL; a Buffer is a path that need not be UTF-8. */
export type TransferSource =
  | string | Uint8Array | URL | MemoryEnd | DescriptorEnd | FileEnd | HttpEnd | Connection | Readable | ReadableStream<unknown> | ByteIterable
/** Where the bytes go to. */
export type TransferTarget = string | Uint8Array | URL | MemoryEnd | DescriptorEnd | FileEnd | HttpEnd | Connection | Writable | WritableStream<unknown>

/** Settings of targets. */
export interface TargetOptions extends FileTargetOptions {
  readonly end?: boolean | undefined
  readonly s3?: S3Options | undefined
  readonly pieceBytes: number | undefined
}

const FORMS = 'of type string (a path, an address or a URL), or an instance of Buffer, URL, Connection, a stream or Object ({ memory }, { fd }, { file }, { url })'
const HTTP = /^https?:$/
const ADDRESS = /^[^/]*:\d{1,5}:(tcp|udp)$/
const UNIX = 'unix:'

/** Every object's properties, for looking at what it is. */
type Given = Readonly<Record<string, unknown>>

/** Text that is not a path. */
type Named =
  | { readonly kind: 'path', readonly path: string | URL } | { readonly kind: 'stdio' } | { readonly kind: 'http', readonly url: URL } | { readonly kind: 's3', readonly url: URL }
  | { readonly kind: 'tcp' | 'udp' | 'unix', readonly address: string }

function named(text: string | URL, name: string): Named {
  if (text === '-') return { kind: 'stdio' }
  if (typeof text === 'string') {
    const [, protocol] = ADDRESS.exec(text) ?? []
    if (protocol !== undefined) return { kind: protocol as 'tcp' | 'udp', address: text }
    if (text.startsWith(UNIX)) return { kind: 'unix', address: text.slice(UNIX.length) }
    if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'path', path: text }
  }
  const url = typeof text === 'string' ? new URL(text) : text
  if (HTTP.test(url.protocol)) return { kind: 'http', url }
  if (url.protocol === 's3:') return { kind: 's3', url }
  if (url.protocol === 'file:') return { kind: 'path', path: url }
  throw invalidArgValue(name, String(text), `has the scheme '${url.protocol}', which is not supported`)
}

export function parseSource(source: TransferSource, s3: S3Options = {}): SourceEnd {
  if (typeof source === 'string' || source instanceof URL) {
    const what = named(source, 'source')
    if (what.kind === 'stdio') return { ...descriptorSource(0, {}), name: 'standard input' }
    if (what.kind === 'http') return httpSource({ url: what.url })
    if (what.kind === 's3') return s3Source(what.url, s3)
    if (what.kind === 'udp') return datagramSource(what.address)
    return what.kind === 'path' ? fileSource(pathOf(what.path, 'source'), {}) : addressSource(placeOf(what), String(source))
  }
  if (source instanceof Uint8Array) return fileSource(pathOf(source, 'source'), {})
  if (typeof source !== 'object' || (source as unknown) === null) throw invalidArgType('source', FORMS, source)
  if (source instanceof Connection) return connectionSource(source)
  const given = source as unknown as Given
  const { memory, file, fd, url } = given
  if (isFunction(given, 'pipe') && isFunction(given, 'on')) return readableSource(source as Readable)
  if (memory !== undefined) return memorySource(viewOf(memory, 'source.memory'))
  if (file !== undefined) return fileSource(pathOf(file, 'source.file'), rangeOf(given, 'source'))
  if (url !== undefined) return httpSource({ ...source as HttpEnd, url: httpUrl(url, 'source.url') })
  if (isFunction(given, 'getReader')) return webSource(source as ReadableStream<unknown>)
  if (Symbol.asyncIterator in source || Symbol.iterator in source) return iterableSource(source as ByteIterable)
  if (fd !== undefined) return descriptorSource(checkInteger(fd, 'source.fd', 0, 0x7fffffff), rangeOf(given, 'source'))
  throw invalidArgType('source', FORMS, source)
}

export function parseTarget(target: TransferTarget, options: TargetOptions): TargetEnd {
  if (typeof target === 'string' || target instanceof URL) {
    const what = named(target, 'target')
    if (what.kind === 'stdio') return { ...descriptorTarget(1, {}, options), name: 'standard output' }
    if (what.kind === 'http') return httpTarget({ url: what.url })
    if (what.kind === 's3') return s3Target(what.url, options.s3 ?? {})
    if (what.kind === 'udp') return datagramTarget(what.address, options.pieceBytes, options.end !== false)
    return what.kind === 'path' ? fileTarget(pathOf(what.path, 'target'), options) : addressTarget(placeOf(what), String(target))
  }
  if (target instanceof Uint8Array) return fileTarget(pathOf(target, 'target'), options)
  if (typeof target !== 'object' || (target as unknown) === null) throw invalidArgType('target', FORMS, target)
  if (target instanceof Connection) return connectionTarget(target, options.end === true)
  const given = target as unknown as Given
  const { memory, file, fd, url } = given
  if (isFunction(given, 'write') && isFunction(given, 'end') && isFunction(given, 'on')) return writableTarget(target as Writable, options.end !== false)
  if (memory !== undefined) return memoryTarget(viewOf(memory, 'target.memory'))
  if (file !== undefined) {
    const range = rangeOf(given, 'target')
    const path = pathOf(file, 'target.file')
    return range.offset === undefined && range.length === undefined ? fileTarget(path, options) : fileRangeTarget(path, range, options)
  }
  if (url !== undefined) return httpTarget({ ...target as HttpEnd, url: httpUrl(url, 'target.url') })
  if (isFunction(given, 'getWriter')) return webTarget(target as WritableStream<unknown>, options.end !== false)
  if (fd !== undefined) return descriptorTarget(checkInteger(fd, 'target.fd', 0, 0x7fffffff), rangeOf(given, 'target'), options)
  throw invalidArgType('target', FORMS, target)
}

function placeOf({ kind, address }: Extract<Named, { readonly address: string }>): AddressArgument {
  return kind === 'unix' ? { path: address } : address
}

function isFunction(given: Given, name: string): boolean {
  return typeof given[name] === 'function'
}

function httpUrl(url: unknown, name: string): URL {
  const parsed = url instanceof URL ? url : new URL(String(url))
  if (!HTTP.test(parsed.protocol)) throw invalidArgValue(name, String(url), "must begin with 'http://' or 'https://'")
  return parsed
}

function pathOf(path: unknown, name: string): PathBytes {
  const checked = checkPath(path instanceof URL ? fileURLToPath(path) : path as string | Uint8Array, name)
  if (checked.length === 0) throw invalidArgValue(name, path, 'must not be empty')
  return checked
}

function viewOf(memory: unknown, name: string): View {
  if (!ArrayBuffer.isView(memory)) throw invalidArgType(name, 'an instance of Buffer, TypedArray or DataView', memory)
  return memory as View
}

function rangeOf({ offset, length }: Given, name: string): Range {
  return {
    offset: offset === undefined || offset === null ? undefined : checkInteger(offset, `${name}.offset`, 0, Number.MAX_SAFE_INTEGER),
    length: length === undefined || length === null ? undefined : checkInteger(length, `${name}.length`, 0, Number.MAX_SAFE_INTEGER),
  }
}
