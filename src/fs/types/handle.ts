// ① interface — the type of a FileHandle that the engine opened: Node's, whose methods take a deadline, and `commit`.
import type { FileHandle } from 'node:fs/promises'
import type { View } from '../../operation/operation.js'
import type { Deadline } from '../request/index.js'
import type { HandleRead, HandleReadv, HandleWrite, HandleWritev } from './transfers.js'
import type { WithDeadline } from './with-deadline.js'

/** Where each method has it: in its options, or behind its arguments. */
interface Places {
  appendFile: 1
  chmod: 1
  chown: 2
  datasync: 0
  readFile: 0
  stat: 0
  sync: 0
  truncate: 1
  utimes: 2
  writeFile: 1
}

/** Node's handle, its methods with a deadline. `close` has none: it waits for what is in flight. Streams of a handle take Node's `signal`. */
type TimedHandle = FileHandle & { readonly [Method in keyof Places]: WithDeadline<FileHandle[Method], Places[Method]> } & {
  readonly read: HandleRead
  readonly readv: HandleReadv
  readonly write: HandleWrite
  readonly writev: HandleWritev
}

/** Options of `commit`. */
export interface CommitOptions extends Deadline {
  /** Byte offset in the file, 0 to 2^53 - 1. Default: the current position, where commits follow each other. */
  readonly offset?: number | null | undefined
}

/** A FileHandle that the engine opened. */
export interface CommitHandle extends TimedHandle {
  /**
   * Writes all of `buffer` and resolves to its length once an fdatasync that began after the write has ended: the bytes
   * are on the device. Concurrent commits of one handle share fdatasyncs. Only commits without an offset have an order:
   * their bytes follow each other in the order of the calls.
   *
   * A failed write rejects its own commit (some of its bytes may be in the file). A failed fdatasync rejects every
   * commit whose write had begun before it ended: the system reports lost data once, and does not say whose it was. An
   * abort or timeout does not undo what has been written.
   *
   * Node's own handles (opened where the engine does not open: see the drop-in's guide) have no such method.
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   * @see fdatasync(2)
   */
  commit(buffer: View, options?: CommitOptions): Promise<number>
}
