// ① interface — the drop-in's way to a thread of the pool for several calls in a row: one trip there and back where
// operations one by one would take a trip, and a worker, each. Used where that was measured to gain: what makes and removes names.
import { defaultProactor } from '../../default-proactor.js'
import { close } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { leftOpen, row, type RowValues } from '../../operation/row.js'
import { Errno } from '../../operation/system-error.js'
import { failureOf, type Failure } from '../../proactor/failure.js'
import { CancelReason, type Entry, type Settler } from '../../proactor/in-flight.js'
import type { SubmitOptions } from '../../proactor/options.js'
import { resolveWithError } from '../../proactor/settle.js'
import { Turns } from './turns.js'
import { nodeError, request, type Countdown, type PathBytes } from './request.js'

/** Whether rows are available: that is, a pool of threads. */
export function hasRows(): boolean {
  return defaultProactor().offers(Opcode.ROW)
}

/** A call of the drop-in that is a row, told when the row has ended. */
export abstract class RowJob {
  /** @param values of the steps made; none when the row could not be begun */
  abstract ended(values: RowValues): void
  /** It was cancelled; nothing that it opened is open any more. */
  abstract cancelled(failure: Failure): void

  submit(steps: readonly Operation[], options: SubmitOptions | undefined): void {
    defaultProactor().submitTo(rowSettler, row(steps), options, this)
  }
}

const rowSettler: Settler = {
  settle(entry: Entry, result: number, value: unknown) {
    const job = entry.first as RowJob
    const values = result < 0 ? NOTHING : value as RowValues
    if (entry.problem === undefined && (entry.cancelReason === CancelReason.NONE || wasAllMade(entry.operation, values))) job.ended(values)
    else {
      const failure = failureOf(entry, Errno.ECANCELED)
      for (const fd of leftOpen(entry.operation, values)) void closeBehind(fd)
      job.cancelled(failure)
    }
  },
}

const NOTHING: RowValues = []

/** A cancel that came too late changes nothing. */
function wasAllMade({ detail }: Operation, values: RowValues): boolean {
  if (values.length < (detail?.members?.length ?? 0)) return false
  const last = values[values.length - 1]
  return last !== Errno.ECANCELED && last !== Errno.EINTR
}

/** Closes what nobody waits for. */
export function closeBehind(fd: number): Promise<void> {
  return request<void>(close(fd), undefined, 'close').catch((error: unknown) => process.emitWarning(error as Error))
}

/**
 * Rows of trees in flight at once: enough for the threads. More would wait for lent memory, at the head of the proactor's
 * queue, and everybody else's operations behind them.
 */
const ROWS_AT_ONCE = 16
const turns = new Turns(ROWS_AT_ONCE)

/** Runs a row of a tree's when it is its turn. Otherwise as `requestRow`. */
export function requestRowInTurn(steps: readonly Operation[], countdown: Countdown | undefined, syscall: string, path: PathBytes): Promise<RowValues> {
  return turns.run(() => requestRow(steps, countdown?.options, syscall, path), countdown, syscall, path)
}

class RowPromise extends RowJob {
  readonly #resolve: (values: unknown) => void
  readonly #syscall: string
  readonly #path: PathBytes

  constructor(resolve: (values: unknown) => void, syscall: string, path: PathBytes) {
    super()
    this.#resolve = resolve
    this.#syscall = syscall
    this.#path = path
  }

  ended(values: RowValues): void {
    this.#resolve(values)
  }

  cancelled(failure: Failure): void {
    resolveWithError(this.#resolve, () => nodeError(failure, this.#syscall, this.#path))
  }
}

/**
 * Runs a row. Resolves to the values of the steps made, of which the last may be a negative errno; what they opened is the
 * caller's to close. Rejects when cancelled.
 * @param syscall the call's name in the error of a timeout
 */
function requestRow(steps: readonly Operation[], options: SubmitOptions | undefined, syscall: string, path: PathBytes): Promise<RowValues> {
  return new Promise<unknown>((resolve) => {
    new RowPromise(resolve, syscall, path).submit(steps, options)
  }) as Promise<RowValues>
}

/** Whether all steps were made, and none failed. */
export function allDone(values: RowValues, steps: number): boolean {
  return values.length === steps && !isFailure(values[steps - 1])
}

/** A step's negative errno. */
export function isFailure(value: unknown): value is number {
  return typeof value === 'number' && value < 0
}
