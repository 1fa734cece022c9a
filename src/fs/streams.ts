// ① interface — createReadStream and createWriteStream: Node's classes, served by the engine. Node's WriteStream already
// gathers what is queued into one vectored write; reading ahead is read-ahead.ts.
import type * as node from 'node:fs'
import type { PathLike } from 'node:fs'
import { nodeFs } from './node-functions.js'
import { ReadAhead, type ServedStream, type StreamFunctions } from './read-ahead.js'
import { plainPath } from './recognise.js'

type Options = Readonly<Record<string, unknown>>

/** Options that can be served; undefined: Node's. A stream with an `fs` or FileHandle of its caller's is served by that. */
function servable(path: unknown, options: unknown): Options | undefined {
  const given = typeof options === 'string' ? { encoding: options } : options ?? {}
  if (typeof given !== 'object') return undefined
  const { fs, fd } = given as Options
  const isOpen = typeof fd === 'number'
  if (fs !== undefined && fs !== null) return undefined
  return isOpen || ((fd === undefined || fd === null) && plainPath(path) !== undefined) ? given as Options : undefined
}

export function streamsOn(functions: StreamFunctions): Pick<typeof node, 'createReadStream' | 'createWriteStream'> {
  const createReadStream = (path: PathLike, options?: unknown): node.ReadStream => {
    const given = servable(path, options)
    if (given === undefined) return nodeFs.createReadStream(path, options as BufferEncoding)
    const reads = new ReadAhead(functions)
    const read = function (this: ServedStream, bytes: number): void {
      reads.serve(this, bytes)
    }
    // A `read` of the caller's is the stream's `_read`, as with Node.
    return nodeFs.createReadStream(path, { read, ...given, fs: reads } as object)
  }
  const createWriteStream = (path: PathLike, options?: unknown): node.WriteStream => {
    const given = servable(path, options)
    return nodeFs.createWriteStream(path, (given === undefined ? options : { ...given, fs: functions }) as BufferEncoding)
  }
  Object.defineProperties(createReadStream, Object.getOwnPropertyDescriptors(nodeFs.createReadStream))
  Object.defineProperties(createWriteStream, Object.getOwnPropertyDescriptors(nodeFs.createWriteStream))
  return { createReadStream, createWriteStream }
}
