// Benchmark — the small files, round and round: which one a lane is at, and whether what came is that file.
import { smallFileBytes, smallFilePath, type DataFiles } from './data-files.js'

/** Which file each lane reads, and whether all of it came. */
export class FileRound {
  readonly #paths: readonly string[]
  readonly #current: number[] = []
  #next = 0

  constructor(files: DataFiles) {
    this.#paths = Array.from({ length: files.smallFiles }, (_, index) => smallFilePath(files, index))
  }

  next(lane: number): string {
    const index = this.#next
    this.#next = (index + 1) % this.#paths.length
    this.#current[lane] = index
    return this.#paths[index] as string // below length
  }

  checkContent(lane: number, content: Buffer, bytes: number): void {
    this.checkBytes(lane, bytes)
    const index = content.readUInt32LE(0)
    if (index !== this.#current[lane]) throw new Error(`file ${String(this.#current[lane])} has the content of file ${String(index)}`)
  }

  checkBytes(lane: number, bytes: number): void {
    const wanted = smallFileBytes(this.#current[lane] ?? NaN)
    if (bytes !== wanted) throw new Error(`file ${String(this.#current[lane])} has ${String(wanted)} bytes, and ${String(bytes)} came`)
  }
}
