// ① interface — fio's units: sizes with k, m, g; times with ms, s, h; ranges, lists and percentages.
import { Refusal } from '../command.js'

const SIZE: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 }
/** Microseconds. */
const TIME: Readonly<Record<string, number>> = { us: 1, usec: 1, ms: 1e3, msec: 1e3, s: 1e6, sec: 1e6, m: 60e6, min: 60e6, h: 3600e6, hour: 3600e6, d: 86_400e6, day: 86_400e6 }

/** What is wrong with an option's value, as fio's own message begins. */
export function wrongValue(option: string, value: string, expected: string): Refusal {
  return new Refusal(`failed parsing ${option}=${value}: expected ${expected}`)
}

/** `4k`, `1M`, `8GiB`, `0x1000`: bytes. As with fio's kb_base of 1024, `k`, `kb` and `kib` are the same. @throws Refusal */
export function bytesOf(option: string, text: string): number {
  const match = /^(0x[0-9a-f]+|\d+(?:\.\d+)?)\s*([kmgtp]?)(i?b?)$/i.exec(text.trim())
  if (match === null) throw wrongValue(option, text, 'a size such as 4k, 1m, 2g or 512')
  const value = Math.floor(Number(match[1]) * 1024 ** (SIZE[(match[2] as string).toLowerCase()] as number))
  if (!Number.isSafeInteger(value)) throw wrongValue(option, text, 'a size below 2^53')
  return value
}

/** A time in microseconds; a bare number counts in `unit` microseconds. @throws Refusal */
export function microsecondsOf(option: string, text: string, unit: number): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim())
  const factor = match === null ? undefined : match[2] === '' ? unit : TIME[(match[2] as string).toLowerCase()]
  if (match === null || factor === undefined) throw wrongValue(option, text, 'a time such as 10, 500ms, 30s or 2m')
  return Number(match[1]) * factor
}

/** @throws Refusal */
export function wholeOf(option: string, text: string, least: number = 0, most: number = Number.MAX_SAFE_INTEGER): number {
  const value = /^0x/i.test(text) || /[kmg]$/i.test(text) ? bytesOf(option, text) : Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw wrongValue(option, text, `a whole number from ${String(least)} to ${most === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : String(most)}`)
  }
  return value
}

/** @throws Refusal */
export function decimalOf(option: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most)) throw wrongValue(option, text, `a number from ${String(least)} to ${String(most)}`)
  return value
}

/** A flag: `1`, `0`, or the name alone. @throws Refusal */
export function flagOf(option: string, text: string): boolean {
  if (text === '' || text === '1' || text === 'true') return true
  if (text === '0' || text === 'false') return false
  throw wrongValue(option, text, '0 or 1')
}

/** One value for reads, writes and trims each, as fio writes it: `a`, `a,b`, `a,b,c`; what is left out is the one before. */
export type Each<Value> = readonly [Value, Value, Value]

/** @throws Refusal */
export function eachOf<Value>(option: string, text: string, one: (part: string) => Value, otherwise: Value): Each<Value> {
  const parts = text.split(',')
  if (parts.length > 3) throw wrongValue(option, text, 'at most three values: reads, writes, trims')
  const values = parts.map((part) => (part.trim() === '' ? otherwise : one(part)))
  const first = values[0] as Value
  const second = values[1] ?? first
  return [first, second, values[2] ?? second]
}

/** `4k-16k`, or one size for both ends. @throws Refusal */
export function rangeOf(option: string, text: string): readonly [number, number] {
  const [from, to, more] = text.split('-')
  if (more !== undefined) throw wrongValue(option, text, 'a range such as 4k-16k')
  const least = bytesOf(option, from ?? '')
  const most = to === undefined ? least : bytesOf(option, to)
  if (most < least) throw wrongValue(option, text, 'a range that ends above its beginning')
  return [least, most]
}

/** Bytes, or a share of something: `20%`. */
export interface SizeOrShare {
  readonly bytes: number
  /** 0 to 1; undefined: bytes count. */
  readonly share?: number
}

/** @throws Refusal */
export function sizeOrShareOf(option: string, text: string): SizeOrShare {
  if (!text.endsWith('%')) return { bytes: bytesOf(option, text) }
  return { bytes: 0, share: decimalOf(option, text.slice(0, -1), 0, 100) / 100 }
}
