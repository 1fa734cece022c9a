// ④ driver — node: the functions of node:fs this runtime has, and the operations that can be carried out with them.
// encode.ts names a function, driver.ts calls it.
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import { Support } from '../../proactor/driver.js'
import { nodeFs } from './own-functions.js'

/** Each exists twice: with a callback, and blocking as `<name>Sync`. */
const NAMES = [
  'access', 'chmod', 'chown', 'close', 'fchmod', 'fchown', 'fdatasync', 'fstat', 'fsync', 'ftruncate', 'futimes', 'lchown', 'link', 'lstat',
  'lutimes', 'mkdir', 'open', 'read', 'readlink', 'readv', 'rename', 'rmdir', 'stat', 'symlink', 'truncate', 'unlink', 'utimes', 'write', 'writev',
] as const
export type FunctionName = (typeof NAMES)[number]

type Callback = (error: NodeJS.ErrnoException | null, value?: unknown) => void
/** With the arguments of encode.ts and then a callback. */
type AsynchronousFunction = (...argumentsAndCallback: readonly [...unknown[], Callback]) => void
type SynchronousFunction = (...parameters: readonly unknown[]) => unknown

interface FunctionPair {
  readonly asynchronous: AsynchronousFunction
  readonly synchronous: SynchronousFunction
}

const pairs = new Map<FunctionName, FunctionPair>()
const all = nodeFs as unknown as Readonly<Record<string, unknown>>
for (const name of NAMES) {
  const asynchronous = all[name]
  const synchronous = all[`${name}Sync`]
  if (typeof asynchronous !== 'function' || typeof synchronous !== 'function') continue
  pairs.set(name, { asynchronous: asynchronous as AsynchronousFunction, synchronous: synchronous as SynchronousFunction })
}

/** The two forms of a function; undefined where this runtime's node:fs lacks one. */
export function functionPair(name: FunctionName): FunctionPair | undefined {
  return pairs.get(name)
}

const needs: readonly (readonly [Opcode, ...FunctionName[]])[] = [
  [Opcode.NOP], [Opcode.TIMER],
  [Opcode.COPY_MEMORY], [Opcode.FILL_MEMORY], [Opcode.COMPARE_MEMORY], [Opcode.XOR_MEMORY], [Opcode.CRC32C], [Opcode.CRC32],
  [Opcode.READ, 'read', 'readv'], [Opcode.WRITE, 'write'], [Opcode.READV, 'readv'], [Opcode.WRITEV, 'writev'],
  [Opcode.OPEN, 'open'], [Opcode.CLOSE, 'close'], [Opcode.FSYNC, 'fsync'], [Opcode.FDATASYNC, 'fdatasync'],
  [Opcode.FTRUNCATE, 'ftruncate'], [Opcode.TRUNCATE, 'truncate'], [Opcode.STATX, 'stat', 'lstat', 'fstat'],
  [Opcode.RENAME, 'rename'], [Opcode.UNLINK, 'unlink'], [Opcode.RMDIR, 'rmdir'], [Opcode.MKDIR, 'mkdir'],
  [Opcode.SYMLINK, 'symlink'], [Opcode.LINK, 'link'], [Opcode.READLINK, 'readlink'], [Opcode.ACCESS, 'access'],
  [Opcode.CHMOD, 'chmod'], [Opcode.FCHMOD, 'fchmod'], [Opcode.CHOWN, 'chown', 'lchown'], [Opcode.FCHOWN, 'fchown'],
  [Opcode.UTIMES, 'utimes', 'lutimes'], [Opcode.FUTIMES, 'futimes'],
]

/**
 * What this driver offers. All of it is `EMULATED`, so that any driver that makes the system's own call goes first,
 * wherever it stands in the ladder.
 */
export function probeOperations(): Uint8Array {
  const operations = new Uint8Array(OPCODE_COUNT).fill(Support.NONE)
  for (const [opcode, ...names] of needs) {
    if (names.every((name) => pairs.has(name))) operations[opcode] = Support.EMULATED
  }
  return operations
}
