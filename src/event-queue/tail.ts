// ① interface — tail: what is appended to a file, through truncation and rotation. Changes of the system only say when to look; what
// happened is read from the files themselves, so that a change that nobody told is found by the next look.
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultProactor } from '../default-proactor.js'
import { checkInteger, checkPath, invalidArgType, invalidArgValue } from '../operation/arguments.js'
import { Proactor } from '../proactor/proactor.js'
import { checkPatience } from '../waiting/patience.js'
import { AbortError } from '../waiting/abort-error.js'
import { EventQueue } from './event-queue.js'
import { WatchEvent } from './file-change.js'
import { Followed } from './followed-file.js'
import type { PathSource } from './path-source.js'
import { PieceMaker, type TailForm } from './tail-pieces.js'

/** What became of a file that is followed. */
export type TailChange =
  /** It was cut: reading goes on at its beginning. */
  | 'truncated'
  /** Another file has its name: the old one was read to its end, the new one is read from its beginning. */
  | 'replaced'
  /** Nothing has its name. The old file is read on until there is a new one. */
  | 'removed'

/** Options of {@link tail}. */
export interface TailOptions {
  /**
   * Where to begin in an existing file: `'end'`, `'start'`, or an offset in bytes, 0 to 2^53 - 1. Default: `'end'`. A
   * file that is created later is read from its start.
   */
  readonly from?: 'end' | 'start' | number | undefined
  /**
   * What the loop yields: lines without their ends, text as it arrives, or Buffers. Text is UTF-8. Default: `'lines'`.
   */
  readonly as?: TailForm | undefined
  /**
   * The most bytes of a line, 1 to 2^30; a longer line comes in parts. This bounds the memory of a tail. Default: 2^20.
   */
  readonly lineBytesMax?: number | undefined
  /**
   * Milliseconds after which the file is checked without a reported change, 1 to 2^31 - 1. Default: 1000, or 250 where
   * the system reports no changes.
   */
  readonly interval?: number | undefined
  /** Called before the first piece that comes after a change. */
  readonly report?: ((change: TailChange) => void) | undefined
  /** Aborting it ends the loop with an AbortError, after the file has been closed. */
  readonly signal?: AbortSignal | undefined
  /** Carries out the operations. Default: `defaultProactor()`. */
  readonly proactor?: Proactor | undefined
}

const WATCHED = WatchEvent.IN_MODIFY | WatchEvent.IN_ATTRIB | WatchEvent.IN_DELETE_SELF | WatchEvent.IN_MOVE_SELF
const NAMES = WatchEvent.IN_CREATE | WatchEvent.IN_MOVED_TO | WatchEvent.IN_MOVED_FROM | WatchEvent.IN_DELETE
const INTERVAL_WATCHED = 1000
const INTERVAL_UNWATCHED = 250

/**
 * Follows a file by its name, as `tail -F` does: each step of the loop yields what was appended. It continues when the
 * file is truncated, when it is renamed and made again, and when it is missing for a while. If the file does not exist,
 * it waits for it.
 *
 * Nothing is read ahead of the loop, so a slow reader costs no memory. The 64 bytes before the position of the last
 * read reveal a file that was truncated and has grown past that position. Leave the loop, or abort `signal`, to end it:
 * both close the file.
 *
 * Platform: where inotify is not available (other systems, the drivers `node` and `simulated`, too many watches) the
 * file is checked every `interval`.
 *
 * @param path text or a file: URL. A link is followed to the file behind it.
 * @throws (by the loop) AbortError; ERR_INVALID_ARG_VALUE for a file that is not regular; errors of open(2) and
 * read(2): EACCES, EMFILE, EIO
 * @example
 * for await (const line of tail('app.log', { signal: AbortSignal.timeout(60_000) })) console.log(line)
 * @see tail(1), inotify(7)
 */
export function tail(path: string | URL, options: TailOptions & { readonly as: 'bytes' }): AsyncGenerator<Buffer, void, undefined>
export function tail(path: string | URL, options?: TailOptions & { readonly as?: 'lines' | 'text' | undefined }): AsyncGenerator<string, void, undefined>
export function tail(path: string | URL, options: TailOptions = {}): AsyncGenerator<string | Buffer, void, undefined> {
  const { from = 'end', as = 'lines', lineBytesMax = 2 ** 20, interval, report, proactor = defaultProactor() } = options
  checkPath(path)
  if (from !== 'end' && from !== 'start') checkInteger(from, 'options.from', 0, Number.MAX_SAFE_INTEGER)
  if (!['lines', 'text', 'bytes'].includes(as)) throw invalidArgValue('options.as', as, "must be 'lines', 'text' or 'bytes'")
  checkInteger(lineBytesMax, 'options.lineBytesMax', 1, 2 ** 30)
  if (interval !== undefined) checkInteger(interval, 'options.interval', 1, 2 ** 31 - 1)
  if (report !== undefined && typeof report !== 'function') throw invalidArgType('options.report', 'of type function', report)
  checkPatience({ signal: options.signal })
  if (!(proactor instanceof Proactor)) throw invalidArgType('options.proactor', 'an instance of Proactor', proactor)
  const file = path instanceof URL ? fileURLToPath(path) : path
  return follow(new Followed(proactor, file, from), new PieceMaker(as, lineBytesMax), new Alarm(proactor, file, interval, options.signal), report, options.signal)
}

async function* follow(
  file: Followed, pieces: PieceMaker, alarm: Alarm, report: TailOptions['report'], signal: AbortSignal | undefined,
): AsyncGenerator<string | Buffer, void, undefined> {
  try {
    for (;;) {
      if (signal?.aborted === true) throw new AbortError(signal.reason)
      const { bytes, change } = await file.look()
      if (change !== undefined) {
        if (change === 'replaced') alarm.forget()
        if (change !== 'removed') yield* pieces.end() // the old file's last line has no end
        report?.(change)
      }
      if (bytes !== undefined) yield* pieces.add(bytes)
      else if (change === undefined) await alarm.wait(file.isOpen)
    }
  } finally {
    await alarm.close()
    await file.close()
  }
}

/** Waits until there may be something new. */
class Alarm {
  readonly #queue: EventQueue<'file' | 'names'>
  readonly #path: string
  readonly #interval: number | undefined
  readonly #signal: AbortSignal | undefined
  /** The system has no watches for us. */
  #without = false
  #file: PathSource | undefined = undefined
  readonly #watching = new Set<'file' | 'names'>()

  constructor(proactor: Proactor, path: string, interval: number | undefined, signal: AbortSignal | undefined) {
    this.#queue = new EventQueue({ proactor })
    this.#path = path
    this.#interval = interval
    this.#signal = signal
  }

  /** @throws (rejects) AbortError */
  async wait(isOpen: boolean): Promise<void> {
    const isNew = [await this.#watch('names', dirname(this.#path), NAMES), isOpen && await this.#watch('file', this.#path, WATCHED)].includes(true)
    if (isNew) return // something may have happened before the watch was there
    const timeout = this.#interval ?? (this.#without ? INTERVAL_UNWATCHED : INTERVAL_WATCHED)
    const name = basename(this.#path)
    const until = performance.now() + timeout
    for (;;) {
      const [event] = await this.#queue.getEvents({ min: 1, max: 1, timeout: Math.max(until - performance.now(), 0), ...(this.#signal === undefined ? {} : { signal: this.#signal }) })
      if (event === undefined) return
      if (!event.more) this.#watching.delete(event.cookie) // the path is gone: it is watched anew when it is there again
      if (event.kind !== 'change' || event.cookie === 'file' || event.error !== undefined) return
      // Changes of other files in the directory, which may be many.
      if (!event.more || event.result === undefined || event.result.some((change) => change.name === undefined || change.name === name)) return
    }
  }

  /** Watches a path, unless it is watched already. @returns whether the watch is new */
  async #watch(cookie: 'file' | 'names', path: string, mask: number): Promise<boolean> {
    if (this.#without || this.#watching.has(cookie)) return false
    try {
      const source = await this.#queue.watchPath(path, cookie, { mask })
      if (cookie === 'file') this.#file = source
      this.#watching.add(cookie)
      return true
    } catch (error) {
      // ENOENT, ENOTDIR: the next look finds out. Anything else (ENOTSUP, ENOSPC, EMFILE, EACCES): looks at intervals do without.
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#without = true
      return false
    }
  }

  /** The name leads to another file now: that one is watched from the next wait on. */
  forget(): void {
    this.#file?.remove()
    this.#file = undefined
    this.#watching.delete('file')
  }

  close(): Promise<void> {
    return this.#queue.close()
  }
}
