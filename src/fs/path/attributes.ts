// ① interface — what a path says of a file, and changing it: stat, access, chmod, chown, utimes, truncate.
// Each gives undefined for arguments that it does not recognise: those are Node's to do, or to refuse.
import { constants, type BigIntStats, type PathLike, type StatOptions, type Stats, type TimeLike } from 'node:fs'
import { close, ftruncate } from '../../operation/file.js'
import * as operation from '../../operation/path.js'
import { abortable, countdownOf, isListed, deadlineOf, request, requestFor, withFile, type Deadline } from '../request/index.js'
import { modeBits, openFlags, optionsObject, ownerId, plainPath, unixSeconds, utimesOf } from '../arguments/index.js'
import { lookedUp, type LooksAlone } from './look-up.js'
import { LookUpKind } from '../../ring/layout/whole.js'
import { node, statsConverter, statsOf } from '../node/index.js'

const AT_SYMLINK_NOFOLLOW = 0x100
const FOLLOWING = {}
const NOT_FOLLOWING = { flags: AT_SYMLINK_NOFOLLOW }
const LINK_ITSELF = { followSymlinks: false }

const STAT_ALONE: LooksAlone = ({ path, countdown }, resolve) => requestFor(resolve, operation.statx(path, FOLLOWING), countdown?.options, 'stat', path, undefined, statsOf)
const LSTAT_ALONE: LooksAlone = ({ path, countdown }, resolve) => requestFor(resolve, operation.statx(path, NOT_FOLLOWING), countdown?.options, 'lstat', path, undefined, statsOf)
const ACCESS_ALONE: LooksAlone = ({ path, argument, countdown }, resolve) => requestFor(resolve, operation.access(path, argument), countdown?.options, 'access', path)

type StatResult = Promise<Stats | BigIntStats>

/** Options that are Node's to look at: that what is missing is no error (where Node's promises have that), and what is no object. */
function isForNode(given: ReturnType<typeof optionsObject>): boolean {
  return given === undefined || (given['throwIfNoEntry'] ?? true) !== true
}

/** What a path leads to. Undefined: leave it to Node. */
export function statPath(path: PathLike, options?: StatOptions & Deadline): StatResult | undefined {
  const plain = plainPath(path)
  const given = optionsObject(options)
  if (plain === undefined || isForNode(given)) return undefined
  if (isListed(plain) && given?.['bigint'] !== true) return lookedUp(plain, 'stat', LookUpKind.STAT, 0, countdownOf(given), STAT_ALONE)
  const convert = statsConverter(given, () => node.stat(path, { bigint: true }))
  return request(operation.statx(plain, FOLLOWING), deadlineOf(options), 'stat', plain, undefined, convert)
}

/** What a path itself is, also a symbolic link. Undefined: leave it to Node. */
export function lstatPath(path: PathLike, options?: StatOptions & Deadline): StatResult | undefined {
  const plain = plainPath(path)
  const given = optionsObject(options)
  if (plain === undefined || isForNode(given)) return undefined
  if (isListed(plain) && given?.['bigint'] !== true) return lookedUp(plain, 'lstat', LookUpKind.STAT, AT_SYMLINK_NOFOLLOW, countdownOf(given), LSTAT_ALONE)
  const convert = statsConverter(given, () => node.lstat(path, { bigint: true }))
  return request(operation.statx(plain, NOT_FOLLOWING), deadlineOf(options), 'lstat', plain, undefined, convert)
}

/** fs.stat. */
export const stat: typeof statPath = abortable(statPath)
/** fs.lstat. */
export const lstat: typeof lstatPath = abortable(lstatPath)

function isAccessMode(mode: unknown): mode is number {
  return typeof mode === 'number' && Number.isInteger(mode) && mode >= 0 && mode <= 7
}

/** fs.access. */
export function access(path: PathLike, mode: number = constants.F_OK, options?: Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  if (plain === undefined || !isAccessMode(mode)) return undefined
  if (isListed(plain)) return lookedUp(plain, 'access', LookUpKind.ACCESS, mode, countdownOf(options), ACCESS_ALONE)
  return request(operation.access(plain, mode), deadlineOf(options), 'access', plain)
}

/** fs.chmod. */
export function chmod(path: PathLike, mode: number | string, options?: Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  const bits = modeBits(mode, -1)
  if (plain === undefined || bits < 0) return undefined
  return request(operation.chmod(plain, bits), deadlineOf(options), 'chmod', plain)
}

/** fs.chown. */
export function chown(path: PathLike, uid: number, gid: number, options?: Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  if (plain === undefined || Number.isNaN(ownerId(uid) + ownerId(gid))) return undefined
  return request(operation.chown(plain, uid, gid), deadlineOf(options), 'chown', plain)
}

/** fs.lchown. */
export function lchown(path: PathLike, uid: number, gid: number, options?: Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  if (plain === undefined || Number.isNaN(ownerId(uid) + ownerId(gid))) return undefined
  return request(operation.chown(plain, uid, gid, LINK_ITSELF), deadlineOf(options), 'lchown', plain)
}

/** fs.utimes. */
export function utimes(path: PathLike, atime: TimeLike, mtime: TimeLike, options?: Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  const access = unixSeconds(atime)
  const modify = unixSeconds(mtime)
  if (plain === undefined || Number.isNaN(access + modify)) return undefined
  return request(utimesOf(plain, access, modify), deadlineOf(options), 'utime', plain)
}

/** fs.lutimes. */
export function lutimes(path: PathLike, atime: TimeLike, mtime: TimeLike, options?: Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  const access = unixSeconds(atime)
  const modify = unixSeconds(mtime)
  if (plain === undefined || Number.isNaN(access + modify)) return undefined
  return request(utimesOf(plain, access, modify, true), deadlineOf(options), 'lutime', plain)
}

/** fs.truncate: opens, cuts and closes, as Node's does. */
export function truncate(path: PathLike, length: number = 0, options?: Deadline): Promise<void> | undefined {
  const plain = plainPath(path)
  if (plain === undefined || !Number.isSafeInteger(length)) return undefined
  const countdown = countdownOf(options)
  return withFile(
    () => request<number>(operation.kept(operation.open(plain, { flags: openFlags('r+') })), countdown?.options, 'open', plain),
    async (fd) => {
      try {
        await request(ftruncate(fd, Math.max(0, length)), countdown?.options, 'ftruncate')
      } finally {
        await request(close(fd), undefined, 'close')
      }
    },
  )
}
