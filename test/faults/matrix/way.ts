// A way of writing, as a row of the matrix.
import { constants } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import type { Cell, Promised } from './cell.js'

export interface Way extends Promised {
  readonly name: string
  /** Writes the cell's content into the cell's file, and notes in the cell what it was told. Throws what it was told otherwise. */
  readonly write: (cell: Cell) => Promise<void>
  /** It closes the file, and so hears of a refusal that the file system keeps until then. */
  readonly hearsClose?: boolean
  /** It blocks this thread. */
  readonly blocks?: true
  /** Bytes of its content. Default: `CONTENT`. */
  readonly bytes?: number
  /** It syncs the file, and so hears of what was lost behind the page cache. */
  readonly hearsSync?: true
  /** Codes that it may be told besides the fault's own, and why. */
  readonly alsoTold?: readonly string[]
  /** Why it cannot be shown, by the name of a driver or of a fault. */
  readonly lacks?: Readonly<Record<string, string>>
}

/** Bytes of a piece, for ways that write piece by piece: above what the ring lets run inline, and aligned for O_DIRECT. */
export const PIECE = 98_304
/** Bytes that a fault leaves room for: whole pages, for O_DIRECT's sake; less than any way writes. */
export const ROOM = 299_008
/** Bytes that a way writes: more than any fault leaves room for. */
export const CONTENT: number = 5 * PIECE
/** The same for ways that take several trips for much. */
export const MUCH: number = 12 * PIECE

const { O_CREAT, O_EXCL, O_RDWR } = constants

/** The cell's file, opened without the way's help while it runs: what fails is then the write. */
export async function withDescriptor(cell: Cell, body: (fd: number) => Promise<void>, flags = 0): Promise<void> {
  const fd = await cell.files.open(cell.path, O_CREAT | O_EXCL | O_RDWR | flags)
  try {
    await body(fd)
  } finally {
    await closeQuietly(cell, fd)
  }
}

/** The fault's refusal of close is not the way's. */
async function closeQuietly(cell: Cell, fd: number): Promise<void> {
  try {
    await cell.files.close(fd)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EBADF') throw error
  }
}

/** Piece by piece in order, each as often as it takes: as POSIX has callers of write(2) do. */
export async function inPieces(cell: Cell, write: (bytes: Buffer, at: number) => Promise<number>): Promise<void> {
  const { content } = cell
  for (let at = 0; at < content.length;) {
    const written = await write(content.subarray(at, Math.min(at + PIECE, content.length)), at)
    if (written === 0) throw new Error('a write of 0 bytes')
    cell.acknowledge(at, written)
    at += written
  }
}

/** All pieces at once; of each what was told. Throws the first error. */
export async function atOnce(cell: Cell, write: (bytes: Buffer, at: number) => Promise<number>): Promise<void> {
  const { content } = cell
  const places = Array.from({ length: Math.ceil(content.length / PIECE) }, (_, index) => index * PIECE)
  const ends = await Promise.allSettled(places.map(async (at) => {
    const piece = content.subarray(at, Math.min(at + PIECE, content.length))
    const written = await write(piece, at)
    cell.acknowledge(at, written)
    if (written < piece.length) throw shortWrite()
  }))
  const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as NodeJS.ErrnoException] : []))
  const failed = errors.find(({ code }) => code !== SHORT) ?? errors[0]
  if (failed !== undefined) throw failed
}

/** A write came up short and was not gone on with: no error of the system's, and no success either. */
export const SHORT = 'short'

export function shortWrite(): Error {
  return Object.assign(new Error('a short write'), { code: SHORT })
}

/** Two writes at the position, of which libuv goes on with the first after it came up short, interleave, as Node's own do. */
export const LIBUV_GOES_ON: Readonly<Record<string, string>> = Object.fromEntries(['EIO at one write', 'EINTR at one write', 'short writes', 'EIO at a later write, direct_io', 'full FUSE, direct_io'].map((fault) =>
  [`node, ${fault}`, 'libuv goes on after a short write, and Node promises nothing of writes that overlap (fs.write)']))

/** A number as system calls return it: bytes, or an error. */
export function bytesOrError(result: number): number {
  if (result < 0) throw Object.assign(new Error(`errno ${String(-result)}`), { errno: result, code: getSystemErrorName(result) })
  return result
}
