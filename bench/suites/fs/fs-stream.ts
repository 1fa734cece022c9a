// Benchmark suite — a large file out of the page cache through pipeline(): into a stream that only counts, and into
// another file.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { callbackContenders, NODE_CALLBACK, OURS_CALLBACK } from '../../contenders/fs-contenders.js'
import type { ProcessContender, Suite } from '../../suite.js'

const MEBIBYTE = 2 ** 20
/** What is copied to another file each time: enough to be a stream, little enough for its disk. */
const COPY_BYTES_MAX = 64 * MEBIBYTE
const COPIED = 'copied'

/** Streams of a module, whose reading is what is measured: named as modules here, since streams call nobody back. */
export const OURS_STREAM = OURS_CALLBACK.replace(', callback', '')
export const NODE_STREAM = NODE_CALLBACK.replace(', callback', '')

class Counter extends Writable {
  bytes = 0

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.bytes += chunk.length
    done()
  }
}

function named(contender: ProcessContender): ProcessContender {
  return { ...contender, name: contender.name === OURS_CALLBACK ? OURS_STREAM : NODE_STREAM }
}

function expect(bytes: number, wanted: number): void {
  if (bytes !== wanted) throw new Error(`${String(bytes)} bytes came through, of ${String(wanted)}`)
}

export const fsStream: Suite = {
  name: 'fs-stream',
  title: 'The drop-in: createReadStream through pipeline, page-cached',
  unit: 'MiB',
  cases: [
    { name: 'counted', work: '', inFlight: 1, bytes: MEBIBYTE, quick: true },
    { name: 'into createWriteStream', work: COPIED, inFlight: 1, bytes: MEBIBYTE, quick: false },
  ],
  contenders: callbackContenders(({ createReadStream, createWriteStream }, { files }, { work }) => {
    const directory = mkdtempSync(join(files.directory, 'streamed-'))
    const copy = join(directory, 'copy')
    const bytes = work === COPIED ? Math.min(COPY_BYTES_MAX, files.blocksBytes) : files.blocksBytes
    const move = async (): Promise<void> => {
      const source = createReadStream(files.blocks, { end: bytes - 1 })
      if (work === COPIED) {
        await pipeline(source, createWriteStream(copy))
        expect(statSync(copy).size, bytes)
      } else {
        const counter = new Counter()
        await pipeline(source, counter)
        expect(counter.bytes, bytes)
      }
    }
    return {
      async run(budget) {
        while (budget.take()) {
          await move()
          budget.add(bytes / MEBIBYTE - 1)
        }
      },
      close: () => rmSync(directory, { recursive: true }),
    }
  }).map(named),
  reference: OURS_STREAM,
  stride: 1,
  byDefault: false,
}
