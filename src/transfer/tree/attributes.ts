// ① interface — mode, times and owner of what is in the target already, or is no file: directories, links, files whose bytes are the same.
import type { Stats } from 'node:fs'
import { chmod, chown, utimes, type Statx } from '../../operation/path.js'
import { Errno } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { PathBytes } from '../ends/path-bytes.js'

const ALL_BITS = 0o7777
const MILLISECONDS = 1000
/** Milliseconds; what a double keeps of nanoseconds. */
const SAME_TIME = 0.01

export type Attributes = Pick<Stats, 'mode' | 'uid' | 'gid' | 'atimeMs' | 'mtimeMs'>

export function attributesOf({ mode, uid, gid, accessSeconds, accessNanoseconds, modifySeconds, modifyNanoseconds }: Statx): Attributes {
  return {
    mode, uid, gid, atimeMs: accessSeconds * MILLISECONDS + accessNanoseconds / 1e6, mtimeMs: modifySeconds * MILLISECONDS + modifyNanoseconds / 1e6,
  }
}

export function isSameTime(there: Statx, { mtimeMs }: Pick<Attributes, 'mtimeMs'>): boolean {
  return Math.abs(attributesOf(there).mtimeMs - mtimeMs) < SAME_TIME
}

/** Whether `setAttributes` would change anything. An owner that this user cannot set does not count. */
export function haveSameAttributes(there: Statx, wanted: Attributes): boolean {
  const isOwnerRight = (there.uid === wanted.uid && there.gid === wanted.gid) || process.geteuid?.() !== 0
  return (there.mode & ALL_BITS) === (wanted.mode & ALL_BITS) && isOwnerRight && isSameTime(there, wanted)
}

/** @param isLink its own: a link has no mode */
export async function setAttributes(io: Proactor, path: PathBytes, { mode, uid, gid, atimeMs, mtimeMs }: Attributes, isLink = false): Promise<void> {
  const options = { followSymlinks: !isLink }
  if (uid !== process.geteuid?.() || gid !== process.getegid?.()) {
    // Who is not root may not give files away: then it stays the user's, as with cp.
    await io.submit(chown(path, uid, gid, options)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).errno !== Errno.EPERM) throw error
    })
  }
  if (!isLink) await io.submit(chmod(path, mode & ALL_BITS))
  await io.submit(utimes(path, atimeMs / MILLISECONDS, mtimeMs / MILLISECONDS, options))
}
