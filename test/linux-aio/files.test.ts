// The cases about files under load and about memory: libaio harness 14, 18, 21; LTP aiocp, aio-stress, aiodio_append, aiodio_sparse.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, constants, fsyncSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { IOCB_CMD_PREAD, IOCB_CMD_PWRITE, io_destroy, io_getevents, io_submit, RWF_NOWAIT, type Iocb } from 'trueaio/linux-aio'
import { loadBinding } from '#src/native/load.js'
import { carryOut, onEveryDriver, takeAll } from './subjects.js'

const EAGAIN = -11
const ENOTSUP = -95
const BLOCK = 4096
const { O_CREAT, O_DIRECT, O_RDONLY, O_RDWR, O_SYNC } = constants

/** Page-aligned memory, in blocks. */
function aligned(blocks: number, bytes: number = BLOCK): Uint8Array[] {
  const memory = loadBinding().binding?.mapAnonymous(blocks * bytes) ?? new ArrayBuffer(0)
  return Array.from({ length: blocks }, (_, index) => new Uint8Array(memory, index * bytes, bytes))
}

onEveryDriver('libaio 14: a process ends with ten large requests on one control block in flight', { real: true }, (bench) => {
  const script = `
    import { openSync, ftruncateSync } from 'node:fs'
    import { Proactor } from 'trueaio'
    import { io_setup, io_submit, IOCB_CMD_PREAD } from 'trueaio/linux-aio'
    const fd = openSync(${JSON.stringify(join(bench.directory, 'large'))}, 'w+')
    ftruncateSync(fd, 2 ** 26)
    const context = io_setup(10, { proactor: new Proactor({ driver: ${JSON.stringify(bench.io.explain()[0]?.name)} }) })
    const iocb = { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf: Buffer.alloc(2 ** 26) }
    if (io_submit(context, new Array(10).fill(iocb)) !== 10) throw new Error('not all taken')
    await null
    process.exit(0)`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 30_000 })
  assert.equal(status, 0, stderr)
})

onEveryDriver('libaio 18: after io_destroy nothing is written into the buffers any more', { real: true }, async (bench) => {
  writeFileSync(join(bench.directory, 'file'), Buffer.alloc(16 * BLOCK, 0x77))
  const fd = await bench.open('file', O_RDONLY | O_DIRECT)
  const blocks = aligned(16)
  for (let round = 0; round < 40; round++) {
    const context = bench.setup()
    io_submit(context, blocks.map((aio_buf, index): Iocb => ({ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf, aio_offset: index * BLOCK })))
    await Promise.resolve() // handed over
    await io_destroy(context)
    for (const block of blocks) block.fill(0)
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    assert.ok(blocks.every((block) => block.every((byte) => byte === 0)), `round ${String(round)}`)
  }
})

onEveryDriver('libaio 21: RWF_NOWAIT with O_DIRECT tells in the event that it would wait, or does it', { real: true }, async (bench) => {
  const path = join(bench.directory, 'file')
  writeFileSync(path, Buffer.alloc(BLOCK, 5)) // in the page cache, and not on the disk yet: a direct read has to write it out first
  const fd = await bench.open('file', O_RDWR | O_DIRECT)
  const context = bench.setup()
  const [block = new Uint8Array()] = aligned(1)
  const read: Iocb = { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf: block, aio_rw_flags: RWF_NOWAIT }
  const first = await carryOut(context, read)
  assert.ok(first === EAGAIN || first === ENOTSUP, `res ${String(first)}`)
  if (first === ENOTSUP) return 'this file system has no RWF_NOWAIT'
  assert.equal(await carryOut(context, { ...read, aio_lio_opcode: IOCB_CMD_PWRITE, aio_rw_flags: 0 }), BLOCK)
  fsyncSync(fd)
  // Nothing stands in its way any more; a device may still be short of room for a moment.
  let second = EAGAIN
  for (let attempt = 0; attempt < 100 && second === EAGAIN; attempt++) second = await carryOut(context, read)
  assert.equal(second, BLOCK)
  return undefined
})

for (const { bytes, depth, flags, how } of [
  { bytes: 1024, depth: 1, flags: 0, how: '1 KiB, one at a time' },
  { bytes: 8192, depth: 16, flags: 0, how: '8 KiB, 16 at once' },
  { bytes: 64 << 10, depth: 64, flags: O_DIRECT, how: '64 KiB, 64 at once, O_DIRECT' },
  { bytes: 512 << 10, depth: 4, flags: O_SYNC, how: '512 KiB, 4 at once, O_SYNC' },
]) {
  onEveryDriver(`LTP aiocp: a copy in which each finished read becomes a write at the same offset (${how})`, { real: true }, async (bench) => {
    const size = bytes * (bytes < 4096 ? 200 : 20)
    const content = Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 7 + (index >> 8)) & 0xff))
    writeFileSync(join(bench.directory, 'source'), content)
    const source = await bench.open('source', O_RDONLY | (flags & O_DIRECT))
    const target = await bench.open('target', O_RDWR | O_CREAT | flags)
    const context = bench.setup<Uint8Array>(depth)
    const free = aligned(depth, bytes)
    let at = 0
    let written = 0
    while (written < size) {
      const reads: Iocb<Uint8Array>[] = []
      for (let buffer = at < size ? free.pop() : undefined; buffer !== undefined; buffer = at < size ? free.pop() : undefined) {
        reads.push({ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: source, aio_buf: buffer, aio_offset: at, aio_data: buffer })
        at += bytes
      }
      assert.equal(io_submit(context, reads), reads.length)
      for (const { data, obj, res } of await io_getevents(context, 1, depth)) {
        assert.equal(res, bytes)
        if (obj.aio_lio_opcode === IOCB_CMD_PREAD) assert.equal(io_submit(context, [{ ...obj, aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: target, aio_data: data }]), 1)
        else {
          written += res
          free.push(data)
        }
      }
    }
    assert.ok(readFileSync(join(bench.directory, 'target')).equals(content))
  })
}

onEveryDriver('LTP aio-stress: batches of 8 over several files in turn, written, read and compared', {}, async (bench) => {
  const files = await Promise.all([0, 1, 2, 3].map((file) => bench.open(`file-${String(file)}`)))
  const context = bench.setup<{ file: number; block: number }>(64)
  const BLOCKS = 64
  const contentOf = (file: number, block: number): number => (file * 50 + block * 3) & 0xff
  for (const opcode of [IOCB_CMD_PWRITE, IOCB_CMD_PREAD]) {
    const iocbs: Iocb<{ file: number; block: number }>[] = []
    for (let begin = 0; begin < BLOCKS; begin += 8) {
      for (const [file, aio_fildes] of files.entries()) {
        for (let block = begin; block < begin + 8; block++) {
          iocbs.push({ aio_lio_opcode: opcode, aio_fildes, aio_offset: block * BLOCK, aio_data: { file, block }, aio_buf: Buffer.alloc(BLOCK, opcode === IOCB_CMD_PWRITE ? contentOf(file, block) : 0) })
        }
      }
    }
    for (let begin = 0; begin < iocbs.length; begin += 64) {
      for (let batch = begin; batch < begin + 64; batch += 8) assert.equal(io_submit(context, iocbs.slice(batch, batch + 8)), 8)
      for (const { data, obj, res } of await takeAll(context, 64)) {
        assert.equal(res, BLOCK)
        assert.ok((obj.aio_buf as Buffer).every((byte) => byte === contentOf(data.file, data.block)))
      }
    }
  }
})

for (const sparse of [false, true]) {
  onEveryDriver(`LTP ${sparse ? 'aiodio_sparse: zeroes written into a sparse file' : 'aiodio_append: zeroes appended'} with O_DIRECT; buffered readers only ever see zeroes`, { real: true }, async (bench) => {
    const path = join(bench.directory, 'file')
    const blocks = 64
    // What stood on the disk before is not zero: a reader must not get to see it.
    writeFileSync(path, '')
    const fd = await bench.open('file', O_RDWR | O_DIRECT)
    if (sparse) writeFileSync(path, Buffer.alloc(0))
    const reader = openSync(path, 'r')
    const context = bench.setup(16)
    const zeroes = aligned(16)
    const seen = Buffer.alloc(blocks * BLOCK)
    for (let begin = 0; begin < blocks; begin += 16) {
      // Appended in order, or from the end on, which leaves holes in front.
      const places = Array.from({ length: 16 }, (_, index) => (sparse ? blocks - 1 - begin - index : begin + index))
      assert.equal(io_submit(context, places.map((place, index): Iocb => ({ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: zeroes[index], aio_offset: place * BLOCK }))), 16)
      for (let ended = 0; ended < 16;) {
        const got = readSync(reader, seen.fill(0xff), 0, seen.length, 0)
        assert.ok(seen.subarray(0, got).every((byte) => byte === 0))
        ended += (await io_getevents(context, 0, 16)).length
        await new Promise(setImmediate)
      }
    }
    closeSync(reader)
    assert.deepEqual(readFileSync(path), Buffer.alloc(blocks * BLOCK))
  })
}
