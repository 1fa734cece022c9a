// ④ driver — node: what a call of node:fs gave, as the number and the value every driver answers with.
import type { BigIntStats } from 'node:fs'
import { Opcode } from '../../operation/opcode.js'
import type { Statx } from '../../operation/path.js'
import { Errno } from '../../operation/system-error.js'

/** The number a system call would have returned. */
export function decodeResult(opcode: Opcode, given: unknown): number {
  if (typeof given === 'number') return given
  return opcode === Opcode.READLINK ? Buffer.byteLength(given as string) : 0
}

/** What the caller gets. */
export function decodeValue(opcode: Opcode, given: unknown): unknown {
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE: case Opcode.READV: case Opcode.WRITEV: case Opcode.OPEN: case Opcode.READLINK:
      return given
    case Opcode.CALL: return 0 // close(2)
    case Opcode.STATX: return statxOf(given as BigIntStats)
    default: return undefined
  }
}

/** The negative errno of what node:fs threw or gave to its callback. */
export function decodeError(opcode: Opcode, error: unknown): number {
  const errno = (error as { readonly errno?: unknown } | null)?.errno
  if (typeof errno === 'number' && errno < 0) return errno
  if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_ACCESS_DENIED') return Errno.EACCES // Node's permission model
  // Arguments were checked when the operation was made; what node:fs still refuses by itself is a buffer that was
  // detached or shrunk since, which the system would call a bad address.
  switch (opcode) {
    case Opcode.READ: case Opcode.WRITE: case Opcode.READV: case Opcode.WRITEV: return Errno.EFAULT
    default: return Errno.EINVAL
  }
}

const STATX_BASIC_STATS = 0x7ff
const STATX_BTIME = 0x800
const SECOND = 1_000_000_000n

/** The fields of statx(2). `attributes` is 0 and `mask` a guess from the rest: stat(2) tells neither. */
function statxOf(stats: BigIntStats): Statx {
  const device = splitDevice(stats.dev)
  const special = splitDevice(stats.rdev)
  return {
    mask: stats.birthtimeNs === 0n ? STATX_BASIC_STATS : STATX_BASIC_STATS | STATX_BTIME,
    blockSize: Number(stats.blksize),
    attributes: 0,
    nlink: Number(stats.nlink),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mode: Number(stats.mode) & 0xffff,
    ino: Number(stats.ino),
    size: Number(stats.size),
    blocks: Number(stats.blocks),
    accessSeconds: wholeSeconds(stats.atimeNs),
    accessNanoseconds: restNanoseconds(stats.atimeNs),
    modifySeconds: wholeSeconds(stats.mtimeNs),
    modifyNanoseconds: restNanoseconds(stats.mtimeNs),
    changeSeconds: wholeSeconds(stats.ctimeNs),
    changeNanoseconds: restNanoseconds(stats.ctimeNs),
    birthSeconds: wholeSeconds(stats.birthtimeNs),
    birthNanoseconds: restNanoseconds(stats.birthtimeNs),
    rdevMajor: special.major,
    rdevMinor: special.minor,
    devMajor: device.major,
    devMinor: device.minor,
  }
}

/** Nanoseconds in [0, 1e9), also before the epoch. */
function restNanoseconds(time: bigint): number {
  const rest = time % SECOND
  return Number(rest < 0n ? rest + SECOND : rest)
}

function wholeSeconds(time: bigint): number {
  return Number((time - BigInt(restNanoseconds(time))) / SECOND)
}

interface DeviceNumber {
  readonly major: number
  readonly minor: number
}

/** The halves of a device number, as makedev(3) of the platform put them together. Windows has one number only. */
export function splitDevice(device: bigint, platform: NodeJS.Platform = process.platform): DeviceNumber {
  switch (platform) {
    case 'win32':
      return { major: 0, minor: Number(device) }
    case 'darwin':
      return { major: Number((device >> 24n) & 0xffn), minor: Number(device & 0xffffffn) }
    default:
      return {
        major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
        minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
      }
  }
}
