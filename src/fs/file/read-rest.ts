// ① interface — the rest of a file that a slab did not hold: of a regular file in large reads straight into the result,
// of anything else piece by piece until its end.
import { constants as bufferConstants } from 'node:buffer'
import { withCode } from '../../operation/arguments.js'
import { read } from '../../operation/file.js'
import { fstatx, type Statx } from '../../operation/path.js'
import { request, type Countdown } from '../request/index.js'

const REGULAR = 0o100000
const TYPE_MASK = 0o170000
/** Node's own limit for readFile: what one buffer was once able to hold. */
const FILE_BYTES_MAX = 2 ** 31 - 1
const READ_BYTES = 1024 * 1024
const READS_AT_ONCE = 2

/**
 * Everything from a file's current position on, after `pieces` that have been read already.
 * @param fromStart the pieces began at offset 0, and nobody else uses the descriptor: reads go by offset, of a regular file several at once
 */
export async function readRest(fd: number, pieces: readonly Buffer[], fromStart: boolean, countdown: Countdown | undefined): Promise<Buffer> {
  const stats = await request<Statx>(fstatx(fd), countdown?.options, 'fstat')
  const had = pieces.reduce((sum, piece) => sum + piece.length, 0)
  if ((stats.mode & TYPE_MASK) !== REGULAR || stats.size <= had) return readUnknown(fd, pieces, fromStart ? had : -1, countdown)
  if (stats.size > FILE_BYTES_MAX) throw fileTooLarge(stats.size)
  if (!fromStart) return readUnknown(fd, pieces, -1, countdown)
  const whole = Buffer.allocUnsafeSlow(stats.size)
  let at = 0
  for (const piece of pieces) at += piece.copy(whole, at)
  const read = await readRange(fd, whole, at, countdown)
  return read === whole.length ? whole : whole.subarray(0, read)
}

/** Fills `whole` from offset `from`. Resolves to where the file turned out to end. */
async function readRange(fd: number, whole: Buffer, from: number, countdown: Countdown | undefined): Promise<number> {
  let next = from
  let end = whole.length
  const lane = async (): Promise<void> => {
    while (next < end) {
      let at = next
      const stop = Math.min(at + READ_BYTES, whole.length)
      next = stop
      while (at < stop) {
        const bytes = await request<number>(read(fd, whole.subarray(at, stop), at), countdown?.options, 'read')
        if (bytes === 0) { // the file was cut meanwhile
          end = Math.min(end, at)
          return
        }
        at += bytes
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: READS_AT_ONCE }, lane))
  for (const { reason } of lanes as { reason?: Error }[]) if (reason !== undefined) throw reason
  return end
}

/** Pieces until a read gives nothing. @param start where to go on; -1: the current position */
async function readUnknown(fd: number, had: readonly Buffer[], start: number, countdown: Countdown | undefined): Promise<Buffer> {
  const pieces = [...had]
  let total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  let size = 65536
  for (;;) {
    const piece = Buffer.allocUnsafeSlow(size)
    const bytes = await request<number>(read(fd, piece, start), countdown?.options, 'read')
    if (bytes === 0) return Buffer.concat(pieces, total)
    pieces.push(piece.subarray(0, bytes))
    total += bytes
    if (start >= 0) start += bytes
    if (total > bufferConstants.MAX_LENGTH) throw fileTooLarge(total)
    if (bytes === size && size < READ_BYTES) size *= 2
  }
}

function fileTooLarge(bytes: number): RangeError {
  return withCode(new RangeError(`File size (${String(bytes)}) is greater than 2 GiB`), 'ERR_FS_FILE_TOO_LARGE')
}
