// ① interface — what statx tells, as Node's own Stats.
import { Stats, statSync, type BigIntStats } from 'node:fs'
import type { Statx } from '../../operation/path.js'
import { STAT_NUMBERS } from '../../ring/layout/whole.js'

// Node's constructor warns on newer versions, so these are made with Node's prototype and without it. A function and not
// Object.create: its objects have one hidden class from the start.
interface StatsFields {
  dev: number; mode: number; nlink: number; uid: number; gid: number; rdev: number; blksize: number; ino: number; size: number; blocks: number
  atimeMs: number; mtimeMs: number; ctimeMs: number; birthtimeMs: number
  atime?: Date; mtime?: Date; ctime?: Date; birthtime?: Date
}

function makedev(major: number, minor: number): number {
  return ((major & 0xfff) * 256) + (minor & 0xff) + ((minor >>> 8) * 0x100000) + ((major >>> 12) * 2 ** 44)
}

function milliseconds(seconds: number, nanoseconds: number): number {
  return seconds * 1000 + nanoseconds / 1e6
}

// Node's own rounding: the Date constructor would cut.
function date(ms: number): Date {
  return new Date(Math.round(ms))
}

// From numbers as a look-up tells them (ring/layout/whole.ts): Node's fields in their order, then the nanoseconds of the times.
const FilledStats = function (this: StatsFields, from: Float64Array, at: number): void {
  this.dev = from[at] as number
  this.mode = from[at + 1] as number
  this.nlink = from[at + 2] as number
  this.uid = from[at + 3] as number
  this.gid = from[at + 4] as number
  this.rdev = from[at + 5] as number
  this.blksize = from[at + 6] as number
  this.ino = from[at + 7] as number
  this.size = from[at + 8] as number
  this.blocks = from[at + 9] as number
  this.atimeMs = from[at + 10] as number
  this.mtimeMs = from[at + 11] as number
  this.ctimeMs = from[at + 12] as number
  this.birthtimeMs = from[at + 13] as number
  if (DATES_ARE_OWN) {
    this.atime = date(this.atimeMs)
    this.mtime = date(this.mtimeMs)
    this.ctime = date(this.ctimeMs)
    this.birthtime = date(this.birthtimeMs)
  }
  for (let part = 0; part < PARTS.length; part++) {
    const [symbol, place] = PARTS[part] as (typeof PARTS)[number] // below length
    ;(this as unknown as Record<symbol, number>)[symbol] = from[at + place] as number
  }
} as unknown as new (from: Float64Array, at: number) => Stats
FilledStats.prototype = Stats.prototype

/** One that Node made, for what only shows on those. Node's permission model may refuse it: there all calls are Node's. */
function oneOfNodes(bigint: boolean): Stats | BigIntStats {
  try {
    return bigint ? statSync('/', { bigint }) : statSync('/')
  } catch {
    return Object.create(Stats.prototype) as Stats
  }
}

// Since Node 22 the dates are made when first asked for, by accessors of the prototype.
const DATES_ARE_OWN: boolean = !('atime' in Stats.prototype)

// Since Node 26 Stats keeps the nanoseconds of each time in fields named by symbols: found on one of Node's own.
const NANOSECONDS: readonly (readonly [RegExp, number])[] = [[/birthtimeNs$/i, 17], [/atimeNs$/i, 14], [/mtimeNs$/i, 15], [/ctimeNs$/i, 16]]
const PARTS: readonly (readonly [symbol, number])[] = Object.getOwnPropertySymbols(oneOfNodes(false)).flatMap((symbol) => {
  const field = NANOSECONDS.find(([name]) => name.test(symbol.description ?? ''))?.[1]
  return field === undefined ? [] : [[symbol, field]]
})

/** The Stats whose numbers begin at `at`. */
export function statsFrom(numbers: Float64Array, at: number): Stats {
  return new FilledStats(numbers, at)
}

const scratch = new Float64Array(STAT_NUMBERS)

export function statsOf(from: Statx): Stats {
  scratch[0] = makedev(from.devMajor, from.devMinor)
  scratch[1] = from.mode
  scratch[2] = from.nlink
  scratch[3] = from.uid
  scratch[4] = from.gid
  scratch[5] = makedev(from.rdevMajor, from.rdevMinor)
  scratch[6] = from.blockSize
  scratch[7] = from.ino
  scratch[8] = from.size
  scratch[9] = from.blocks
  scratch[10] = milliseconds(from.accessSeconds, from.accessNanoseconds)
  scratch[11] = milliseconds(from.modifySeconds, from.modifyNanoseconds)
  scratch[12] = milliseconds(from.changeSeconds, from.changeNanoseconds)
  scratch[13] = milliseconds(from.birthSeconds, from.birthNanoseconds)
  scratch[14] = from.accessNanoseconds
  scratch[15] = from.modifyNanoseconds
  scratch[16] = from.changeNanoseconds
  scratch[17] = from.birthNanoseconds
  return new FilledStats(scratch, 0)
}

/** A time in nanoseconds. */
function nanoseconds(seconds: number, rest: number): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(rest)
}

interface BigIntFields extends Record<'dev' | 'mode' | 'nlink' | 'uid' | 'gid' | 'rdev' | 'blksize' | 'ino' | 'size' | 'blocks', bigint> {
  atimeMs: bigint; mtimeMs: bigint; ctimeMs: bigint; birthtimeMs: bigint; atimeNs: bigint; mtimeNs: bigint; ctimeNs: bigint; birthtimeNs: bigint
  atime?: Date; mtime?: Date; ctime?: Date; birthtime?: Date
}

const FilledBigIntStats = function (this: BigIntFields, from: Statx): void {
  this.dev = BigInt(makedev(from.devMajor, from.devMinor))
  this.mode = BigInt(from.mode)
  this.nlink = BigInt(from.nlink)
  this.uid = BigInt(from.uid)
  this.gid = BigInt(from.gid)
  this.rdev = BigInt(makedev(from.rdevMajor, from.rdevMinor))
  this.blksize = BigInt(from.blockSize)
  this.ino = BigInt(from.ino)
  this.size = BigInt(from.size)
  this.blocks = BigInt(from.blocks)
  const atimeNs = nanoseconds(from.accessSeconds, from.accessNanoseconds)
  const mtimeNs = nanoseconds(from.modifySeconds, from.modifyNanoseconds)
  const ctimeNs = nanoseconds(from.changeSeconds, from.changeNanoseconds)
  const birthtimeNs = nanoseconds(from.birthSeconds, from.birthNanoseconds)
  this.atimeMs = atimeNs / 1_000_000n
  this.mtimeMs = mtimeNs / 1_000_000n
  this.ctimeMs = ctimeNs / 1_000_000n
  this.birthtimeMs = birthtimeNs / 1_000_000n
  this.atimeNs = atimeNs
  this.mtimeNs = mtimeNs
  this.ctimeNs = ctimeNs
  this.birthtimeNs = birthtimeNs
  if (DATES_ARE_OWN) {
    this.atime = date(Number(this.atimeMs))
    this.mtime = date(Number(this.mtimeMs))
    this.ctime = date(Number(this.ctimeMs))
    this.birthtime = date(Number(this.birthtimeMs))
  }
} as unknown as new (from: Statx) => BigIntStats
FilledBigIntStats.prototype = Object.getPrototypeOf(oneOfNodes(true)) as BigIntStats

type AnyStats = Stats | BigIntStats

/**
 * What makes of a statx what the options ask for.
 * @param fromNode asks Node for bigints: when a number is too large for the engine's, which end at 2^53
 */
export function statsConverter(options: Readonly<Record<string, unknown>> | undefined, fromNode: () => Promise<BigIntStats>): (statx: Statx) => AnyStats | Promise<AnyStats> {
  if (options?.['bigint'] !== true) return statsOf // as Node's: what is merely truthy asks for nothing
  return (statx) => {
    const { ino, size, blocks } = statx
    return Number.isSafeInteger(ino) && Number.isSafeInteger(size) && Number.isSafeInteger(blocks) ? new FilledBigIntStats(statx) : fromNode()
  }
}
