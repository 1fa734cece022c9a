// The cases that move bytes: libaio harness 4, 5, 6, 7, 8, 10, 11, 13, 15; LTP aio01, aio02.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { constants, mkdtempSync, rmdirSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { close, open } from 'trueaio'
import {
  IOCB_CMD_FDSYNC, IOCB_CMD_FSYNC, IOCB_CMD_NOOP, IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV, io_submit, type AioContext, type Iocb,
} from 'trueaio/linux-aio'
import { loadBinding } from '#src/native/load.js'
import { systemCall } from '../harsh/system-calls.js'
import { runProgram } from '../launcher/run-program.js'
import { launcher } from '../launcher/launcher.js'
import { test } from 'node:test'
import { carryOut, fails, onEveryDriver, takeAll } from './subjects.js'

const EINVAL = -22
const EFAULT = -14
const ENOSPC = -28
const EFBIG = -27
const { O_APPEND, O_CREAT, O_DIRECT, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC } = constants

function pread(aio_fildes: number, aio_buf: NodeJS.ArrayBufferView, aio_offset = 0): Iocb {
  return { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes, aio_buf, aio_offset }
}

function pwrite(aio_fildes: number, aio_buf: NodeJS.ArrayBufferView, aio_offset = 0): Iocb {
  return { aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes, aio_buf, aio_offset }
}

onEveryDriver('libaio 4: O_APPEND appends whatever the offset; the end of the file is 0; an offset of -1 is EINVAL', {}, async (bench) => {
  const context = bench.setup()
  const fd = await bench.open('file', O_RDWR | O_CREAT | O_APPEND)
  assert.equal(await carryOut(context, pwrite(fd, Buffer.from('1234'))), 4)
  assert.equal(await carryOut(context, pwrite(fd, Buffer.from('5678'))), 4)
  const back = Buffer.alloc(16)
  assert.equal(await carryOut(context, pread(fd, back)), 8)
  assert.equal(back.toString('latin1', 0, 8), '12345678')
  assert.equal(await carryOut(context, pread(fd, back, 8)), 0)
  await fails(() => io_submit(context, [pread(fd, back, -1)]), 'EINVAL', 'io_submit')
  await fails(() => io_submit(context, [pwrite(fd, back, -1)]), 'EINVAL', 'io_submit')
})

onEveryDriver('libaio 5: memory that may only be read is EFAULT in the event of a read, and can be written from', { real: true }, async (bench) => {
  const context = bench.setup()
  const fd = await bench.open('file')
  const { binding } = loadBinding()
  const page = new Uint8Array(binding?.mapAnonymous(binding.pageSize) ?? new ArrayBuffer(0))
  page.fill(0x5a)
  systemCall('mprotect', page, page.length, 1) // PROT_READ
  assert.equal(await carryOut(context, pwrite(fd, page)), page.length)
  assert.equal(await carryOut(context, pread(fd, page)), EFAULT)
  systemCall('mprotect', page, page.length, 3)
  assert.equal(await carryOut(context, pread(fd, page)), page.length)
})

onEveryDriver('libaio 6: one large request completes with its full size, written and read', {}, async (bench) => {
  const bytes = bench.real ? 64 << 20 : 1 << 20
  const context = bench.setup()
  const fd = await bench.open('file')
  const buffer = Buffer.alloc(bytes, 0xa5)
  assert.equal(await carryOut(context, pwrite(fd, buffer)), bytes)
  buffer.fill(0)
  assert.equal(await carryOut(context, pread(fd, buffer)), bytes)
  assert.ok(buffer.equals(Buffer.alloc(bytes, 0xa5)))
})

test('libaio 7: at the file-size limit a write is short, beyond it EFBIG, a read 0, nothing written is well', { skip: (loadBinding().reason ?? launcher().missing) ?? false, timeout: 60_000 }, async () => {
  for (const driver of ['io-uring', 'linux-aio', 'thread-pool']) {
    const ended = await runProgram('aio-at-limit', { conditions: ['fsize=8192'], environment: { TRUEAIO_DRIVER: driver }, arguments: ['8192'] })
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(JSON.parse(ended.stdout), { crossing: 1, beyond: EFBIG, read: 0, nothing: 0 }, driver)
  }
})

const EXT4_MAGIC = 0xef53
const EXT4_BYTES_MAX = (2 ** 32 - 1) * 4096

onEveryDriver('libaio 8: the same at the largest offset of the file system', { real: true }, async (bench) => {
  const { type, bsize } = statfsSync(bench.directory)
  if (type !== EXT4_MAGIC || bsize !== 4096) return 'the largest offset of this file system is not known here'
  const context = bench.setup()
  const fd = await bench.open('file')
  const two = Buffer.alloc(2)
  assert.equal(await carryOut(context, pwrite(fd, two, EXT4_BYTES_MAX - 1)), 1)
  assert.equal(await carryOut(context, pwrite(fd, two, EXT4_BYTES_MAX)), EFBIG)
  assert.equal(await carryOut(context, pread(fd, two, EXT4_BYTES_MAX)), 0)
  assert.equal(await carryOut(context, { ...pwrite(fd, two, EXT4_BYTES_MAX), aio_nbytes: 0 }), 0)
  return undefined
})

onEveryDriver('libaio 10: on a full disk a write that fits is done, one that crosses is short, one beyond ENOSPC', { real: true }, async (bench) => {
  const bytes = 64 << 10
  const disk = mkdtempSync(join(tmpdir(), 'trueaio-small-disk-'))
  // A file system in memory of just this size; only root may have one.
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${String(bytes)}`, 'none', disk]).status !== 0) {
    rmdirSync(disk)
    return 'only root may mount'
  }
  try {
    const context = bench.setup()
    const fd = await bench.io.submit(open(join(disk, 'file'), { flags: O_RDWR | O_CREAT, mode: 0o644 }))
    const page = Buffer.alloc(4096, 1)
    assert.equal(await carryOut(context, pwrite(fd, Buffer.alloc(bytes - 4096))), bytes - 4096)
    assert.equal(await carryOut(context, pwrite(fd, Buffer.alloc(8192), bytes - 4096)), 4096)
    assert.equal(await carryOut(context, pwrite(fd, page, bytes)), ENOSPC)
    assert.equal(await carryOut(context, pread(fd, page, bytes)), 0)
    assert.equal(await carryOut(context, { ...pwrite(fd, page, bytes), aio_nbytes: 0 }), 0)
    await bench.io.submit(close(fd))
  } finally {
    spawnSync('umount', [disk])
    rmdirSync(disk)
  }
  return undefined
})

onEveryDriver('libaio 11: many thousands of writes and reads of the same bytes through one context', {}, async (bench) => {
  const context = bench.setup(64)
  const fd = await bench.open('file')
  const buffer = Buffer.alloc(256, 7)
  for (const make of [pwrite, pread]) {
    const iocb = make(fd, buffer)
    let submitted = 0
    let ended = 0
    while (ended < 10_000) {
      const batch = Array.from({ length: Math.min(64 - (submitted - ended), 10_000 - submitted) }, () => iocb)
      submitted += io_submit(context, batch)
      for (const { obj, res } of await takeAll(context, 1)) {
        assert.equal(obj, iocb)
        assert.equal(res, 256)
        ended++
      }
    }
    assert.equal(context.inFlight + context.ready, 0)
  }
})

onEveryDriver('libaio 13: eight writes of 1 MiB in one call all complete in full', {}, async (bench) => {
  const context = bench.setup()
  const fd = await bench.open('file')
  const bytes = 1 << 20
  assert.equal(io_submit(context, Array.from({ length: 8 }, (_, index) => pwrite(fd, Buffer.alloc(bytes, index + 1), index * bytes))), 8)
  assert.deepEqual((await takeAll(context, 8)).map(({ res }) => res), new Array(8).fill(bytes))
  const back = Buffer.alloc(8 * bytes)
  assert.equal(await carryOut(context, pread(fd, back)), 8 * bytes)
  for (let index = 0; index < 8; index++) assert.ok(back.subarray(index * bytes, (index + 1) * bytes).every((byte) => byte === index + 1))
})

onEveryDriver('libaio 15: ten vectors written and read, at an offset', {}, async (bench) => {
  const context = bench.setup()
  const aio_fildes = await bench.open('file')
  const aio_buf = Array.from({ length: 10 }, (_, index) => Buffer.alloc(100 + index, index))
  const total = aio_buf.reduce((sum, { length }) => sum + length, 0)
  assert.equal(await carryOut(context, { aio_lio_opcode: IOCB_CMD_PWRITEV, aio_fildes, aio_buf, aio_offset: 7 }), total)
  const back = aio_buf.map(({ length }) => Buffer.alloc(length))
  assert.equal(await carryOut(context, { aio_lio_opcode: IOCB_CMD_PREADV, aio_fildes, aio_buf: back, aio_offset: 7 }), total)
  assert.deepEqual(back, aio_buf)
  const first = [Buffer.alloc(100), Buffer.alloc(101)]
  assert.equal(await carryOut(context, { aio_lio_opcode: IOCB_CMD_PREADV, aio_fildes, aio_buf: first, aio_nbytes: 1, aio_offset: 7 }), 100)
  assert.deepEqual(first[1], Buffer.alloc(101))
})

onEveryDriver('FSYNC, FDSYNC and NOOP complete with 0; fsync of a pipe is EINVAL', {}, async (bench) => {
  const context = bench.setup()
  const aio_fildes = await bench.open('file')
  for (const aio_lio_opcode of [IOCB_CMD_FSYNC, IOCB_CMD_FDSYNC, IOCB_CMD_NOOP]) assert.equal(await carryOut(context, { aio_lio_opcode, aio_fildes }), 0)
  if (!bench.real) return
  const ends = new Int32Array(2)
  systemCall('pipe2', ends, 0)
  bench.owns(...ends)
  // Some engines find it out only when they do it.
  assert.equal(await carryOut(context, { aio_lio_opcode: IOCB_CMD_FSYNC, aio_fildes: ends[0] as number }), EINVAL)
})

onEveryDriver('LTP aio01: six loops of single requests, each submits one and takes one', {}, async (bench) => {
  const context = bench.setup(1)
  const fd = await bench.open('file')
  const out = Buffer.alloc(512)
  const back = Buffer.alloc(512)
  const write = pwrite(fd, out)
  const read = pread(fd, back)
  const LOOPS = 50
  for (let loop = 0; loop < LOOPS; loop++) assert.equal(await carryOut(context, write), 512)
  for (let loop = 0; loop < LOOPS; loop++) assert.equal(await carryOut(context, read), 512)
  for (let loop = 0; loop < LOOPS; loop++) assert.equal(await carryOut(context, pwrite(fd, out, loop)), 512)
  for (let loop = 0; loop < LOOPS; loop++) assert.equal(await carryOut(context, pread(fd, back, loop)), loop + 512 <= 561 ? 512 : 561 - loop)
  for (let loop = 0; loop < LOOPS; loop++) {
    assert.equal(await carryOut(context, write), 512)
    assert.equal(await carryOut(context, read), 512)
  }
  for (let loop = 0; loop < LOOPS; loop++) {
    out.fill(loop)
    await carryOut(context, write)
    await carryOut(context, read)
    assert.deepEqual(back, out)
  }
})

async function manyAtOnce(context: AioContext<number>, iocbs: readonly Iocb<number>[], bytes: number): Promise<void> {
  assert.equal(io_submit(context, iocbs), iocbs.length)
  const events = await takeAll(context, iocbs.length)
  assert.ok(events.every(({ res, res2 }) => res === bytes && res2 === 0))
  assert.deepEqual(events.map(({ data }) => data).sort((a, b) => a - b), iocbs.map((_, index) => index))
}

onEveryDriver('LTP aio02: 32 requests of 64 KiB at once, written and read, under each way to open the file', { real: true }, async (bench) => {
  const bytes = 64 << 10
  const { binding } = loadBinding()
  const memory = binding?.mapAnonymous(32 * bytes) ?? new ArrayBuffer(0)
  const context = bench.setup<number>(32)
  const iocbs = (aio_lio_opcode: number, aio_fildes: number): Iocb<number>[] => Array.from({ length: 32 }, (_, index) => ({
    aio_lio_opcode, aio_fildes, aio_buf: new Uint8Array(memory, index * bytes, bytes), aio_offset: index * bytes, aio_data: index,
  }))
  for (const flags of [O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_TRUNC, O_RDWR | O_DIRECT, O_RDWR | O_TRUNC | O_DIRECT, O_RDWR | O_SYNC, O_RDWR | O_SYNC | O_DIRECT]) {
    const fd = await bench.open('file', flags)
    const all = new Uint8Array(memory)
    for (let index = 0; index < 32; index++) all.fill(index + flags, index * bytes, (index + 1) * bytes)
    await manyAtOnce(context, iocbs(IOCB_CMD_PWRITE, fd), bytes)
    await bench.close(fd)
    all.fill(0)
    const reader = await bench.open('file', O_RDONLY | (flags & O_DIRECT))
    await manyAtOnce(context, iocbs(IOCB_CMD_PREAD, reader), bytes)
    await bench.close(reader)
    for (let index = 0; index < 32; index++) assert.equal(all[index * bytes + 77], (index + flags) & 0xff)
  }
})
