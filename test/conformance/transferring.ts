// Reading and writing: positions, lengths, ends, kinds of memory.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { read, write } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const RWF_NOWAIT = 0x8
const RWF_APPEND = 0x10
const RWF_UNKNOWN = 0x4000_0000
const TEXT = 'The quick brown fox jumps over the lazy dog.'

export function transferring(subject: Subject): void {
  family('read', () => {
    behaviour(subject, 'any length at any offset gives the bytes of node:fs', [], async (world) => {
      await world.put('file', TEXT)
      for (const [offset, length] of [[0, 10], [4, 5], [40, 10], [44, 10], [1000, 10], [0, 0], [null, 7], [-1, 3]] as const) {
        const { ours, theirs } = await world.openBoth('file')
        const mine = Buffer.alloc(16, 0xee)
        const other = Buffer.alloc(16, 0xee)
        await world.compare(read(ours, mine, { offset, length }), () => fs.readSync(theirs, other, 0, length, offset))
        assert.deepEqual(mine, other)
      }
    })

    behaviour(subject, 'without an offset the position moves, with one it stays', [], async (world) => {
      await world.put('file', TEXT)
      const { ours, theirs } = await world.openBoth('file')
      const mine = Buffer.alloc(10)
      const other = Buffer.alloc(10)
      for (const offset of [undefined, undefined, 3, -1, null, 0n, 20n, undefined, undefined, undefined]) {
        await world.compare(read(ours, mine, offset === undefined ? undefined : { offset }), () => fs.readSync(theirs, other, 0, 10, offset === -1 ? null : (offset ?? null)))
        assert.deepEqual(mine, other)
      }
    })

    behaviour(subject, 'any view over memory is filled, and nothing beside it', [], async (world) => {
      await world.put('file', TEXT)
      const { ours } = await world.openBoth('file')
      const memory = new ArrayBuffer(64)
      const views = [new Uint8Array(memory, 8, 16), new Int16Array(memory, 8, 8), new Float64Array(memory, 8, 2), new DataView(memory, 8, 16), new BigInt64Array(memory, 8, 2)]
      for (const view of views) {
        new Uint8Array(memory).fill(0xee)
        assert.equal(await world.io.submit(read(ours, view, 0)), 16)
        assert.equal(Buffer.from(memory, 8, 16).toString(), TEXT.slice(0, 16))
        assert.ok(new Uint8Array(memory, 0, 8).every((byte) => byte === 0xee))
        assert.ok(new Uint8Array(memory, 24).every((byte) => byte === 0xee))
      }
      const shared = new Uint8Array(new SharedArrayBuffer(8))
      assert.equal(await world.io.submit(read(ours, shared, 4)), 8)
      assert.equal(Buffer.from(shared).toString(), TEXT.slice(4, 12))
    })

    behaviour(subject, 'a large file comes whole, by parts in any order', [], async (world) => {
      const bytes = Buffer.alloc(3 * 1024 * 1024 + 17)
      for (let at = 0; at < bytes.length; at++) bytes[at] = (at * 31 + (at >> 12)) & 0xff
      await world.put('large', bytes)
      const { ours } = await world.openBoth('large')
      const into = Buffer.alloc(bytes.length)
      const part = 100_000
      const starts = Array.from({ length: Math.ceil(bytes.length / part) }, (_, index) => index * part).reverse()
      await Promise.all(starts.map(async (start) => {
        const end = Math.min(start + part, bytes.length)
        for (let at = start; at < end;) {
          const count = await world.io.submit(read(ours, into.subarray(at, end), at))
          assert.ok(count > 0)
          at += count
        }
      }))
      assert.ok(into.equals(bytes))
    })

    behaviour(subject, 'wrong files: a directory, one open for writing only, none at all', [], async (world) => {
      await world.put('file', TEXT)
      await world.putDirectory('directory')
      const writeOnly = await world.openBoth('file', O.O_WRONLY)
      const directory = await world.openBoth('directory', O.O_DIRECTORY)
      const buffer = Buffer.alloc(8)
      await world.compare(read(writeOnly.ours, buffer, 0), () => fs.readSync(writeOnly.theirs, buffer, 0, 8, 0))
      await world.compare(read(directory.ours, buffer, 0), () => fs.readSync(directory.theirs, buffer, 0, 8, 0))
      await world.compare(read(987_654, buffer, 0), () => fs.readSync(987_654, buffer, 0, 8, 0))
    })

    behaviour(subject, 'an unknown RWF flag is EOPNOTSUPP', ['kernel flags', 'checks flags'], async (world) => {
      await world.put('file', TEXT)
      const { ours } = await world.openBoth('file', O.O_RDWR)
      const outcome = world.io.submit(read(ours, Buffer.alloc(4), { offset: 0, flags: RWF_UNKNOWN }))
      await assert.rejects(outcome, { errno: -95 })
      assert.equal(await world.io.submit(read(ours, Buffer.alloc(4), { offset: 0, flags: RWF_NOWAIT })), 4)
    })

    behaviour(subject, 'a read on an empty pipe waits for what is written later', ['real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      const buffer = Buffer.alloc(16)
      const promise = world.io.submit(read(readEnd, buffer))
      await world.io.submit(write(writeEnd, Buffer.from('late')))
      assert.equal(await promise, 4)
      assert.equal(buffer.toString('latin1', 0, 4), 'late')
      world.closeNow(writeEnd)
      assert.equal(await world.io.submit(read(readEnd, buffer)), 0)
    })

    behaviour(subject, 'on a descriptor made non-blocking (as libuv makes them) a read waits all the same', ['real descriptors', 'waits on non-blocking descriptors', 'fifos'], async (world) => {
      const path = world.twinPath('nonblocking')
      world.fifo()
      fs.renameSync(world.twinPath('fifo-0'), path)
      const both = fs.openSync(path, O.O_RDWR | O.O_NONBLOCK)
      try {
        const buffer = Buffer.alloc(8)
        const promise = world.io.submit(read(both, buffer))
        assert.equal(await world.io.submit(write(both, Buffer.from('woken'))), 5)
        assert.equal(await promise, 5)
        assert.equal(buffer.toString('latin1', 0, 5), 'woken')
      } finally {
        fs.closeSync(both)
      }
    })

    behaviour(subject, 'a position in a pipe is ESPIPE', ['real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      const buffer = Buffer.alloc(4)
      await world.compare(read(readEnd, buffer, 4), () => fs.readSync(readEnd, buffer, 0, 4, 4))
      await world.compare(write(writeEnd, buffer, 4), () => fs.writeSync(writeEnd, buffer, 0, 4, 4))
    })
  })

  family('write', () => {
    behaviour(subject, 'any length at any offset leaves the file as node:fs does', [], async (world) => {
      for (const [offset, length] of [[0, 10], [4, 5], [100, 10], [0, 0], [null, 7], [-1, 3]] as const) {
        await world.put('file', TEXT)
        const { ours, theirs } = await world.openBoth('file', O.O_RDWR)
        const bytes = Buffer.from('0123456789abcdef')
        const position = offset === -1 ? null : offset
        await world.compare(write(ours, bytes, { offset, length }), () => fs.writeSync(theirs, bytes, 0, length, position))
        await world.compare(write(ours, bytes, { offset, length }), () => fs.writeSync(theirs, bytes, 0, length, position))
        await world.assertSameContent('file')
      }
    })

    behaviour(subject, 'offsets beyond 2^32 reach their place', ['real descriptors'], async (world) => {
      const { ours, theirs } = await world.openBoth('sparse', O.O_CREAT | O.O_RDWR)
      const buffer = Buffer.alloc(4)
      for (const offset of [2 ** 32 - 2, 2 ** 32 + 1, 5_000_000_000, 2 ** 40 + 12_345]) {
        await world.compare(write(ours, Buffer.from('far!'), offset), () => fs.writeSync(theirs, Buffer.from('far!'), 0, 4, offset))
        assert.equal(fs.readSync(ours, buffer, 0, 4, offset), 4)
        assert.equal(buffer.toString(), 'far!')
        buffer.fill(0)
        assert.equal(await world.io.submit(read(ours, buffer, { offset: BigInt(offset) })), 4)
        assert.equal(buffer.toString(), 'far!')
      }
      assert.equal(fs.fstatSync(ours).size, fs.fstatSync(theirs).size)
      await world.compare(write(ours, buffer, Number.MAX_SAFE_INTEGER), () => fs.writeSync(theirs, buffer, 0, 4, Number.MAX_SAFE_INTEGER))
    })

    behaviour(subject, 'wrong files: one open for reading only, none at all', [], async (world) => {
      await world.put('file', TEXT)
      const { ours, theirs } = await world.openBoth('file')
      const bytes = Buffer.from('no')
      await world.compare(write(ours, bytes, 0), () => fs.writeSync(theirs, bytes, 0, 2, 0))
      await world.compare(write(987_654, bytes, 0), () => fs.writeSync(987_654, bytes, 0, 2, 0))
    })

    behaviour(subject, 'RWF_APPEND writes at the end of a file not opened so', ['kernel flags'], async (world) => {
      await world.put('file', 'start')
      const { ours } = await world.openBoth('file', O.O_RDWR)
      assert.equal(await world.io.submit(write(ours, Buffer.from('+end'), { offset: 0, flags: RWF_APPEND })), 4)
      assert.equal((await world.content('file')).toString(), 'start+end')
    })

    behaviour(subject, 'into a pipe without a reader is EPIPE', ['real descriptors', 'fifos'], async (world) => {
      const { readEnd, writeEnd } = world.fifo()
      world.closeNow(readEnd)
      await world.compare(write(writeEnd, Buffer.from('lost')), () => fs.writeSync(writeEnd, 'lost'))
    })

    behaviour(subject, 'many writes side by side all arrive', [], async (world) => {
      const { ours } = await world.openBoth('blocks', O.O_CREAT | O.O_RDWR)
      await Promise.all(Array.from({ length: 300 }, (_, index) => world.io.submit(write(ours, Buffer.alloc(64, index & 0xff), index * 64))))
      const content = await world.content('blocks')
      assert.equal(content.length, 300 * 64)
      for (let index = 0; index < 300; index++) assert.ok(content.subarray(index * 64, index * 64 + 64).every((byte) => byte === (index & 0xff)))
    })
  })
}
