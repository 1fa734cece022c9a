// ① interface — where a direct pipe's pieces go: made anew for each by pipe-to-file.ts or pipe-to-socket.ts, used by direct-pipe.ts.
import type { Hold } from './hold.js'

/** Where a destination takes pieces. */
export interface Target {
  /** In diagnostics: the system call. */
  readonly way: 'copy_file_range' | 'sendfile'
  readonly fd: number
  /** At most so many bytes are in flight: a destroyed stream waits for that long at most. */
  readonly pieceBytes: number
  /** Offset in the target; -1: its current position, or it has none. */
  readonly offset: number
  /** What must not happen while a piece is in flight. */
  readonly hold: Hold
  /** So many bytes have gone there. */
  moved(bytes: number): void
}
