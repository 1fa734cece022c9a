// Reads a file with O_DIRECT with whichever driver is to be had, and prints how, and whether all came out right, as JSON.
import { constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { close, fsync, open, Proactor, read } from 'trueaio'

const BLOCK = 4096
const BLOCKS = 64
const directory = mkdtempSync(join(tmpdir(), 'trueaio-direct-reads-'))
try {
  const path = join(directory, 'blocks')
  writeFileSync(path, Buffer.concat(Array.from({ length: BLOCKS }, (_, index) => Buffer.alloc(BLOCK, index))))
  const io = new Proactor()
  const file = await io.submit(open(path, { flags: constants.O_RDONLY | constants.O_DIRECT }))
  const buffers = Array.from({ length: BLOCKS }, () => io.buffers.allocate(BLOCK))
  let right = true
  for (let round = 0; round < 4; round++) {
    const counts = await Promise.all(buffers.map((buffer, index) => io.submit(read(file, buffer, index * BLOCK))))
    right &&= counts.every((count, index) => count === BLOCK && buffers[index]?.every((byte) => byte === index) === true)
    for (const buffer of buffers) buffer.fill(0xff)
  }
  await io.submit(fsync(file))
  const how = io.explain(read(file, buffers[0] as Buffer, 0))
  const choices = io.explain()
  await io.submit(close(file))
  await io.close()
  console.log(JSON.stringify({ right, how, choices }))
} finally {
  rmSync(directory, { recursive: true })
}
