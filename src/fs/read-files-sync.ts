// ① interface — many small files in one blocking batch: what a build tool that reads synchronously waits for on a cold
// cache is the sum of all reads; this way it is the longest of a batch.
import { type PathLike, readFileSync } from 'node:fs'
import { defaultProactor } from '../default-proactor.js'
import { close, read } from '../operation/file.js'
import type { Operation } from '../operation/operation.js'
import { open } from '../operation/path.js'
import { plainPath } from './recognise.js'
import { giveBackSlab, takeSlab, type Slab } from './slab.js'

const BATCH = 64
type Settled<Value> = PromiseSettledResult<Value>

function runAll<Value>(operations: readonly Operation<Value>[]): Settled<Value>[] {
  return defaultProactor().runSync(operations)
}

/**
 * Reads files whole, blocking, many at once. Returns their contents in the order of the paths.
 * @throws what fs.readFileSync throws for the first path that fails
 */
export function readFilesSync(paths: readonly PathLike[]): Buffer[]
export function readFilesSync(paths: readonly PathLike[], encoding: BufferEncoding): string[]
export function readFilesSync(paths: readonly PathLike[], encoding?: BufferEncoding): (Buffer | string)[] {
  const contents: (Buffer | string)[] = []
  for (let at = 0; at < paths.length; at += BATCH) {
    const batch = paths.slice(at, at + BATCH)
    const read = batch.every((path) => plainPath(path) !== undefined) ? readBatch(batch) : []
    // What a batch could not read whole (or at all) is Node's to read, or to refuse.
    batch.forEach((path, index) => {
      const content = read[index] ?? readFileSync(path)
      contents.push(encoding === undefined ? content : content.toString(encoding))
    })
  }
  return contents
}

/** Contents by index; undefined: not a small file that could be read. */
function readBatch(paths: readonly PathLike[]): (Buffer | undefined)[] {
  const opened = runAll(paths.map((path) => open(path))).map((one) => one.status === 'fulfilled' ? one.value : -1)
  const places = opened.flatMap((fd, index) => fd < 0 ? [] : [{ fd, index, slab: takeSlab() }])
  const heads = runAll(places.map(({ fd, slab }) => read(fd, slab.head, 0)))
  const lengths = heads.map((one) => one.status === 'fulfilled' ? one.value : -1)
  // Whether that was all is told by what comes after it.
  const tails = runAll(places.map(({ fd, slab }, place) => read(fd, slab.tail, Math.max(lengths[place] as number, 0))))
  const closed = runAll(places.map(({ fd }) => close(fd)))
  const contents = new Array<Buffer | undefined>(paths.length).fill(undefined)
  places.forEach(({ index, slab }, place) => {
    const length = lengths[place] as number
    const tail = tails[place]
    if (length > 0 && tail?.status === 'fulfilled' && tail.value === 0) contents[index] = copyOf(slab, length)
    giveBackSlab(slab)
  })
  for (const one of closed) if (one.status === 'rejected') throw one.reason
  return contents
}

function copyOf(slab: Slab, length: number): Buffer {
  const content = Buffer.allocUnsafeSlow(length)
  content.set(slab.head.subarray(0, length))
  return content
}
