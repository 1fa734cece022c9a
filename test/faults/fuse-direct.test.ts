// Files of a FUSE mount opened with direct_io: a ring would ask for the rest of a short read at the offset of the whole.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { chain, close, open, Proactor, read, readv } from 'trueaio'
import { readFile } from 'trueaio/fs/promises'
import { fuse, withoutFuse } from './fuse.js'

const skip = withoutFuse()

for (const driver of ['io-uring', 'thread-pool'] as const) {
  test(`${driver}: a short read of a direct_io file is what read(2) says, at an offset and at the position`, { skip }, async (context) => {
    await using mount = await fuse({ directIo: true, readBytesMax: 4 })
    const path = join(mount.path, 'file')
    writeFileSync(path, '0123456789')
    await using io = new Proactor({ driver })
    if (io.explain()[0]?.state === 'refused') {
      context.skip(io.explain()[0]?.reason ?? driver)
      return
    }
    const fd = await io.submit(open(path))
    const buffer = Buffer.alloc(16)
    assert.equal(await io.submit(read(fd, buffer, 0)), 4)
    assert.deepEqual(await Promise.all([2, 4].map((offset) => io.submit(read(fd, Buffer.alloc(8), offset)))), [4, 4])
    assert.equal(await io.submit(readv(fd, [Buffer.alloc(1), Buffer.alloc(9)], 8)), 2)
    assert.deepEqual(await Promise.all([0, 1, 2, 3].map((at) => io.submit(read(fd, buffer.subarray(4 * at, 4 * at + 4))))), [4, 4, 2, 0])
    assert.equal(buffer.toString('latin1', 0, 10), '0123456789')
    await io.submit(close(fd))
  })
}

test('a chain that opens a direct_io file gets what read(2) says', { skip }, async (context) => {
  await using io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
  if (io.explain()[0]?.state === 'refused') {
    context.skip(io.explain()[0]?.reason ?? 'io-uring')
    return
  }
  const buffer = Buffer.alloc(16)
  const wholeFile = (path: string) => chain(open(path), read(chain.opened, buffer, 0), close(chain.opened))
  io.explain(wholeFile('file')) // looks whether there is any FUSE file system: the answer is of this moment
  await using mount = await fuse({ directIo: true, readBytesMax: 4 })
  const path = join(mount.path, 'file')
  writeFileSync(path, '0123456789')
  assert.match(io.explain(wholeFile(path)), /^one after the other/)
  const [fd, bytes] = await io.submit(wholeFile(path))
  assert.ok(fd > 2)
  assert.equal(bytes, 4)
  assert.equal(buffer.toString('latin1', 0, 6), '0123\0\0')
})

test('readFile of a direct_io file ends, with its content', { skip }, async () => {
  await using mount = await fuse({ directIo: true, readBytesMax: 1000 })
  const content = 'abcdefghij'.repeat(3000)
  writeFileSync(join(mount.path, 'file'), content)
  assert.equal(await readFile(join(mount.path, 'file'), 'utf8'), content)
})
