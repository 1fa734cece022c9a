// aio_read: the assertions of the Open POSIX test suite, under their numbers, and what goes beyond them.
import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { aiocb, EINPROGRESS, LIO_READ, LIO_WAIT, LIO_WRITE } from 'trueaio/posix-aio'
import { assertion, blocks, O } from './world.js'
import { errnoOf } from './subjects.js'

const { EBADF, EINVAL } = constants.errno
const CONTENT = Buffer.from(Array.from({ length: 1024 }, (_, index) => (index * 7) & 0xff))

assertion('aio_read 1-1 reads aio_nbytes bytes into the buffer', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(512, 0xee), aio_nbytes: 256 })
  world.aio.aio_read(block)
  await world.ended(block)
  assert.deepEqual(block.aio_buf, Buffer.concat([CONTENT.subarray(0, 256), Buffer.alloc(256, 0xee)]))
})

assertion('aio_read 3-1 aio_error and aio_return know the control block', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(111) })
  world.aio.aio_read(block)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [0, 111])
})

assertion('aio_read 3-2 a file shorter than asked for: what is there, and no error', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(2048) })
  world.aio.aio_read(block)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [0, 1024])
})

assertion('aio_read 4-1 reads at aio_offset, wherever the file stands', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(100), aio_offset: 500 })
  for (let again = 0; again < 2; again++) {
    world.aio.aio_read(block)
    await world.ended(block)
    assert.deepEqual(block.aio_buf, CONTENT.subarray(500, 600))
  }
})

assertion('aio_read 5-1 aio_lio_opcode is ignored', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(100), aio_lio_opcode: LIO_WRITE })
  world.aio.aio_read(block)
  await world.ended(block)
  assert.deepEqual(block.aio_buf, CONTENT.subarray(0, 100))
})

assertion('aio_read 7-1 returns 0 when queued', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(100) })
  assert.equal(world.aio.aio_read(block), 0)
  assert.equal(world.aio.aio_error(block), EINPROGRESS)
  await world.ended(block)
})

assertion('aio_read 8-1 fails, with an errno, for a priority of -1', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(1), aio_reqprio: -1 })
  assert.throws(() => world.aio.aio_read(block), { errno: errnoOf('EINVAL'), syscall: 'aio_read' })
})

assertion('aio_read 9-1 EAGAIN when AIO_MAX requests are outstanding, and no longer when one has ended', async (world) => {
  const reads = blocks(5, 16, { aio_fildes: await world.open('f', CONTENT) })
  for (const block of reads.slice(0, 4)) world.aio.aio_read(block)
  const [fifth] = reads.slice(4) as [aiocb]
  assert.throws(() => world.aio.aio_read(fifth), { code: 'EAGAIN', syscall: 'aio_read' })
  assert.throws(() => world.aio.aio_error(fifth), { code: 'EINVAL' })
  await world.ended(reads[0] as aiocb)
  world.aio.aio_read(fifth)
  await world.ended(...reads)
  assert.deepEqual(world.errors(reads), [0, 0, 0, 0, 0])
}, { AIO_MAX: 4 })

assertion('aio_read 10-1 a bad descriptor: EBADF, at once for a number that cannot be one, else as error status', async (world) => {
  const block = new aiocb({ aio_buf: Buffer.alloc(1) })
  assert.throws(() => world.aio.aio_read(block), { code: 'EBADF' })
  block.aio_fildes = await world.closed()
  assert.equal(world.aio.aio_read(block), 0)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [EBADF, -1])
})

assertion('aio_read 11-1 an offset of -1 is EINVAL at once', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(1), aio_offset: -1 })
  assert.throws(() => world.aio.aio_read(block), { code: 'EINVAL' })
})

assertion('aio_read 11-2 a priority out of range is EINVAL at once', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(1) })
  for (const aio_reqprio of [-1, 21, 0.5, NaN]) assert.throws(() => world.aio.aio_read(Object.assign(block, { aio_reqprio })), { code: 'EINVAL' })
  world.aio.aio_read(Object.assign(block, { aio_reqprio: 20 }))
  await world.ended(block)
  assert.equal(world.aio.aio_error(block), 0)
})

assertion('aio_read and aio_write of no bytes need no buffer', async (world) => {
  const aio_fildes = await world.open('f', CONTENT, O.O_RDWR)
  const list = [LIO_READ, LIO_WRITE].map((aio_lio_opcode) => new aiocb({ aio_fildes, aio_lio_opcode }))
  const [read, write] = list as [aiocb, aiocb]
  world.aio.aio_read(read)
  world.aio.aio_write(write)
  await world.ended(read, write)
  assert.deepEqual([world.aio.aio_return(read), world.aio.aio_return(write)], [0, 0])
  assert.equal(await world.pumped(world.aio.lio_listio(LIO_WAIT, list)), 0)
  const bad = new aiocb({ aio_fildes: await world.closed() })
  world.aio.aio_read(bad)
  await world.ended(bad)
  assert.equal(world.aio.aio_error(bad), EBADF)
})

assertion('aio_read and aio_write: a bad priority is EINVAL whatever else a zeroed block lacks', async (world) => {
  for (const aio_fildes of [-1, await world.open('f', CONTENT, O.O_RDWR)]) {
    for (const aio_reqprio of [-1, 21]) {
      const block = new aiocb({ aio_fildes, aio_reqprio, aio_lio_opcode: LIO_READ })
      assert.throws(() => world.aio.aio_read(block), { code: 'EINVAL' })
      assert.throws(() => world.aio.aio_write(block), { code: 'EINVAL' })
      await assert.rejects(world.pumped(world.aio.lio_listio(LIO_WAIT, [block])), { code: 'EIO' })
      assert.equal(world.aio.aio_error(block), EINVAL)
    }
  }
})

assertion('aio_read 12 a descriptor that is not open for reading: EBADF as error status', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT, O.O_WRONLY), aio_buf: Buffer.alloc(1) })
  world.aio.aio_read(block)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [EBADF, -1])
})

assertion('aio_read 15 beyond the end of the file it reads 0 bytes', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', CONTENT), aio_buf: Buffer.alloc(1), aio_offset: Number.MAX_SAFE_INTEGER - 4096 })
  world.aio.aio_read(block)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [0, 0])
})

assertion('aio_read: requests on a descriptor opened with O_APPEND run in order, reads too', async (world) => {
  const fd = await world.open('f', '', O.O_RDWR | O.O_APPEND)
  const [write, read, second] = [new aiocb({ aio_buf: Buffer.from('one') }), new aiocb({ aio_buf: Buffer.alloc(6) }), new aiocb({ aio_buf: Buffer.from('two') })]
  for (const block of [write, read, second]) block.aio_fildes = fd
  world.aio.aio_write(write)
  world.aio.aio_read(read)
  world.aio.aio_write(second)
  await world.ended(write, read, second)
  assert.deepEqual([write, read, second].map((block) => world.aio.aio_return(block)), [3, 3, 3])
  assert.equal((await world.content('f')).toString(), 'onetwo')
})
