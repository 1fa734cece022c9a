// ③ proactor — the error of an entry that did not succeed: the system's, or the reason it was cancelled for.
import { addressError, Errno, systemError, type SystemError } from '../operation/system-error.js'
import { callName, opcodeName, Opcode } from '../operation/opcode.js'
import type { Operation } from '../operation/operation.js'
import { checkStillLendable } from '../operation/file.js'
import { holds } from '../operation/view.js'
import { AbortError } from '../waiting/abort-error.js'
import { CancelReason, type Chain, type Entry } from './in-flight.js'

const AT_EMPTY_PATH = 0x1000

/** What the error of a deadline says, in every interface. */
export const OPERATION_TOO_LATE = 'the operation did not end within its timeout'

/** The proactor was closed before this could be done. */
export class ClosedError extends Error {
  /** Always `ERR_TRUEAIO_CLOSED`. */
  readonly code = 'ERR_TRUEAIO_CLOSED'
  constructor(what: string) {
    super(`${what} is closed`)
  }
}

/** What is needed to make an entry's error later, when the entry is used by somebody else again. */
export interface Failure {
  readonly operation: Operation
  readonly result: number
  readonly reason: CancelReason
  readonly signal: AbortSignal | undefined
  readonly chain: Chain | undefined
  readonly problem: Error | undefined
}

export function failureOf(entry: Entry, result: number): Failure {
  return { operation: entry.operation, result, reason: entry.cancelReason, signal: entry.signal, chain: entry.chain, problem: entry.problem }
}

/** Makes the error, with the stack of whoever calls. */
export function errorOf(failure: Failure): Error {
  if (failure.problem !== undefined) return failure.problem
  const { chain, ...own } = failure
  if (chain !== undefined) return chain.describe((operation, result) => errorOf({ ...own, chain: undefined, operation, result }))
  const { operation, result, reason } = failure
  // A cancelled call ends as ECANCELED on a ring and as EINTR on a thread; any other answer is its own.
  if (reason !== CancelReason.NONE && (result === Errno.ECANCELED || result === Errno.EINTR || result === Errno.EINPROGRESS)) {
    if (reason === CancelReason.ABORTED) return new AbortError(failure.signal?.reason)
    if (reason === CancelReason.CLOSED) return new ClosedError('The proactor')
    return operationError(operation, Errno.ETIMEDOUT, OPERATION_TOO_LATE)
  }
  return operationError(operation, result)
}

/** Why an operation's memory cannot be lent any more (detached, shrunken); undefined: it can. */
export function lendingProblem(operation: Operation): Error | undefined {
  const { buffer } = operation
  if (buffer !== undefined ? holds(buffer, operation.length) : operation.detail === undefined) return undefined
  try {
    checkStillLendable(operation)
  } catch (error) {
    return error as Error
  }
  return undefined
}

export function operationError(operation: Operation, result: number, sentence?: string): SystemError {
  const { detail, opcode } = operation
  if (detail?.address !== undefined) return addressError(result, opcodeName(opcode), detail.address, sentence)
  // An open file's statx has an empty path of the engine's own; an empty path of the caller's is named, as Node does.
  const path = opcode === Opcode.STATX && detail?.path === '' && (operation.flags & AT_EMPTY_PATH) !== 0 ? undefined : detail?.path
  const dest = isSecondPath(opcode) ? detail?.path2 : undefined
  return systemError(result, callName(opcode), path, dest, sentence)
}

function isSecondPath(opcode: Opcode): boolean {
  return opcode === Opcode.RENAME || opcode === Opcode.LINK || opcode === Opcode.SYMLINK
}
