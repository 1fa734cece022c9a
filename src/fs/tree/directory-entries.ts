// ① interface — the entries of one directory: names in the order Node gives them (by their bytes), with their types.
import { constants } from 'node:fs'
import { close, getdents64 } from '../../operation/file.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, Operation } from '../../operation/operation.js'
import { kept as keptOpen, open } from '../../operation/path.js'
import { EXPECTS_END } from '../../operation/row.js'
import { EntryType, entryTypeOf } from './entry-type.js'
import { eachByNode, readsDirectories } from './node-entries.js'
import { decodeName, listed, type ListingOptions } from './listed.js'
import { hasRows, isFailure, request, requestRowInTurn, withFile, type Countdown, type PathBytes } from '../request/index.js'

/** One directory's names and types, by index. */
export interface Entries {
  readonly names: string[]
  readonly types: EntryType[]
  /** A name is not UTF-8: as a string it leads nowhere. */
  hasForeignNames: boolean
}

/** What getdents64 has told so far: names as latin1, a character a byte, in its order. */
export class Listing {
  readonly names: string[] = []
  /** The types of those that are no regular files: in most directories there are few. */
  others: Map<string, EntryType> | undefined = undefined
  /** All bytes of all names, ored. */
  bits = 0

  add(name: string, type: EntryType): void {
    this.names.push(name)
    if (type !== EntryType.FILE) (this.others ??= new Map<string, EntryType>()).set(name, type)
  }
}

const OPEN_DIRECTORY = { flags: constants.O_RDONLY | constants.O_DIRECTORY }
const DOT = 0x2e
const FIRST_BYTES = 32768
/** For the read that finds the end: a record with the longest name fits. */
const LAST_BYTES = 512
const KEPT_MAX = 32

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
  if (!hasRows()) return readsDirectories() ? stepByStep(path, countdown) : throughNode(path, countdown)
  return typeof path === 'string' ? inList(path, countdown) : inRow(path, countdown)
}

async function throughNode(path: PathBytes, countdown: Countdown | undefined): Promise<Entries> {
  const raw = new Listing()
  await eachByNode(path, countdown, (name, type) => {
    raw.add(name.toString('latin1'), type)
  })
  raw.bits = 0xff
  return sorted(raw)
}

function stepByStep(path: PathBytes, countdown: Countdown | undefined): Promise<Entries> {
  return withFile(
    () => request<number>(keptOpen(open(path, OPEN_DIRECTORY)), countdown?.options, 'scandir', path),
    async (fd) => {
      try {
        return sorted(await readOn(fd, path, new Listing(), countdown))
      } finally {
        await request(close(fd), undefined, 'close')
      }
    },
  )
}

const WHOLE: ListingOptions = { flags: 0, most: 2 ** 31 - 1, sorted: true, stats: false }

/** With all others of this tick, where it is one of several; else in a row of its own. */
async function inList(path: string, countdown: Countdown | undefined): Promise<Entries> {
  const directory = await listed(path, WHOLE, countdown)
  if (directory === undefined) return inRow(path, countdown)
  const { names, types, isAscii, fd } = directory
  if (fd < 0) return decoded(names, types ?? new Array<EntryType>(names.length).fill(EntryType.FILE), isAscii)
  const raw = new Listing()
  names.forEach((name, index) => raw.add(name, types?.[index] ?? EntryType.FILE))
  if (!isAscii) raw.bits = 0xff
  try {
    return sorted(await readOn(fd, path, raw, countdown))
  } finally {
    await request(close(fd), undefined, 'close')
  }
}

async function inRow(path: PathBytes, countdown: Countdown | undefined): Promise<Entries> {
  const listing = await listedInRow(path, countdown)
  return listing === undefined ? stepByStep(path, countdown) : sorted(listing)
}

const step = (opcode: Opcode, buffer: Buffer | undefined, flags: number): Operation =>
  new Operation(opcode, FileKind.STEP_RESULT, 0, buffer, buffer?.length ?? 0, 0, flags, undefined)
const CLOSE_FIRST = step(Opcode.CLOSE, undefined, 0)

/** One trip for what most directories need: the second read finds the end. Undefined: it has to be done step by step. */
async function listedInRow(path: PathBytes, countdown: Countdown | undefined): Promise<Listing | undefined> {
  const buffers = takeBuffers()
  const { first, last } = buffers
  const raw = new Listing()
  const [fd, bytes, more, closed] = await requestRowInTurn([open(path, OPEN_DIRECTORY), step(Opcode.GETDENTS64, first, 0), step(Opcode.GETDENTS64, last, EXPECTS_END), CLOSE_FIRST], countdown, 'scandir', path)
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

async function readOn(fd: number, path: PathBytes, raw: Listing, countdown: Countdown | undefined): Promise<Listing> {
  const buffers = takeBuffers()
  for (;;) {
    const bytes = await request<number>(getdents64(fd, buffers.first), countdown?.options, 'scandir', path)
    if (bytes === 0) break
    parse(buffers.first, bytes, raw)
  }
  giveBackBuffers(buffers)
  return raw
}

function sorted({ names, others, bits }: Listing): Entries {
  // A character a byte: their order as strings is the order of their bytes.
  names.sort()
  const types = others === undefined ? new Array<EntryType>(names.length).fill(EntryType.FILE) : names.map((name) => others.get(name) ?? EntryType.FILE)
  return decoded(names, types, bits <= 0x7f)
}

function decoded(names: string[], types: EntryType[], isAscii: boolean): Entries {
  const entries: Entries = { names, types, hasForeignNames: false }
  if (!isAscii) names.forEach((name, index) => (names[index] = decode(name, entries)))
  return entries
}

/** struct linux_dirent64: ino u64, off u64, reclen u16, type u8, then the name and its NUL. */
export function parse(buffer: Buffer, bytes: number, into: Listing): void {
  // One string for all names, cut afterwards: a call into the runtime for each would take longer than everything else here.
  const text = buffer.toString('latin1', 0, bytes)
  let bits = 0
  for (let at = 0; at < bytes;) {
    const length = (buffer[at + 16] as number) | ((buffer[at + 17] as number) << 8)
    const start = at + 19
    let end = start
    for (let byte = buffer[end] as number; byte !== 0; byte = buffer[++end] as number) bits |= byte
    const isDot = buffer[start] === DOT && (end === start + 1 || (buffer[start + 1] === DOT && end === start + 2))
    if (!isDot) {
      const name = text.slice(start, end)
      into.add(name, entryTypeOf(buffer[at + 18] as number))
    }
    at += length
  }
  into.bits |= bits
}

function decode(latin1: string, entries: Entries): string {
  const name = decodeName(latin1)
  if (name.includes('\ufffd')) entries.hasForeignNames = true
  return name
}
