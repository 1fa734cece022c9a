// ① interface — createReadStream and createWriteStream: Node's classes, served by the engine. Node's WriteStream already
// gathers what is queued into one vectored write; reading ahead is read-ahead.ts.
import type * as node from 'node:fs'
import type { PathLike } from 'node:fs'
import { nodeFs, nodeStreamRead, shared } from '../node/index.js'
import { noteWriteStream } from './pipe-to-file.js'
import { ReadAhead, type ServedStream } from './read-ahead.js'
import { plainPath } from '../arguments/index.js'
import type { FunctionsNow } from './stream-functions.js'

type Options = Readonly<Record<string, unknown>>

/** As Node copies them: what they inherit counts as well. */
function copyOf(options: object): Options {
  const copy: Record<string, unknown> = {}
  for (const name in options) copy[name] = (options as Options)[name]
  return copy
}

/** Options that can be served; undefined: Node's. A stream with an `fs` or FileHandle of its caller's is served by that. */
function servable(path: unknown, options: unknown): Options | undefined {
  const given = typeof options === 'string' ? { encoding: options } : options ?? {}
  if (typeof given !== 'object') return undefined
  const copy = copyOf(given)
  const { fs, fd } = copy
  const isOpen = typeof fd === 'number'
  if (fs !== undefined && fs !== null) return undefined
  return isOpen || ((fd === undefined || fd === null) && plainPath(path) !== undefined) ? copy : undefined
}

/** The same as Node's in name, length and properties, and called with `new` as well. */
function likeNodes<Callable extends object>(ours: Callable, theirs: Callable): Callable {
  return Object.defineProperties(ours, Object.getOwnPropertyDescriptors(theirs))
}

export function streamsOn(functions: FunctionsNow): Pick<typeof node, 'createReadStream' | 'createWriteStream'> {
  const createReadStream = function (path: PathLike, options?: unknown): node.ReadStream {
    // A class that somebody has put in the place of Node's gets what its caller gave.
    const given = shared.fs.ReadStream === nodeFs.ReadStream ? servable(path, options) : undefined
    if (given === undefined) return nodeFs.createReadStream(path, options as BufferEncoding)
    const reads = new ReadAhead(functions, given['zeroCopy'] !== false && given['encoding'] === undefined)
    const stream = nodeFs.createReadStream(path, { ...given, fs: reads })
    // A `read` of the caller's is the stream's `_read`, as with Node, and so is a `_read` that has been put into the class.
    if (stream._read === nodeStreamRead()) {
      const value = function (this: ServedStream, bytes: number): void {
        reads.serve(this, bytes)
      }
      Object.defineProperty(stream, '_read', { value, writable: true, configurable: true })
    }
    return stream
  }
  const createWriteStream = function (path: PathLike, options?: unknown): node.WriteStream {
    const given = shared.fs.WriteStream === nodeFs.WriteStream ? servable(path, options) : undefined
    if (given === undefined) return nodeFs.createWriteStream(path, options as BufferEncoding)
    const stream = nodeFs.createWriteStream(path, { ...given, fs: functions })
    if (given['zeroCopy'] !== false) noteWriteStream(stream)
    return stream
  }
  return {
    createReadStream: likeNodes(createReadStream, nodeFs.createReadStream),
    createWriteStream: likeNodes(createWriteStream, nodeFs.createWriteStream),
  }
}
