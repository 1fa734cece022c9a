// ① interface — the lines of a journal: a head that says what is transferred, a record for each piece that is there, with its checksum, a mark where
// everything before is on the device, and a last line once the target is whole. Each line has a checksum of its own: one that was cut off counts for nothing.
import { crc32 } from 'node:zlib'
import type { Span } from '../pieces/ranges.js'

export interface Head {
  readonly source: string
  readonly version: string
  readonly size: number
}

export interface PieceRecord extends Span {
  readonly checksum: number
  /** A mark stands behind it: it and its bytes were synced. */
  isSynced: boolean
}

/** What a journal holds. */
export interface Records {
  readonly head: Head
  readonly pieces: readonly PieceRecord[]
  /** The inode that was whole; undefined: it did not come so far. */
  readonly whole: string | undefined
  /** Bytes of whole lines: what is behind them was cut off. */
  readonly length: number
}

const FAMILY = Buffer.from('h trueaio-transfer-')
const FORMAT = 'trueaio-transfer-1'
const HEX = 16

function line(text: string): Buffer {
  return Buffer.from(`${text} ${crc32(text).toString(HEX)}\n`)
}

export function headLine({ source, version, size }: Head): Buffer {
  return line(`h ${FORMAT} ${JSON.stringify([source, version, size])}`)
}

export function pieceLine({ offset, length }: Span, bytes: Uint8Array): Buffer {
  return line(`p ${String(offset)} ${String(length)} ${crc32(bytes).toString(HEX)}`)
}

/** So many pieces, from the first one noted, are on the device. */
export function markLine(pieces: number): Buffer {
  return line(`s ${String(pieces)}`)
}

export function wholeLine(inode: string): Buffer {
  return line(`w ${inode}`)
}

/** It is one, of whatever format, or was cut off before it said so: by a kill, or, as zeros, by a power failure. */
export function mayBeJournal(bytes: Buffer): boolean {
  const beginning = bytes.subarray(0, FAMILY.length)
  return beginning.equals(FAMILY.subarray(0, beginning.length)) || bytes.every((byte) => byte === 0)
}

/** Reads a journal. Undefined: it is none, or of another format. */
export function parseRecords(bytes: Buffer): Records | undefined {
  let head: Head | undefined
  let whole: string | undefined
  const pieces: PieceRecord[] = []
  let at = 0
  for (let end = bytes.indexOf(0x0a, at); end >= 0; end = bytes.indexOf(0x0a, at)) {
    const text = bytes.toString('utf8', at, end)
    const space = text.lastIndexOf(' ')
    const said = text.slice(0, space)
    if (crc32(said).toString(HEX) !== text.slice(space + 1)) break
    const [kind, first = '', second = '', third = ''] = said.split(' ', 4)
    if (kind === 'h') head = parseHead(first, said.slice(`h ${first} `.length))
    else if (kind === 'p') pieces.push({ offset: Number(first), length: Number(second), checksum: Number.parseInt(third, HEX), isSynced: false })
    else if (kind === 's') for (const piece of pieces.slice(0, Number(first))) piece.isSynced = true
    else if (kind === 'w') whole = first
    at = end + 1
  }
  return head === undefined ? undefined : { head, pieces, whole, length: at }
}

function parseHead(format: string, json: string): Head | undefined {
  if (format !== FORMAT) return undefined
  const [source, version, size] = JSON.parse(json) as [string, string, number]
  return { source, version, size }
}

/** What of `size` bytes is in none of the spans, in order. */
export function missing(size: number, spans: readonly Span[]): Span[] {
  const left: Span[] = []
  let at = 0
  for (const { offset, length } of [...spans].sort((a, b) => a.offset - b.offset)) {
    if (offset > at) left.push({ offset: at, length: offset - at })
    at = Math.max(at, offset + length)
  }
  if (at < size) left.push({ offset: at, length: size - at })
  return left
}
