// Benchmark — the files that are read and written: made in a temporary directory, stamped so that readers can tell that
// they got the right bytes, and removed at the end, however the end comes.
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'

export const BLOCK_BYTES = 4096
const CHUNK_BYTES = 1 << 20
export const SMALL_FILES_A_DIRECTORY = 100
/** Blocks of the log that the commit suite writes: one region for each writer. */
export const LOG_BLOCKS = 2048

/** Where everything is. */
export interface DataFiles {
  readonly directory: string
  /** One large file: block i begins and ends with the number i, 32 bits, little-endian. */
  readonly blocks: string
  readonly blocksBytes: number
  /** Many small files: file i begins with the number i. */
  readonly smallFiles: number
  /** A file already allocated, to write to. */
  readonly log: string
}

/** Path of a small file. */
export function smallFilePath(files: DataFiles, index: number): string {
  return join(files.directory, 'small', String(Math.floor(index / SMALL_FILES_A_DIRECTORY)), `${String(index)}.txt`)
}

/** Bytes of a small file: 0.5 to 7.5 KB, scattered evenly. */
export function smallFileBytes(index: number): number {
  return 512 + (Math.imul(index + 1, 2654435761) >>> 0) % 6989
}

export const SMALL_FILE_BYTES_MAX = 8192

export interface DataSizes {
  readonly blocksBytes: number
  readonly smallFiles: number
}

/** Makes the directory. What is in it is made by `makeDataFiles`, so that it can be removed in between. */
export function makeDirectory(parent: string): string {
  return mkdtempSync(join(parent, '.trueaio-bench-'))
}

/** Safe to call again and at any time. */
export function removeDirectory(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
}

/** Each step is synchronous and the loop turns in between: a signal never finds a write half done by another thread. */
export async function makeDataFiles(directory: string, sizes: DataSizes): Promise<DataFiles> {
  const files: DataFiles = { directory, ...sizes, blocks: join(directory, 'blocks'), log: join(directory, 'log') }
  await writeBlocks(files.blocks, sizes.blocksBytes)
  await writeBlocks(files.log, LOG_BLOCKS * BLOCK_BYTES)
  const content = noise(SMALL_FILE_BYTES_MAX)
  for (let index = 0; index < sizes.smallFiles; index++) {
    if (index % SMALL_FILES_A_DIRECTORY === 0) {
      await nextTurn()
      mkdirSync(join(directory, 'small', String(index / SMALL_FILES_A_DIRECTORY)), { recursive: true })
    }
    content.writeUInt32LE(index, 0)
    writeFileSync(smallFilePath(files, index), content.subarray(0, smallFileBytes(index)))
  }
  return files
}

async function writeBlocks(path: string, bytes: number): Promise<void> {
  const chunk = noise(CHUNK_BYTES)
  const fd = openSync(path, 'wx')
  try {
    for (let offset = 0; offset < bytes; offset += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, bytes - offset)
      for (let at = 0; at < length; at += BLOCK_BYTES) {
        const block = (offset + at) / BLOCK_BYTES
        chunk.writeUInt32LE(block, at)
        chunk.writeUInt32LE(block, at + BLOCK_BYTES - 4)
      }
      if (writeSync(fd, chunk, 0, length, offset) !== length) throw new Error(`${path}: short write: is the file system full?`)
      await nextTurn()
    }
    // O_DIRECT reads would otherwise wait for the write-back of these pages, and measure that.
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Bytes without a pattern, the same each time. */
function noise(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  let state = 0x9e3779b9
  for (let at = 0; at + 4 <= bytes; at += 4) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    buffer.writeInt32LE(state, at)
  }
  return buffer
}
