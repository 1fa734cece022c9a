// ① interface — a file read whole: open, read into a slab, one more read that finds the end, close behind. Each step is
// submitted from the completion of the one before, and not from an async function: a small file costs one promise.
import { constants, type PathLike } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { defaultProactor } from '../../default-proactor.js'
import { close, read } from '../../operation/file.js'
import type { Operation } from '../../operation/operation.js'
import { kept, open } from '../../operation/path.js'
import { failureOf } from '../../proactor/failure.js'
import { CancelReason, type Entry, type Settler } from '../../proactor/in-flight.js'
import { resolveWithError } from '../../proactor/settle.js'
import { abortable, countdownOf, isListed, enter, left, nodeError, standBack, type Countdown, type Deadline, type OpenFileJob, type PathBytes } from '../request/index.js'
import { engineHandle, openFlags, plainPath, signalIsFine, textEncoding, type TextEncoding } from '../arguments/index.js'
import { isUnawaitedPipe, writerCame } from './open-waiting.js'
import { NODE_MAJOR } from '../node/index.js'
import { contentOf } from './content.js'
import { packedReads, ReadWish, type ReadsAlone } from './read-packed.js'
import { readRest } from './read-rest.js'
import { giveBackSlab, takeSlab, type Slab } from './slab.js'

type Content = Buffer | string
type Encoding = TextEncoding
const { O_RDONLY } = constants
const EMFILE = -24
const ENFILE = -23
/** What a read at an offset answers of a pipe or terminal. */
const ESPIPE = -29

/** Where a job stands: which completion comes next. */
const Step = { OPENING: 0, READING: 1, FINDING_END: 2, CLOSING_AFTER_ERROR: 3, CLOSING: 4 } as const

/** One whole-file read on its way. */
class ReadJob implements OpenFileJob {
  readonly resolve: (content: unknown) => void
  /** What to open; undefined when the descriptor is the caller's. */
  readonly path: PathBytes | undefined
  readonly flags: number
  readonly encoding: Encoding
  readonly countdown: Countdown | undefined
  step: number = Step.OPENING
  fd = -1
  /** Already open, and what has been read of it. */
  opened = -1
  had: Buffer | undefined = undefined
  slab: Slab | undefined = undefined
  length = 0
  /** Where the file is read from: 0, for nobody else reads it; -1, its current position: of a caller's descriptor, and of what has no offsets. */
  from: number
  hasWaited = false
  error: (() => Error) | undefined = undefined

  constructor(resolve: (content: unknown) => void, path: PathBytes | undefined, flags: number, encoding: Encoding, countdown: Countdown | undefined) {
    this.resolve = resolve
    this.path = path
    this.from = path === undefined ? -1 : 0
    this.flags = flags
    this.encoding = encoding
    this.countdown = countdown
  }

  start(): void {
    if (this.opened >= 0) {
      if (this.had === undefined) this.readFrom(this.opened)
      else {
        this.fd = this.opened
        void this.goOn([this.had])
      }
      return
    }
    this.step = Step.OPENING
    this.submit(kept(open(this.path as PathBytes, { flags: this.flags }))) // only jobs with a path wait for a turn
  }

  readFrom(fd: number): void {
    this.fd = fd
    this.step = Step.READING
    this.slab = takeSlab()
    this.submit(read(fd, this.slab.head, this.from))
  }

  /** It is a pipe or terminal: read as it comes. */
  readStream(): void {
    this.from = -1
    this.submit(read(this.fd, (this.slab as Slab).head))
  }

  submit(operation: Operation): void {
    defaultProactor().submitTo(readFileSettler, operation, this.countdown?.options, this)
  }

  /** The whole file is in the slab. */
  finish(): void {
    const slab = this.slab as Slab
    try {
      this.resolve(contentOf(slab.head, 0, this.length, this.encoding))
    } catch (error) { // longer than a string can be
      this.fail(() => error as Error, true)
      return
    }
    giveBackSlab(slab)
    // After the promise, so that its caller's next open and this close are one submission.
    this.closeBehind()
  }

  closeBehind(): void {
    if (this.path === undefined) return
    this.step = Step.CLOSING
    defaultProactor().submitTo(readFileSettler, close(this.fd), undefined, this)
  }

  /** @param slabIsFree no read can still be writing into it */
  fail(error: () => Error, slabIsFree: boolean): void {
    if (this.slab !== undefined && slabIsFree) giveBackSlab(this.slab)
    if (this.path === undefined) {
      resolveWithError(this.resolve, error)
      return
    }
    this.error = error
    this.step = Step.CLOSING_AFTER_ERROR
    defaultProactor().submitTo(readFileSettler, close(this.fd), undefined, this)
  }

  /** The first read gave nothing: an empty file, or a pipe whose writer has not come yet. */
  endAtOnce(): void {
    if (this.path === undefined || this.hasWaited || !isUnawaitedPipe(this.fd, this.flags)) this.finish()
    else void this.waitForWriter()
  }

  async waitForWriter(): Promise<void> {
    this.hasWaited = true // a writer may come and go without a word
    try {
      await writerCame(this.fd, this.countdown)
    } catch (error) {
      this.fail(() => error as Error, true)
      return
    }
    this.submit(read(this.fd, (this.slab as Slab).head))
  }

  /** More than a slab holds, or a file that gives itself in pieces. */
  async goOn(pieces: readonly Buffer[]): Promise<void> {
    try {
      const whole = await readRest(this.fd, pieces, this.from >= 0, this.countdown)
      this.resolve(this.encoding === undefined ? whole : whole.toString(this.encoding as BufferEncoding))
      this.closeBehind()
    } catch (error) {
      this.fail(() => error as Error, false)
    }
  }
}

// Since Node 26 an error of readFile's reading tells the path too.
const READ_ERRORS_NAME_PATH = NODE_MAJOR >= 26

const readFileSettler: Settler = {
  settle(entry: Entry, result: number) {
    const job = entry.first as ReadJob
    switch (job.step) {
      case Step.OPENING:
        if (result >= 0) job.readFrom(result)
        else openFailed(job, entry, result)
        return
      case Step.READING:
      case Step.FINDING_END:
        if (result === ESPIPE && job.from >= 0) job.readStream()
        else if (result < 0) {
          const failure = failureOf(entry, result)
          const path = READ_ERRORS_NAME_PATH ? job.path : undefined
          job.fail(() => nodeError(failure, 'read', path), failure.reason === CancelReason.NONE)
        } else afterRead(job, result)
        return
      default:
        closed(job, entry, result)
    }
  },
}

function openFailed(job: ReadJob, entry: Entry, result: number): void {
  if ((result === EMFILE || result === ENFILE) && standBack(job)) return
  const failure = failureOf(entry, result)
  resolveWithError(job.resolve, () => nodeError(failure, 'open', job.path))
  left()
}

function afterRead(job: ReadJob, bytes: number): void {
  const { head, tail } = job.slab as Slab
  if (job.step === Step.READING) {
    job.length = bytes
    if (bytes === 0) job.endAtOnce()
    else if (bytes === head.length) void job.goOn([takeOut(job)])
    else {
      // A short read is the end of a regular file, and of nothing else: only another read tells.
      job.step = Step.FINDING_END
      job.submit(read(job.fd, tail, job.from < 0 ? -1 : job.length))
    }
  } else if (bytes === 0) job.finish()
  else {
    const more = Buffer.from(tail.subarray(0, bytes))
    void job.goOn([takeOut(job), more])
  }
}

/** Copies what the slab holds and gives it back. */
function takeOut(job: ReadJob): Buffer {
  const slab = job.slab as Slab
  const bytes = Buffer.from(slab.head.subarray(0, job.length))
  giveBackSlab(slab)
  job.slab = undefined
  return bytes
}

function closed(job: ReadJob, entry: Entry, result: number): void {
  if (job.error !== undefined) resolveWithError(job.resolve, job.error)
  else if (result < 0) {
    // The content was right and its promise is settled; a close that fails is still worth a word.
    process.emitWarning(nodeError(failureOf(entry, result), 'close'))
  }
  left()
}

/** Reads what is left of an open file, from its current position. */
export function readOpenFile(fd: number, encoding: Encoding, countdown: Countdown | undefined): Promise<Content> {
  return new Promise<unknown>((resolve) => {
    new ReadJob(resolve, undefined, 0, encoding, countdown).readFrom(fd)
  }) as Promise<Content>
}

/** For what a packed list leaves to this file. */
const ONE_BY_ONE: ReadsAlone = {
  open: ({ path, encoding, countdown }, resolve) => enter(new ReadJob(resolve, path, O_RDONLY, encoding, countdown)),
  goOn({ path, encoding, countdown }, resolve, fd, bytes) {
    const job = new ReadJob(resolve, path, O_RDONLY, encoding, countdown)
    job.opened = fd
    job.had = bytes
    enter(job)
  },
}

/** Opens, reads whole, closes. The arguments have been recognised. */
function readPath(path: PathBytes, flags: number, encoding: Encoding, options: unknown): Promise<Content> {
  const countdown = countdownOf(options)
  return new Promise<unknown>((resolve) => {
    if (flags === O_RDONLY && isListed(path)) packedReads.add(new ReadWish(resolve, path, encoding, countdown, ONE_BY_ONE))
    else enter(new ReadJob(resolve, path, flags, encoding, countdown))
  }) as Promise<Content>
}

interface ReadFileOptions extends Deadline {
  readonly encoding?: BufferEncoding | null | undefined
  readonly flag?: string | number | undefined
}

/** Whether readFile's options hold nothing that Node has to handle: a buffer to read into (since Node 24), an invalid or aborted signal. */
export function isOursToRead(options: unknown): boolean {
  const { buffer, signal } = (options ?? {}) as { readonly buffer?: unknown, readonly signal?: AbortSignal }
  return buffer === undefined && signalIsFine(signal) && signal?.aborted !== true
}

/** All of a path or a FileHandle. Undefined: leave it to Node. */
export function readWhole(path: PathLike | FileHandle, options?: ReadFileOptions | BufferEncoding | null): Promise<Content> | undefined {
  const encoding = textEncoding(options)
  const given = typeof options === 'object' && options !== null ? options : undefined
  const flags = openFlags(given?.flag === undefined || (given.flag as unknown) === '' ? 'r' : given.flag)
  if (encoding === null || encoding === 'buffer' || flags < 0 || !isOursToRead(given)) return undefined
  const plain = plainPath(path)
  if (plain !== undefined) return readPath(plain, flags, encoding, given)
  const handle = engineHandle(path)
  return handle?.readFile(options as BufferEncoding)
}

/** fs.readFile. */
export const readFile: typeof readWhole = abortable(readWhole)
