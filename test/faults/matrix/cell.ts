// A cell of the matrix: one way of writing, one fault, one driver. And its oracle: the bytes on disk are what was
// acknowledged. The content is made of words that differ everywhere, so that bytes in a wrong place are seen.
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Proactor } from 'trueaio'

/** The files that a cell's driver works on, by calls that no fault befalls: the system's own, or a simulation's. */
export interface Files {
  open(path: string, flags: number): Promise<number>
  close(fd: number): Promise<void>
  write(path: string, content: Buffer): void
  /** Empty if there is no such file. */
  read(path: string): Buffer
  remove(path: string): void
}

/** Node's own calls. */
export const SYSTEM_FILES: Files = {
  open: (path, flags) => Promise.resolve(openSync(path, flags, 0o644)),
  close: (fd) => Promise.resolve(closeSync(fd)),
  write: (path, content) => {
    writeFileSync(path, content)
  },
  read: (path) => existsSync(path) ? readFileSync(path) : Buffer.alloc(0),
  remove: (path) => {
    rmSync(path, { force: true })
  },
}

/** A piece of the content that a way was told is written. */
interface Acknowledged {
  readonly at: number
  readonly bytes: number
}

export class Cell {
  readonly io: Proactor
  readonly files: Files
  /** The file to write, which does not exist. */
  readonly path: string
  readonly content: Buffer
  /** A file elsewhere that has the content, for ways that copy. */
  readonly source: string
  readonly acknowledged: Acknowledged[] = []

  constructor(io: Proactor, files: Files, path: string, content: Buffer, source: string) {
    this.io = io
    this.files = files
    this.path = path
    this.content = content
    this.source = source
  }

  /** Notes that `bytes` of the content from `at` on are said to be written. */
  acknowledge(at: number, bytes: number): void {
    if (bytes > 0) this.acknowledged.push({ at, bytes })
  }

  /** All of the content is said to be written. */
  acknowledgeAll(): void {
    this.acknowledge(0, this.content.length)
  }

  get acknowledgedBytes(): number {
    return this.acknowledged.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

/** What a way of writing promises. */
export interface Promised {
  /**
   * `in order`: the file is a prefix of the content. `side by side`: pieces at their places, perhaps with holes between
   * them. `in any order`: pieces behind each other in whatever order.
   */
  readonly placing: 'in order' | 'side by side' | 'in any order'
  /** A piece that failed left nothing: each is one call as write(2). Otherwise some of it may be there. */
  readonly exact: boolean
}

export function contentOf(bytes: number): Buffer {
  const words = new Uint32Array(bytes / 4)
  for (let index = 0; index < words.length; index++) words[index] = Math.imul(index + 1, 0x9e3779b1)
  return Buffer.from(words.buffer)
}

/** What is wrong with the file, or undefined. @param succeeded whether the way told success */
export function wrong({ acknowledged, acknowledgedBytes, content }: Cell, promised: Promised, disk: Buffer, succeeded: boolean): string | undefined {
  if (succeeded && acknowledgedBytes !== content.length) return `success with ${String(acknowledgedBytes)} of ${String(content.length)} bytes acknowledged`
  if (disk.length > content.length) return `${String(disk.length)} bytes there, ${String(content.length)} written`
  const misplaced = promised.placing === 'in any order' ? lost(acknowledged, content, disk) : displaced(acknowledged, content, disk, promised.placing)
  if (misplaced !== undefined) return misplaced
  // Where writes run side by side, one that failed does not keep a later one from making the file longer.
  const exact = succeeded || (promised.exact && promised.placing !== 'side by side')
  if (exact && disk.length !== acknowledgedBytes) return `${String(acknowledgedBytes)} bytes acknowledged, ${String(disk.length)} there`
  return undefined
}

function lost(acknowledged: readonly Acknowledged[], content: Buffer, disk: Buffer): string | undefined {
  const missing = acknowledged.filter(({ at, bytes }) => disk.indexOf(content.subarray(at, at + bytes)) < 0)
  return missing.length === 0 ? undefined : `${String(missing.length)} of ${String(acknowledged.length)} acknowledged pieces are not whole in the file of ${String(disk.length)} bytes`
}

function displaced(acknowledged: readonly Acknowledged[], content: Buffer, disk: Buffer, placing: Promised['placing']): string | undefined {
  for (const { at, bytes } of acknowledged) {
    if (at + bytes > disk.length) return `acknowledged up to ${String(at + bytes)}, the file ends at ${String(disk.length)}`
    if (!disk.subarray(at, at + bytes).equals(content.subarray(at, at + bytes))) return `other bytes than acknowledged in ${String(at)} to ${String(at + bytes)}`
  }
  if (disk.equals(content.subarray(0, disk.length))) return undefined
  if (placing === 'in order') return 'not a prefix of the content'
  for (let at = 0; at < disk.length; at++) if (disk[at] !== content[at] && disk[at] !== 0) return `foreign bytes at ${String(at)}`
  return undefined
}
