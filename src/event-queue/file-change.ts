// ① interface — what inotify(7) tells: its bits, and its records read out of memory.

/** Bits of a change and of a mask, as in inotify(7). */
export const WatchEvent = {
  IN_ACCESS: 0x1, IN_MODIFY: 0x2, IN_ATTRIB: 0x4, IN_CLOSE_WRITE: 0x8, IN_CLOSE_NOWRITE: 0x10, IN_OPEN: 0x20, IN_MOVED_FROM: 0x40,
  IN_MOVED_TO: 0x80, IN_CREATE: 0x100, IN_DELETE: 0x200, IN_DELETE_SELF: 0x400, IN_MOVE_SELF: 0x800,
  /** Reported for every mask: the file system was unmounted; changes were lost; the watch is over. */
  IN_UNMOUNT: 0x2000, IN_Q_OVERFLOW: 0x4000, IN_IGNORED: 0x8000,
  /** In a mask only. */
  IN_ONLYDIR: 0x1000000, IN_DONT_FOLLOW: 0x2000000, IN_EXCL_UNLINK: 0x4000000,
  /** In a change only: it is of a directory. */
  IN_ISDIR: 0x40000000,
} as const

/** One change. */
export class FileChange {
  /** `WatchEvent` bits: which change it is, and IN_ISDIR. IN_Q_OVERFLOW: changes were lost before this point. */
  readonly mask: number
  /** The same number, other than 0, joins an IN_MOVED_FROM and an IN_MOVED_TO of one rename. */
  readonly pairing: number
  /** Inside a watched directory: the name, as the file system has it. Empty: the watched path itself. */
  readonly nameBytes: Uint8Array

  /** @internal */
  constructor(mask: number, pairing: number, nameBytes: Uint8Array) {
    this.mask = mask
    this.pairing = pairing
    this.nameBytes = nameBytes
  }

  /** `nameBytes` as UTF-8 text; undefined: the watched path itself. */
  get name(): string | undefined {
    return this.nameBytes.length === 0 ? undefined : Buffer.from(this.nameBytes).toString()
  }
}

/** A record as it stands in the system's buffer. */
export interface InotifyRecord {
  /** Watch descriptor; -1: of no watch (IN_Q_OVERFLOW). */
  readonly watch: number
  readonly change: FileChange
}

const HEADER_BYTES = 16

/** The records in the first `length` bytes: struct inotify_event, each with its name behind it, padded with NULs. */
export function parseRecords(buffer: Buffer, length: number): InotifyRecord[] {
  const records: InotifyRecord[] = []
  for (let at = 0; at + HEADER_BYTES <= length;) {
    const nameAt = at + HEADER_BYTES
    const next = nameAt + buffer.readUInt32LE(at + 12)
    const nul = buffer.indexOf(0, nameAt)
    const nameEnd = nul < 0 || nul > next ? next : nul
    // A copy: the buffer is read into again.
    const change = new FileChange(buffer.readUInt32LE(at + 4), buffer.readUInt32LE(at + 8), Uint8Array.prototype.slice.call(buffer, nameAt, nameEnd))
    records.push({ watch: buffer.readInt32LE(at), change })
    at = next
  }
  return records
}
