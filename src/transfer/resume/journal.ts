// ① interface — a journal on disk: one transfer's at a time, appended to as pieces come, and gone when the target is whole.
import { closeKept } from '../../lasting.js'
import { constants } from 'node:fs'
import { call } from '../../operation/call.js'
import { fdatasync, ftruncate, read, write } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import { kept, open, unlink } from '../../operation/path.js'
import { Errno } from '../../operation/system-error.js'
import type { Proactor } from '../../proactor/proactor.js'
import { statOf, textOf, type PathBytes } from '../ends/open-file.js'
import { transferProblem } from '../errors.js'
import type { Span } from '../pieces/ranges.js'
import { headLine, markLine, mayBeJournal, parseRecords, pieceLine, wholeLine, type Head, type Records } from './records.js'

const { O_CREAT, O_RDWR } = constants
const LOCK_EX = 2
/** The kernel takes down the ring of a process that was killed after its end, and what the ring was working on stays open until then. */
const LOCK_MILLISECONDS_MAX = 1000
/** After so many bytes of pieces everything is synced, and a mark says so. */
const BYTES_BETWEEN_MARKS = 64 * 2 ** 20
const MODE = 0o600

export class Journal {
  readonly #io: Proactor
  readonly #path: PathBytes
  readonly #fd: number
  #at = 0
  #pieces = 0
  #unmarked = 0
  readonly #lines: Buffer[] = []
  #writing: Promise<void> = Promise.resolve()

  private constructor(io: Proactor, path: PathBytes, fd: number) {
    this.#io = io
    this.#path = path
    this.#fd = fd
  }

  /** @throws ERR_TRUEAIO_RESUME_BUSY: another transfer uses it */
  static async open(io: Proactor, path: PathBytes, signal: AbortSignal): Promise<Journal> {
    for (;;) {
      const fd = await io.submit(kept(open(path, { flags: O_CREAT | O_RDWR, mode: MODE })), { signal })
      const journal = new Journal(io, path, fd)
      try {
        // The lock goes with the process, however that ends.
        if (io.offers(Opcode.CALL)) await io.submit(call('flock', fd, LOCK_EX), { signal, timeout: LOCK_MILLISECONDS_MAX })
        // Whoever had it may have ended meanwhile, and have removed it.
        if ((await statOf(io, fd, signal)).nlink > 0) return journal
      } catch (error) {
        await journal.close()
        if ((error as NodeJS.ErrnoException).errno !== Errno.ETIMEDOUT) throw error
        throw transferProblem('ERR_TRUEAIO_RESUME_BUSY', `another transfer uses the journal '${textOf(path)}'`)
      }
      await journal.close()
    }
  }

  /** Nothing was ever begun with it. */
  get isEmpty(): boolean {
    return this.#at === 0
  }

  /** @throws ERR_INVALID_ARG_VALUE: it is somebody's file, and no journal. It stays as it is */
  async read(signal: AbortSignal): Promise<Records | undefined> {
    const { size } = await statOf(this.#io, this.#fd, signal)
    const bytes = Buffer.alloc(size)
    let got = 0
    for (let count = -1; got < size && count !== 0; got += count) count = await this.#io.submit(read(this.#fd, bytes.subarray(got), got), { signal })
    if (!mayBeJournal(bytes.subarray(0, got))) throw transferProblem('ERR_INVALID_ARG_VALUE', `'${textOf(this.#path)}' is not a journal of a transfer`)
    const records = parseRecords(bytes.subarray(0, got))
    this.#at = records?.length ?? 0
    this.#pieces = records?.pieces.length ?? 0
    return records
  }

  /** Begins it anew. */
  async begin(head: Head): Promise<void> {
    await this.#io.submit(ftruncate(this.#fd, 0))
    this.#at = 0
    this.#pieces = 0
    await this.#append(headLine(head))
  }

  /** A piece is in the target. Now and then everything is synced: the target first, then what says so. */
  async note(span: Span, bytes: Uint8Array, target: number): Promise<void> {
    this.#unmarked += span.length
    const written = this.#append(pieceLine(span, bytes))
    this.#pieces++
    await written
    if (this.#unmarked < BYTES_BETWEEN_MARKS) return
    this.#unmarked = 0
    await this.#mark(target)
  }

  /** The target is whole: from here on only the rename is missing. */
  async noteWhole(inode: string, target: number): Promise<void> {
    await this.#mark(target)
    await this.#append(wholeLine(inode))
    await this.#io.submit(fdatasync(this.#fd))
  }

  async #mark(target: number): Promise<void> {
    // What is noted while this goes on may not be synced.
    const pieces = this.#pieces
    await this.#io.submit(fdatasync(target))
    await this.#append(markLine(pieces))
    await this.#io.submit(fdatasync(this.#fd))
  }

  /** One write at a time, of all lines that are there: a line that is there has all before it. */
  #append(bytes: Buffer): Promise<void> {
    this.#lines.push(bytes)
    this.#writing = this.#writing.then(() => this.#writeLines())
    return this.#writing
  }

  async #writeLines(): Promise<void> {
    if (this.#lines.length === 0) return
    const bytes = this.#lines.length === 1 ? this.#lines[0] as Buffer : Buffer.concat(this.#lines) // there is one
    this.#lines.length = 0
    for (let done = 0; done < bytes.length;) done += await this.#io.submit(write(this.#fd, bytes.subarray(done), this.#at + done))
    this.#at += bytes.length
  }

  async close(): Promise<void> {
    await closeKept(this.#io, this.#fd)
  }

  /** What has taken its name meanwhile stays. */
  async remove(): Promise<void> {
    try {
      if ((await statOf(this.#io, this.#fd, NEVER)).nlink > 0) await this.#io.submit(unlink(this.#path))
    } finally {
      await this.close()
    }
  }
}

const NEVER = new AbortController().signal
