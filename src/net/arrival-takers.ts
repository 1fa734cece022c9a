// ① interface — the two ways to take what arrives at a socket: one after the other in a loop, or one with a signal and a deadline.
import { Errno, systemError } from '../operation/system-error.js'
import { OPERATION_TOO_LATE } from '../proactor/failure.js'
import { checkOptions } from '../proactor/options.js'
import { heed } from '../waiting/heed.js'
import type { ArrivalLine, Taker } from './arrivals.js'

/** Options of a wait for a connection or a datagram. */
export interface TakeOptions {
  /** Aborting it ends the wait with an AbortError. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the wait ends with ETIMEDOUT. Above 0. Default: none. */
  readonly timeout?: number | undefined
}

/** The part of a line that an iteration uses. */
type Line<Handed> = Pick<ArrivalLine<unknown, unknown, Handed>, 'take' | 'left'>

/** One iteration. Not a generator: one that waits must be able to leave. */
export class Arrivals<Handed> implements AsyncIterableIterator<Handed, undefined>, Taker {
  readonly #line: Line<Handed>
  hasLeft = false

  constructor(line: Line<Handed>) {
    this.#line = line
  }

  next(): Promise<IteratorResult<Handed, undefined>> {
    return this.hasLeft ? Promise.resolve(asResult<Handed>(undefined)) : this.#line.take(this, asResult<Handed>)
  }

  return(): Promise<IteratorResult<Handed, undefined>> {
    this.hasLeft = true
    this.#line.left()
    return Promise.resolve(asResult<Handed>(undefined))
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

function asResult<Handed>(handed: Handed | undefined): IteratorResult<Handed, undefined> {
  return handed === undefined ? { done: true, value: undefined } : { done: false, value: handed }
}

class LimitedTaker implements Taker {
  hasLeft = false
  problem: Error | undefined = undefined
}

/** One take. @param syscall named by the error of a deadline @throws ERR_INVALID_ARG_TYPE, ETIMEDOUT, AbortError */
export async function takeWithin<Handed>(line: Line<Handed>, options: TakeOptions, syscall: string): Promise<Handed | undefined> {
  const taker = new LimitedTaker()
  const late = (): Error => systemError(Errno.ETIMEDOUT, syscall, undefined, undefined, OPERATION_TOO_LATE)
  const unheed = heed(checkOptions(options), late, (problem) => {
    taker.problem ??= problem
    taker.hasLeft = true
    line.left()
  })
  try {
    return await line.take(taker, (handed) => handed)
  } finally {
    unheed()
  }
}
