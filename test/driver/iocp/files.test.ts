// Files on the completion port: which transfers go there, that a number which others have given to another file is noticed, that a position
// does not move, and that no handle is left.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { close, ftruncate, open, read, statx, write, type Proactor } from 'trueaio'
import { loadBinding } from '#src/native/load.js'
import { inFolder, makeProactor, skip } from './subject.js'

const { constants: O } = fs
const BLOCK = 4096

/** Of libuv's on Windows: FILE_FLAG_NO_BUFFERING. `fs.constants` does not have it there. */
const O_DIRECT = 0x02000000

interface LoopFigures {
  readonly uvMetricsInfo?: { readonly events: number }
}

function hasEventCount(): boolean {
  return (performance.nodeTiming as LoopFigures).uvMetricsInfo !== undefined
}

function eventCount(): number {
  return (performance.nodeTiming as LoopFigures).uvMetricsInfo?.events ?? 0
}

async function withFiles(body: (io: Proactor, folder: string) => Promise<void>): Promise<void> {
  const io = makeProactor()
  try {
    await inFolder((folder) => body(io, folder))
  } finally {
    await io.close()
  }
}

test('who makes a transfer: of own files, of others\', at the position', { skip }, async () => {
  await withFiles(async (io, folder) => {
    const path = join(folder, 'file')
    fs.writeFileSync(path, 'content')
    const fd = await io.submit(open(path, { flags: O.O_RDWR }))
    const buffer = Buffer.alloc(7)
    assert.equal(await io.submit(read(fd, buffer, 0)), 7)
    assert.equal(await io.submit(read(fd, buffer, 0)), 7)
    assert.match(io.explain(write(fd, buffer, 0)), /^iocp: WriteFile on one of \d+ threads, by an open file of its own: it is buffered/)
    assert.match(io.explain(read(fd, buffer)), /moves the file's position/)
    const foreign = fs.openSync(path, 'r')
    assert.match(io.explain(read(foreign, buffer, 0)), /has not opened the file/)
    assert.equal(await io.submit(read(foreign, buffer, 3)), 4)
    fs.closeSync(foreign)
    await io.submit(close(fd))
    assert.match(io.explain(read(fd, buffer, 0)), /has not opened the file/)
  })
})

test('a file without buffering is on the port', { skip }, async () => {
  await withFiles(async (io, folder) => {
    const path = join(folder, 'file')
    const content = Buffer.alloc(2 * BLOCK, 'content')
    fs.writeFileSync(path, content)
    const fd = await io.submit(open(path, { flags: O.O_RDWR | O_DIRECT }))
    assert.match(io.explain(read(fd, content, 0)), /^iocp: ReadFile on the completion port, by an open file of its own: it is not buffered$/)
    const buffer = new Uint8Array(loadBinding().binding?.mapCollected(BLOCK) ?? assert.fail('the addon maps memory'))
    for (let round = 0; round < 50; round++) {
      assert.equal(await io.submit(read(fd, buffer, BLOCK)), BLOCK)
      assert.ok(content.subarray(BLOCK).equals(buffer))
      assert.equal(await io.submit(write(fd, buffer, BLOCK)), BLOCK)
    }
    assert.equal(await io.submit(read(fd, buffer, 2 * BLOCK)), 0)
    await io.submit(close(fd))
  })
})

test('many small reads at once are one wake-up of the loop for many, not one for each', { skip: skip || (hasEventCount() ? false : 'this Node does not count events of its loop') }, async () => {
  await withFiles(async (io, folder) => {
    const path = join(folder, 'file')
    fs.writeFileSync(path, Buffer.alloc(32 * BLOCK, 'x'))
    const fd = await io.submit(open(path))
    const buffers = Array.from({ length: 32 }, () => Buffer.alloc(BLOCK))
    const events = eventCount()
    for (let round = 0; round < 50; round++) await Promise.all(buffers.map((buffer, index) => io.submit(read(fd, buffer, index * BLOCK))))
    const each = (eventCount() - events) / 50
    assert.ok(each <= 8, `${String(each)} wake-ups for 32 reads`)
    await io.submit(close(fd))
  })
})

test('a handle closed with reads in flight: each ends, and the number\'s next file is not touched', { skip }, async () => {
  await withFiles(async (io, folder) => {
    fs.writeFileSync(join(folder, 'one'), Buffer.alloc(64 * BLOCK, '1'))
    fs.writeFileSync(join(folder, 'two'), Buffer.alloc(64 * BLOCK, '2'))
    for (let round = 0; round < 20; round++) {
      const fd = await io.submit(open(join(folder, 'one'), { flags: O.O_RDWR }))
      await io.submit(read(fd, Buffer.alloc(1), 0))
      const writes = Array.from({ length: 100 }, (_, index) => io.submit(write(fd, Buffer.from('w'), index)).then((bytes) => bytes, (error: unknown) => (error as NodeJS.ErrnoException).code))
      await Promise.resolve() // the batch is handed over in a microtask
      const closing = io.submit(close(fd))
      const next = fs.openSync(join(folder, 'two'), 'r')
      for (const end of await Promise.all(writes)) assert.ok(end === 1 || end === 'EBADF' || end === 'EPERM', String(end))
      await closing
      fs.closeSync(next)
      assert.ok(fs.readFileSync(join(folder, 'two')).every((byte) => byte === 50))
    }
  })
})

test('two thousand reads and writes side by side arrive where they belong', { skip }, async () => {
  await withFiles(async (io, folder) => {
    const fd = await io.submit(open(join(folder, 'file'), { flags: O.O_RDWR | O.O_CREAT, mode: 0o666 }))
    const blocks = Array.from({ length: 1000 }, (_, index) => Buffer.alloc(BLOCK, String(index)))
    const written = await Promise.all(blocks.map((block, index) => io.submit(write(fd, block, index * BLOCK))))
    assert.ok(written.every((bytes) => bytes === BLOCK))
    const into = blocks.map(() => Buffer.alloc(BLOCK))
    await Promise.all(into.map((buffer, index) => io.submit(read(fd, buffer, index * BLOCK))))
    into.forEach((buffer, index) => assert.ok(buffer.equals(blocks[index] as Buffer), String(index)))
    await io.submit(close(fd))
  })
})

test('beyond four gigabytes, at the end, and past a file that was cut', { skip }, async () => {
  await withFiles(async (io, folder) => {
    const fd = await io.submit(open(join(folder, 'file'), { flags: O.O_RDWR | O.O_CREAT, mode: 0o666 }))
    const far = 5 * 2 ** 30
    const buffer = Buffer.alloc(8)
    for (let round = 0; round < 3; round++) assert.equal(await io.submit(write(fd, Buffer.from('far away'), far)), 8)
    assert.equal(await io.submit(read(fd, buffer, far)), 8)
    assert.equal(buffer.toString(), 'far away')
    assert.equal(await io.submit(read(fd, buffer, far + 8)), 0)
    assert.equal(await io.submit(read(fd, buffer, far + 4)), 4)
    await io.submit(ftruncate(fd, 10))
    assert.equal(await io.submit(read(fd, buffer, far)), 0)
    await io.submit(close(fd))
    assert.equal((await io.submit(statx(join(folder, 'file')))).size, 10)
  })
})

test('a transfer at an offset leaves the position, however many are under way', { skip }, async () => {
  await withFiles(async (io, folder) => {
    fs.writeFileSync(join(folder, 'file'), Buffer.alloc(100 * BLOCK, 'x'))
    const fd = await io.submit(open(join(folder, 'file')))
    const all: Promise<number>[] = []
    for (let index = 0; index < 50; index++) {
      all.push(io.submit(read(fd, Buffer.alloc(10))), io.submit(read(fd, Buffer.alloc(BLOCK), index * BLOCK)))
      if (index === 0) await Promise.all(all)
    }
    await Promise.all(all)
    assert.equal(fs.readSync(fd, Buffer.alloc(100 * BLOCK)), 100 * BLOCK - 500)
    await io.submit(close(fd))
  })
})

test('who closes by node:fs and opens another file under the number, transfers that one', { skip }, async () => {
  await withFiles(async (io, folder) => {
    fs.writeFileSync(join(folder, 'one'), 'one')
    fs.writeFileSync(join(folder, 'two'), 'two')
    const fd = await io.submit(open(join(folder, 'one'), { flags: O.O_RDWR }))
    const buffer = Buffer.alloc(3)
    for (let round = 0; round < 3; round++) await io.submit(read(fd, buffer, 0))
    fs.closeSync(fd)
    assert.equal(fs.openSync(join(folder, 'two'), 'r'), fd)
    assert.equal(await io.submit(read(fd, buffer, 0)), 3)
    assert.equal(buffer.toString(), 'two')
    await assert.rejects(io.submit(write(fd, Buffer.from('bad'), 0)), { code: /^E(BADF|PERM)$/ })
    assert.equal(fs.readFileSync(join(folder, 'one'), 'utf8'), 'one')
    fs.closeSync(fd)
    await assert.rejects(io.submit(read(fd, buffer, 0)), { code: 'EBADF' })
  })
})

test('what is appended goes to the end, and what is open for reading is not written', { skip }, async () => {
  await withFiles(async (io, folder) => {
    const path = join(folder, 'file')
    fs.writeFileSync(path, 'start')
    const appending = await io.submit(open(path, { flags: O.O_WRONLY | O.O_APPEND }))
    for (let round = 0; round < 3; round++) await io.submit(write(appending, Buffer.from('+'), 0))
    await io.submit(close(appending))
    const reading = await io.submit(open(path))
    for (let round = 0; round < 3; round++) assert.equal(await io.submit(read(reading, Buffer.alloc(20), 0)), 8)
    const { code: expected } = await new Promise<NodeJS.ErrnoException>((resolve) => { fs.write(reading, Buffer.from('x'), 0, 1, 0, (error) => resolve(error as NodeJS.ErrnoException)) })
    await assert.rejects(io.submit(write(reading, Buffer.from('x'), 0)), { code: expected })
    await io.submit(close(reading))
    assert.equal(fs.readFileSync(path, 'utf8'), 'start+++')
  })
})

test('no handle is left: not by files, nor by proactors', { skip }, async () => {
  const count = (): number => loadBinding().binding?.handleCount?.() ?? assert.fail('the addon counts handles')
  await inFolder(async (folder) => {
    fs.writeFileSync(join(folder, 'file'), 'content')
    const round = async (): Promise<void> => {
      const io = makeProactor()
      for (let index = 0; index < 50; index++) {
        const fd = await io.submit(open(join(folder, 'file')))
        for (let read_ = 0; read_ < 3; read_++) await io.submit(read(fd, Buffer.alloc(7), 0))
        await io.submit(close(fd))
      }
      await io.close()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await round()
    const before = count()
    for (let index = 0; index < 5; index++) await round()
    assert.ok(count() <= before + 10, `${String(count())} handles, ${String(before)} before`)
  })
})
