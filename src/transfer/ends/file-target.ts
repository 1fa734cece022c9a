// ① interface — a file as a target. A whole file is written beside its name and renamed when all is there: nobody ever sees a half of it.
// A range of a file, a pipe, a device and a descriptor are written in place.
import { closeKept } from '../../lasting.js'
import { constants } from 'node:fs'
import { fsync, write } from '../../operation/file.js'
import { access, kept, open, readlink, statx, type Statx } from '../../operation/path.js'
import { Errno, systemError } from '../../operation/system-error.js'
import { poll, PollEvent } from '../../operation/timer.js'
import type { Proactor } from '../../proactor/proactor.js'
import { CallersFile } from './callers-file.js'
import type { Opening, OpenTarget, TargetEnd } from './end.js'
import { ALL_BITS, makeFile, type FileTargetOptions } from './new-file.js'
import { absolute, below, isDirectory, isRegular, kindOf, splitPath, statOf, textOf, type PathBytes } from './open-file.js'
import type { Range } from './file-source.js'

const { O_CREAT, O_RDWR, O_WRONLY, S_IFMT, S_IFLNK } = constants
const AT_SYMLINK_NOFOLLOW = 0x100
const ELOOP = -40
const EISDIR = -21
const LINKS_MAX = 40
const W_OK = 2
const PERMISSIONS = 0o777

export function fileTarget(path: PathBytes, options: FileTargetOptions): TargetEnd {
  const whole = absolute(path)
  return {
    name: textOf(path),
    path: whole,
    async open(opening: Opening): Promise<OpenTarget> {
      const { io, signal } = opening
      const { place, stats: there } = await followed(io, whole, options.replacesAll === true, signal)
      if (there !== undefined && isDirectory(there)) throw systemError(EISDIR, 'open', path)
      const stats = options.replacesAll === true && there !== undefined && !isRegular(there) ? undefined : there
      if (stats !== undefined && !isRegular(stats)) return inPlace(io, opened(await io.submit(kept(open(place, { flags: O_WRONLY })), { signal })), { offset: undefined }, true, signal)
      // Writing into it would have asked for this right; a rename asks for the directory's alone.
      if (stats !== undefined) await io.submit(access(place, W_OK), { signal })
      const mode = stats === undefined ? (options.mode ?? (opening.source?.facts?.mode ?? 0o666) & PERMISSIONS) : stats.mode & ALL_BITS
      return makeFile({ io, place, options, replaced: stats, mode })
    },
  }
}

/** Into a part of a file that is there, or that is made, in place. */
export function fileRangeTarget(path: PathBytes, range: Range, options: FileTargetOptions): TargetEnd {
  return {
    name: textOf(path),
    async open({ io, signal, isReadBack }: Opening): Promise<OpenTarget> {
      const fd = await io.submit(kept(open(path, { flags: O_CREAT | (isReadBack === true ? O_RDWR : O_WRONLY), mode: options.mode ?? 0o666 })), { signal })
      return inPlace(io, opened(fd), { offset: range.offset ?? 0, length: range.length }, true, signal, options.sync)
    },
  }
}

/** What somebody else has opened, and closes. Without an offset it is written from its position on, which moves. */
export function descriptorTarget(fd: number, range: Range, options: FileTargetOptions): TargetEnd {
  const file = new CallersFile(fd)
  return { name: `descriptor ${String(fd)}`, file, open: async ({ io, signal }) => inPlace(io, file, range, false, signal, options.sync) }
}

type File = Pick<CallersFile, 'fd' | 'checked' | 'isWatched'>

function opened(fd: number): File {
  return { fd, checked: fd, isWatched: false }
}

async function inPlace(io: Proactor, file: File, { offset, length }: Range, isOurs: boolean, signal: AbortSignal, sync = false): Promise<OpenTarget> {
  const end = async (): Promise<void> => {
    if (isOurs) await closeKept(io, file.fd)
  }
  try {
    const stats = await statOf(io, file.checked, signal)
    const kind = kindOf(stats)
    return {
      kind, room: length, isFresh: false, descriptor: file.isWatched ? undefined : { fd: file.fd, offset },
      ...offset === undefined || kind !== 'file'
        ? { write: (bytes: Uint8Array) => write(file.checked, bytes) } : { writeAt: (bytes: Uint8Array, at: number) => write(file.checked, bytes, offset + at) },
      ...kind === 'file' ? {} : { readiness: () => poll(file.checked, PollEvent.POLLOUT) },
      async commit(): Promise<void> {
        if (sync && kind === 'file') await io.submit(fsync(file.checked), { signal })
        await end()
      },
      abandon: end,
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** Where links lead, and what is there; no stats: nothing yet. */
async function followed(io: Proactor, path: PathBytes, replacesLink: boolean, signal: AbortSignal): Promise<{ readonly place: PathBytes, readonly stats: Statx | undefined }> {
  let place = path
  for (let links = 0; links < LINKS_MAX; links++) {
    const stats = await io.submit(statx(place, { flags: AT_SYMLINK_NOFOLLOW }), { signal }).catch(ifAbsent)
    if (stats === undefined || (stats.mode & S_IFMT) !== S_IFLNK) return { place, stats }
    if (replacesLink) return { place, stats: undefined }
    const to = await io.submit(readlink(place), { signal })
    place = to.startsWith('/') ? to : below(splitPath(place).directory, to)
  }
  throw systemError(ELOOP, 'open', path)
}

function ifAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).errno === Errno.ENOENT) return undefined
  throw error
}
