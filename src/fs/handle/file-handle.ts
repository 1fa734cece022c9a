// ① interface — FileHandle on the engine: a subclass of Node's own, so that `instanceof` holds
// (`instanceof`, streams, readLines), with every call that touches the file replaced.
import type { FileHandle as NodeFileHandle } from 'node:fs/promises'
import type { ReadableStream } from 'node:stream/web'
import { outOfRange } from '../../operation/arguments.js'
import * as file from '../../operation/file.js'
import { fstatx } from '../../operation/path.js'
import type { Operation, View } from '../../operation/operation.js'
import type { SubmitOptions } from '../../proactor/options.js'
import { abortWins, countdownOf, deadlineOf, request } from '../request/index.js'
import { inTime } from '../forms/index.js'
import type { CommitOptions } from '../types/index.js'
import { commitArguments, GroupCommit } from './commit.js'
import { watchForDrop, type Descriptor } from './descriptor.js'
import { areViews, ENGINE_HANDLE, fatalLength, futimesOf, modeBits, optionsObject, ownerId, positionOf, recogniseRead, recogniseText, recogniseWrite, signalIsFine, textEncoding, unixSeconds, type Range } from '../arguments/index.js'
import { defineTransfer, type NodeHandleParts } from './handle-transfer.js'
import { isContent, isOursToRead, readOpenFile, writeContent } from '../file/index.js'
import { statsConverter } from '../node/index.js'
import { readAll, readRange, writeAll, writeRange, type Holder } from './transfer.js'
import { arrayBufferStream, asksForArrayBuffers } from './web-stream.js'

// Node's methods have overloads that a subclass would have to repeat; here they are what they are: functions of anything.
declare class NodeHandle {
  readonly fd: number
  read(...given: unknown[]): Promise<never>
  write(...given: unknown[]): Promise<never>
  readv(...given: unknown[]): Promise<never>
  writev(...given: unknown[]): Promise<never>
  readFile(...given: unknown[]): Promise<never>
  writeFile(...given: unknown[]): Promise<never>
  appendFile(...given: unknown[]): Promise<never>
  stat(...given: unknown[]): Promise<never>
  truncate(...given: unknown[]): Promise<never>
  sync(): Promise<never>
  datasync(): Promise<never>
  chmod(...given: unknown[]): Promise<never>
  chown(...given: unknown[]): Promise<never>
  utimes(...given: unknown[]): Promise<never>
  readableWebStream(options?: object): unknown
}
export type NodeHandleClass = new (native: Descriptor) => NodeHandle
export type EngineHandleClass = new (descriptor: Descriptor) => NodeFileHandle

/**
 * Makes the class.
 * @param Node Node's own
 * @param ref the symbol of its method that counts a use, so that `close` waits for it
 * @param unref the symbol of its method that ends a use
 * @param parts what moving a handle to another thread takes
 */
export function defineFileHandle(Node: NodeHandleClass, ref: symbol, unref: symbol, parts: NodeHandleParts | undefined): EngineHandleClass {
  class FileHandle extends Node implements Holder {
    constructor(descriptor: Descriptor) {
      super(descriptor)
      watchForDrop(this, descriptor)
    }

    /** -1 when the handle is closed, and for a receiver that is no handle of this class: both are Node's to refuse. */
    static #openNumber(receiver: FileHandle | null | undefined): number {
      return typeof receiver === 'object' && receiver !== null && #commits in receiver ? receiver.fd : -1
    }

    transferEnded(): void {
      ;(this as unknown as Record<symbol, () => void>)[unref]?.()
    }

    #use(): this {
      ;(this as unknown as Record<symbol, () => void>)[ref]?.()
      return this
    }

    /** One operation of the engine that holds the handle open until it has ended. */
    async #request<Result>(operation: Operation, options: SubmitOptions | undefined, syscall: string, convert?: (value: never) => Result): Promise<Result> {
      this.#use()
      try {
        return await request(operation, options, syscall, undefined, undefined, convert)
      } finally {
        this.transferEnded()
      }
    }

    override read(...given: unknown[]): Promise<never> {
      const fd = FileHandle.#openNumber(this)
      const range = fd < 0 ? undefined : recogniseRead(given[0], given[1], given[2], given[3], given[4])
      if (range === undefined) {
        const fatal = fd < 0 ? undefined : fatalLength(given[0], given[1], given[2])
        return fatal === undefined ? inTime(super.read(...given), given, 'read') : Promise.reject(outOfRange('length', 'an integer', fatal))
      }
      return readRange(fd, range, this.#use()) as Promise<never>
    }

    override write(...given: unknown[]): Promise<never> {
      const fd = FileHandle.#openNumber(this)
      const content = given[0]
      let range: Range | undefined
      if (typeof content === 'string') range = recogniseText(content, given[1], given[2], given[3])
      else if (ArrayBuffer.isView(content)) range = recogniseWrite(content as View, given[1], given[2], given[3], given[4])
      return range === undefined || fd < 0 ? inTime(super.write(...given), given, 'write') : writeRange(fd, range, content, this.#use()) as Promise<never>
    }

    override readv(...given: unknown[]): Promise<never> {
      const [views, position, options] = given
      const at = typeof position === 'number' ? positionOf(position) : -1
      if (FileHandle.#openNumber(this) < 0 || !areViews(views) || Number.isNaN(at)) return inTime(super.readv(...given), given, 'readv')
      return readAll(this.fd, views, at, deadlineOf(options), this.#use()) as Promise<never>
    }

    override writev(...given: unknown[]): Promise<never> {
      const [views, position, options] = given
      const at = typeof position === 'number' ? positionOf(position) : -1
      if (FileHandle.#openNumber(this) < 0 || !areViews(views) || Number.isNaN(at)) return inTime(super.writev(...given), given, 'writev')
      return writeAll(this.fd, views, at, deadlineOf(options), this.#use()) as Promise<never>
    }

    override async readFile(...given: unknown[]): Promise<never> {
      const [options] = given
      const encoding = textEncoding(options)
      const countdown = countdownOf(options)
      if (FileHandle.#openNumber(this) < 0 || encoding === null || encoding === 'buffer' || !isOursToRead(options)) return inTime(super.readFile(...given), given, 'readFile')
      this.#use()
      try {
        return await abortWins(readOpenFile(this.fd, encoding, countdown), countdown?.signal) as never
      } finally {
        this.transferEnded()
      }
    }

    override async writeFile(...given: unknown[]): Promise<never> {
      const [data, options] = given
      const encoding = textEncoding(options)
      const countdown = countdownOf(options)
      const flush = (options as { flush?: unknown } | null | undefined)?.flush
      if (FileHandle.#openNumber(this) < 0 || encoding === null || encoding === 'buffer' || !signalIsFine(countdown?.signal) || (flush !== undefined && flush !== null && typeof flush !== 'boolean')) return inTime(super.writeFile(...given), given, 'writeFile')
      if (!isContent(data)) return inTime(super.writeFile(...given), given, 'writeFile')
      this.#use()
      try {
        await writeContent(this.fd, data, encoding, countdown)
        return undefined as never
      } finally {
        this.transferEnded()
      }
    }

    override appendFile(...given: unknown[]): Promise<never> {
      return FileHandle.#openNumber(this) < 0 ? inTime(super.appendFile(...given), given, 'appendFile') : this.writeFile(...given)
    }

    override stat(...given: unknown[]): Promise<never> {
      const options = optionsObject(given[0])
      if (FileHandle.#openNumber(this) < 0 || options === undefined) return inTime(super.stat(...given), given, 'stat')
      const deadline = deadlineOf(options)
      return abortWins(this.#request(fstatx(this.fd), deadline, 'fstat', statsConverter(options, () => super.stat(...given))), deadline?.signal) as Promise<never>
    }

    override truncate(...given: unknown[]): Promise<never> {
      const [length = 0, options] = given
      if (FileHandle.#openNumber(this) < 0 || !Number.isSafeInteger(length)) return inTime(super.truncate(...given), given, 'truncate')
      return this.#request(file.ftruncate(this.fd, Math.max(0, length as number)), deadlineOf(options), 'ftruncate')
    }

    override sync(...given: unknown[]): Promise<never> {
      if (FileHandle.#openNumber(this) < 0) return inTime(super.sync(), given, 'sync')
      return this.#request(file.fsync(this.fd), deadlineOf(given[0]), 'fsync')
    }

    override datasync(...given: unknown[]): Promise<never> {
      if (FileHandle.#openNumber(this) < 0) return inTime(super.datasync(), given, 'datasync')
      return this.#request(file.fdatasync(this.fd), deadlineOf(given[0]), 'fdatasync')
    }

    #commits: GroupCommit | undefined

    /** See CommitHandle. */
    async commit(buffer: View, options?: CommitOptions): Promise<number> {
      if (FileHandle.#openNumber(this) < 0) return super.datasync() // Node's own refusal of a closed handle
      const { bytes, offset } = commitArguments(buffer, options)
      this.#commits ??= new GroupCommit(this.fd, request, { use: () => this.#use(), end: () => this.transferEnded() })
      this.#use()
      try {
        return await this.#commits.commit(bytes, offset, countdownOf(options))
      } finally {
        this.transferEnded()
      }
    }

    override chmod(...given: unknown[]): Promise<never> {
      const mode = modeBits(given[0], -1)
      if (FileHandle.#openNumber(this) < 0 || mode < 0) return inTime(super.chmod(...given), given, 'chmod')
      return this.#request(file.fchmod(this.fd, mode), deadlineOf(given[1]), 'fchmod')
    }

    override chown(...given: unknown[]): Promise<never> {
      const uid = ownerId(given[0])
      const gid = ownerId(given[1])
      if (FileHandle.#openNumber(this) < 0 || Number.isNaN(uid + gid)) return inTime(super.chown(...given), given, 'chown')
      return this.#request(file.fchown(this.fd, uid, gid), deadlineOf(given[2]), 'fchown')
    }

    override utimes(...given: unknown[]): Promise<never> {
      const access = unixSeconds(given[0])
      const modify = unixSeconds(given[1])
      if (FileHandle.#openNumber(this) < 0 || Number.isNaN(access + modify)) return inTime(super.utimes(...given), given, 'utimes')
      return this.#request(futimesOf(this.fd, access, modify), deadlineOf(given[2]), 'futime')
    }

    override readableWebStream(options?: object): unknown {
      // Streams of bytes read through this class.
      return FileHandle.#openNumber(this) >= 0 && asksForArrayBuffers(options) ? arrayBufferStream(super.readableWebStream({ type: 'bytes' }) as ReadableStream) : super.readableWebStream(options)
    }
  }
  // A method's `length` is Node's: each has a rest parameter here.
  for (const name of Object.getOwnPropertyNames(FileHandle.prototype)) {
    const theirs: unknown = Reflect.get(Node.prototype, name)
    if (name !== 'constructor' && typeof theirs === 'function') Object.defineProperty(Reflect.get(FileHandle.prototype, name), 'length', { value: theirs.length })
  }
  Object.defineProperty(FileHandle.prototype, ENGINE_HANDLE, { value: true })
  defineTransfer(FileHandle.prototype, Node, parts)
  return FileHandle as unknown as EngineHandleClass
}
