// ① interface — the operations that there are, and which sub-options each takes. A table: checks, keys of measurements, docs and
// error messages are made from it.
import { inspect } from 'node:util'
import { checkInteger, invalidArgType, invalidArgValue, withCode } from '../../operation/arguments.js'
import type { OperationName, Work } from './device.js'

/** One sub-option. */
export interface SubOption {
  /** The type of its value. */
  readonly type: 'string' | 'integer' | 'bytes' | 'boolean'
  /** The values there are. Default: any of the type. */
  readonly values?: readonly string[] | undefined
  /** Of an integer. */
  readonly least?: number | undefined
  /** Of an integer: the largest. */
  readonly most?: number | undefined
  /** Whether it must be given. Default: false. */
  readonly required?: boolean | undefined
  /** It changes the cost of the work: works that differ in it are measured separately. Default: false. */
  readonly measured?: boolean | undefined
}

/** An operation as it is published. */
export interface OperationKind {
  /** The operation's name. */
  readonly name: OperationName
  /** Sub-options by name. undefined: all names are accepted, unchecked. */
  readonly options?: Readonly<Record<string, SubOption>> | undefined
  /**
   * Makes buffers for a trial of that many bytes, as `run` takes them. undefined: its devices are not calibrated, only
   * observed.
   */
  readonly sample?: ((work: Work, bytes: number) => readonly Uint8Array[]) | undefined
  /** Checks the result of a trial. Returns a text if it is wrong. */
  readonly check?: ((work: Work, result: unknown, buffers: readonly Uint8Array[]) => string | undefined | Promise<string | undefined>) | undefined
}

/** Throws unless the work's sub-options are what the operation takes. */
export function checkOptions(kind: OperationKind, work: Work): void {
  if (kind.options === undefined) return
  const given = work.options ?? {}
  for (const name of Object.keys(given)) {
    if (kind.options[name] === undefined) {
      const known = Object.keys(kind.options)
      throw withCode(new TypeError(`Operation '${kind.name}' has no option '${name}'. ` +
        (known.length === 0 ? 'It has none.' : `It has: ${known.join(', ')}.`)), 'ERR_TRUEAIO_NO_OPTION')
    }
  }
  for (const [name, option] of Object.entries(kind.options)) {
    const value = given[name]
    if (value !== undefined) checkOption(`options.${name}`, option, value)
    else if (option.required === true) {
      throw invalidArgValue(`options.${name}`, value, `is needed by operation '${kind.name}'${valuesOf(option)}`)
    }
  }
}

function checkOption(name: string, option: SubOption, value: unknown): void {
  switch (option.type) {
    case 'integer':
      checkInteger(value, name, option.least ?? Number.MIN_SAFE_INTEGER, option.most ?? Number.MAX_SAFE_INTEGER)
      break
    case 'bytes':
      if (!(value instanceof Uint8Array)) throw invalidArgType(name, 'an instance of Uint8Array', value)
      break
    default:
      if (typeof value !== option.type) throw invalidArgType(name, `of type ${option.type}`, value)
      if (option.values !== undefined && !option.values.includes(value as string)) { // of type string, as seen above
        throw invalidArgValue(name, value, `must be one of: ${option.values.join(', ')}`)
      }
  }
}

function valuesOf({ values }: SubOption): string {
  return values === undefined ? '' : ` (one of: ${values.join(', ')})`
}

/** Under which name a work is measured: operation, ends, form, and the sub-options that count. */
export function measuredAs(kind: OperationKind, work: Work): string {
  const options = work.options ?? {}
  const names = Object.keys(options).filter((name) => (kind.options === undefined ? isPlain(options[name]) : kind.options[name]?.measured === true))
  const shown = names.sort().map((name) => `${name}=${inspect(options[name], { depth: 0 })}`)
  const ends = `${work.from ?? 'memory'} → ${work.to ?? 'memory'}`
  return [work.operation, ...shown, ...(ends === 'memory → memory' ? [] : [ends]), ...(work.stream === true ? ['in pieces'] : [])].join(' ')
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
