// ① interface — what fs does to a descriptor number. Each gives undefined for arguments that it does not recognise: those
// are Node's to do, or to refuse.
import type { BigIntStats, Stats, TimeLike } from 'node:fs'
import { promisify } from 'node:util'
import * as file from '../../operation/file.js'
import { fstatx } from '../../operation/path.js'
import { abortWins, deadlineOf, request, within, type Deadline } from '../request/index.js'
import { futimesOf, modeBits, optionsObject, ownerId, takesDescriptor, unixSeconds } from '../arguments/index.js'
import { nodeFs, statsConverter } from '../node/index.js'

const fstatAsNode = promisify(nodeFs.fstat)

/** fs.close. A deadline ends the wait for it; the descriptor is closed in any case. */
export function close(fd: number, options?: Deadline): Promise<void> | undefined {
  return takesDescriptor(fd) ? within(request<void>(file.close(fd), undefined, 'close'), options, 'close') : undefined
}

/** fs.fstat. */
export function fstat(fd: number, options?: { bigint?: boolean } & Deadline): Promise<Stats | BigIntStats> | undefined {
  const given = optionsObject(options)
  if (!takesDescriptor(fd) || given === undefined) return undefined
  const work = request(fstatx(fd), deadlineOf(options), 'fstat', undefined, undefined, statsConverter(given, () => fstatAsNode(fd, { bigint: true })))
  return abortWins(work, options?.signal)
}

/** fs.fsync. */
export function fsync(fd: number, options?: Deadline): Promise<void> | undefined {
  return takesDescriptor(fd) ? request(file.fsync(fd), deadlineOf(options), 'fsync') : undefined
}

/** fs.fdatasync. */
export function fdatasync(fd: number, options?: Deadline): Promise<void> | undefined {
  return takesDescriptor(fd) ? request(file.fdatasync(fd), deadlineOf(options), 'fdatasync') : undefined
}

/** fs.ftruncate. */
export function ftruncate(fd: number, length: number = 0, options?: Deadline): Promise<void> | undefined {
  if (!takesDescriptor(fd) || !Number.isSafeInteger(length)) return undefined
  return request(file.ftruncate(fd, Math.max(0, length)), deadlineOf(options), 'ftruncate')
}

/** fs.fchmod. */
export function fchmod(fd: number, mode: number | string, options?: Deadline): Promise<void> | undefined {
  const bits = modeBits(mode, -1)
  return takesDescriptor(fd) && bits >= 0 ? request(file.fchmod(fd, bits), deadlineOf(options), 'fchmod') : undefined
}

/** fs.fchown. */
export function fchown(fd: number, uid: number, gid: number, options?: Deadline): Promise<void> | undefined {
  if (!takesDescriptor(fd) || Number.isNaN(ownerId(uid) + ownerId(gid))) return undefined
  return request(file.fchown(fd, uid, gid), deadlineOf(options), 'fchown')
}

/** fs.futimes. */
export function futimes(fd: number, atime: TimeLike, mtime: TimeLike, options?: Deadline): Promise<void> | undefined {
  const access = unixSeconds(atime)
  const modify = unixSeconds(mtime)
  if (!takesDescriptor(fd) || Number.isNaN(access + modify)) return undefined
  return request(futimesOf(fd, access, modify), deadlineOf(options), 'futime')
}
