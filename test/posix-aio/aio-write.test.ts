// aio_write: the assertions of the Open POSIX test suite, under their numbers, and what goes beyond them.
import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { aiocb, LIO_READ } from 'trueaio/posix-aio'
import { assertion, blocks, O } from './world.js'
import { errnoOf } from './subjects.js'

const { EBADF } = constants.errno

assertion('aio_write 1-1 what it writes is what a later read sees, and no more', async (world) => {
  const fd = await world.open('f')
  const write = new aiocb({ aio_fildes: fd, aio_buf: Buffer.alloc(512, 7) })
  world.aio.aio_write(write)
  await world.ended(write)
  assert.equal(world.aio.aio_return(write), 512)
  const read = new aiocb({ aio_fildes: fd, aio_buf: Buffer.alloc(513) })
  world.aio.aio_read(read)
  await world.ended(read)
  assert.equal(world.aio.aio_return(read), 512)
  assert.deepEqual((read.aio_buf as Buffer).subarray(0, 512), write.aio_buf)
})

assertion('aio_write 1-2 writes at its offset and leaves the bytes around', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', Buffer.alloc(100, 1)), aio_buf: Buffer.alloc(20, 2), aio_offset: 50 })
  world.aio.aio_write(block)
  await world.ended(block)
  assert.deepEqual(await world.content('f'), Buffer.concat([Buffer.alloc(50, 1), Buffer.alloc(20, 2), Buffer.alloc(30, 1)]))
})

assertion('aio_write 2-1 with O_APPEND writes land in order of call, their offsets ignored', async (world) => {
  const fd = await world.open('f', 'begin', O.O_WRONLY | O.O_APPEND)
  const writes = blocks(50, 3000, { aio_fildes: fd, aio_offset: 9 })
  for (const block of writes) world.aio.aio_write(block)
  await world.ended(...writes)
  assert.deepEqual(await world.content('f'), Buffer.concat([Buffer.from('begin'), ...writes.map(({ aio_buf }) => aio_buf as Buffer)]))
})

assertion('aio_write 3-1 aio_lio_opcode is ignored', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.from('here'), aio_lio_opcode: LIO_READ })
  world.aio.aio_write(block)
  await world.ended(block)
  assert.equal((await world.content('f')).toString(), 'here')
})

assertion('aio_write 5-1 returns 0 when queued', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(10) })
  assert.equal(world.aio.aio_write(block), 0)
  await world.ended(block)
})

assertion('aio_write 6-1 fails, with an errno, for a priority of -1', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(1), aio_reqprio: -1 })
  assert.throws(() => world.aio.aio_write(block), { errno: errnoOf('EINVAL'), syscall: 'aio_write' })
})

assertion('aio_write 7-1 EAGAIN when AIO_MAX requests are outstanding', async (world) => {
  const writes = blocks(3, 16, { aio_fildes: await world.open('f') })
  for (const block of writes.slice(0, 2)) world.aio.aio_write(block)
  assert.throws(() => world.aio.aio_write(writes[2] as aiocb), { code: 'EAGAIN', syscall: 'aio_write' })
  await world.ended(...writes.slice(0, 2))
}, { AIO_MAX: 2 })

assertion('aio_write 8-1 a bad descriptor: EBADF, at once for a number that cannot be one, else as error status', async (world) => {
  const block = new aiocb({ aio_buf: Buffer.alloc(1) })
  assert.throws(() => world.aio.aio_write(block), { code: 'EBADF' })
  block.aio_fildes = await world.closed()
  world.aio.aio_write(block)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [EBADF, -1])
})

assertion('aio_write 8-2 a descriptor that is read-only: EBADF as error status', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', 'x', O.O_RDONLY), aio_buf: Buffer.alloc(1) })
  world.aio.aio_write(block)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [EBADF, -1])
})

assertion('aio_write 9-1 an offset of -1 is EINVAL at once', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(1), aio_offset: -1 })
  assert.throws(() => world.aio.aio_write(block), { code: 'EINVAL' })
})

assertion('aio_write 9-2 a priority of -1 is EINVAL at once', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(1), aio_reqprio: -1 })
  assert.throws(() => world.aio.aio_write(block), { code: 'EINVAL' })
})

assertion('aio_write 13 a place that no file can reach: an error status, and -1', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(4096), aio_offset: Number.MAX_SAFE_INTEGER })
  world.aio.aio_write(block)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [constants.errno.EFBIG, -1])
}, { notSimulated: 'its files have no greatest length' })
