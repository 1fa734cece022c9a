// ① interface — one call that goes down with others of its kind in a packed list, and its promise.
import type { Failure } from '../../proactor/failure.js'
import { resolveWithError } from '../../proactor/settle.js'
import { checkOptions } from '../../proactor/options.js'
import { heed } from '../../waiting/heed.js'
import { nodeError, operationTooLate, type Countdown } from './request.js'

export abstract class Wish {
  readonly path: string
  /** The call's name in errors. */
  readonly syscall: string
  readonly countdown: Countdown | undefined
  /** With a deadline: whether that has ended it, or it has ended otherwise. */
  isDone: boolean | undefined = undefined
  readonly #resolve: (value: unknown) => void
  #unheed: (() => void) | undefined = undefined
  #reason: Error | undefined = undefined

  constructor(resolve: (value: unknown) => void, path: string, syscall: string, countdown: Countdown | undefined) {
    this.#resolve = resolve
    this.path = path
    this.syscall = syscall
    this.countdown = countdown
  }

  /** Does it step by step. */
  protected abstract goAlone(resolve: (value: unknown) => void): void

  /**
   * From here on the deadline counts.
   * @param abandoned is called when it has ended this call: `endAbandoned` tells the caller, once nothing of it is open any more
   * @throws ABORT_ERR when it has ended before; ERR_INVALID_ARG_TYPE
   */
  heed(abandoned: () => void): void {
    const { countdown } = this
    if (countdown === undefined) return
    this.#unheed = heed(checkOptions(countdown.options), () => operationTooLate(this.syscall, this.path), (error) => {
      this.isDone = true
      this.#reason = error
      abandoned()
    })
    this.isDone = false
  }

  /** Tells the caller of what the deadline has ended, unless that is done. */
  endAbandoned(): void {
    const reason = this.#reason
    if (reason === undefined) return
    this.#reason = undefined
    resolveWithError(this.#resolve, () => reason)
  }

  /** The deadline, if there is one, does not count any more. */
  #end(): void {
    if (this.#unheed === undefined) return
    this.isDone = true
    this.#unheed()
  }

  alone(): void {
    this.#end()
    this.goAlone(this.#resolve)
  }

  told(value: unknown): void {
    this.#end()
    this.#resolve(value)
  }

  failed(error: () => Error): void {
    this.#end()
    resolveWithError(this.#resolve, error)
  }

  /** The proactor was closed before it was made. */
  cancelled(failure: Failure): void {
    this.failed(() => nodeError(failure, this.syscall, this.path))
  }

  /** Its promise is somebody else's to settle. */
  takeOver(): (value: unknown) => void {
    this.#end()
    return this.#resolve
  }
}
