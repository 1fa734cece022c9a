// What random operations work on: files whose every byte is known, pipes that are full or empty for ever, and a file that nobody
// is to touch, which gets descriptor numbers that were closed a moment before.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { open, type Proactor } from 'trueaio'
import type { SimulatedDriver } from 'trueaio/simulated'

export const FILES = 4
export const FILE_BYTES = 65536
const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants

function byteAt(file: number, offset: number): number {
  return (file * 61 + offset * 7 + (offset >> 8)) & 0xff
}

const CONTENTS: readonly Buffer[] = Array.from({ length: FILES }, (_, file) => {
  const content = Buffer.alloc(FILE_BYTES)
  for (let offset = 0; offset < FILE_BYTES; offset++) content[offset] = byteAt(file, offset)
  return content
})

export function contentOf(file: number): Buffer {
  return CONTENTS[file] as Buffer // file is below FILES
}

/** On disk, seen by every real driver. */
export class DiskWorld {
  readonly root = fs.mkdtempSync(join(tmpdir(), 'trueaio-random-'))
  readonly paths: readonly string[] = Array.from({ length: FILES }, (_, file) => join(this.root, `witness-${String(file)}`))
  readonly files: readonly number[]
  readonly scratch: number
  readonly emptyEnd: number
  readonly fullEnd: number
  readonly #others: readonly number[]
  readonly #untouched = join(this.root, 'untouched')
  readonly #fullPath = join(this.root, 'full')

  constructor() {
    this.paths.forEach((path, file) => fs.writeFileSync(path, contentOf(file)))
    fs.writeFileSync(this.#untouched, 'untouched')
    this.files = this.paths.map((path) => fs.openSync(path, O_RDONLY))
    this.scratch = fs.openSync(join(this.root, 'scratch'), 'w+')
    const empty = join(this.root, 'empty')
    assert.equal(spawnSync('mkfifo', [empty, this.#fullPath]).status, 0)
    this.emptyEnd = fs.openSync(empty, O_RDONLY | O_NONBLOCK)
    const fullReader = fs.openSync(this.#fullPath, O_RDONLY | O_NONBLOCK)
    this.fullEnd = fs.openSync(this.#fullPath, O_WRONLY | O_NONBLOCK)
    this.#others = [fs.openSync(empty, O_WRONLY | O_NONBLOCK), fullReader]
    try {
      for (;;) fs.writeSync(this.fullEnd, Buffer.alloc(4096))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
    }
  }

  /** Another descriptor of the full pipe, to be closed under what waits on it. */
  anotherFullEnd(): number {
    return fs.openSync(this.#fullPath, O_WRONLY | O_NONBLOCK)
  }

  /** Closes a descriptor and gives its number to the file that nobody is to touch. Returns what closes it again. */
  giveNumberAway(fd: number): () => void {
    fs.closeSync(fd)
    const next = fs.openSync(this.#untouched, O_RDWR)
    return () => fs.closeSync(next)
  }

  check(): void {
    assert.equal(fs.readFileSync(this.#untouched, 'latin1'), 'untouched', 'a file that nobody meant was written')
    this.paths.forEach((path, file) => assert.ok(fs.readFileSync(path).equals(contentOf(file)), `witness ${String(file)} was written`))
  }

  checkRegion(index: number, bytes: Buffer, wasWritten: boolean): void {
    const found = Buffer.alloc(bytes.length)
    fs.readSync(this.scratch, found, 0, bytes.length, index * bytes.length)
    assert.ok(found.equals(bytes) || (!wasWritten && found.every((byte) => byte === 0)), `region ${String(index)} holds what nobody wrote there`)
  }

  clearScratch(): void {
    fs.ftruncateSync(this.scratch, 0)
  }

  /** What descriptors are open on, and how many on each. */
  openDescriptors(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const fd of fs.readdirSync('/proc/self/fd')) {
      let target = 'the directory of descriptors'
      try {
        target = fs.readlinkSync(`/proc/self/fd/${fd}`).replace(/:\[\d+\]/, '')
      } catch { // it was that of the listing itself
      }
      counts[target] = (counts[target] ?? 0) + 1
    }
    return counts
  }

  end(): void {
    for (const fd of [...this.files, this.scratch, this.emptyEnd, this.fullEnd, ...this.#others]) fs.closeSync(fd)
    fs.rmSync(this.root, { recursive: true, force: true })
  }
}

/** The witnesses in the memory of a simulated driver, put there without operations: a checksum of each is most of a seed's time. */
export async function witnessesInMemory(driver: SimulatedDriver, io: Proactor): Promise<{ paths: string[]; files: number[] }> {
  const paths = CONTENTS.map((_, file) => `/witness-${String(file)}`)
  for (const [file, path] of paths.entries()) driver.files.write(path, contentOf(file))
  return { paths, files: await Promise.all(paths.map((path) => io.submit(open(path)))) }
}
