// ① interface — a small file written whole in one trip to one thread: open, write and close in a row. What does not go
// smoothly (a write that comes up short, a pipe) goes on from where the row ended.
import { constants } from 'node:fs'
import { close, write } from '../operation/file.js'
import { FileKind, Operation } from '../operation/operation.js'
import { open } from '../operation/path.js'
import type { RowValues } from '../operation/row.js'
import { Errno, systemError } from '../operation/system-error.js'
import type { Failure } from '../proactor/failure.js'
import { resolveWithError } from '../proactor/settle.js'
import { closeAfter } from './close-after.js'
import { nodeError, request, type Countdown, type PathBytes } from './request.js'
import { isFailure, RowJob } from './row-request.js'
import { writeBytes } from './write-content.js'

const { O_NONBLOCK } = constants
const ENXIO = -6
const ENFILE = -23
const EMFILE = -24
/** Of an open that this row must not decide: a pipe without a reader, a file somebody holds a lease on, no descriptor left. */
const UNDECIDED: ReadonlySet<unknown> = new Set([ENXIO, Errno.EAGAIN, EMFILE, ENFILE])
const { opcode: CLOSE } = close(0)
const { opcode: WRITE } = write(0, Buffer.alloc(0))
const CLOSE_IT = new Operation<void>(CLOSE, FileKind.STEP_RESULT, 0, undefined, 0, 0, 0, undefined)

class WriteJob extends RowJob {
  readonly #resolve: (done: unknown) => void
  readonly #path: PathBytes
  readonly #bytes: Buffer
  readonly #countdown: Countdown | undefined
  readonly #stepByStep: () => Promise<void>

  constructor(resolve: (done: unknown) => void, path: PathBytes, bytes: Buffer, countdown: Countdown | undefined, stepByStep: () => Promise<void>) {
    super()
    this.#resolve = resolve
    this.#path = path
    this.#bytes = bytes
    this.#countdown = countdown
    this.#stepByStep = stepByStep
  }

  ended([fd, written, closed]: RowValues): void {
    if (fd === undefined || UNDECIDED.has(fd)) this.#resolve(this.#stepByStep())
    else if (isFailure(fd)) this.#fail('open', fd, this.#path)
    else if (written !== this.#bytes.length) this.#resolve(this.#goOn(fd as number, written))
    else if (isFailure(closed)) this.#fail('close', closed)
    else this.#resolve(undefined)
  }

  cancelled(failure: Failure): void {
    // As when one by one: what was under way gives its name.
    resolveWithError(this.#resolve, () => nodeError(failure, 'open', this.#path))
  }

  #fail(syscall: string, result: number, path?: PathBytes): void {
    resolveWithError(this.#resolve, () => systemError(result, syscall, path))
  }

  /** The file is open, and not all of it was written. */
  async #goOn(fd: number, written: unknown): Promise<void> {
    try {
      if (isFailure(written) && written !== Errno.EAGAIN) throw systemError(written, 'write')
      // A pipe that is full answers EAGAIN here; the engine waits for it.
      await writeBytes(fd, this.#bytes.subarray(typeof written === 'number' && written > 0 ? written : 0), this.#countdown)
    } catch (error) {
      await closeAfter(fd, error as Error)
    }
    await request(close(fd), undefined, 'close')
  }
}

/**
 * Opens, writes all of `bytes`, closes.
 * @param stepByStep does the same one by one: for what a row cannot decide
 */
export function writeInRow(path: PathBytes, flags: number, mode: number, bytes: Buffer, countdown: Countdown | undefined, stepByStep: () => Promise<void>): Promise<void> {
  return new Promise<unknown>((resolve) => {
    // Without O_NONBLOCK the open of a pipe would wait for its reader, and hold a thread for so long.
    const opening = open(path, { flags: flags | O_NONBLOCK, mode })
    const writing = new Operation<number>(WRITE, FileKind.STEP_RESULT, 0, bytes, bytes.length, -1, 0, undefined)
    new WriteJob(resolve, path, bytes, countdown, stepByStep).submit([opening, writing, CLOSE_IT], countdown?.options)
  }) as Promise<void>
}
