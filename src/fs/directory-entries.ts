// ① interface — the entries of one directory: names in the order Node gives them (by their bytes), with their types.
import { constants } from 'node:fs'
import { close, getdents64 } from '../operation/file.js'
import { open } from '../operation/path.js'
import { withFile } from './open-files.js'
import { request, type Countdown, type PathBytes } from './request.js'

/** Node's numbers for types of entries (UV_DIRENT_*), which its Dirent is made with. */
export const EntryType = { UNKNOWN: 0, FILE: 1, DIRECTORY: 2, LINK: 3, FIFO: 4, SOCKET: 5, CHARACTER: 6, BLOCK: 7 } as const
export type EntryType = (typeof EntryType)[keyof typeof EntryType]

// By the kernel's DT_*.
const TYPE_OF: readonly EntryType[] = [
  EntryType.UNKNOWN, EntryType.FIFO, EntryType.CHARACTER, EntryType.UNKNOWN, EntryType.DIRECTORY, EntryType.UNKNOWN, EntryType.BLOCK,
  EntryType.UNKNOWN, EntryType.FILE, EntryType.UNKNOWN, EntryType.LINK, EntryType.UNKNOWN, EntryType.SOCKET,
]

/** One directory's names and types, by index. */
export interface Entries {
  readonly names: string[]
  readonly types: EntryType[]
  /** A name is not UTF-8: as a string it leads nowhere. */
  hasForeignNames: boolean
}

const BUFFER_BYTES = 32768
const OPEN_DIRECTORY = { flags: constants.O_RDONLY | constants.O_DIRECTORY }
const DOT = 0x2e
const kept: Buffer[] = []

/** Reads a directory. Its errors are those of a `scandir`. */
export function directoryEntries(path: PathBytes, countdown: Countdown | undefined): Promise<Entries> {
  return withFile(
    () => request<number>(open(path, OPEN_DIRECTORY), countdown?.options, 'scandir', path),
    async (fd) => {
      try {
        return await readEntries(fd, path, countdown)
      } finally {
        await request(close(fd), undefined, 'close')
      }
    },
  )
}

async function readEntries(fd: number, path: PathBytes, countdown: Countdown | undefined): Promise<Entries> {
  // Names as latin1, a character a byte: their order as strings is then the order of their bytes.
  const raw: { readonly name: string, readonly type: EntryType }[] = []
  const buffer = kept.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
  for (;;) {
    // If this fails by abort, the buffer may still be written into: it is not kept then.
    const bytes = await request<number>(getdents64(fd, buffer), countdown?.options, 'scandir', path)
    if (bytes === 0) break
    parse(buffer, bytes, raw)
  }
  if (kept.length < 16) kept.push(buffer)
  raw.sort((one, other) => (one.name < other.name ? -1 : 1))
  const entries: Entries = { names: [], types: [], hasForeignNames: false }
  for (const { name, type } of raw) {
    entries.names.push(isAscii(name) ? name : decode(name, entries))
    entries.types.push(type)
  }
  return entries
}

/** struct linux_dirent64: ino u64, off u64, reclen u16, type u8, then the name and its NUL. */
export function parse(buffer: Buffer, bytes: number, into: { readonly name: string, readonly type: EntryType }[]): void {
  // One string for all names, cut afterwards: a call into the runtime for each would take longer than everything else here.
  const text = buffer.toString('latin1', 0, bytes)
  for (let at = 0; at < bytes;) {
    const length = (buffer[at + 16] as number) | ((buffer[at + 17] as number) << 8)
    const start = at + 19
    let end = start
    while (buffer[end] !== 0) end++
    const isDot = buffer[start] === DOT && (end === start + 1 || (buffer[start + 1] === DOT && end === start + 2))
    if (!isDot) into.push({ name: text.slice(start, end), type: TYPE_OF[buffer[at + 18] as number] ?? EntryType.UNKNOWN })
    at += length
  }
}

function isAscii(name: string): boolean {
  for (let index = 0; index < name.length; index++) if (name.charCodeAt(index) > 0x7f) return false
  return true
}

function decode(latin1: string, entries: Entries): string {
  const name = Buffer.from(latin1, 'latin1').toString('utf8')
  if (name.includes('\ufffd')) entries.hasForeignNames = true
  return name
}
