// ① interface — a small file written whole in one trip to one thread: open, write and close in a row. What does not go
// smoothly (a short write, a pipe) continues where the row ended.
import { constants } from 'node:fs'
import { close } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, Operation } from '../../operation/operation.js'
import { open } from '../../operation/path.js'
import type { RowValues } from '../../operation/row.js'
import { Errno, systemError } from '../../operation/system-error.js'
import type { Failure } from '../../proactor/failure.js'
import { resolveWithError } from '../../proactor/settle.js'
import { closeAfter, enter, isFailure, left, nodeError, request, RowJob, withDone, type Countdown, type OpenFileJob, type PathBytes } from '../request/index.js'
import { writeBytes } from './write-content.js'

const { O_NONBLOCK } = constants
const ENXIO = -6
const ENFILE = -23
const EMFILE = -24
/** Of an open that a row or list must not decide: a pipe without a reader, a file somebody holds a lease on, no descriptor left. */
export const UNDECIDED: ReadonlySet<unknown> = new Set([ENXIO, Errno.EAGAIN, EMFILE, ENFILE])
const CLOSE_IT = new Operation<void>(Opcode.CLOSE, FileKind.STEP_RESULT, 0, undefined, 0, 0, 0, undefined)

class WriteJob extends RowJob implements OpenFileJob {
  readonly #resolve: (done: unknown) => void
  readonly #path: PathBytes
  readonly #flags: number
  readonly #mode: number
  readonly #bytes: Buffer
  readonly #countdown: Countdown | undefined
  readonly #stepByStep: () => Promise<void>

  constructor(resolve: (done: unknown) => void, path: PathBytes, flags: number, mode: number, bytes: Buffer, countdown: Countdown | undefined, stepByStep: () => Promise<void>) {
    super()
    this.#resolve = resolve
    this.#path = path
    this.#flags = flags
    this.#mode = mode
    this.#bytes = bytes
    this.#countdown = countdown
    this.#stepByStep = stepByStep
  }

  start(): void {
    const bytes = this.#bytes
    // Without O_NONBLOCK the open of a pipe would wait for its reader, and hold a thread for so long.
    const opening = open(this.#path, { flags: this.#flags | O_NONBLOCK, mode: this.#mode })
    const writing = new Operation<number>(Opcode.WRITE, FileKind.STEP_RESULT, 0, bytes, bytes.length, -1, 0, undefined)
    // Nothing is written by no write at all, as Node has it: it would fail on what is not open for writing.
    this.submit(bytes.length === 0 ? [opening, CLOSE_IT] : [opening, writing, CLOSE_IT], this.#countdown?.options)
  }

  ended(values: RowValues): void {
    const [fd] = values
    const written = this.#bytes.length === 0 ? 0 : values[1]
    const closed = this.#bytes.length === 0 ? values[1] : values[2]
    if (fd !== undefined && !isFailure(fd) && written !== this.#bytes.length) {
      this.#resolve(goOnWriting(fd as number, this.#bytes, written, this.#countdown))
      return
    }
    left()
    if (fd === undefined || UNDECIDED.has(fd)) this.#resolve(this.#stepByStep())
    else if (isFailure(fd)) this.#fail('open', fd, this.#path)
    else if (isFailure(closed)) this.#fail('close', closed)
    else this.#resolve(undefined)
  }

  cancelled(failure: Failure): void {
    left()
    // As when one by one: what was in progress gives its name.
    resolveWithError(this.#resolve, () => nodeError(failure, 'open', this.#path))
  }

  #fail(syscall: string, result: number, path?: PathBytes): void {
    resolveWithError(this.#resolve, () => systemError(result, syscall, path))
  }
}

/** The file is open, and not all of it was written: writes the rest, closes, and leaves. */
export async function goOnWriting(fd: number, bytes: Buffer, written: unknown, countdown: Countdown | undefined): Promise<void> {
  const done = { bytesWritten: typeof written === 'number' && written > 0 ? written : 0 }
  try {
    try {
      if (isFailure(written) && written !== Errno.EAGAIN) throw systemError(written, 'write')
      // A pipe that is full answers EAGAIN here; the engine waits for it.
      await writeBytes(fd, bytes.subarray(done.bytesWritten), countdown, done)
    } catch (error) {
      await closeAfter(fd, withDone(error, done))
    }
    await request(close(fd), undefined, 'close')
  } finally {
    left()
  }
}

/**
 * Opens, writes all of `bytes`, closes.
 * @param stepByStep does the same one by one: for what a row cannot decide
 */
export function writeInRow(path: PathBytes, flags: number, mode: number, bytes: Buffer, countdown: Countdown | undefined, stepByStep: () => Promise<void>): Promise<void> {
  return new Promise<unknown>((resolve) => {
    enter(new WriteJob(resolve, path, flags, mode, bytes, countdown, stepByStep))
  }) as Promise<void>
}
