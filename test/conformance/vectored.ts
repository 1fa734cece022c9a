// readv and writev.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { IOV_MAX, readv, writev } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const RWF_APPEND = 0x10

export function vectored(subject: Subject): void {
  family('readv and writev', () => {
    for (const offset of [0, 7, 100, null] as const) {
      behaviour(subject, `readv at ${String(offset)} fills the buffers in order, as node:fs does`, ['readv'], async (world) => {
        await world.put('file', 'abcdefghijklmnopqrstuvwxyz')
        const { ours, theirs } = await world.openBoth('file')
        const mine = [Buffer.alloc(3, 1), Buffer.alloc(0), Buffer.alloc(10, 1), Buffer.alloc(30, 1)]
        const other = [Buffer.alloc(3, 1), Buffer.alloc(0), Buffer.alloc(10, 1), Buffer.alloc(30, 1)]
        await world.compare(readv(ours, mine, { offset }), () => fs.readvSync(theirs, other, offset ?? undefined))
        assert.deepEqual(mine, other)
        await world.compare(readv(ours, mine, { offset }), () => fs.readvSync(theirs, other, offset ?? undefined))
        assert.deepEqual(mine, other)
      })

      behaviour(subject, `writev at ${String(offset)} leaves the file as node:fs does`, ['writev'], async (world) => {
        await world.put('file', 'abcdefghijklmnopqrstuvwxyz')
        const { ours, theirs } = await world.openBoth('file', O.O_RDWR)
        const buffers = [Buffer.from('one '), Buffer.from(''), new Uint16Array([0x4241, 0x4443]), new DataView(new Uint8Array([1, 2, 3]).buffer, 1)]
        await world.compare(writev(ours, buffers, { offset }), () => fs.writevSync(theirs, buffers, offset ?? undefined))
        await world.compare(writev(ours, buffers, { offset }), () => fs.writevSync(theirs, buffers, offset ?? undefined))
        await world.assertSameContent('file')
      })
    }

    behaviour(subject, 'no buffers move no bytes', ['readv', 'writev'], async (world) => {
      await world.put('file', 'abc')
      const { ours } = await world.openBoth('file', O.O_RDWR)
      assert.equal(await world.io.submit(readv(ours, [])), 0)
      assert.equal(await world.io.submit(writev(ours, [])), 0)
      assert.equal((await world.content('file')).toString(), 'abc')
    })

    behaviour(subject, 'IOV_MAX buffers go in one call', ['readv', 'writev'], async (world) => {
      const { ours } = await world.openBoth('many', O.O_CREAT | O.O_RDWR)
      const out = Array.from({ length: IOV_MAX }, (_, index) => Buffer.alloc(3, index & 0xff))
      assert.equal(await world.io.submit(writev(ours, out, 0)), 3 * IOV_MAX)
      const into = Array.from({ length: IOV_MAX }, () => Buffer.alloc(3))
      assert.equal(await world.io.submit(readv(ours, into, 0)), 3 * IOV_MAX)
      assert.deepEqual(into, out)
    })

    behaviour(subject, 'vectors above the size for which a kernel worker copies', ['readv', 'writev'], async (world) => {
      const { ours } = await world.openBoth('big', O.O_CREAT | O.O_RDWR)
      const out = [Buffer.alloc(300_000, 7), Buffer.alloc(1, 8), Buffer.alloc(200_000, 9)]
      const into = out.map((buffer) => Buffer.alloc(buffer.length))
      assert.equal(await world.io.submit(writev(ours, out, 0)), 500_001)
      assert.equal(await world.io.submit(readv(ours, into, 0)), 500_001)
      assert.ok(Buffer.concat(into).equals(Buffer.concat(out)))
    })

    behaviour(subject, 'RWF_APPEND', ['writev', 'kernel flags'], async (world) => {
      await world.put('file', 'abc')
      const { ours } = await world.openBoth('file', O.O_RDWR)
      assert.equal(await world.io.submit(writev(ours, [Buffer.from('d'), Buffer.from('e')], { offset: 0, flags: RWF_APPEND })), 2)
      assert.equal((await world.content('file')).toString(), 'abcde')
    })

    behaviour(subject, 'errors are those of read and write', ['readv', 'writev'], async (world) => {
      await world.put('file', 'abc')
      const { ours, theirs } = await world.openBoth('file', O.O_WRONLY)
      const buffers = [Buffer.alloc(1)]
      await world.compare(readv(ours, buffers, 0), () => fs.readvSync(theirs, buffers, 0), 'readv')
      await world.compare(writev(987_654, buffers, 0), () => fs.writevSync(987_654, buffers, 0), 'writev')
    })
  })
}
