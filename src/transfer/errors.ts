// ① interface — how a transfer fails: the error says which end, which step, at which offset, by which device, and what was done.
import { AbortError } from '../waiting/abort-error.js'

/** Where a transfer was when it failed. */
export interface Whereabouts {
  /** 'source' or 'target', and its name. */
  readonly end: string
  /** 'open', 'read', 'write', 'hash', 'rename', … */
  readonly step: string
  /** Bytes from the beginning of the end's range; undefined: the step has none. */
  readonly offset?: number | undefined
  /** What carried the step out: a driver of the engine, or a device of the registry. */
  readonly device?: string | undefined
}

/** The error that `transfer` rejects with. It has the fields of its cause: `code`, `errno`, `syscall`, `path`, … */
export class TransferError extends Error {
  /** Always `'TransferError'`. */
  override readonly name: string = 'TransferError'
  /** The error of the step that failed. */
  declare readonly cause: Error
  /** The `code` of the cause. */
  declare code?: string
  /** The `errno` of the cause. */
  declare errno?: number
  /** The `syscall` of the cause. */
  declare syscall?: string
  /** The `path` of the cause. */
  declare path?: string
  /** 'source x' or 'target y'. */
  readonly end: string
  /** Which step failed: `'open'`, `'read'`, `'write'` … */
  readonly step: string
  /** The offset at that end, in bytes. */
  readonly offset: number | undefined
  /** The device that carried out the step. */
  readonly device: string | undefined
  /** Bytes at the target when it failed. */
  bytes = 0

  constructor(cause: Error, { end, step, offset, device }: Whereabouts) {
    const where = `${step}${step === end ? '' : ` of ${end}`}${offset === undefined ? '' : ` at offset ${String(offset)}`}${device === undefined ? '' : ` by ${device}`}`
    super(`${where} failed: ${cause.message}`, { cause })
    Object.assign(this, fieldsOf(cause))
    this.end = end
    this.step = step
    this.offset = offset
    this.device = device
  }
}

/** A transfer that was ended by its signal. */
export class TransferAbortError extends AbortError {
  /** Bytes at the target when it ended. */
  bytes = 0
}

const FIELDS = ['code', 'errno', 'syscall', 'path', 'dest', 'address', 'port', 'status'] as const

function fieldsOf(cause: Error): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const name of FIELDS) {
    const value: unknown = (cause as unknown as Record<string, unknown>)[name]
    if (value !== undefined) fields[name] = value
  }
  return fields
}

/** An error with a code of this package. */
export function transferProblem(code: string, message: string): Error & { code: string } {
  return Object.assign(new Error(message), { code })
}

/** The error as one that says where it happened. One that says so already stays as it is, and so does an abort. */
export function located(error: unknown, where: Whereabouts): Error {
  if (error instanceof TransferError || error instanceof AbortError) return error
  return new TransferError(error instanceof Error ? error : new Error(String(error)), where)
}
