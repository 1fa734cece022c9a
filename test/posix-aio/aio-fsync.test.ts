// aio_fsync: the assertions of the Open POSIX test suite, under their numbers, and what goes beyond them.
import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { AIO_CANCELED, aiocb, ECANCELED, EINPROGRESS, O_DSYNC, O_SYNC, type aiocbFields } from 'trueaio/posix-aio'
import { assertion, blocks, Notices, O, type World } from './world.js'
import { errnoOf } from './subjects.js'

const { EBADF } = constants.errno

for (const [number, op, name] of [['2-1', O_DSYNC, 'O_DSYNC'], ['3-1', O_SYNC, 'O_SYNC']] as const) {
  assertion(`aio_fsync ${number} ${name}: when it is done, what was queued before it is`, async (world) => {
    const fd = await world.open('f')
    const writes = blocks(20, 65536, { aio_fildes: fd }, (index) => ({ aio_offset: index * 65536 }))
    const sync = new aiocb({ aio_fildes: fd })
    for (const block of writes) world.aio.aio_write(block)
    assert.equal(world.aio.aio_fsync(op, sync), 0)
    assert.equal(world.aio.aio_error(sync), EINPROGRESS)
    await world.aio.aio_suspend([sync])
    assert.equal(world.aio.aio_return(sync), 0)
    assert.deepEqual(new Set(world.errors(writes)), new Set([0]))
  })
}

async function synced(world: World, fields: aiocbFields = {}): Promise<aiocb> {
  const block = new aiocb({ aio_fildes: await world.open('f', 'x'), ...fields })
  world.aio.aio_fsync(O_SYNC, block)
  await world.ended(block)
  return block
}

assertion('aio_fsync 4-1 aio_error and aio_return know its block; 0 on success', async (world) => {
  const block = await synced(world)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [0, 0])
})

assertion('aio_fsync 5-1 it is in progress when queued, and then no longer', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', 'x') })
  world.aio.aio_fsync(O_SYNC, block)
  assert.equal(world.aio.aio_error(block), EINPROGRESS)
  await world.ended(block)
  assert.notEqual(world.aio.aio_error(block), EINPROGRESS)
})

const IGNORED: readonly (readonly [string, aiocbFields])[] = [
  ['8-1 aio_nbytes', { aio_nbytes: -1 }], ['8-2 aio_buf', { aio_buf: null }], ['8-3 aio_reqprio', { aio_reqprio: -1 }], ['8-4 aio_offset', { aio_offset: -1 }],
]
for (const [name, fields] of IGNORED) {
  assertion(`aio_fsync ${name} is ignored`, async (world) => {
    const block = await synced(world, fields)
    assert.equal(world.aio.aio_return(block), 0)
  })
}

assertion('aio_fsync 9-1 returns 0 when queued', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f') })
  assert.equal(world.aio.aio_fsync(O_DSYNC, block), 0)
  await world.ended(block)
})

assertion('aio_fsync 12-1 a number that is no descriptor: EBADF at once', (world) => {
  assert.throws(() => world.aio.aio_fsync(O_SYNC, new aiocb()), { code: 'EBADF', errno: errnoOf('EBADF'), syscall: 'aio_fsync' })
})

assertion('aio_fsync 14-1 neither O_SYNC nor O_DSYNC: EINVAL at once', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f') })
  for (const op of [-1, 0, O.O_WRONLY]) assert.throws(() => world.aio.aio_fsync(op, block), { code: 'EINVAL', errno: errnoOf('EINVAL'), syscall: 'aio_fsync' })
})

assertion('aio_fsync 6 what fails later is told by the error status', async (world) => {
  const block = new aiocb({ aio_fildes: await world.closed() })
  world.aio.aio_fsync(O_SYNC, block)
  await world.ended(block)
  assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [EBADF, -1])
})

assertion('aio_fsync 7 its end is told as the block says', async (world) => {
  const notices = new Notices()
  await synced(world, { aio_sigevent: notices.event('synced') })
  await world.until(() => notices.values.length > 0)
  assert.deepEqual(notices.values, ['synced'])
})

assertion('aio_fsync 10 EAGAIN when AIO_MAX requests are outstanding', async (world) => {
  const [one, other] = blocks(2, 1, { aio_fildes: await world.open('f') }) as [aiocb, aiocb]
  world.aio.aio_fsync(O_SYNC, one)
  assert.throws(() => world.aio.aio_fsync(O_SYNC, other), { errno: errnoOf('EAGAIN') })
  await world.ended(one)
}, { AIO_MAX: 1 })

assertion('aio_fsync: a descriptor that is not open for writing is EBADF at once', async (world) => {
  const fd = await world.open('f', 'x', O.O_RDONLY)
  assert.throws(() => world.aio.aio_fsync(O_SYNC, new aiocb({ aio_fildes: fd })), { errno: errnoOf('EBADF') })
}, { notSimulated: 'how its descriptors were opened is not to be seen from outside' })

assertion('aio_fsync: it has not started while anything before it is outstanding, so it can be cancelled', async (world) => {
  const fd = await world.open('f')
  const writes = blocks(2, 4096, { aio_fildes: fd }, (index) => ({ aio_offset: index * 4096 }))
  const [sync, second] = blocks(2, 1, { aio_fildes: fd }) as [aiocb, aiocb]
  for (const block of writes) world.aio.aio_write(block)
  world.aio.aio_fsync(O_SYNC, sync)
  world.aio.aio_fsync(O_SYNC, second)
  assert.equal(world.aio.aio_cancel(fd, sync), AIO_CANCELED)
  await world.ended(...writes, second)
  assert.deepEqual(world.errors([...writes, sync, second]), [0, 0, ECANCELED, 0])
})

assertion('aio_fsync: requests queued after it need not wait for it', async (world) => {
  const { fd, bytes, drain } = await world.stuck()
  const file = await world.pumped(world.open('f', 'content'))
  const writes = blocks(4, bytes, { aio_fildes: fd })
  for (const block of writes) world.aio.aio_write(block)
  const [sync, read] = [new aiocb({ aio_fildes: file }), new aiocb({ aio_fildes: file, aio_buf: Buffer.alloc(7) })]
  world.aio.aio_fsync(O_DSYNC, sync)
  world.aio.aio_read(read)
  await world.ended(sync, read)
  assert.deepEqual([world.aio.aio_return(sync), world.aio.aio_return(read)], [0, 7])
  // A sync of a descriptor with a request that is stuck waits for that.
  const behind = new aiocb({ aio_fildes: fd })
  world.aio.aio_fsync(O_DSYNC, behind)
  await world.ended(...writes.slice(0, 2))
  assert.equal(world.aio.aio_error(behind), EINPROGRESS)
  await drain()
  // A socket has nothing to sync; a file has.
  assert.equal(world.aio.aio_error(behind), world.subject.storage === 'disk' ? constants.errno.EINVAL : 0)
  assert.deepEqual(world.errors(writes), [0, 0, 0, 0])
}, { stuck: true })
