// ① interface — which arguments the drop-in takes to the engine. What these functions do not recognise goes to Node's own
// function, as it came: Node then does it, or refuses it with its own error. That keeps every check and sentence Node's.
import { constants } from 'node:fs'
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { defaultProactor } from '../../default-proactor.js'
import type { PathBytes } from '../request/index.js'

let engineTakes: boolean | undefined

/**
 * Whether anything goes to the engine: it would go around Node's permission model and past Node's virtual file systems
 * (as of Node 26.10 there only when a flag asks for them), its path operations speak Linux, and where all it could use is
 * node:fs, Node might as well be called directly. Decided at the first call.
 */
function engineTakesAnything(): boolean {
  engineTakes ??= process.platform === 'linux' && !('permission' in process) && !isBuiltin('node:vfs') &&
    defaultProactor().explain().find(({ state }) => state === 'in use')?.name !== 'node'
  return engineTakes
}

/** The path as the engine takes it; undefined: leave it to Node. */
export function plainPath(path: unknown): PathBytes | undefined {
  if (!(engineTakes ?? engineTakesAnything())) return undefined
  if (typeof path === 'string') return path.includes('\0') ? undefined : path
  if (path instanceof Uint8Array) return path.includes(0) ? undefined : path
  if (path instanceof URL) {
    try {
      return plainPath(fileURLToPath(path))
    } catch {
      return undefined // Node's own function meets the same error, and tells it its way
    }
  }
  return undefined
}

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants
const FLAGS: ReadonlyMap<unknown, number> = new Map([
  ['r', O_RDONLY], ['rs', O_RDONLY | O_SYNC], ['sr', O_RDONLY | O_SYNC],
  ['r+', O_RDWR], ['rs+', O_RDWR | O_SYNC], ['sr+', O_RDWR | O_SYNC],
  ['w', O_TRUNC | O_CREAT | O_WRONLY], ['wx', O_TRUNC | O_CREAT | O_WRONLY | O_EXCL], ['xw', O_TRUNC | O_CREAT | O_WRONLY | O_EXCL],
  ['w+', O_TRUNC | O_CREAT | O_RDWR], ['wx+', O_TRUNC | O_CREAT | O_RDWR | O_EXCL], ['xw+', O_TRUNC | O_CREAT | O_RDWR | O_EXCL],
  ['a', O_APPEND | O_CREAT | O_WRONLY], ['ax', O_APPEND | O_CREAT | O_WRONLY | O_EXCL], ['xa', O_APPEND | O_CREAT | O_WRONLY | O_EXCL],
  ['as', O_APPEND | O_CREAT | O_WRONLY | O_SYNC], ['sa', O_APPEND | O_CREAT | O_WRONLY | O_SYNC],
  ['a+', O_APPEND | O_CREAT | O_RDWR], ['ax+', O_APPEND | O_CREAT | O_RDWR | O_EXCL], ['xa+', O_APPEND | O_CREAT | O_RDWR | O_EXCL],
  ['as+', O_APPEND | O_CREAT | O_RDWR | O_SYNC], ['sa+', O_APPEND | O_CREAT | O_RDWR | O_SYNC],
])

/** `open` flags as a number; -1: leave it to Node. */
export function openFlags(flags: unknown): number {
  if (typeof flags === 'number') return Number.isInteger(flags) && flags >= 0 && flags <= 0x7fffffff ? flags : -1
  if (flags === undefined || flags === null) return O_RDONLY
  return FLAGS.get(flags) ?? -1
}

/**
 * Mode bits as a number; -1: leave it to Node. From 2 ** 31 to 2 ** 32 - 1 Node checks and passes a mode, and then ends the process: it
 * means what the kernel makes of it, its lowest twelve bits.
 */
export function modeBits(mode: unknown, fallback: number): number {
  if (typeof mode === 'number') return Number.isInteger(mode) && mode >= 0 && (mode <= 0o7777 || (mode > 0x7fffffff && mode <= 0xffffffff)) ? mode & 0o7777 : -1
  if (mode === undefined || mode === null) return fallback
  return typeof mode === 'string' && /^[0-7]+$/.test(mode) ? modeBits(parseInt(mode, 8), fallback) : -1
}

export type TextEncoding = BufferEncoding | 'buffer' | undefined

/** The encoding asked for by `options`, itself one or an object with one; null: leave it to Node. */
export function textEncoding(options: unknown): TextEncoding | null {
  if (options === undefined || options === null || typeof options === 'function') return undefined
  const encoding: unknown = typeof options === 'object' ? (options as { encoding?: unknown }).encoding : options
  if (encoding === 'utf8' || encoding === 'buffer') return encoding
  if (typeof options === 'object' && (encoding === undefined || encoding === null || encoding === '')) return undefined
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : null
}

/** Options that are an object, or nothing, and whose signal is none or one. Undefined: leave it to Node. */
export function optionsObject(options: unknown): Readonly<Record<string, unknown>> | undefined {
  if (options === undefined) return NO_OPTIONS
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return undefined
  const given = options as Readonly<Record<string, unknown>>
  return signalIsFine(given['signal']) ? given : undefined
}

/** Whether options have nothing of these, not even an undefined: that one Node refuses, where a default would be taken for what is absent. */
export function hasNoneOf(options: object, names: readonly string[]): boolean {
  return names.every((name) => !(name in options))
}

const NO_OPTIONS: Readonly<Record<string, unknown>> = {}

/** A signal that is one, or none: anything else is Node's to refuse. */
export function signalIsFine(signal: unknown): boolean {
  return signal === undefined || signal instanceof AbortSignal
}

/** Seconds since the epoch, as Node reads a time; NaN: leave it to Node. */
export function unixSeconds(time: unknown): number {
  if (typeof time === 'number') return Number.isFinite(time) && time >= 0 ? time : NaN
  if (time instanceof Date) return time.getTime() / 1000
  return NaN
}

/** A user or group id as Node takes it; NaN: leave it to Node. */
export function ownerId(id: unknown): number {
  return typeof id === 'number' && Number.isInteger(id) && id >= -1 && id <= 0xffffffff ? id : NaN
}

/** A descriptor number that goes to the engine. Where Node's permission model is on, none does. */
export function takesDescriptor(fd: unknown): fd is number {
  return (engineTakes ?? engineTakesAnything()) && typeof fd === 'number' && Number.isInteger(fd) && fd >= 0 && fd <= 0x7fffffff
}
