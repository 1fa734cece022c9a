// Syncing, space and advice.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { fadvise, fallocate, fdatasync, fsync, ftruncate, madvise, syncFileRange, truncate } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const FALLOC_FL_KEEP_SIZE = 1
const FALLOC_FL_PUNCH_HOLE = 2
const SYNC_FILE_RANGE_ALL = 7
const POSIX_FADV_SEQUENTIAL = 2
const POSIX_FADV_DONTNEED = 4
const MADV_DONTNEED = 4
const BAD_FD = 987_654

export function syncing(subject: Subject): void {
  family('sync, space and advice', () => {
    behaviour(subject, 'fsync and fdatasync of a file, of a directory, of nothing', ['fsync', 'fdatasync'], async (world) => {
      await world.put('file', 'abc')
      const { ours, theirs } = await world.openBoth('file', O.O_RDWR)
      await world.compare(fsync(ours), () => fs.fsyncSync(theirs))
      await world.compare(fdatasync(ours), () => fs.fdatasyncSync(theirs))
      await world.compare(fsync(BAD_FD), () => fs.fsyncSync(BAD_FD))
      await world.compare(fdatasync(BAD_FD), () => fs.fdatasyncSync(BAD_FD))
    })

    behaviour(subject, 'fsync of a pipe is EINVAL', ['fsync', 'real descriptors', 'fifos'], async (world) => {
      const { writeEnd } = world.fifo()
      await world.compare(fsync(writeEnd), () => fs.fsyncSync(writeEnd))
    })

    behaviour(subject, 'sync_file_range', ['sync_file_range', 'checks flags'], async (world) => {
      await world.put('file', 'abc')
      const { ours } = await world.openBoth('file', O.O_RDWR)
      assert.equal(await world.io.submit(syncFileRange(ours, 0, 0, SYNC_FILE_RANGE_ALL)), undefined)
      await world.assertFails(syncFileRange(ours, 0, 0, 0x100), 'EINVAL')
      await world.assertFails(syncFileRange(BAD_FD, 0, 0, SYNC_FILE_RANGE_ALL), 'EBADF')
    })

    behaviour(subject, 'fallocate extends, keeps the size, punches holes', ['fallocate'], async (world) => {
      await world.put('file', 'abcdefgh'.repeat(2048))
      const { ours } = await world.openBoth('file', O.O_RDWR)
      assert.equal(await world.io.submit(fallocate(ours, 0, 0, 65_536)), undefined)
      assert.equal((await world.content('file')).length, 65_536)
      await world.io.submit(fallocate(ours, FALLOC_FL_KEEP_SIZE, 65_536, 65_536n))
      assert.equal((await world.content('file')).length, 65_536)
      await world.io.submit(fallocate(ours, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096))
      const content = await world.content('file')
      assert.ok(content.subarray(4096, 8192).every((byte) => byte === 0))
      assert.equal(content.toString('latin1', 8192, 8200), 'abcdefgh')
      assert.equal(content.toString('latin1', 4088, 4096), 'abcdefgh')
      await world.assertFails(fallocate(ours, 0, 0, 0), 'EINVAL')
      await world.assertFails(fallocate(BAD_FD, 0, 0, 1), 'EBADF')
    })

    for (const length of [0, 1, 3, 10, 5_000_000_000]) {
      behaviour(subject, `ftruncate to ${String(length)} leaves what node:fs leaves`, length > 1000 ? ['ftruncate', 'real descriptors'] : ['ftruncate'], async (world) => {
        await world.put('file', 'abcdef')
        const { ours, theirs } = await world.openBoth('file', O.O_RDWR)
        await world.compare(ftruncate(ours, length), () => fs.ftruncateSync(theirs, length))
        if (length < 1000) await world.assertSameContent('file')
        else assert.equal(fs.fstatSync(ours).size, length)
      })

      behaviour(subject, `truncate to ${String(length)} leaves what node:fs leaves`, length > 1000 ? ['truncate', 'real descriptors'] : ['truncate'], async (world) => {
        await world.put('file', 'abcdef')
        await world.compare(truncate(world.path('file'), BigInt(length)), () => fs.truncateSync(world.twinPath('file'), length))
        if (length < 1000) await world.assertSameContent('file')
        else assert.equal(fs.statSync(world.path('file')).size, length)
      })
    }

    behaviour(subject, 'ftruncate of a descriptor open for reading, and of none', ['ftruncate'], async (world) => {
      await world.put('file', 'abcdef')
      const { ours, theirs } = await world.openBoth('file')
      await world.compare(ftruncate(ours, 1), () => fs.ftruncateSync(theirs, 1))
      await world.compare(ftruncate(BAD_FD, 1), () => fs.ftruncateSync(BAD_FD, 1))
    })

    behaviour(subject, 'truncate of a directory, of nothing, below a file', ['truncate'], async (world) => {
      await world.put('file')
      await world.putDirectory('directory')
      // On Windows node:fs opens a directory, and then has no path for its error.
      for (const name of [...(process.platform === 'win32' ? [] : ['directory']), 'nothing', 'file/below']) {
        // node:fs opens first, so its errors name the open; the codes are the same.
        const oracle = (): void => fs.truncateSync(world.twinPath(name), 1)
        await world.compare(truncate(world.path(name), 1), oracle, 'truncate')
      }
    })

    behaviour(subject, 'fadvise', ['fadvise', 'checks flags'], async (world) => {
      await world.put('file', 'abc')
      const { ours } = await world.openBoth('file')
      assert.equal(await world.io.submit(fadvise(ours, 0, 0, POSIX_FADV_SEQUENTIAL)), undefined)
      assert.equal(await world.io.submit(fadvise(ours, 0, 4096, POSIX_FADV_DONTNEED)), undefined)
      await world.assertFails(fadvise(ours, 0, 0, 77), 'EINVAL')
      await world.assertFails(fadvise(BAD_FD, 0, 0, 0), 'EBADF')
    })

    behaviour(subject, 'madvise(DONTNEED) empties anonymous pages', ['madvise', 'real descriptors', 'addon'], async (world) => {
      const pages = world.io.buffers.allocate(2 * world.io.buffers.alignment)
      pages.fill(7)
      assert.equal(await world.io.submit(madvise(pages, MADV_DONTNEED)), undefined)
      assert.ok(pages.every((byte) => byte === 0))
      await world.assertFails(madvise(pages.subarray(1), MADV_DONTNEED), 'EINVAL')
      await world.assertFails(madvise(pages, 12_345), 'EINVAL')
    })
  })
}
