// aio_cancel: the assertions of the Open POSIX test suite, under their numbers, and what goes beyond them.
import assert from 'node:assert/strict'
import { AIO_ALLDONE, AIO_CANCELED, AIO_NOTCANCELED, aiocb, ECANCELED, EINPROGRESS, LIO_WRITE, PosixAio } from 'trueaio/posix-aio'
import { assertion, blocks, Notices, type World } from './world.js'
import { errnoOf } from './subjects.js'

const STUCK = { stuck: true }
const REST = Array<number>(5).fill(ECANCELED)

/** Eight writes, of which two have gone out, the third is stuck, and the rest wait behind it. */
async function eightWrites(world: World, notices = new Notices()): Promise<{ fd: number; writes: aiocb[]; drain: () => Promise<number[]> }> {
  const { fd, bytes, drain } = await world.stuck()
  const writes = blocks(8, bytes, { aio_fildes: fd }, (index) => ({ aio_sigevent: notices.event(index) }))
  for (const block of writes) world.aio.aio_write(block)
  await world.ended(...writes.slice(0, 2))
  return { fd, writes, drain }
}

assertion('aio_cancel 1-1 with a valid control block it does not fail, whether the request has ended or not', async (world) => {
  const fd = await world.open('f', Buffer.alloc(1024))
  const [block] = blocks(1, 1024, { aio_fildes: fd }) as [aiocb]
  world.aio.aio_write(block)
  assert.ok([AIO_CANCELED, AIO_NOTCANCELED].includes(world.aio.aio_cancel(fd, block)))
  await world.ended(block)
  assert.equal(world.aio.aio_cancel(fd, block), AIO_ALLDONE)
  world.aio.aio_return(block)
  assert.equal(world.aio.aio_cancel(fd, block), AIO_ALLDONE)
})

assertion('aio_cancel 2-1 without a control block it goes for all requests of the descriptor', async (world) => {
  const { fd, writes, drain } = await eightWrites(world)
  assert.equal(world.aio.aio_cancel(fd, null), AIO_NOTCANCELED)
  assert.deepEqual(world.errors(writes.slice(3)), REST)
  await drain()
}, STUCK)

assertion('aio_cancel 2-2 on an idle file it is no error', async (world) => {
  assert.equal(world.aio.aio_cancel(await world.open('f'), null), AIO_ALLDONE)
})

assertion('aio_cancel 3-1 cancelled requests are told of as well, each once', async (world) => {
  const notices = new Notices()
  const { fd, writes, drain } = await eightWrites(world, notices)
  world.aio.aio_cancel(fd)
  await drain()
  await world.until(() => notices.values.length >= writes.length)
  await world.until(() => true)
  assert.deepEqual([...notices.values].sort(), [0, 1, 2, 3, 4, 5, 6, 7])
  assert.deepEqual(world.errors(writes), [0, 0, 0, ...REST])
}, STUCK)

assertion('aio_cancel 4-1 a cancelled request has the error status ECANCELED and the return status -1', async (world) => {
  const { fd, writes, drain } = await eightWrites(world)
  world.aio.aio_cancel(fd)
  for (const block of writes.slice(3)) assert.deepEqual([world.aio.aio_error(block), world.aio.aio_return(block)], [ECANCELED, -1])
  await drain()
}, STUCK)

assertion('aio_cancel 5-1 the request in progress goes on, its control block untouched', async (world) => {
  const { fd, writes, drain } = await eightWrites(world)
  const running = writes[2] as aiocb
  const before = Object.entries(running)
  assert.equal(world.aio.aio_cancel(fd), AIO_NOTCANCELED)
  assert.deepEqual(world.errors(writes), [0, 0, EINPROGRESS, ...REST])
  assert.deepEqual(Object.entries(running), before)
  assert.equal((await drain()).at(-1), 3)
  assert.deepEqual([world.aio.aio_error(running), world.aio.aio_return(running)], [0, running.aio_nbytes])
}, STUCK)

assertion('aio_cancel 6-1 of one request that has not started: only that one is cancelled', async (world) => {
  const { fd, writes, drain } = await eightWrites(world)
  assert.equal(world.aio.aio_cancel(fd, writes[5]), AIO_CANCELED)
  assert.deepEqual(world.errors(writes), [0, 0, ...[2, 3, 4].map(() => EINPROGRESS), ECANCELED, EINPROGRESS, EINPROGRESS])
  assert.equal((await drain()).at(-1), 8)
  assert.deepEqual(world.errors(writes), [0, 0, 0, 0, 0, ECANCELED, 0, 0])
}, STUCK)

assertion('aio_cancel 7-1 with one request in progress the answer is AIO_NOTCANCELED', async (world) => {
  const { fd, writes, drain } = await eightWrites(world)
  assert.equal(world.aio.aio_cancel(fd, writes[2]), AIO_NOTCANCELED)
  assert.equal(world.aio.aio_error(writes[3] as aiocb), EINPROGRESS)
  assert.equal(world.aio.aio_cancel(fd, null), AIO_NOTCANCELED)
  assert.deepEqual(world.errors(writes), [0, 0, EINPROGRESS, ...REST])
  await drain()
}, STUCK)

assertion('aio_cancel 8-1 when all have ended the answer is AIO_ALLDONE', async (world) => {
  const fd = await world.open('f')
  const writes = blocks(4, 64, { aio_fildes: fd })
  for (const block of writes) world.aio.aio_write(block)
  await world.ended(...writes)
  assert.equal(world.aio.aio_cancel(fd), AIO_ALLDONE)
  assert.equal(world.aio.aio_cancel(fd, writes[1]), AIO_ALLDONE)
})

assertion('aio_cancel 9-1 of no descriptor it fails', (world) => {
  assert.throws(() => world.aio.aio_cancel(-1, null), { syscall: 'aio_cancel' })
})

assertion('aio_cancel 10-1 of a bad descriptor it fails with EBADF', async (world) => {
  for (const fd of [-1, 0.5, NaN, 2 ** 31, await world.closed()]) {
    assert.throws(() => world.aio.aio_cancel(fd), { code: 'EBADF', errno: errnoOf('EBADF'), syscall: 'aio_cancel' })
  }
})

assertion('aio_cancel: a block of another descriptor, or of another object, is EINVAL', async (world) => {
  const [one, other] = [await world.open('one'), await world.open('other')]
  const [block] = blocks(1, 64, { aio_fildes: one, aio_lio_opcode: LIO_WRITE }) as [aiocb]
  world.aio.aio_write(block)
  assert.throws(() => world.aio.aio_cancel(other, block), { code: 'EINVAL' })
  assert.throws(() => new PosixAio({ proactor: world.io }).aio_cancel(one, block), { code: 'EINVAL' })
  await world.ended(block)
  assert.equal(world.aio.aio_error(block), 0)
})

assertion('aio_cancel: what waits in the proactor for room has not started', async (world) => {
  const { fd, bytes, drain } = await world.stuck()
  const other = await world.pumped(world.open('f'))
  const narrow = new PosixAio({ proactor: world.io })
  const writes = blocks(3, bytes, { aio_fildes: fd })
  const behind = blocks(1, 8, { aio_fildes: other })[0] as aiocb
  for (const block of writes) world.aio.aio_write(block)
  await world.ended(...writes.slice(0, 2))
  narrow.aio_write(behind)
  assert.equal(narrow.aio_error(behind), EINPROGRESS)
  assert.equal(narrow.aio_cancel(other, behind), AIO_CANCELED)
  assert.equal(narrow.aio_error(behind), ECANCELED)
  await drain()
  assert.deepEqual(world.errors(writes), [0, 0, 0])
  assert.equal((await world.pumped(world.content('f'))).length, 0)
}, { ...STUCK, inFlightMax: 1 })

assertion('aio_cancel: with cancelRunning it ends what is in progress, where the system can', async (world) => {
  const { fd, writes, drain } = await eightWrites(world)
  assert.ok([AIO_CANCELED, AIO_NOTCANCELED].includes(world.aio.aio_cancel(fd)))
  await world.until(() => world.aio.outstanding === 0)
  assert.deepEqual(world.errors(writes), [0, 0, ECANCELED, ...REST])
  assert.deepEqual((await drain()).length, world.subject.storage === 'disk' ? 2 : 1)
}, { ...STUCK, cancelRunning: true })
