// ① interface — a WriteStream as the target of a direct pipe: one of Node's class on a regular file, whose methods nobody has changed.
import type { WriteStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { nodeFs } from '../node/index.js'
import type { Target } from './direct-target.js'
import { Hold } from './hold.js'
import { PlainMethods, WRITING } from './only-pipe.js'

/** 2 MiB take a millisecond at most out of the page cache. */
const PIECE_BYTES = 2 ** 21
const { prototype } = nodeFs.WriteStream
const METHODS = new PlainMethods(prototype, ['_write', '_writev', '_destroy', 'end'])

interface Fields {
  readonly fd: number | null
  readonly flags: string | number | undefined
  /** Where the next write goes; undefined: the current position. */
  pos: number | undefined
  bytesWritten: number
}

/** Streams that createWriteStream of the drop-in made, by whether their file takes pieces. Filled in at the first. */
const suitable = new WeakMap<Writable, boolean | undefined>()

/** Notes a stream of the drop-in's own. Others are served by an `fs` of their caller's. */
export function noteWriteStream(stream: WriteStream): void {
  suitable.set(stream, undefined)
}

export function fileTarget(destination: Writable): Target | undefined {
  if (!suitable.has(destination)) return undefined
  const fields = destination as unknown as Fields
  const { fd } = fields
  const isIdle = destination.writableLength === 0 && !destination.writableNeedDrain && destination.writableCorked === 0
  if (fd === null || !isIdle || destination.destroyed || destination.writableEnded || !isUnchanged(destination)) return undefined
  let isSuitable = suitable.get(destination)
  if (isSuitable === undefined) suitable.set(destination, (isSuitable = takesPieces(fd, fields.flags)))
  if (!isSuitable) return undefined
  return {
    way: 'copy_file_range', fd, pieceBytes: PIECE_BYTES, offset: fields.pos ?? -1,
    hold: new Hold(destination, [[destination, 'end'], [destination, '_destroy']]),
    moved(bytes) {
      fields.bytesWritten += bytes
      if (fields.pos !== undefined) fields.pos += bytes
    },
  }
}

function isUnchanged(destination: Writable): boolean {
  return Object.getPrototypeOf(destination) === prototype && METHODS.areThoseOf(destination) && WRITING.areThoseOf(destination)
}

/** A regular file that is not open for appending, which the call refuses. */
function takesPieces(fd: number, flags: string | number | undefined): boolean {
  const appends = typeof flags === 'number' ? (flags & nodeFs.constants.O_APPEND) !== 0 : flags?.startsWith('a') === true
  if (appends) return false
  try {
    return nodeFs.fstatSync(fd).isFile()
  } catch {
    return false // whatever is wrong with it, its own write will tell
  }
}
