// ① interface — opendir. Open, read and close are one trip to a thread, where Node makes one for each and for every 32 entries.
// What it gives is Node's own Dir, over entries that are there already. A large directory, and one that is walked, is Node's.
import type { Dir, OpenDirOptions, PathLike } from 'node:fs'
import { decodeName, listed, type ListedDirectory } from './listed.js'
import { EntryType } from './entry-type.js'
import { plainPath, textEncoding } from '../arguments/index.js'
import { node, nodeFs } from '../node/index.js'
import { checkAborted, closeBehind, countdownOf, deadlineOf, openedWithin, type Countdown, type Deadline } from '../request/index.js'

/** More are Node's to read, piece by piece: they need not be held. */
const ENTRIES_HELD_MAX = 4096
/** A Dir takes its entries from the front of an array. */
const PIECE = 1024
/** Entries of one read of a directory. Node takes memory for as many as requested, and ends the process where there is not so much. */
const BUFFER_MAX = 65536

interface ReadRequest {
  oncomplete: (error: Error | null, entries?: readonly (string | EntryType)[] | null) => void
}

/** What a Dir of Node's asks for its entries: names and types in turn, and null behind the last of them. Nothing is open. */
class ListedEntries {
  #entries: (string | EntryType)[]

  constructor({ names, types, isAscii }: ListedDirectory) {
    this.#entries = names.flatMap((name, index) => [isAscii ? name : decodeName(name), types === undefined ? EntryType.FILE : types[index] as EntryType])
  }

  read(_encoding: unknown, _count: unknown, request?: ReadRequest): (string | EntryType)[] | null {
    const piece = this.#entries.length === 0 ? null : this.#entries.splice(0, PIECE * 2)
    if (request !== undefined) process.nextTick(() => request.oncomplete(null, piece))
    return piece
  }

  close(request?: ReadRequest): void {
    this.#entries = []
    if (request !== undefined) process.nextTick(() => request.oncomplete(null))
  }
}

// Its types declare no constructor, though it has the same one in every version: what it reads from, path, options.
const MakeDir = nodeFs.Dir as unknown as new (from: ListedEntries, path: string, options: OpenDirOptions) => Dir

/** fs.opendir. Undefined: leave it to Node. A directory that opens after the deadline is closed. */
export function opendir(path: PathLike, options?: OpenDirOptions & Deadline): Promise<Dir> | undefined {
  const plain = plainPath(path)
  const encoding = textEncoding(options)
  const { bufferSize = 32, recursive } = typeof options === 'object' && (options as unknown) !== null ? options : {}
  const isPlainSize = typeof bufferSize === 'number' && Number.isInteger(bufferSize) && bufferSize > 0 && bufferSize <= 0xffffffff
  const isTooMuch = isPlainSize && bufferSize > BUFFER_MAX && plain !== undefined
  const given = isTooMuch ? { ...options, bufferSize: BUFFER_MAX } : options
  if (typeof plain === 'string' && isPlainSize && (encoding === undefined || encoding === 'utf8') && !recursive) {
    return openListed(plain, { encoding: 'utf8', bufferSize: Math.min(bufferSize, BUFFER_MAX) }, countdownOf(options))
  }
  return deadlineOf(options) === undefined && !isTooMuch ? undefined : openByNode(path, given)
}

function openByNode(path: PathLike, options: (OpenDirOptions & Deadline) | undefined): Promise<Dir> {
  return openedWithin(node.opendir(path, options), options, 'opendir', (directory) => directory)
}

async function openListed(path: string, options: OpenDirOptions, countdown: Countdown | undefined): Promise<Dir> {
  const directory = await listed(path, { flags: 0, most: ENTRIES_HELD_MAX, sorted: false, stats: false }, countdown, 'opendir')
  if (directory?.fd === -1) return new MakeDir(new ListedEntries(directory), path, options)
  if (directory !== undefined) await closeBehind(directory.fd)
  checkAborted(countdown)
  return openByNode(path, { ...options, ...countdown?.options })
}
