// ② operation — checks of what a caller passes, with Node's own error classes, codes and sentences, thrown before
// anything reaches a driver.
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { ChainOpened, FileKind, RegisteredFile, type FileReference, type View } from './file-reference.js'
import { bufferOf, byteOffsetOf, lendable } from './view.js'

export type PathArgument = string | Uint8Array | URL

/** The error with a code, which is shown as Node shows it. */
export function withCode<E extends Error>(error: E, code: string): E & { code: string } {
  const coded = error as E & { code: string }
  coded.code = code
  // Node shows the code in the first line of the stack and nowhere else; `name` itself stays the class's.
  const name = coded.name
  coded.name = `${name} [${code}]`
  Error.captureStackTrace(coded, withCode)
  Reflect.get(coded, 'stack') // V8 writes the first line now
  delete (coded as { name?: string }).name
  Object.defineProperty(coded, 'toString', { configurable: true, writable: true, value: () => `${coded.name} [${code}]: ${coded.message}` })
  return coded
}

function received(value: unknown): string {
  if (value === null || value === undefined) return ` Received ${String(value)}`
  if (typeof value === 'function') return ` Received function ${value.name}`
  if (typeof value === 'object') {
    const name = (value.constructor as { name?: string } | undefined)?.name
    if (name) return ` Received an instance of ${name}`
    return ` Received ${inspect(value, { depth: -1 })}`
  }
  let shown = inspect(value, { colors: false })
  if (shown.length > 28) shown = `${shown.slice(0, 25)}...`
  return ` Received type ${typeof value} (${shown})`
}

/** Node's ERR_INVALID_ARG_TYPE. `expected` as in Node's sentence: 'of type number', 'an instance of Buffer'. */
export function invalidArgType(name: string, expected: string, actual: unknown): TypeError {
  const noun = name.includes('.') ? 'property' : 'argument'
  return withCode(new TypeError(`The "${name}" ${noun} must be ${expected}.${received(actual)}`), 'ERR_INVALID_ARG_TYPE')
}

/** Node's ERR_INVALID_ARG_VALUE. */
export function invalidArgValue(name: string, actual: unknown, reason: string): TypeError {
  const noun = name.includes('.') ? 'property' : 'argument'
  let shown = inspect(actual)
  if (shown.length > 128) shown = `${shown.slice(0, 128)}...`
  return withCode(new TypeError(`The ${noun} '${name}' ${reason}. Received ${shown}`), 'ERR_INVALID_ARG_VALUE')
}

/** Node's ERR_OUT_OF_RANGE. */
export function outOfRange(name: string, range: string, actual: unknown): RangeError {
  let shown = typeof actual === 'bigint' ? `${String(actual)}n` : inspect(actual)
  if (typeof actual === 'number' && Number.isInteger(actual) && Math.abs(actual) > 2 ** 32) {
    shown = String(actual).replace(/(?<=\d)(?=(\d{3})+$)/g, '_')
  }
  return withCode(
    new RangeError(`The value of "${name}" is out of range. It must be ${range}. Received ${shown}`),
    'ERR_OUT_OF_RANGE',
  )
}

/** An integer in [minimum, maximum], or Node's error. */
export function checkInteger(value: unknown, name: string, minimum: number, maximum: number): number {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value)
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value)
  if (value < minimum || value > maximum) {
    throw outOfRange(name, `>= ${String(minimum)} && <= ${String(maximum)}`, value)
  }
  return value
}

const INT32_MAX = 0x7fffffff

/** A descriptor number ≥ 0, or Node's error. */
function checkDescriptor(fd: unknown, name = 'fd'): number {
  return checkInteger(fd, name, 0, INT32_MAX)
}

/** Where a file argument leads: its number, and how that number is to be read. */
export function fileNumber(file: FileReference): number {
  if (typeof file === 'number') {
    if (file >= 0 && file <= INT32_MAX && (file | 0) === file) return file
    return checkDescriptor(file)
  }
  if (file instanceof RegisteredFile) return file.index >= 0 ? file.index : file.fd
  if (file instanceof ChainOpened) return -1
  const fd = (file as { readonly fd: unknown } | null | undefined)?.fd
  if (typeof fd !== 'number') throw invalidArgType('fd', 'of type number or an object with an fd', file)
  return checkDescriptor(fd)
}

export function fileKind(file: FileReference): FileKind {
  if (typeof file === 'number') return FileKind.DESCRIPTOR
  if (file instanceof RegisteredFile) return file.index >= 0 ? FileKind.REGISTERED : FileKind.DESCRIPTOR
  return file instanceof ChainOpened ? FileKind.CHAIN_OPENED : FileKind.DESCRIPTOR
}

/** A plain descriptor, for operations that know no registered or chained files. */
export function plainDescriptor(file: FileReference, name: string): number {
  if (file instanceof RegisteredFile) return file.fd
  if (file instanceof ChainOpened) throw invalidArgValue(name, file, 'cannot be the file of a chain here')
  return fileNumber(file)
}

/** A file offset: null, undefined and -1 mean the current position. Numbers and bigints from 0 to 2^53 - 1. */
export function fileOffset(offset: number | bigint | null | undefined, name = 'offset'): number {
  if (offset === null || offset === undefined) return -1
  if (typeof offset === 'bigint') {
    if (offset < -1n || offset > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw outOfRange(name, `>= -1 && <= ${String(Number.MAX_SAFE_INTEGER)}`, offset)
    }
    return Number(offset)
  }
  return checkInteger(offset, name, -1, Number.MAX_SAFE_INTEGER)
}

/** A length in bytes from 0 to 2^53 - 1. */
export function byteCount(length: number | bigint, name = 'length'): number {
  const value = typeof length === 'bigint' && length >= 0n && length <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(length) : length
  if (typeof value === 'bigint') throw outOfRange(name, `>= 0 && <= ${String(Number.MAX_SAFE_INTEGER)}`, value)
  return checkInteger(value, name, 0, Number.MAX_SAFE_INTEGER)
}

/** A view over memory that is still there (not detached), as an operation lends it; or Node's error. */
export function checkView(view: unknown, name = 'buffer'): View {
  if (!ArrayBuffer.isView(view)) {
    throw invalidArgType(name, 'an instance of Buffer, TypedArray, or DataView', view)
  }
  if ((view as Uint8Array)[0] !== undefined && !(view instanceof DataView)) return view as View
  checkAttached(view as View, name)
  return lendable(view as View)
}

/** A detached buffer has lost its memory: refuse it by name rather than read zero bytes without a word. */
export function checkAttached(view: View, name = 'buffer'): void {
  if (isDetached(view)) {
    throw withCode(new TypeError(`Cannot use the "${name}" argument: its ArrayBuffer is detached or was resized below it`), 'ERR_INVALID_STATE')
  }
}

function isDetached(view: View): boolean {
  try {
    // The one test that works on Node 20 for every kind of view: a view cannot be laid over a detached buffer.
    new Uint8Array(bufferOf(view), byteOffsetOf(view), 0)
    return false
  } catch {
    return true
  }
}

/** A path as text or bytes without a NUL; a file: URL becomes its path. */
export function checkPath(path: PathArgument, name = 'path'): string | Uint8Array {
  if (typeof path === 'string') {
    if (path.includes('\0')) throw pathWithNul(name, path)
    return path
  }
  if (path instanceof Uint8Array) {
    // A copy: it is measured and written later, and must be the same bytes both times.
    const bytes = new Uint8Array(path)
    if (bytes.includes(0)) throw pathWithNul(name, path)
    return bytes
  }
  if (path instanceof URL) return checkPath(fileURLToPath(path), name)
  throw invalidArgType(name, 'of type string or an instance of Buffer or URL', path)
}

function pathWithNul(name: string, path: string | Uint8Array): TypeError {
  return invalidArgValue(name, path, 'must be a string, Uint8Array, or URL without null bytes')
}
