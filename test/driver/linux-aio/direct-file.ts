// A file open with O_DIRECT whose blocks know their number, and buffers that O_DIRECT takes.
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Proactor } from 'trueaio'
import { loadBinding } from '#src/native/load.js'

export const BLOCK = 4096

/** Why there is no context here, or false: for the `skip` of node:test. */
export const withoutAio: string | false = await reasonWithout()

async function reasonWithout(): Promise<string | false> {
  if (loadBinding().binding?.aioCreate === undefined) return loadBinding().reason ?? `no Linux AIO on ${process.platform}`
  const io = new Proactor({ driver: 'linux-aio' })
  const refused = io.explain().find(({ state }) => state === 'refused')
  await io.close()
  return refused?.reason ?? false
}

export class DirectFile implements Disposable {
  readonly path: string
  /** With O_DIRECT. */
  readonly fd: number
  /** The same file through the page cache. */
  readonly buffered: number
  readonly #directory: string

  constructor(blocks: number) {
    this.#directory = mkdtempSync(join(tmpdir(), 'trueaio-direct-'))
    this.path = join(this.#directory, 'blocks')
    const content = Buffer.alloc(blocks * BLOCK)
    for (let block = 0; block < blocks; block++) content.fill(block & 0xff, block * BLOCK, (block + 1) * BLOCK)
    writeFileSync(this.path, content)
    this.fd = openSync(this.path, constants.O_RDWR | constants.O_DIRECT)
    this.buffered = openSync(this.path, constants.O_RDWR)
  }

  [Symbol.dispose](): void {
    closeSync(this.fd)
    closeSync(this.buffered)
    rmSync(this.#directory, { recursive: true })
  }
}

/** Page-aligned blocks. */
export function blocks(count: number): Uint8Array[] {
  const { binding } = loadBinding()
  if (binding === undefined) throw new Error('no addon')
  const all = binding.mapAnonymous(count * BLOCK)
  return Array.from({ length: count }, (_, index) => new Uint8Array(all, index * BLOCK, BLOCK))
}

/** Whether all of a block is this byte. */
export function holds(block: Uint8Array, byte: number): boolean {
  return block.every((value) => value === byte)
}
