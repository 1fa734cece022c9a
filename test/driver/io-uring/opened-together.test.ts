// What was opened in one turn of the loop is looked at together, when the first of it is used: each is still taken for what it is.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { close, open, Proactor, read } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'

const { O_NONBLOCK, O_RDWR } = constants

test('files and a FIFO that were opened together, and a number that was closed and is a FIFO now', { skip: withoutRing }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-opened-'))
  const path = join(directory, 'file')
  const fifo = join(directory, 'fifo')
  writeFileSync(path, 'content')
  execFileSync('mkfifo', [fifo])
  const io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
  const openFifo = (): Promise<number> => io.submit(open(fifo, { flags: O_RDWR | O_NONBLOCK }))
  const readAt = (fd: number): Promise<number> => io.submit(read(fd, Buffer.alloc(7), 0))
  try {
    // More than are looked at together.
    const files = await Promise.all(Array.from({ length: 100 }, (_, index) => (index % 10 === 5 ? openFifo() : io.submit(open(path)))))
    for (const [index, fd] of files.entries()) if (index % 10 === 5) writeSync(fd, 'secret')
    const results = await Promise.allSettled(files.map((fd) => readAt(fd)))
    for (const [index, result] of results.entries()) {
      if (index % 10 !== 5) assert.deepEqual(result, { status: 'fulfilled', value: 7 })
      else assert.equal(result.status === 'rejected' && (result.reason as NodeJS.ErrnoException).code, 'ESPIPE')
    }
    // Both are looked at when the first is used; the other's number then goes to a FIFO, which Node opens.
    const [used, unused] = await Promise.all([io.submit(open(path)), io.submit(open(path))])
    assert.equal(await readAt(used), 7)
    await io.submit(close(unused))
    const stranger = openSync(fifo, O_RDWR | O_NONBLOCK)
    assert.equal(stranger, unused)
    await assert.rejects(readAt(stranger), { code: 'ESPIPE' })
    await Promise.all([...files, used].map((fd) => io.submit(close(fd))))
    closeSync(stranger)
  } finally {
    await io.close()
    rmSync(directory, { recursive: true })
  }
})
