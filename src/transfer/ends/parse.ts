// ① interface — what users give as an end, in every form, as one of the ends of this folder.
import { fileURLToPath } from 'node:url'
import { checkInteger, checkPath, invalidArgType, invalidArgValue } from '../../operation/arguments.js'
import type { View } from '../../operation/file-reference.js'
import type { SourceEnd, TargetEnd } from './end.js'
import { descriptorSource, fileSource, type Range } from './file-source.js'
import { descriptorTarget, fileRangeTarget, fileTarget, type FileTargetOptions } from './file-target.js'
import { memorySource, memoryTarget } from './memory.js'
import type { PathBytes } from './open-file.js'

/** Memory, in place. */
export interface MemoryEnd {
  readonly memory: View
}

/** An open file, pipe or socket, or anything that has one, as a FileHandle. It stays open. */
export interface DescriptorEnd {
  readonly fd: number
  /** First byte. Default: the file's position, which moves. */
  readonly offset?: number | undefined
  /** Bytes at most. Default: to the end. */
  readonly length?: number | undefined
}

/** A file, or a range of it. As a target with an offset it is written in place. */
export interface FileEnd {
  readonly file: string | Uint8Array | URL
  readonly offset?: number | undefined
  readonly length?: number | undefined
}

/** Text is a path, an address or a URL; a Buffer is a path that need not be UTF-8. */
export type TransferSource = string | Uint8Array | URL | MemoryEnd | DescriptorEnd | FileEnd
export type TransferTarget = string | Uint8Array | URL | MemoryEnd | DescriptorEnd | FileEnd

const FORMS = 'of type string (a path, an address or a URL), or an instance of Buffer, URL or Object ({ memory }, { fd }, { file })'

/** Every object's properties, for looking at what it is. */
type Given = Readonly<Record<string, unknown>>

export function parseSource(source: TransferSource): SourceEnd {
  if (typeof source === 'string') return fileSource(pathOf(source, 'source'), {})
  if (source instanceof Uint8Array) return fileSource(pathOf(source, 'source'), {})
  if (source instanceof URL) return fileSource(pathOf(source, 'source'), {})
  if (typeof source !== 'object' || (source as unknown) === null) throw invalidArgType('source', FORMS, source)
  const { memory, file, fd } = source as unknown as Given
  if (memory !== undefined) return memorySource(viewOf(memory, 'source.memory'))
  if (file !== undefined) return fileSource(pathOf(file, 'source.file'), rangeOf(source as unknown as Given, 'source'))
  if (fd !== undefined) return descriptorSource(checkInteger(fd, 'source.fd', 0, 0x7fffffff), rangeOf(source as unknown as Given, 'source'))
  throw invalidArgType('source', FORMS, source)
}

export function parseTarget(target: TransferTarget, options: FileTargetOptions): TargetEnd {
  if (typeof target === 'string') return fileTarget(pathOf(target, 'target'), options)
  if (target instanceof Uint8Array) return fileTarget(pathOf(target, 'target'), options)
  if (target instanceof URL) return fileTarget(pathOf(target, 'target'), options)
  if (typeof target !== 'object' || (target as unknown) === null) throw invalidArgType('target', FORMS, target)
  const { memory, file, fd } = target as unknown as Given
  if (memory !== undefined) return memoryTarget(viewOf(memory, 'target.memory'))
  if (file !== undefined) {
    const range = rangeOf(target as unknown as Given, 'target')
    const path = pathOf(file, 'target.file')
    return range.offset === undefined && range.length === undefined ? fileTarget(path, options) : fileRangeTarget(path, range, options)
  }
  if (fd !== undefined) return descriptorTarget(checkInteger(fd, 'target.fd', 0, 0x7fffffff), rangeOf(target as unknown as Given, 'target'), options)
  throw invalidArgType('target', FORMS, target)
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
