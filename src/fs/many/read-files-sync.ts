// ① interface — readFilesSync: many files in few system calls, this thread waiting. For each slice of files one call opens
// them (and closes those of the slice before), one reads, one finds the ends.
import { constants, type PathLike } from 'node:fs'
import { defaultProactor } from '../../default-proactor.js'
import { checkInteger, invalidArgType, invalidArgValue } from '../../operation/arguments.js'
import { close, read } from '../../operation/file.js'
import { kept, open } from '../../operation/path.js'
import type { Operation } from '../../operation/operation.js'
import { poll, PollEvent } from '../../operation/timer.js'
import { nodeFs } from '../node/index.js'
import { giveBackSlab, isUnawaitedPipe, takeSlab, type Slab } from '../file/index.js'
import { plainPath } from '../arguments/index.js'
import type { PathBytes } from '../request/index.js'

/** Options of {@link readFilesSync}. */
export interface ReadFilesSyncOptions {
  /** Contents as text; null: as Buffers. Default: null. */
  readonly encoding?: BufferEncoding | null | undefined
  /** Files open at once, 1 to 1024. Default: 64. */
  readonly concurrency?: number | undefined
}

type Content = Buffer | string

/** Some of the files could not be read. It has the contents of the others. */
export class ReadFilesError<Kind extends Content = Content> extends AggregateError {
  /** Always `ERR_TRUEAIO_READ_FILES`. */
  readonly code = 'ERR_TRUEAIO_READ_FILES'
  /** In the order of the paths; undefined where a file could not be read. */
  readonly contents: readonly (Kind | undefined)[]

  constructor(errors: readonly Error[], contents: readonly (Kind | undefined)[]) {
    super(errors, `${String(errors.length)} of ${String(contents.length)} files could not be read, the first of them: ${errors[0]?.message ?? ''}`)
    this.contents = contents
  }
}

/** A file that is open, and what has been read of it. */
class OpenFile {
  readonly index: number
  readonly path: PathBytes
  readonly fd: number
  readonly slab: Slab = takeSlab()
  /** What is read into: the slab, or for a longer file memory of its own. */
  memory: Buffer
  length = 0
  #writerCame = false
  #hasNoOffsets = false

  constructor(index: number, path: PathBytes, fd: number) {
    this.index = index
    this.path = path
    this.fd = fd
    this.memory = this.slab.head
  }

  /** The next read. When all memory is full, it goes into the tail: most often it only finds the end. */
  next(): Operation<number> {
    const memory = this.length === this.memory.length ? this.slab.tail : this.memory.subarray(this.length)
    return this.#hasNoOffsets ? read(this.fd, memory) : read(this.fd, memory, this.length)
  }

  /** A pipe or terminal, whose reads have no offset. False: it was known already. */
  turnsOutToBeAStream(): boolean {
    if (this.#hasNoOffsets) return false
    this.#hasNoOffsets = true
    return true
  }

  /** Takes in what a read gave. True: there may be more. */
  add(bytes: number): boolean {
    if (bytes === 0) return false
    if (this.length === this.memory.length) this.#grow(bytes)
    else {
      this.length += bytes
      // The slab is full: now the size is worth asking for, so that all of it comes in one piece.
      if (this.length === this.slab.head.length && this.memory === this.slab.head) this.#move(Math.max(nodeFs.fstatSync(this.fd).size, this.length))
    }
    return true
  }

  /**
   * At an end before the first byte: whether it is only a pipe that nobody had opened for writing, since an open through the
   * ring does not wait. Blocks until a writer has written or gone. Opening it anew could miss a writer that this open let in.
   */
  waitsForWriter(): boolean {
    if (this.length > 0 || this.#writerCame || !isUnawaitedPipe(this.fd, constants.O_RDONLY)) return false
    defaultProactor().runSync([poll(this.fd, PollEvent.POLLIN)])
    this.#writerCame = true
    return true
  }

  #grow(bytes: number): void {
    const { tail } = this.slab
    this.#move(2 * this.length)
    tail.copy(this.memory, this.length, 0, bytes)
    this.length += bytes
  }

  #move(size: number): void {
    const memory = Buffer.allocUnsafeSlow(size)
    this.memory.copy(memory, 0, 0, this.length)
    this.memory = memory
  }

  content(encoding: BufferEncoding | null): Content {
    if (encoding !== null) return this.memory.toString(encoding, 0, this.length)
    if (this.memory !== this.slab.head) return this.memory.subarray(0, this.length)
    const content = Buffer.allocUnsafeSlow(this.length)
    this.memory.copy(content, 0, 0, this.length)
    return content
  }
}

class SyncBatch {
  readonly contents: (Content | undefined)[]
  readonly errors: { readonly index: number, readonly error: Error }[] = []
  readonly #encoding: BufferEncoding | null
  /** Descriptors to close together with what is opened next. */
  #closing: number[] = []

  constructor(count: number, encoding: BufferEncoding | null) {
    this.contents = new Array<Content | undefined>(count).fill(undefined)
    this.#encoding = encoding
  }

  /** Reads a file as Node does: what the engine does not take. */
  readAsNode(index: number, path: PathLike): void {
    try {
      this.contents[index] = nodeFs.readFileSync(path, { encoding: this.#encoding })
    } catch (error) {
      this.#failed(index, error)
    }
  }

  /** Opens and reads some files. Returns those for which there was no descriptor left. */
  readSlice(slice: readonly (readonly [index: number, path: PathBytes])[]): (readonly [index: number, path: PathBytes])[] {
    const opens = slice.map(([, path]) => kept(open(path)))
    const outcomes = defaultProactor().runSync([...opens, ...this.#takeCloses()])
    const files: OpenFile[] = []
    const later: (readonly [index: number, path: PathBytes])[] = []
    slice.forEach((entry, at) => {
      const outcome = outcomes[at] as PromiseSettledResult<number> // an open's
      if (outcome.status === 'fulfilled') files.push(new OpenFile(...entry, outcome.value))
      else if (isOutOfDescriptors(outcome.reason)) later.push(entry)
      else this.#failed(entry[0], outcome.reason)
    })
    this.#toldCloses(outcomes.slice(slice.length))
    this.#readAll(files)
    this.#closing = files.map(({ fd }) => fd)
    return later
  }

  #readAll(files: readonly OpenFile[]): void {
    for (let unfinished = files; unfinished.length > 0;) {
      const outcomes = defaultProactor().runSync(unfinished.map((file) => file.next()))
      unfinished = unfinished.filter((file, at) => {
        const outcome = outcomes[at] as PromiseSettledResult<number> // one for each
        if (outcome.status === 'fulfilled' && (file.add(outcome.value) || file.waitsForWriter())) return true
        if (outcome.status === 'rejected' && (outcome.reason as NodeJS.ErrnoException).code === 'ESPIPE' && file.turnsOutToBeAStream()) return true
        if (outcome.status === 'rejected') this.#failed(file.index, outcome.reason)
        else this.#finish(file)
        giveBackSlab(file.slab)
        return false
      })
    }
  }

  #finish(file: OpenFile): void {
    try {
      this.contents[file.index] = file.content(this.#encoding)
    } catch (error) { // longer than a string can be
      this.#failed(file.index, error)
    }
  }

  /** Closes what is still open. */
  closeAll(): void {
    this.#toldCloses(defaultProactor().runSync(this.#takeCloses()))
  }

  #takeCloses(): Operation<void>[] {
    const closes = this.#closing.map((fd) => close(fd))
    this.#closing = []
    return closes
  }

  /** The contents were right; a close that fails is still worth a word. */
  #toldCloses(outcomes: readonly PromiseSettledResult<unknown>[]): void {
    for (const outcome of outcomes) if (outcome.status === 'rejected') process.emitWarning(outcome.reason as Error)
  }

  #failed(index: number, error: unknown): void {
    this.errors.push({ index, error: error as Error })
  }

  /** No descriptor left, and none of ours to wait for. */
  refuse(index: number, path: PathBytes): void {
    this.readAsNode(index, path as PathLike) // meets the same, and tells it Node's way; or not, if one has come free
  }
}

function isOutOfDescriptors(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === 'EMFILE' || code === 'ENFILE'
}

/**
 * Reads many whole files and returns their contents in order, blocking this thread. It makes a few system calls for
 * each 64 files, and the device gets all of them at once. It is for tools that must be synchronous, above all on a cold
 * cache.
 *
 * Every file is tried. If some cannot be read, a ReadFilesError is thrown after all have been closed. It is an
 * AggregateError whose `errors` are Node's, in the order of the paths. Its `contents` holds what was read, with
 * undefined in the places of failed files.
 *
 * @param options `encoding`, default null: Buffers; `concurrency`: files open at once, 1 to 1024, default 64
 * @throws ERR_TRUEAIO_READ_FILES, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function readFilesSync(paths: Iterable<PathLike>, options: ReadFilesSyncOptions & { readonly encoding: BufferEncoding }): string[]
export function readFilesSync(paths: Iterable<PathLike>, options?: ReadFilesSyncOptions & { readonly encoding?: null | undefined }): Buffer[]
export function readFilesSync(paths: Iterable<PathLike>, options: ReadFilesSyncOptions = {}): Content[] {
  const { encoding = null, concurrency = 64 } = options
  if (typeof paths !== 'object' || !(Symbol.iterator in (paths as object))) throw invalidArgType('paths', 'an iterable', paths)
  if (encoding !== null && !Buffer.isEncoding(encoding)) throw invalidArgValue('encoding', encoding, 'is invalid encoding')
  checkInteger(concurrency, 'concurrency', 1, 1024)
  const wanted = [...paths]
  const batch = new SyncBatch(wanted.length, encoding)
  const queue: (readonly [index: number, path: PathBytes])[] = []
  wanted.forEach((path, index) => {
    const plain = plainPath(path)
    if (plain === undefined) batch.readAsNode(index, path)
    else queue.push([index, plain])
  })
  let sliceLength = concurrency
  for (let at = 0; at < queue.length;) {
    const slice = queue.slice(at, at + sliceLength)
    const later = batch.readSlice(slice)
    at += slice.length - later.length
    later.forEach((entry, index) => {
      queue[at + index] = entry
    })
    if (later.length === 0) continue
    batch.closeAll()
    sliceLength = Math.max(1, slice.length - later.length)
    if (later.length === slice.length) batch.refuse(...(queue[at++] as readonly [number, PathBytes])) // not one could be opened
  }
  batch.closeAll()
  if (batch.errors.length === 0) return batch.contents as Content[] // each is there
  batch.errors.sort((one, other) => one.index - other.index)
  throw new ReadFilesError(batch.errors.map(({ error }) => error), batch.contents)
}
