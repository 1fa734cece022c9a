// ① interface — options of the calls of completion ports, and their checks.
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import { checkPatience, type Patience } from '../waiting/patience.js'

/** Options of a wait for several packets. */
export interface GetManyOptions extends Patience {
  /** Packets to take at most (ulCount), 1 to 2^20. Default: 1024. */
  readonly max?: number | undefined
}

/** Options of a blocking wait: its timeout in milliseconds. */
export type BlockingOptions = Pick<Patience, 'timeout'>

/** A posted packet's error. @throws ERR_INVALID_ARG_TYPE */
export function checkError(error: Error | undefined): Error | undefined {
  if (error !== undefined && !(error instanceof Error)) throw invalidArgType('packet.error', 'an instance of Error', error)
  return error
}

/** The number of packets wanted. @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function checkMany(options: GetManyOptions): number {
  checkPatience(options)
  return checkInteger(options.max ?? 1024, 'max', 1, 2 ** 20)
}
