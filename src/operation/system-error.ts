// ② operation — a negative errno as Node's own kind of error.
import type { TargetAddress } from './address.js'
import { asBuffer } from './view.js'
import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** An error of the system, with Node's fields. `errno` is negative, as Node has it. */
export interface SystemError extends Error {
  /** The error's number, negative as in Node. */
  errno: number
  /** The error's name: `'ENOENT'`. */
  code: string
  /** The system call that failed. */
  syscall: string
  /** The path that was given. */
  path?: string
  /** The second path, of calls that take two. */
  dest?: string
  /** The address, of operations that have one. */
  address?: string
  /** The port that was given. */
  port?: number
}

// What Node's map (libuv's) does not name, but a ring or a thread can answer.
const EXTRA: Readonly<Record<number, readonly [code: string, message: string]>> = {
  [-5]: ['EIO', 'i/o error'],
  [-62]: ['ETIME', 'timer expired'],
  [-77]: ['EBADFD', 'file descriptor in bad state'],
  [-53]: ['EBADR', 'invalid request descriptor'],
  [-61]: ['ENODATA', 'no data available'],
  [-10]: ['ECHILD', 'no child processes'],
  [-105]: ['ENOBUFS', 'no buffer space available'],
  [-512]: ['ERESTARTSYS', 'interrupted by a signal before it began'],
}

const codeNames = new Map<number, string>()
for (const [code, errno] of Object.entries(constants.errno)) codeNames.set(-errno, code)
const uvErrors = getSystemErrorMap()

function describe(errno: number): readonly [code: string, message: string] {
  const known = uvErrors.get(errno)
  if (known !== undefined) return known
  const extra = EXTRA[errno]
  if (extra !== undefined) return extra
  const code = codeNames.get(errno) ?? `Unknown system error ${String(errno)}`
  return [code, code === 'ENOTSUP' ? 'operation not supported' : 'system error']
}

/** The code ('ENOENT') of a negative errno. */
export function errorCode(errno: number): string {
  return describe(errno)[0]
}

/** The negative errno of a code ('ENOENT'), -5 (EIO) for an unknown one. */
export function errnoOf(code: string): number {
  for (const [errno, [name]] of uvErrors) if (name === code) return errno
  for (const [errno, name] of codeNames) if (name === code) return errno
  return -5
}

/** A path as it was passed to the system: half a surrogate pair has become U+FFFD on the way. */
function text(path: string | Uint8Array): string {
  return (typeof path === 'string' ? Buffer.from(path) : asBuffer(path)).toString()
}

/** Node's error for a negative errno: `ENOENT: no such file or directory, open 'x'`. `sentence` stands in for the system's. */
export function systemError(errno: number, syscall: string, path?: string | Uint8Array, dest?: string | Uint8Array, sentence?: string): SystemError {
  const [code, said] = describe(errno)
  let message = `${code}: ${sentence ?? said}, ${syscall}`
  if (path !== undefined) message += ` '${text(path)}'`
  if (dest !== undefined) message += ` -> '${text(dest)}'`
  const error = new Error(message) as SystemError
  error.errno = errno
  error.code = code
  error.syscall = syscall
  if (path !== undefined) error.path = text(path)
  if (dest !== undefined) error.dest = text(dest)
  return error
}

/** The same for an operation with an address: `connect ECONNREFUSED 127.0.0.1:80`, with Node's `address` and `port`. */
export function addressError(errno: number, syscall: string, target: TargetAddress, sentence?: string): SystemError {
  const [code] = describe(errno)
  const { address, port } = target
  const where = port === undefined ? address : `${address}:${String(port)}`
  const error = new Error(`${syscall} ${code} ${where}${sentence === undefined ? '' : `: ${sentence}`}`) as SystemError
  error.errno = errno
  error.code = code
  error.syscall = syscall
  error.address = address
  if (port !== undefined) error.port = port
  return error
}

const LINUX = {
  EPERM: -1, ENOENT: -2, EINTR: -4, EIO: -5, EBADF: -9, ECHILD: -10, EAGAIN: -11, ENOMEM: -12, EACCES: -13, EFAULT: -14, EBUSY: -16, EINVAL: -22, ENFILE: -23, ESPIPE: -29, ENAMETOOLONG: -36,
  ENOSYS: -38, EBADR: -53, ETIME: -62, ENOTSUP: -95, ETIMEDOUT: -110, EMFILE: -24, ENOTSOCK: -88, ENOBUFS: -105, EISCONN: -106, EALREADY: -114, EINPROGRESS: -115, ECANCELED: -125,
} as const

/** errno values the engine itself answers with or reads, negative. On Linux they are the kernel's; elsewhere those that Node has for the code. */
export const Errno: Readonly<Record<keyof typeof LINUX, number>> = process.platform === 'linux' ? LINUX : numbersHere()

/** An error is made from its number, so the numbers are those of `getSystemErrorMap`: on Windows ECANCELED is -4081, and -125 would be named ENOSTR. */
function numbersHere(): Readonly<Record<keyof typeof LINUX, number>> {
  const byCode = new Map([...uvErrors].map(([errno, [code]]) => [code, errno]))
  const numbers: Record<keyof typeof LINUX, number> = { ...LINUX }
  for (const code of Object.keys(LINUX) as (keyof typeof LINUX)[]) numbers[code] = byCode.get(code) ?? numbers[code]
  return numbers
}

/** ENOMEM, EAGAIN, EMFILE, ENFILE: the system is out of something at this moment. */
const TRANSIENT: ReadonlySet<number> = new Set([Errno.ENOMEM, Errno.EAGAIN, Errno.EMFILE, Errno.ENFILE])

/** Whether what answers this may succeed some time later. */
export function isTransient(errno: number): boolean {
  return TRANSIENT.has(errno)
}
