// ① interface — what statx tells, as Node's own Stats.
import { Stats, statSync } from 'node:fs'
import type { Statx } from '../operation/path.js'

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

const FilledStats = function (this: StatsFields, from: Statx): void {
  this.dev = makedev(from.devMajor, from.devMinor)
  this.mode = from.mode
  this.nlink = from.nlink
  this.uid = from.uid
  this.gid = from.gid
  this.rdev = makedev(from.rdevMajor, from.rdevMinor)
  this.blksize = from.blockSize
  this.ino = from.ino
  this.size = from.size
  this.blocks = from.blocks
  this.atimeMs = milliseconds(from.accessSeconds, from.accessNanoseconds)
  this.mtimeMs = milliseconds(from.modifySeconds, from.modifyNanoseconds)
  this.ctimeMs = milliseconds(from.changeSeconds, from.changeNanoseconds)
  this.birthtimeMs = milliseconds(from.birthSeconds, from.birthNanoseconds)
  if (DATES_ARE_OWN) {
    this.atime = date(this.atimeMs)
    this.mtime = date(this.mtimeMs)
    this.ctime = date(this.ctimeMs)
    this.birthtime = date(this.birthtimeMs)
  }
  if (PARTS.length > 0) {
    const parts = this as unknown as Record<symbol, number>
    for (const [symbol, field] of PARTS) parts[symbol] = from[field]
  }
} as unknown as new (from: Statx) => Stats
FilledStats.prototype = Stats.prototype

// Since Node 22 the dates are made when first asked for, by accessors of the prototype.
const DATES_ARE_OWN: boolean = !('atime' in Stats.prototype)

// Since Node 26 Stats keeps the nanoseconds of each time in fields named by symbols: found on one of Node's own.
type Nanoseconds = 'accessNanoseconds' | 'modifyNanoseconds' | 'changeNanoseconds' | 'birthNanoseconds'
const NANOSECONDS: readonly (readonly [RegExp, Nanoseconds])[] = [
  [/birthtimeNs$/i, 'birthNanoseconds'], [/atimeNs$/i, 'accessNanoseconds'], [/mtimeNs$/i, 'modifyNanoseconds'], [/ctimeNs$/i, 'changeNanoseconds'],
]
const PARTS: readonly (readonly [symbol, Nanoseconds])[] = Object.getOwnPropertySymbols(statSync('/')).flatMap((symbol) => {
  const field = NANOSECONDS.find(([name]) => name.test(symbol.description ?? ''))?.[1]
  return field === undefined ? [] : [[symbol, field]]
})

export function statsOf(statx: Statx): Stats {
  return new FilledStats(statx)
}
