// ① interface — options of a transfer, each read once and checked before anything begins.
import { checkInteger, checkPath, invalidArgType, invalidArgValue } from '../operation/arguments.js'
import { defaultProactor } from '../default-proactor.js'
import { checkOptions } from '../proactor/options.js'
import { Proactor } from '../proactor/proactor.js'
import type { FileTargetOptions } from './ends/new-file.js'
import type { S3Options } from './ends/s3.js'
import type { Pace } from './pieces/pace.js'
import type { TreeOptions } from './tree/tree-options.js'
import type { StageWork } from './through/stage-works.js'

/** How a transfer is cut into pieces. */
export interface PieceOptions {
  /** Bytes of one piece: 512 to 2^26, or text such as '1MiB'. Default: 'auto', 256 KiB; 1 MiB for files through stages or with a journal, 64 KiB for streams. */
  readonly size?: number | string | undefined
  /** Pieces in flight at once, 1 to 128. Default: 4. */
  readonly inFlight?: number | undefined
}

/** Options of {@link transfer}. */
export interface TransferOptions extends Omit<FileTargetOptions, 'partial' | 'replacesAll'>, TreeOptions {
  /** Carries out operations on files. Default: `defaultProactor()`. */
  readonly proactor?: Proactor | undefined
  /** How the bytes are cut into pieces. */
  readonly pieces?: PieceOptions | undefined
  /** The stages that the bytes pass through, first to last, in one pass. */
  readonly through?: readonly StageWork[] | undefined
  /** The most bytes a second: a number, or text such as '50MB/s' or '8MiB/s'. Default: no limit. */
  readonly rate?: number | string | undefined
  /** Aborting it ends the transfer with an AbortError, whose `bytes` is the number of bytes done. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the transfer ends with ETIMEDOUT. Above 0. Default: none. */
  readonly timeout?: number | undefined
  /**
   * The path of a journal. If the transfer ends early for any reason, the same call continues from the journal. The
   * target must be a file, the source must have offsets or be http with an ETag, and `through` must be empty. The
   * journal is removed when the target is complete.
   */
  readonly resume?: string | Uint8Array | undefined
  /**
   * 'target': the target is read again before the transfer counts as done, and must be what was written. 'source': the
   * source is read again as well. Not together with `resume`, which checks by its journal. Default: neither.
   */
  readonly verify?: 'target' | 'source' | undefined
  /** For 's3://bucket/key'. */
  readonly s3?: S3Options | undefined
  /** False: a stream or connection that is the target is left open. Default: true for streams, false for connections. */
  readonly end?: boolean | undefined
}

/** The same, checked. */
export interface CheckedTransferOptions {
  readonly io: Proactor
  readonly pieceBytes: number | undefined
  readonly inFlight: number
  readonly through: readonly StageWork[]
  readonly rate: number | undefined
  /** Of files that hold a rate together. */
  readonly pace?: Pace | undefined
  readonly resume: string | Uint8Array | undefined
  readonly verify: 'target' | 'source' | undefined
  readonly signal: AbortSignal | undefined
  readonly timeout: number | undefined
}

const IN_FLIGHT_DEFAULT = 4
const UNITS: Readonly<Record<string, number>> = {
  '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3, tib: 1024 ** 4,
}

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_TRUEAIO_NO_DRIVER */
export function checkTransferOptions(options: TransferOptions): CheckedTransferOptions {
  if (typeof options !== 'object' || (options as unknown) === null) throw invalidArgType('options', 'of type object', options)
  const { pieces = {}, proactor, rate, through = [] } = options
  if (typeof pieces !== 'object' || (pieces as unknown) === null) throw invalidArgType('options.pieces', 'of type object', pieces)
  if (proactor !== undefined && !(proactor instanceof Proactor)) throw invalidArgType('options.proactor', 'an instance of Proactor', proactor)
  if (!Array.isArray(through)) throw invalidArgType('options.through', 'an instance of Array', through)
  for (const one of through as readonly StageWork[]) {
    if (typeof (one as StageWork | undefined)?.operation !== 'string') throw invalidArgType('options.through', 'a list of stages: hash(…), compress(…), …', one)
  }
  const { signal, timeout } = checkOptions({ signal: options.signal, timeout: options.timeout })
  const { size = 'auto', inFlight = IN_FLIGHT_DEFAULT } = pieces
  return {
    io: proactor ?? defaultProactor(),
    pieceBytes: size === 'auto' ? undefined : checkInteger(bytesOfText(size, 'options.pieces.size'), 'options.pieces.size', 512, 2 ** 26),
    inFlight: checkInteger(inFlight, 'options.pieces.inFlight', 1, 128),
    through: [...through as readonly StageWork[]],
    rate: rate === undefined ? undefined : checkRate(rate),
    verify: checkVerify(options),
    resume: options.resume === undefined ? undefined : checkResume(options.resume, through),
    signal, timeout,
  }
}

function checkVerify({ verify, resume }: TransferOptions): 'target' | 'source' | undefined {
  if (verify === undefined) return undefined
  if (!['target', 'source'].includes(verify)) throw invalidArgValue('options.verify', verify, "must be 'target' or 'source'")
  if (resume !== undefined) throw invalidArgValue('options.verify', verify, 'cannot be together with resume, which checks each piece by its journal')
  return verify
}

function checkResume(resume: unknown, through: readonly StageWork[]): string | Uint8Array {
  const path = checkPath(resume as string, 'options.resume')
  if (through.length > 0) throw invalidArgValue('options.resume', resume, 'cannot be together with through: a stage needs all bytes from the first on')
  return path
}

function checkRate(rate: number | string): number {
  const bytes = bytesOfText(typeof rate === 'string' ? rate.replace(/\/s$/i, '') : rate, 'options.rate')
  if (!(bytes > 0)) throw invalidArgValue('options.rate', rate, 'must be above 0')
  return bytes
}

/** A number of bytes, or text such as '64KiB', '50MB'. */
function bytesOfText(size: unknown, name: string): number {
  if (typeof size === 'number') return size
  if (typeof size !== 'string') throw invalidArgType(name, 'of type number or string', size)
  const [, digits, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(size) ?? []
  const factor = UNITS[unit.toLowerCase()]
  if (digits === undefined || factor === undefined) throw invalidArgValue(name, size, "must be a number of bytes, or text such as '64KiB' or '50MB'")
  return Math.round(Number(digits) * factor)
}
