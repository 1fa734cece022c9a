// Benchmark — the engine as a contender: makes its proactor, or says why there is none here.
import { Proactor } from 'trueaio'
import { Unavailable, type Context } from '../suite.js'

const ABSENT = new Set(['ERR_TRUEAIO_NO_DRIVER', 'ERR_INVALID_ARG_VALUE', 'ERR_TRUEAIO_NO_ADDON', 'ENOTSUP'])

/** Runs a function, and turns "not available on this machine" into `Unavailable`. */
export function orUnavailable<Result>(make: () => Result): Result {
  try {
    return make()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== undefined && ABSENT.has(code)) throw new Unavailable(message)
    throw error
  }
}

/** @throws Unavailable */
export function makeProactor(drivers: Context['drivers']): Proactor {
  return orUnavailable(() => new Proactor(drivers === undefined ? {} : { driver: drivers }))
}

/** Buffers at page boundaries, for O_DIRECT and for the ring. @throws Unavailable without the addon */
export function alignedBuffers(proactor: Proactor, count: number, bytes: number): Buffer[] {
  return orUnavailable(() => Array.from({ length: count }, () => proactor.buffers.allocate(bytes)))
}
