// ② operation — any system call at all, made on a thread of the pool.
import { checkInteger, checkPath, checkView, invalidArgType, invalidArgValue } from './arguments.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type CallArgument } from './operation.js'
import { SYS, type SystemCallName } from './system-call-numbers.js'

const ARGUMENTS_MAX = 6

/**
 * Makes a system call by number (`SYS.getdents64`) or name. Arguments: numbers (integers), bigints, null (0), typed
 * arrays (their memory is lent, its address passed) and strings (passed as NUL-ended UTF-8). Resolves to what the call
 * returned, as a number; a negative errno rejects.
 *
 * No check stands between this and the kernel: a wrong address or a call that never returns to user space
 * (`exit`, `rt_sigreturn`, `execve`) is the caller's own doing.
 *
 * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (a name this architecture does not have)
 * @see syscall(2)
 */
export function call(nameOrNumber: SystemCallName | number, ...callArguments: readonly CallArgument[]): Operation<number> {
  return callWith(callNumber(nameOrNumber), callArguments, 0)
}

/** The same with CallFlag bits, for a number that `callNumber` has checked. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE */
export function callWith(number: number, callArguments: readonly CallArgument[], flags: number): Operation<number> {
  const { length: count } = callArguments
  if (count > ARGUMENTS_MAX) throw invalidArgValue('arguments', count, 'must be at most 6')
  // Each read once, into a list of the operation's own: the caller's may change, or be a Proxy.
  const own: CallArgument[] = []
  for (let index = 0; index < count; index++) {
    const value = callArguments[index] as CallArgument // or nothing such, which is refused now
    checkCallArgument(value, index)
    own.push(value)
  }
  const detail = new OperationDetail()
  detail.argument = number
  detail.callArguments = own
  return new Operation(Opcode.CALL, FileKind.DESCRIPTOR, -1, undefined, 0, 0, flags, detail)
}

/** `Operation.flags` of a CALL. */
export const CallFlag = {
  /** A thread of its own, at once: it neither waits for a thread of the pool nor takes one from it. */
  OWN_THREAD: 1,
  /** Not one call but a program of them: `OperationDetail.program`. */
  PROGRAM: 2,
} as const

/** The descriptor that a CALL closes: close(2) of a number, by itself. */
export function closedByCall(detail: OperationDetail | undefined): number | undefined {
  if (detail?.argument !== SYS.close || detail?.program !== undefined) return undefined
  const fd = detail?.callArguments?.[0]
  return typeof fd === 'number' && fd >= 0 && fd <= 0x7fffffff ? fd : undefined
}

/** The number of a system call given by name or number. @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE */
export function callNumber(nameOrNumber: SystemCallName | number, name?: string): number {
  if (typeof nameOrNumber !== 'string') return checkInteger(nameOrNumber, name ?? 'number', 0, 0xffff)
  const number = SYS[nameOrNumber]
  if (number === undefined) throw invalidArgValue(name ?? 'name', nameOrNumber, `is not a system call of this platform (${process.platform} ${process.arch})`)
  return number
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_STATE (detached memory) */
export function checkCallArgument(value: CallArgument | undefined, index: number, list = 'arguments'): void {
  if (value === null || typeof value === 'bigint') return
  if (typeof value === 'number' && (value | 0) === value) return
  const name = `${list}[${String(index)}]`
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw invalidArgValue(name, value, 'must be a safe integer; use a bigint beyond 2^53')
    return
  }
  if (typeof value === 'string') {
    checkPath(value, name)
    return
  }
  if (!ArrayBuffer.isView(value)) throw invalidArgType(name, 'of type number, bigint, string or an instance of TypedArray', value)
  checkView(value, name)
}
