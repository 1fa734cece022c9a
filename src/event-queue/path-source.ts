// ① interface — changes of a file, or in a directory, as a source, told by the queue's inotify instance (inotify.ts).
import { checkInteger } from '../operation/arguments.js'
import { FileChange, WatchEvent } from './file-change.js'
import type { Inotify } from './inotify.js'
import { Source, type SourceOptions } from './source.js'
import type { SourceHost } from './source-host.js'

/** Options of `EventQueue.watchPath`. */
export interface PathOptions extends SourceOptions {
  /** `WatchEvent` bits ored: which changes. Default: all but opening, closing and reading. */
  readonly mask?: number | undefined
}

const { IN_ATTRIB, IN_CREATE, IN_DELETE, IN_DELETE_SELF, IN_DONT_FOLLOW, IN_EXCL_UNLINK, IN_IGNORED, IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO, IN_MOVE_SELF, IN_ONLYDIR, IN_Q_OVERFLOW, IN_UNMOUNT } = WatchEvent
const MASK_DEFAULT = IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
const CHANGES = 0xfff
const MASK_ALLOWED = CHANGES | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK
const ALWAYS_TOLD = IN_UNMOUNT | IN_Q_OVERFLOW
/** Changes that an unread event holds; beyond them it says IN_Q_OVERFLOW, as the system does. */
const CHANGES_MAX = 4096
const NO_NAME = new Uint8Array(0)

/** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE */
export function checkMask(mask: number = MASK_DEFAULT, name = 'options.mask'): number {
  checkInteger(mask, name, 1, MASK_ALLOWED)
  if ((mask & ~MASK_ALLOWED) !== 0 || (mask & CHANGES) === 0) throw new MaskError(name, mask)
  return mask
}

class MaskError extends RangeError {
  readonly code = 'ERR_OUT_OF_RANGE'
  constructor(name: string, mask: number) {
    super(`The value of "${name}" is out of range. It must be made of WatchEvent bits, with one change at least. Received 0x${mask.toString(16)}`)
  }
}

/** Changes of a file or in a directory. Made by `EventQueue.watchPath`. */
export class PathSource<Cookie = unknown> extends Source<Cookie, 'change', readonly FileChange[]> {
  /** The path that is watched. */
  readonly path: string | Uint8Array
  readonly #inotify: Inotify
  #mask: number
  /** For its inotify instance: the watch descriptor. @internal */
  watch = -1

  /** Use `EventQueue.watchPath`. @internal */
  constructor(host: SourceHost, inotify: Inotify, path: string | Uint8Array, mask: number, cookie: Cookie, once: boolean) {
    super('change', cookie, once, host)
    this.#inotify = inotify
    this.path = path
    this.#mask = mask
  }

  /** The changes that it reports: `WatchEvent` bits. */
  get mask(): number {
    return this.#mask
  }

  /**
   * Reports other changes from now on; added ones once the promise has resolved. Unread changes stay. The path is
   * looked up again: if it now leads elsewhere, that file is watched.
   * @returns false: the source is over
   * @throws (rejects) ENOENT and other errors of inotify_add_watch(2), ERR_OUT_OF_RANGE
   */
  async modify(mask: number): Promise<boolean> {
    checkMask(mask, 'mask')
    if (!this.live) return false
    this.#mask = mask
    await this.#inotify.add(this)
    return this.live
  }

  /** For its inotify instance: something changed; told if it is one of those wanted. @internal */
  changed(change: FileChange): void {
    if ((change.mask & ((this.#mask & CHANGES) | ALWAYS_TOLD)) !== 0) this.fire([change])
    if ((change.mask & IN_IGNORED) !== 0) this.#ignored(change)
  }

  /** The system has ended the watch: the path is gone. */
  #ignored(change: FileChange): void {
    this.watch = -1
    this.fire([change])
    this.end()
  }

  /** For its inotify instance. @internal */
  refused(error: Error): void {
    this.fail(error)
  }

  /** @internal */
  protected override merge(unread: readonly FileChange[], [change]: readonly FileChange[]): readonly FileChange[] {
    // The array is this source's own until the event is taken.
    const changes = unread as FileChange[]
    if (changes.length < CHANGES_MAX && change !== undefined) changes.push(change)
    else if (changes.length === CHANGES_MAX) changes.push(new FileChange(IN_Q_OVERFLOW, 0, NO_NAME))
    return changes
  }

  /** @internal */
  protected override stop(): void {
    this.#inotify.remove(this)
  }
}
