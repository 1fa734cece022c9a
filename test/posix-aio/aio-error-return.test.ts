// aio_error and aio_return: the assertions of the Open POSIX test suite, under their numbers.
import assert from 'node:assert/strict'
import { aiocb, EINPROGRESS } from 'trueaio/posix-aio'
import { assertion, blocks } from './world.js'
import { errnoOf } from './subjects.js'

assertion('aio_error 1-1 after a successful write the error status is 0', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(512) })
  world.aio.aio_write(block)
  await world.ended(block)
  assert.equal(world.aio.aio_error(block), 0)
  assert.equal(world.aio.aio_error(block), 0, 'asking does not take it')
})

assertion('aio_error 2-1 of many queued writes some are in progress', async (world) => {
  const fd = await world.open('f')
  const writes = blocks(128, 1024, { aio_fildes: fd }, (index) => ({ aio_offset: index * 1024 }))
  for (const block of writes) world.aio.aio_write(block)
  assert.ok(world.errors(writes).includes(EINPROGRESS))
  await world.ended(...writes)
  assert.deepEqual(new Set(world.errors(writes)), new Set([0]))
})

assertion('aio_error 3-1 of a block that was never submitted: EINVAL', (world) => {
  assert.throws(() => world.aio.aio_error(new aiocb()), { code: 'EINVAL', errno: errnoOf('EINVAL'), syscall: 'aio_error' })
})

assertion('aio_return 1-1 the number of bytes of the write', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(333) })
  world.aio.aio_write(block)
  await world.ended(block)
  assert.equal(world.aio.aio_return(block), 333)
})

assertion('aio_return 2-1 once; the second call fails', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(333) })
  world.aio.aio_write(block)
  await world.ended(block)
  world.aio.aio_return(block)
  assert.throws(() => world.aio.aio_return(block), { syscall: 'aio_return' })
  assert.throws(() => world.aio.aio_error(block), { code: 'EINVAL' })
})

assertion('aio_return 3-1 of a block submitted again: the second request’s own', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(333) })
  world.aio.aio_write(block)
  await world.ended(block)
  assert.equal(world.aio.aio_return(block), 333)
  block.aio_nbytes = 111
  world.aio.aio_write(block)
  await world.ended(block)
  assert.equal(world.aio.aio_return(block), 111)
})

assertion('aio_return 3-2 a second call without another submission: EINVAL', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(8) })
  world.aio.aio_write(block)
  await world.ended(block)
  world.aio.aio_return(block)
  assert.throws(() => world.aio.aio_return(block), { code: 'EINVAL', errno: errnoOf('EINVAL') })
})

assertion('aio_return 4-1 of a block that was never submitted: EINVAL, and others keep their results', async (world) => {
  const [block, stranger] = blocks(2, 64, { aio_fildes: await world.open('f') }) as [aiocb, aiocb]
  world.aio.aio_write(block)
  await world.ended(block)
  assert.throws(() => world.aio.aio_return(stranger), { code: 'EINVAL' })
  assert.equal(world.aio.aio_return(block), 64)
})

assertion('aio_return: of a request that has not ended: EINVAL, and the request goes on', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f'), aio_buf: Buffer.alloc(64) })
  world.aio.aio_write(block)
  assert.throws(() => world.aio.aio_return(block), { code: 'EINVAL', message: /has not ended/ })
  await world.ended(block)
  assert.equal(world.aio.aio_return(block), 64)
})
