// ① interface — the entries of one directory: names in the order Node gives them (by their bytes), with their types.
import { constants } from 'node:fs'
import { close, getdents64 } from '../operation/file.js'
import { FileKind, Operation } from '../operation/operation.js'
import { open } from '../operation/path.js'
import { EXPECTS_END } from '../operation/row.js'
import { enter, left, withFile } from './open-files.js'
import { request, type Countdown, type PathBytes } from './request.js'
import { hasRows, isFailure, requestRow } from './row-request.js'

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

interface RawEntry {
  readonly name: string
  readonly type: EntryType
}

const OPEN_DIRECTORY = { flags: constants.O_RDONLY | constants.O_DIRECTORY }
const DOT = 0x2e
const FIRST_BYTES = 32768
/** For the read that finds the end: a record with the longest name fits. */
const LAST_BYTES = 512
const KEPT_MAX = 16

/** Memory of one listing. */
interface ListingBuffers {
  readonly first: Buffer
  readonly last: Buffer
}

const kept: ListingBuffers[] = []

function takeBuffers(): ListingBuffers {
  const had = kept.pop()
  if (had !== undefined) return had
  const memory = Buffer.allocUnsafeSlow(FIRST_BYTES + LAST_BYTES)
  return { first: memory.subarray(0, FIRST_BYTES), last: memory.subarray(FIRST_BYTES) }
}

/** Not after an abort: a call that was abandoned may still write into them. */
function giveBackBuffers(buffers: ListingBuffers): void {
  if (kept.length < KEPT_MAX) kept.push(buffers)
}

/** Reads a directory. Its errors are those of a `scandir`. */
export function directoryEntries(path: PathBytes, countdown: Countdown | undefined): Promise<Entries> {
  return hasRows() ? inTurn(path, countdown) : stepByStep(path, countdown)
}

function stepByStep(path: PathBytes, countdown: Countdown | undefined): Promise<Entries> {
  return withFile(
    () => request<number>(open(path, OPEN_DIRECTORY), countdown?.options, 'scandir', path),
    async (fd) => {
      try {
        return sorted(await readOn(fd, path, [], countdown))
      } finally {
        await request(close(fd), undefined, 'close')
      }
    },
  )
}

/** The turn bounds the memory of listings, and their descriptors. */
async function inTurn(path: PathBytes, countdown: Countdown | undefined): Promise<Entries> {
  await new Promise<void>((resolve) => {
    enter({ start: resolve })
  })
  let raw: RawEntry[] | undefined
  try {
    raw = await inOneRow(path, countdown)
  } finally {
    left()
  }
  return raw === undefined ? stepByStep(path, countdown) : sorted(raw)
}

const step = (opcode: Operation['opcode'], buffer: Buffer | undefined, flags: number): Operation =>
  new Operation(opcode, FileKind.STEP_RESULT, 0, buffer, buffer?.length ?? 0, 0, flags, undefined)
const CLOSE_FIRST = step(close(0).opcode, undefined, 0)
const GETDENTS = getdents64(0, Buffer.alloc(LAST_BYTES)).opcode

/** One trip for what most directories need: the second read finds the end. Undefined: it has to be done step by step. */
async function inOneRow(path: PathBytes, countdown: Countdown | undefined): Promise<RawEntry[] | undefined> {
  const buffers = takeBuffers()
  const { first, last } = buffers
  const raw: RawEntry[] = []
  const [fd, bytes, more, closed] = await requestRow([open(path, OPEN_DIRECTORY), step(GETDENTS, first, 0), step(GETDENTS, last, EXPECTS_END), CLOSE_FIRST], countdown?.options, 'scandir', path)
  if (typeof bytes === 'number' && bytes > 0) parse(first, bytes, raw)
  if (typeof more === 'number' && more > 0) parse(last, more, raw)
  giveBackBuffers(buffers)
  if (more === 0 && !isFailure(closed)) return raw
  if (typeof fd !== 'number' || fd < 0) return undefined // told by the second try
  try {
    return isFailure(bytes) || isFailure(more) ? undefined : await readOn(fd, path, raw, countdown)
  } finally {
    await request(close(fd), undefined, 'close')
  }
}

async function readOn(fd: number, path: PathBytes, raw: RawEntry[], countdown: Countdown | undefined): Promise<RawEntry[]> {
  const buffers = takeBuffers()
  for (;;) {
    const bytes = await request<number>(getdents64(fd, buffers.first), countdown?.options, 'scandir', path)
    if (bytes === 0) break
    parse(buffers.first, bytes, raw)
  }
  giveBackBuffers(buffers)
  return raw
}

function sorted(raw: RawEntry[]): Entries {
  // Names as latin1, a character a byte: their order as strings is then the order of their bytes.
  raw.sort((one, other) => (one.name < other.name ? -1 : 1))
  const entries: Entries = { names: [], types: [], hasForeignNames: false }
  for (const { name, type } of raw) {
    entries.names.push(isAscii(name) ? name : decode(name, entries))
    entries.types.push(type)
  }
  return entries
}

/** struct linux_dirent64: ino u64, off u64, reclen u16, type u8, then the name and its NUL. */
export function parse(buffer: Buffer, bytes: number, into: RawEntry[]): void {
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
