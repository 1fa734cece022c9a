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
  if (callArguments.length > ARGUMENTS_MAX) throw invalidArgValue('arguments', callArguments.length, 'must be at most 6')
  const number = typeof nameOrNumber === 'string' ? numberOf(nameOrNumber) : checkInteger(nameOrNumber, 'number', 0, 0xffff)
  callArguments.forEach(checkCallArgument)
  const detail = new OperationDetail()
  detail.argument = number
  detail.callArguments = callArguments
  return new Operation(Opcode.CALL, FileKind.DESCRIPTOR, -1, undefined, 0, 0, 0, detail)
}

function numberOf(name: SystemCallName): number {
  const number = SYS[name]
  if (number === undefined) throw invalidArgValue('name', name, `is not a system call of this platform (${process.platform} ${process.arch})`)
  return number
}

function checkCallArgument(value: CallArgument, index: number): void {
  const name = `arguments[${String(index)}]`
  if (value === null || typeof value === 'bigint') return
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
