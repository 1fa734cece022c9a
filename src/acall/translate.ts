// ① interface — acall: system calls that the engine has an operation for, by number. On a driver that carries such an
// operation out without a thread (io_uring), the call goes that way; where arguments leave any doubt it does not.
import type { CallArgument } from '../operation/operation.js'
import { FileKind, Operation, OperationDetail } from '../operation/operation.js'
import { SOCKADDR_BYTES_MAX } from '../operation/address.js'
import { checkView } from '../operation/arguments.js'
import { close, fadvise, fallocate, fdatasync, fsync, syncFileRange } from '../operation/file.js'
import { Opcode } from '../operation/opcode.js'
import { mkdir, open, rename, rmdir, unlink } from '../operation/path.js'
import { MessageFlag } from '../operation/socket.js'
import { SYS, type SystemCallName } from '../operation/system-call-numbers.js'
import { byteLengthOf, bytesOf, lendable } from '../operation/view.js'

type Arguments = readonly CallArgument[]
/** The operation that does just what the call would; undefined: with these arguments there is none. */
type Translate = (args: Arguments) => Operation | undefined

const INT32_MAX = 0x7fffffff
const UINT32_MAX = 0xffffffff
const TRANSFER_MAX = 0x7ffff000
const O_CLOEXEC = 0o2000000
const O_CREAT = 0o100
const AT_FDCWD = -100
const AT_REMOVEDIR = 0x200
const MODE_MAX = 0o7777

function isInteger(value: CallArgument | undefined, max: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= max && Number.isInteger(value)
}

function isDirectory(value: CallArgument | undefined): value is number {
  return value === AT_FDCWD || isInteger(value, INT32_MAX)
}

function isPath(value: CallArgument | undefined): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

/** read, write, pread64, pwrite64: (fd, memory, count, offset). */
function transfer(opcode: Opcode, args: Arguments, positioned: boolean): Operation | undefined {
  // By index: taken apart as a list, the four cost more than the rest of this function.
  const fd = args[0]
  const memory = args[1]
  const count = args[2]
  const offset = args[3]
  if (!isInteger(fd, INT32_MAX) || !ArrayBuffer.isView(memory) || !isInteger(count, TRANSFER_MAX)) return undefined
  const bytes = byteLengthOf(memory)
  if (bytes === 0) checkView(memory, 'submission.args[1]')
  // More than the memory holds would be another's memory: the call itself may try that.
  if (count > bytes) return undefined
  const lent = lendable(memory)
  if (!positioned) return new Operation(opcode, FileKind.DESCRIPTOR, fd, lent, count, -1, 0, undefined)
  if (!isInteger(offset, Number.MAX_SAFE_INTEGER)) return undefined
  return new Operation(opcode, FileKind.DESCRIPTOR, fd, lent, count, offset, 0, undefined)
}

/** (directory, path, flags, mode). The engine's own open sets O_CLOEXEC: only where the call does, too. */
function openAt([directory, path, flags, mode]: Arguments): Operation | undefined {
  if (!isDirectory(directory) || !isPath(path) || !isInteger(flags, INT32_MAX) || (flags & O_CLOEXEC) === 0) return undefined
  const given = mode ?? 0
  if ((flags & O_CREAT) !== 0 && !isInteger(given, MODE_MAX)) return undefined
  return open(path, { flags, mode: typeof given === 'number' && given <= MODE_MAX && given >= 0 ? given : 0, ...inDirectory(directory) })
}

/** sendto, recvfrom: (fd, memory, count, flags), without an address. */
function message(opcode: Opcode, args: Arguments, always: number): Operation | undefined {
  const [fd, memory, count, flags, address, length] = args
  if (!isInteger(flags, INT32_MAX) || !isNothing(address) || !isNothing(length)) return undefined
  const plain = transfer(opcode, [fd ?? null, memory ?? null, count ?? null], false)
  return plain === undefined ? undefined : new Operation(opcode, FileKind.DESCRIPTOR, plain.file, plain.buffer, plain.length, -1, flags | always, undefined)
}

/** (fd, address, length, flags): without an address, whose length the call would write. */
function acceptFrom([fd, address, length, flags]: Arguments): Operation | undefined {
  if (!isInteger(fd, INT32_MAX) || !isNothing(address) || !isNothing(length) || !isInteger(flags, INT32_MAX)) return undefined
  return new Operation(Opcode.ACCEPT, FileKind.DESCRIPTOR, fd, undefined, 0, -1, flags, undefined)
}

function connectTo([fd, address, length]: Arguments): Operation | undefined {
  if (!isInteger(fd, INT32_MAX) || !ArrayBuffer.isView(address) || !isInteger(length, SOCKADDR_BYTES_MAX) || length < 2 || length > byteLengthOf(address)) return undefined
  const bytes = new Uint8Array(bytesOf(address, 0, length)) // as it is now: the call would read it at once
  const detail = new OperationDetail()
  detail.address = { bytes, family: (bytes[0] as number) + (bytes[1] as number) * 256, address: '', port: undefined }
  return new Operation(Opcode.CONNECT, FileKind.DESCRIPTOR, fd, undefined, 0, -1, 0, detail)
}

function isNothing(value: CallArgument | undefined): boolean {
  return value === undefined || value === null || value === 0
}

function onDescriptor(make: (fd: number) => Operation): Translate {
  return ([fd]) => (isInteger(fd, INT32_MAX) ? make(fd) : undefined)
}

function unlinkAt([directory, path, flags]: Arguments): Operation | undefined {
  if (!isDirectory(directory) || !isPath(path)) return undefined
  const options = inDirectory(directory)
  if ((flags ?? 0) === 0) return unlink(path, options)
  return flags === AT_REMOVEDIR ? rmdir(path, options) : undefined
}

/** AT_FDCWD is no descriptor to the engine's checks, which know it as "none given". */
function inDirectory(directory: number): { readonly directory?: number } {
  return directory === AT_FDCWD ? {} : { directory }
}

const TABLE: readonly (readonly [SystemCallName, Translate])[] = [
  ['read', (args) => transfer(Opcode.READ, args, false)],
  ['write', (args) => transfer(Opcode.WRITE, args, false)],
  ['pread64', (args) => transfer(Opcode.READ, args, true)],
  ['pwrite64', (args) => transfer(Opcode.WRITE, args, true)],
  ['sendto', (args) => message(Opcode.SEND, args, MessageFlag.MSG_NOSIGNAL)], // Node ignores SIGPIPE as well
  ['recvfrom', (args) => message(Opcode.RECV, args, 0)],
  ['accept4', acceptFrom],
  ['accept', ([fd, address, length]) => acceptFrom([fd ?? null, address ?? null, length ?? null, 0])],
  ['connect', connectTo],
  ['openat', openAt],
  ['open', ([path, flags, mode]) => openAt([AT_FDCWD, path ?? null, flags ?? null, mode ?? 0])],
  ['close', onDescriptor(close)],
  ['fsync', onDescriptor(fsync)],
  ['fdatasync', onDescriptor(fdatasync)],
  ['fallocate', ([fd, mode, offset, length]) => (isInteger(fd, INT32_MAX) && isInteger(mode, INT32_MAX) && isInteger(offset, Number.MAX_SAFE_INTEGER) && isInteger(length, Number.MAX_SAFE_INTEGER)
    ? fallocate(fd, mode, offset, length) : undefined)],
  ['sync_file_range', ([fd, offset, length, flags]) => (isInteger(fd, INT32_MAX) && isInteger(offset, Number.MAX_SAFE_INTEGER) && isInteger(length, UINT32_MAX) && isInteger(flags, INT32_MAX)
    ? syncFileRange(fd, offset, length, flags) : undefined)],
  ['fadvise64', ([fd, offset, length, advice]) => (isInteger(fd, INT32_MAX) && isInteger(offset, Number.MAX_SAFE_INTEGER) && isInteger(length, UINT32_MAX) && isInteger(advice, INT32_MAX)
    ? fadvise(fd, offset, length, advice) : undefined)],
  ['unlinkat', unlinkAt],
  ['unlink', ([path]) => (isPath(path) ? unlink(path) : undefined)],
  ['rmdir', ([path]) => (isPath(path) ? rmdir(path) : undefined)],
  ['mkdirat', ([directory, path, mode]) => (isDirectory(directory) && isPath(path) && isInteger(mode, MODE_MAX) ? mkdir(path, { ...inDirectory(directory), mode }) : undefined)],
  ['mkdir', ([path, mode]) => (isPath(path) && isInteger(mode, MODE_MAX) ? mkdir(path, { mode }) : undefined)],
  ['rename', ([from, to]) => (isPath(from) && isPath(to) ? rename(from, to) : undefined)],
]

const byNumber: (Translate | undefined)[] = []
for (const [name, translate] of TABLE) {
  const number = SYS[name]
  if (number !== undefined) byNumber[number] = translate
}

/** The engine's own operation for a call; undefined: it has none that does the same. */
export function translated(number: number, args: readonly CallArgument[]): Operation | undefined {
  return byNumber[number]?.(args)
}
