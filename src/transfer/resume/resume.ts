// ① interface — going on where a transfer was ended, however that was: what the journal says is checked against the bytes that are there, and
// only the rest is moved.
import { closeKept } from '../../lasting.js'
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { read } from '../../operation/file.js'
import { kept, open, statx } from '../../operation/path.js'
import { Errno } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'
import type { OpenSource, OpenTarget } from '../ends/end.js'
import { below, splitPath, statOf, type PathBytes } from '../ends/open-file.js'
import type { Span } from '../pieces/ranges.js'
import { Journal } from './journal.js'
import { missing, type PieceRecord, type Records } from './records.js'

/** Records that are checked at once. */
const CHECKED_AT_ONCE = 4
const DIGITS = 16

/** What is left to do. */
export interface Rest {
  readonly spans: readonly Span[]
  /** Bytes that are there already, and were found right. */
  readonly resumed: number
  /** Bytes that were there and synced, and are no longer what they were. */
  readonly changed: number
}

/** The name under which a target is written that can be resumed: the same in each run. */
export function resumedName(place: PathBytes, journal: PathBytes): PathBytes {
  const { directory, name } = splitPath(place)
  const id = createHash('sha256').update(name).update('\0').update(journal).digest('hex').slice(0, DIGITS)
  return below(directory, `.${id}.resumed.partial`)
}

export class Resume {
  readonly #io: Proactor
  readonly #journal: Journal
  readonly #target: PathBytes
  readonly #records: Records | undefined
  #fd = -1

  private constructor(io: Proactor, journal: Journal, target: PathBytes, records: Records | undefined) {
    this.#io = io
    this.#journal = journal
    this.#target = target
    this.#records = records
  }

  /** @param path of the journal. @throws ERR_TRUEAIO_RESUME_BUSY, ERR_INVALID_ARG_VALUE: it is no journal */
  static async open(io: Proactor, path: PathBytes, target: PathBytes, signal: AbortSignal): Promise<Resume> {
    const journal = await Journal.open(io, path, signal)
    try {
      return new Resume(io, journal, target, await journal.read(signal))
    } catch (error) {
      await journal.close()
      throw error
    }
  }

  /** The transfer was ended behind its rename: the target is the complete file that the journal describes. */
  async isFinished(source: OpenSource, signal: AbortSignal): Promise<boolean> {
    const records = this.#records
    if (records?.whole === undefined || !isOf(records, source)) return false
    const stats = await this.#io.submit(statx(this.#target)).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).errno === Errno.ENOENT) return undefined
      throw error
    })
    if (stats === undefined || inodeOf(stats) !== records.whole) return false
    // Somebody may have written into it since.
    this.#fd = await this.#io.submit(kept(open(this.#target)))
    try {
      const { right } = await this.#checked(records.pieces, signal)
      return stats.size === records.head.size && missing(stats.size, right).length === 0
    } finally {
      await closeKept(this.#io, this.#fd)
    }
  }

  /** Looks at what is there. A source that is another one now begins anew. */
  async begin(sourceName: string, source: OpenSource, target: OpenTarget, signal: AbortSignal, explain: (line: string) => void): Promise<Rest> {
    const { size = 0, version = '' } = source
    this.#fd = target.descriptor?.fd ?? -1
    const records = this.#records
    if (records !== undefined && isOf(records, source)) {
      const { right, changed } = await this.#checked(records.pieces, signal)
      const spans = missing(size, right)
      const resumed = size - spans.reduce((sum, { length }) => sum + length, 0)
      explain(`resumed behind ${String(resumed)} bytes${changed > 0 ? `; ${String(changed)} bytes of the target have changed since` : ''}`)
      return { spans, resumed, changed }
    }
    if (records !== undefined) explain(`begun anew: the source was ${records.head.version}, and is ${version}`)
    return this.beginAnew(sourceName, source, target)
  }

  async beginAnew(sourceName: string, { size = 0, version = '' }: OpenSource, target: OpenTarget): Promise<Rest> {
    this.#fd = target.descriptor?.fd ?? -1 // it was opened again
    await this.#journal.begin({ source: sourceName, version, size })
    return { spans: size === 0 ? [] : [{ offset: 0, length: size }], resumed: 0, changed: 0 }
  }

  async #checked(pieces: readonly PieceRecord[], signal: AbortSignal): Promise<{ readonly right: readonly Span[], readonly changed: number }> {
    const right: Span[] = []
    let changed = 0
    for (let at = 0; at < pieces.length; at += CHECKED_AT_ONCE) {
      await Promise.all(pieces.slice(at, at + CHECKED_AT_ONCE).map(async (piece) => {
        if (await this.#isThere(piece, signal)) right.push(piece)
        else if (piece.isSynced) changed += piece.length
      }))
    }
    return { right, changed }
  }

  async #isThere({ offset, length, checksum }: PieceRecord, signal: AbortSignal): Promise<boolean> {
    const bytes = Buffer.allocUnsafe(length)
    for (let got = 0; got < length;) {
      const count = await this.#io.submit(read(this.#fd, bytes.subarray(got), offset + got), { signal })
      if (count === 0) return false
      got += count
    }
    return crc32(bytes) === checksum
  }

  /** For the lanes: a piece is written. */
  note(offset: number, bytes: Uint8Array): Promise<void> {
    return this.#journal.note({ offset, length: bytes.length }, bytes, this.#fd)
  }

  /** All bytes are there; the rename comes next. */
  async whole(): Promise<void> {
    await this.#journal.noteWhole(inodeOf(await statOf(this.#io, this.#fd, NEVER)), this.#fd)
  }

  /** The target is in its place. */
  finish(): Promise<void> {
    return this.#journal.remove()
  }

  /** It failed, and may be resumed, if it had begun. */
  keep(): Promise<void> {
    return this.#journal.isEmpty ? this.#journal.remove() : this.#journal.close()
  }
}

const NEVER = new AbortController().signal

function isOf({ head }: Records, { size, version }: OpenSource): boolean {
  return version !== undefined && head.version === version && head.size === size
}

function inodeOf({ devMajor, devMinor, ino }: { readonly devMajor: number, readonly devMinor: number, readonly ino: number }): string {
  return `${String(devMajor)}:${String(devMinor)}:${String(ino)}`
}
