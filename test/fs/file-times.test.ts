// File times to the nanosecond: what the drop-in sets is what Node of the same version sets.
import fs from 'node:fs'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { same, sameWithCallbacks } from './twin.js'

const TIMES: readonly (number | Date)[] = [
  0, 1.5, 1e-7, 0.9999999, 123456.789, 1e9 + 0.123456, 1_700_000_000.1234567, 2 ** 32 + 0.5,
  new Date(1_234_567_890_123), new Date('2017-04-08T17:59:38.008Z'), new Date(-1), new Date(-1500), new Date(-999.5),
]

/** Text, as the outcomes are compared by their contents. */
function timesOf(path: string): string {
  const { atimeNs, mtimeNs } = fs.lstatSync(path, { bigint: true })
  return `${String(atimeNs)} ${String(mtimeNs)}`
}

describe('to the nanosecond', () => {
  for (const time of TIMES) {
    const title = time instanceof Date ? `Date ${String(Number(time))}` : String(time)
    test(`utimes of ${title}`, () => same(async (io, at) => {
      await io.utimes(at('text'), time, 1000)
      return timesOf(at('text'))
    }))
    test(`lutimes of ${title}`, () => same(async (io, at) => {
      await io.lutimes(at('dangling'), 1000, time)
      return timesOf(at('dangling'))
    }))
    test(`handle.utimes of ${title}`, () => same(async (io, at) => {
      const handle = await io.open(at('text'), 'r+')
      await handle.utimes(time, time)
      await handle.close()
      return timesOf(at('text'))
    }))
    test(`futimes of ${title}`, () => sameWithCallbacks(async (io, at) => {
      const fd = fs.openSync(at('text'), 'r+')
      await promisify(io.futimes)(fd, time, time)
      fs.closeSync(fd)
      return timesOf(at('text'))
    }))
  }
})
