// ① interface — handle.commit: bytes that count only once they are on the device. Writes gather while an fdatasync runs,
// and the next one serves all of them.
import { checkInteger, checkView } from '../../operation/arguments.js'
import { fdatasync, write } from '../../operation/file.js'
import type { Operation, View } from '../../operation/operation.js'
import type { SubmitOptions } from '../../proactor/options.js'
import { WaitQueue } from '../../waiting/wait-queue.js'
import { checkAborted, within, type Countdown } from '../request/index.js'
import type { CommitOptions } from '../types/index.js'
import { bytesOf } from '../../operation/view.js'

/** How operations reach the engine; the drop-in's way is `request`. */
export type Submit = <Result>(operation: Operation<Result>, options: SubmitOptions | undefined, syscall: string) => Promise<Result>

/** Keeps the descriptor open: as long as an fdatasync is still to come, also one that its caller has stopped waiting for. */
export interface Hold {
  use(): void
  end(): void
}

const SYNCED = 'synced'

/** The commits of one descriptor. */
export class GroupCommit {
  readonly #fd: number
  readonly #submit: Submit
  readonly #hold: Hold
  /** Written, and waiting for an fdatasync to begin. */
  readonly #gathered = new WaitQueue<typeof SYNCED | Error>()
  #isSyncing = false
  #failures = 0
  #lastFailure: Error | undefined = undefined
  /** The write at the current position that comes last so far. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(fd: number, submit: Submit, hold: Hold) {
    this.#fd = fd
    this.#hold = hold
    this.#submit = submit
  }

  /** @param offset -1: the current position */
  async commit(bytes: Uint8Array, offset: number, countdown: Countdown | undefined): Promise<number> {
    const failures = this.#failures
    if (offset >= 0) await this.#write(bytes, offset, countdown)
    else await this.#append(bytes, countdown)
    // An fdatasync failed while this was being written: it may have reported these bytes as lost, which happens only once.
    if (this.#failures !== failures) throw this.#lastFailure as Error
    await within(this.#durable(), countdown?.options, 'fdatasync')
    return bytes.length
  }

  /** One at a time, so that a short write continues where it stopped. */
  #append(bytes: Uint8Array, countdown: Countdown | undefined): Promise<void> {
    const written = this.#tail.then(() => this.#write(bytes, -1, countdown))
    this.#tail = written.catch(() => undefined) // told to its own caller
    return written
  }

  async #write(bytes: Uint8Array, offset: number, countdown: Countdown | undefined): Promise<void> {
    checkAborted(countdown)
    let at = 0
    do {
      at += await this.#submit(write(this.#fd, at === 0 ? bytes : bytes.subarray(at), offset < 0 ? -1 : offset + at), countdown?.options, 'write')
    } while (at < bytes.length)
  }

  #durable(): Promise<unknown> {
    this.#hold.use()
    const durable = this.#gathered.wait((end) => {
      if (end instanceof Error) throw end
      return end
    })
    if (!this.#isSyncing) {
      this.#isSyncing = true
      // Writes whose ends were reaped together with this one's are a few microtasks behind it.
      setImmediate(() => void this.#syncAll())
    }
    return durable.finally(() => this.#hold.end())
  }

  async #syncAll(): Promise<void> {
    while (this.#gathered.length > 0) {
      const served = this.#gathered.length
      try {
        await this.#submit(fdatasync(this.#fd), undefined, 'fdatasync')
        this.#gathered.wake(SYNCED, served) // those who came meanwhile are for the next one
      } catch (error) {
        this.#failures++
        this.#lastFailure = error as Error
        this.#gathered.wakeAll(error as Error)
      }
    }
    this.#isSyncing = false
  }
}

/** What a caller passed, checked. */
export function commitArguments(buffer: View, options: CommitOptions = {}): { readonly bytes: Uint8Array, readonly offset: number } {
  const bytes = bytesOf(checkView(buffer))
  const { offset } = options
  return { bytes, offset: offset === undefined || offset === null ? -1 : checkInteger(offset, 'offset', 0, Number.MAX_SAFE_INTEGER) }
}
