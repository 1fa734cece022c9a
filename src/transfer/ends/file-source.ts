// ① interface — a file as a source: by path or by descriptor, whole or a range of it; also pipes, terminals and devices, which have no offsets.
import { constants } from 'node:fs'
import { close, read } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import { fstatx, kept, open, type Statx } from '../../operation/path.js'
import { Errno, systemError } from '../../operation/system-error.js'
import { poll, PollEvent } from '../../operation/timer.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { Opening, OpenSource, SourceEnd } from './end.js'
import { lent, absolute, factsOf, isDirectory, isFifo, isRegular, kindOf, statOf, textOf, versionOf, type PathBytes } from './open-file.js'

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
        return opened(io, fd, stats, { offset: range.offset ?? 0, length: range.length }, true)
      } catch (error) {
        await io.submit(close(fd))
        throw error
      }
    },
  }
}

/** What somebody else has opened, and closes. Without an offset it is read from its position on, which moves. */
export function descriptorSource(fd: number, range: Range): SourceEnd {
  return {
    name: `descriptor ${String(fd)}`,
    async open({ io, signal }: Opening): Promise<OpenSource> {
      const { fd: own, giveBack } = await lent(io, fd)
      try {
        return { ...opened(io, own, await statOf(io, own, signal), range, false), close: async () => {
          await giveBack()
        } }
      } catch (error) {
        await giveBack()
        throw error
      }
    },
  }
}

const EISDIR = -21
/** Bytes up to which a file without blocks is read to its end, rather than taken for a hole. */
const WITHOUT_BLOCKS_MAX = 65_536

function opened(io: Proactor, fd: number, stats: Statx, { offset, length }: Range, isOurs: boolean): OpenSource {
  const kind = kindOf(stats)
  const end = async (): Promise<void> => {
    if (isOurs) await io.submit(close(fd))
  }
  // Files of /proc say that they have no bytes, and so do block devices; those of /sys say a page, and hold nothing on a device: only reading tells.
  const tellsSize = isRegular(stats) && stats.size > 0 && (stats.blocks > 0 || stats.size > WITHOUT_BLOCKS_MAX)
  if (kind === 'file' && tellsSize && offset !== undefined) {
    const size = Math.max(0, Math.min(length ?? Infinity, stats.size - offset))
    return {
      kind, size, isOurs, facts: factsOf(stats), version: versionOf(stats), descriptor: { fd, offset }, close: end,
      readAt: (buffer, at) => read(fd, buffer, offset + at),
      currentVersion: async () => versionOf(await io.submit(fstatx(fd))),
    }
  }
  const hasOffsets = kind === 'file' && offset !== undefined
  if (kind !== 'file' && offset !== undefined && offset > 0) throw systemError(ESPIPE, 'read', undefined, undefined, 'a source without offsets begins where it is')
  return {
    kind, size: undefined, limit: length, facts: isRegular(stats) ? factsOf(stats) : undefined, close: end,
    descriptor: hasOffsets ? undefined : { fd, offset: undefined },
    read: (buffer, at) => (hasOffsets ? read(fd, buffer, offset + at) : read(fd, buffer)),
    ...kind === 'file' ? {} : { readiness: () => poll(fd, PollEvent.POLLIN) },
  }
}

const ESPIPE = -29

/** What a source says whose bytes ended before they should have. */
export function endedEarly(wanted: number, got: number): Error {
  return systemError(Errno.EIO, 'read', undefined, undefined, `it has become shorter while it was read: ${String(got)} bytes of ${String(wanted)}`)
}
