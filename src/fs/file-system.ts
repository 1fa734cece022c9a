// ① interface — statfs: one system call on a thread of the engine's. What it tells is made into Node's own StatFs.
import { endianness } from 'node:os'
import type { BigIntStatsFs, PathLike, StatsFs } from 'node:fs'
import { call } from '../operation/call.js'
import { node, nodeFs } from './node-functions.js'
import { optionsObject, plainPath } from './recognise.js'
import { deadlineOf, request, type Deadline } from './request.js'
import { within } from './within.js'

/** struct statfs of 64-bit Linux, by its words of 8 bytes. */
const WORDS: Readonly<Record<string, number>> = { type: 0, bsize: 1, blocks: 2, bfree: 3, bavail: 4, files: 5, ffree: 6, frsize: 9 }
const STATFS_BYTES = 120
const IS_KNOWN_LAYOUT: boolean = (process.arch === 'x64' || process.arch === 'arm64') && endianness() === 'LE'
const NUL = Buffer.alloc(1)

/** What this Node tells, and its prototype, as there is no constructor to be had. */
interface Shape {
  readonly prototype: object
  readonly fields: readonly string[]
  /** All its fields are in the struct. */
  readonly isKnown: boolean
}

let learnt: Shape | undefined

function shapeOfStatFs(): Shape {
  if (learnt === undefined) {
    const one = nodeFs.statfsSync('/dev/null') // in memory: asking for its file system never waits
    const fields = Object.keys(one)
    learnt = { prototype: Object.getPrototypeOf(one) as object, fields, isKnown: IS_KNOWN_LAYOUT && fields.every((name) => name in WORDS) }
  }
  return learnt
}

function statFsOf(buffer: Buffer, { prototype, fields }: Shape, bigint: boolean): StatsFs | BigIntStatsFs {
  const words = new BigUint64Array(buffer.buffer, buffer.byteOffset, STATFS_BYTES / 8)
  const stats = Object.create(prototype) as Record<string, number | bigint>
  for (const name of fields) {
    const value = words[WORDS[name] as number] as bigint // all fields are known
    stats[name] = bigint ? value : Number(value)
  }
  return stats as unknown as StatsFs | BigIntStatsFs
}

/** fs.statfs. Undefined: leave it to Node. */
export function statfs(path: PathLike, options?: { bigint?: boolean } & Deadline): Promise<StatsFs | BigIntStatsFs> | undefined {
  const plain = plainPath(path)
  const given = optionsObject(options)
  const shape = shapeOfStatFs()
  if (plain === undefined || given === undefined || !shape.isKnown) return deadlineOf(options) === undefined ? undefined : within(node.statfs(path, options), options, 'statfs')
  const buffer = Buffer.allocUnsafeSlow(STATFS_BYTES)
  const text = typeof plain === 'string' ? plain : Buffer.concat([plain, NUL])
  return request(call('statfs', text, buffer), deadlineOf(options), 'statfs', plain, undefined, () => statFsOf(buffer, shape, Boolean(given['bigint'])))
    .catch((error: unknown) => {
      // No driver in use makes system calls of any kind.
      if ((error as NodeJS.ErrnoException).code === 'ENOTSUP') return within<StatsFs | BigIntStatsFs>(node.statfs(path, options), options, 'statfs')
      throw error
    })
}
