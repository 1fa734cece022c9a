// ① interface — a file as a source: by path or by descriptor, whole or a range of it; also pipes, terminals and devices, which have no offsets.
import { closeKept } from '../../lasting.js'
import { constants } from 'node:fs'
import { read } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import { fstatx, kept, open, type Statx } from '../../operation/path.js'
import { Errno, systemError } from '../../operation/system-error.js'
import { poll, PollEvent } from '../../operation/timer.js'
import type { Proactor } from '../../proactor/proactor.js'
import { CallersFile } from './callers-file.js'
import type { Opening, OpenSource, SourceEnd } from './end.js'
import { absolute, factsOf, isDirectory, isFifo, isRegular, kindOf, statOf, textOf, versionOf, type PathBytes } from './open-file.js'

const { O_NOFOLLOW } = constants

/** Which bytes of it. */
export interface Range {
  readonly offset?: number | undefined
  readonly length?: number | undefined
}

/** @param isInTree it was no link when its directory was read; one that has come in its place since is not followed */
export function fileSource(path: PathBytes, range: Range, isInTree = false): SourceEnd {
  const whole = absolute(path)
  return {
    name: textOf(path),
    ...range.offset === undefined && range.length === undefined ? { path: whole } : {},
    async open({ io, signal }: Opening): Promise<OpenSource> {
      const fd = await io.submit(kept(open(whole, isInTree ? { flags: O_NOFOLLOW } : undefined)), { signal })
      try {
        const stats = await statOf(io, fd, signal)
        if (isDirectory(stats)) throw systemError(EISDIR, 'read', whole)
        // A ring opens a FIFO at once, and until its first writer has come some calls take it for one that has ended.
        if (isFifo(stats) && io.offers(Opcode.POLL)) await io.submit(poll(fd, PollEvent.POLLIN), { signal })
        return opened(io, { fd, checked: fd, isWatched: false }, stats, { offset: range.offset ?? 0, length: range.length }, true)
      } catch (error) {
        await closeKept(io, fd)
        throw error
      }
    },
  }
}

/** What somebody else has opened, and closes. Without an offset it is read from its position on, which moves. */
export function descriptorSource(fd: number, range: Range): SourceEnd {
  const file = new CallersFile(fd)
  return {
    name: `descriptor ${String(fd)}`, file,
    open: async ({ io, signal }: Opening): Promise<OpenSource> => opened(io, file, await statOf(io, file.checked, signal), range, false),
  }
}

const EISDIR = -21
/** Bytes up to which a file without blocks is read to its end, rather than taken for a hole. */
const WITHOUT_BLOCKS_MAX = 65_536

/** @param file a number; and the same before each use, if somebody else may close it */
function opened(io: Proactor, file: Pick<CallersFile, 'fd' | 'checked' | 'isWatched'>, stats: Statx, { offset, length }: Range, isOurs: boolean): OpenSource {
  const kind = kindOf(stats)
  const { fd } = file
  const end = async (): Promise<void> => {
    if (isOurs) await closeKept(io, fd)
  }
  // Files of /proc say that they have no bytes, and so do block devices; those of /sys say a page, and hold nothing on a device: only reading tells.
  const tellsSize = isRegular(stats) && stats.size > 0 && (stats.blocks > 0 || stats.size > WITHOUT_BLOCKS_MAX)
  if (kind === 'file' && tellsSize && offset !== undefined) {
    const size = Math.max(0, Math.min(length ?? Infinity, stats.size - offset))
    return {
      kind, size, isOurs, facts: factsOf(stats), version: versionOf(stats), descriptor: file.isWatched ? undefined : { fd, offset }, close: end,
      readAt: (buffer, at) => read(file.checked, buffer, offset + at),
      currentVersion: async () => versionOf(await io.submit(fstatx(file.checked))),
    }
  }
  const hasOffsets = kind === 'file' && offset !== undefined
  if (kind !== 'file' && offset !== undefined && offset > 0) throw systemError(ESPIPE, 'read', undefined, undefined, 'a source without offsets begins where it is')
  return {
    kind, size: undefined, limit: length, facts: isRegular(stats) ? factsOf(stats) : undefined, close: end,
    descriptor: hasOffsets || file.isWatched ? undefined : { fd, offset: undefined },
    read: (buffer, at) => (hasOffsets ? read(file.checked, buffer, offset + at) : read(file.checked, buffer)),
    ...kind === 'file' ? {} : { readiness: () => poll(file.checked, PollEvent.POLLIN) },
  }
}

const ESPIPE = -29

/** What a source says whose bytes ended before they should have. */
export function endedEarly(wanted: number, got: number): Error {
  return systemError(Errno.EIO, 'read', undefined, undefined, `it has become shorter while it was read: ${String(got)} bytes of ${String(wanted)}`)
}
