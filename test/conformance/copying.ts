// Bytes from one descriptor to another inside the kernel.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { copyFileRange, read, reflink, sendfile, splice, tee, write } from 'trueaio'
import type { Subject } from './subject.js'
import { behaviour, family, O } from './world.js'

const SPLICE_F_NONBLOCK = 2
const BAD_FD = 987_654
const TEXT = 'abcdefghijklmnopqrstuvwxyz'

export function copying(subject: Subject): void {
  family('copy_file_range', () => {
    behaviour(subject, 'at offsets, at positions, up to the end', ['copy_file_range'], async (world) => {
      await world.put('from', TEXT)
      const from = await world.open('from')
      const to = await world.open('to', O.O_CREAT | O.O_RDWR)
      assert.equal(await world.io.submit(copyFileRange(from, to, 5, { sourceOffset: 10, targetOffset: 2n })), 5)
      assert.equal((await world.content('to')).toString('latin1'), '\0\0klmno')
      assert.equal(await world.io.submit(copyFileRange(from, to, 3)), 3)
      assert.equal(await world.io.submit(copyFileRange(from, to, 3)), 3)
      assert.equal((await world.content('to')).toString('latin1'), 'abcdefo')
      assert.equal(await world.io.submit(copyFileRange(from, to, 100, { sourceOffset: 20, targetOffset: 0 })), 6)
      assert.equal(await world.io.submit(copyFileRange(from, to, 100, { sourceOffset: 26 })), 0)
    })

    behaviour(subject, 'a directory, a file open for reading, no file', ['copy_file_range'], async (world) => {
      await world.put('from', TEXT)
      await world.putDirectory('directory')
      const from = await world.open('from')
      const directory = await world.open('directory', O.O_DIRECTORY)
      await world.assertFails(copyFileRange(directory, from, 5), 'EISDIR')
      await world.assertFails(copyFileRange(from, from, 5), 'EBADF')
      await world.assertFails(copyFileRange(BAD_FD, from, 5), 'EBADF')
    })
  })

  family('reflink', () => {
    behaviour(subject, 'shares the blocks or says that this file system cannot', ['ioctl_ficlone'], async (world) => {
      await world.put('from', TEXT)
      const from = await world.open('from')
      const to = await world.open('to', O.O_CREAT | O.O_RDWR)
      try {
        assert.equal(await world.io.submit(reflink(from, to)), undefined)
        await world.put('to', TEXT)
      } catch (error) {
        assert.match((error as { code: string }).code, /^(ENOTSUP|EOPNOTSUPP|EXDEV|EINVAL|ENOTTY)$/)
        assert.equal((error as { syscall: string }).syscall, 'ioctl_ficlone')
      }
      await world.assertFails(reflink(from, BAD_FD), 'EBADF')
    })
  })

  family('sendfile', () => {
    behaviour(subject, 'into a pipe and into a file', ['sendfile', 'real descriptors', 'fifos'], async (world) => {
      await world.put('from', TEXT)
      const from = await world.open('from')
      const { readEnd, writeEnd } = world.fifo()
      assert.equal(await world.io.submit(sendfile(from, writeEnd, 4, { sourceOffset: 3 })), 4)
      const buffer = Buffer.alloc(8)
      assert.equal(fs.readSync(readEnd, buffer), 4)
      assert.equal(buffer.toString('latin1', 0, 4), 'defg')
      const to = await world.open('to', O.O_CREAT | O.O_RDWR)
      assert.equal(await world.io.submit(sendfile(from, to, 100)), 26)
      assert.equal((await world.content('to')).toString(), TEXT)
      await world.assertFails(sendfile(BAD_FD, to, 1), 'EBADF')
    })
  })

  family('splice and tee', () => {
    behaviour(subject, 'a file through a pipe into a file', ['splice', 'real descriptors', 'fifos'], async (world) => {
      await world.put('from', TEXT)
      const from = await world.open('from')
      const to = await world.open('to', O.O_CREAT | O.O_RDWR)
      const { readEnd, writeEnd } = world.fifo()
      assert.equal(await world.io.submit(splice(from, writeEnd, 10, { sourceOffset: 2 })), 10)
      assert.equal(await world.io.submit(splice(readEnd, to, 10, { targetOffset: 3 })), 10)
      assert.equal((await world.content('to')).toString('latin1'), '\0\0\0cdefghijkl')
    })

    behaviour(subject, 'splice waits for a pipe to be filled', ['splice', 'real descriptors', 'fifos'], async (world) => {
      const to = await world.open('to', O.O_CREAT | O.O_RDWR)
      const { readEnd, writeEnd } = world.fifo()
      const spliced = world.io.submit(splice(readEnd, to, 4))
      await world.io.submit(write(writeEnd, Buffer.from('late')))
      assert.equal(await spliced, 4)
      assert.equal((await world.content('to')).toString(), 'late')
    })

    behaviour(subject, 'tee leaves the bytes where they are', ['tee', 'real descriptors', 'fifos'], async (world) => {
      const first = world.fifo()
      const second = world.fifo()
      await world.io.submit(write(first.writeEnd, Buffer.from('twice')))
      assert.equal(await world.io.submit(tee(first.readEnd, second.writeEnd, 100)), 5)
      const buffer = Buffer.alloc(8)
      for (const end of [first.readEnd, second.readEnd]) {
        assert.equal(await world.io.submit(read(end, buffer)), 5)
        assert.equal(buffer.toString('latin1', 0, 5), 'twice')
      }
    })

    behaviour(subject, 'errors: no pipe among the two, an empty pipe that must not wait, no descriptor', ['splice', 'tee', 'real descriptors', 'fifos'], async (world) => {
      await world.put('from', TEXT)
      const from = await world.open('from')
      const to = await world.open('to', O.O_CREAT | O.O_RDWR)
      const { readEnd } = world.fifo()
      await world.assertFails(splice(from, to, 4), 'EINVAL')
      await world.assertFails(tee(from, to, 4), 'EINVAL')
      await world.assertFails(splice(readEnd, to, 4, { flags: SPLICE_F_NONBLOCK }), 'EAGAIN')
      await world.assertFails(splice(BAD_FD, to, 4), 'EBADF')
    })
  })
}
