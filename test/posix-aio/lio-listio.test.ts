// lio_listio: the assertions of the Open POSIX test suite, under their numbers, and what goes beyond them.
import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { aiocb, EINPROGRESS, LIO_NOP, LIO_NOWAIT, LIO_READ, LIO_WAIT, LIO_WRITE, SIGEV_SIGNAL, type aiocbFields } from 'trueaio/posix-aio'
import { assertion, blocks, Notices, type World } from './world.js'
import { errnoOf } from './subjects.js'

const { EAGAIN, EBADF, EINVAL } = constants.errno
const STUCK = { stuck: true }
const COUNT = 10
const ALL = Array.from({ length: COUNT }, (_, index) => index)

/** Ten writes side by side, each told of by its number. */
async function tenWrites(world: World, notices = new Notices(), each: (index: number) => aiocbFields = () => ({})): Promise<aiocb[]> {
  const fd = await world.open('f')
  return blocks(COUNT, 512, { aio_fildes: fd, aio_lio_opcode: LIO_WRITE }, (index) => ({ aio_offset: index * 512, aio_sigevent: notices.event(index), ...each(index) }))
}

function told(notices: Notices): unknown[] {
  return notices.values.filter((value) => value !== 'list').sort((one, other) => Number(one) - Number(other))
}

assertion('lio_listio 1-1 LIO_WAIT: all have ended, and the list’s own notification is ignored', async (world) => {
  const notices = new Notices()
  const writes = await tenWrites(world)
  assert.equal(await world.aio.lio_listio(LIO_WAIT, writes, notices.event('list')), 0)
  assert.deepEqual(writes.map((block) => world.aio.aio_return(block)), ALL.map(() => 512))
  assert.equal(world.aio.lio_listioSync(writes), 0)
  assert.deepEqual(writes.map((block) => world.aio.aio_return(block)), ALL.map(() => 512))
  await world.until(() => true)
  assert.deepEqual(notices.values, [])
})

assertion('lio_listio 2-1 LIO_NOWAIT returns while requests are in progress; the list is told of when they have ended', async (world) => {
  const { fd, bytes, drain } = await world.stuck()
  const notices = new Notices()
  const writes = blocks(5, bytes, { aio_fildes: fd, aio_lio_opcode: LIO_WRITE })
  assert.equal(world.aio.lio_listio(LIO_NOWAIT, writes, notices.event('list')), 0)
  await world.ended(...writes.slice(0, 2))
  assert.deepEqual(world.errors(writes), [0, 0, EINPROGRESS, EINPROGRESS, EINPROGRESS])
  assert.deepEqual(notices.values, [])
  await drain()
  await world.until(() => notices.values.length > 0)
  assert.deepEqual(world.errors(writes), [0, 0, 0, 0, 0])
  assert.deepEqual(notices.values, ['list'])
}, STUCK)

assertion('lio_listio 3-1 LIO_NOWAIT: each request is told of, and the list once, last', async (world) => {
  const notices = new Notices()
  const writes = await tenWrites(world, notices)
  world.aio.lio_listio(LIO_NOWAIT, writes, notices.event('list'))
  await world.until(() => notices.values.includes('list'))
  await world.until(() => true)
  assert.deepEqual(told(notices), ALL)
  assert.equal(notices.values.length, COUNT + 1)
  assert.equal(notices.values.at(-1), 'list')
})

assertion('lio_listio 4-1 what is null in the list is ignored', async (world) => {
  const notices = new Notices()
  const writes = await tenWrites(world, notices)
  world.aio.lio_listio(LIO_NOWAIT, writes.map((block, index) => ([2, 5, 7].includes(index) ? null : block)), notices.event('list'))
  await world.until(() => notices.values.includes('list'))
  assert.deepEqual(told(notices), [0, 1, 3, 4, 6, 8, 9])
})

assertion('lio_listio 5-1 reads, writes and nothings are taken; any other opcode makes LIO_WAIT fail with EIO', async (world) => {
  const fd = await world.open('f', Buffer.alloc(64))
  const list = [LIO_READ, LIO_WRITE, LIO_NOP].map((aio_lio_opcode) => new aiocb({ aio_fildes: fd, aio_buf: Buffer.alloc(64), aio_lio_opcode }))
  assert.equal(await world.aio.lio_listio(LIO_WAIT, list), 0)
  list.push(new aiocb({ aio_fildes: fd, aio_buf: Buffer.alloc(64), aio_lio_opcode: -1 }))
  await assert.rejects(world.aio.lio_listio(LIO_WAIT, list), { code: 'EIO', errno: -5, syscall: 'lio_listio' })
  assert.throws(() => world.aio.lio_listioSync(list), { code: 'EIO' })
})

assertion('lio_listio 6-1 the opcodes are three', () => {
  assert.equal(new Set([LIO_READ, LIO_WRITE, LIO_NOP]).size, 3)
})

assertion('lio_listio 7-1 LIO_NOP does nothing, and nobody is told', async (world) => {
  const notices = new Notices()
  const writes = await tenWrites(world, notices, (index) => (index % 5 === 1 ? { aio_lio_opcode: LIO_NOP } : {}))
  world.aio.lio_listio(LIO_NOWAIT, writes, notices.event('list'))
  await world.until(() => notices.values.includes('list'))
  assert.deepEqual(told(notices), [0, 2, 3, 4, 5, 7, 8, 9])
  assert.throws(() => world.aio.aio_error(writes[1] as aiocb), { code: 'EINVAL' })
})

assertion('lio_listio 8-1 LIO_READ is aio_read', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', '0123456789'), aio_buf: Buffer.alloc(4), aio_offset: 3, aio_lio_opcode: LIO_READ })
  await world.aio.lio_listio(LIO_WAIT, [block])
  assert.deepEqual([world.aio.aio_return(block), block.aio_buf], [4, Buffer.from('3456')])
})

assertion('lio_listio 9-1 LIO_WRITE is aio_write', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', '0123456789'), aio_buf: Buffer.from('ab'), aio_offset: 3, aio_lio_opcode: LIO_WRITE })
  await world.aio.lio_listio(LIO_WAIT, [block])
  assert.equal((await world.content('f')).toString(), '012ab56789')
})

assertion('lio_listio 10-1 LIO_NOWAIT returns 0 when queued; all end and are told of', async (world) => {
  const notices = new Notices()
  const writes = await tenWrites(world, notices)
  assert.equal(world.aio.lio_listio(LIO_NOWAIT, writes), 0)
  assert.deepEqual(new Set(world.errors(writes)), new Set([EINPROGRESS]))
  await world.until(() => notices.values.length === COUNT)
  assert.deepEqual(told(notices), ALL)
  assert.deepEqual(new Set(world.errors(writes)), new Set([0]))
})

assertion('lio_listio 12-1 LIO_WAIT: 0 when all succeeded', async (world) => {
  const writes = await tenWrites(world)
  assert.equal(await world.aio.lio_listio(LIO_WAIT, writes), 0)
  assert.deepEqual(world.errors(writes), ALL.map(() => 0))
  assert.deepEqual(await world.content('f'), Buffer.concat(writes.map(({ aio_buf }) => aio_buf as Buffer)))
})

assertion('lio_listio 13-1 LIO_WAIT with one bad opcode: EIO, and the others succeed', async (world) => {
  const notices = new Notices()
  const writes = await tenWrites(world, notices, (index) => (index === 4 ? { aio_lio_opcode: -1 } : {}))
  await assert.rejects(world.aio.lio_listio(LIO_WAIT, writes), { code: 'EIO' })
  assert.deepEqual(world.errors(writes), ALL.map((index) => (index === 4 ? EINVAL : 0)))
  assert.equal(world.aio.aio_return(writes[4] as aiocb), -1)
  await world.until(() => notices.values.length === COUNT)
  assert.deepEqual(told(notices), ALL)
})

assertion('lio_listio 14-1 LIO_NOWAIT with one bad descriptor: 0, all are told of, and the others succeed', async (world) => {
  const notices = new Notices()
  const writes = await tenWrites(world, notices, (index) => (index === 2 ? { aio_fildes: -1 } : {}))
  assert.equal(world.aio.lio_listio(LIO_NOWAIT, writes, notices.event('list')), 0)
  await world.until(() => notices.values.length === COUNT + 1)
  assert.deepEqual(told(notices), ALL)
  assert.deepEqual(world.errors(writes), ALL.map((index) => (index === 2 ? EBADF : 0)))
})

assertion('lio_listio 15-1 reads and writes mixed: the values that aio_read and aio_write would give', async (world) => {
  const notices = new Notices()
  const fd = await world.open('g', Buffer.alloc(1000, 9))
  const writes = await tenWrites(world, notices, (index) => (index % 2 === 0 ? { aio_fildes: fd, aio_lio_opcode: LIO_READ, aio_offset: 700, aio_buf: Buffer.alloc(512) } : {}))
  world.aio.lio_listio(LIO_NOWAIT, writes, notices.event('list'))
  await world.until(() => notices.values.includes('list'))
  assert.deepEqual(world.errors(writes), ALL.map(() => 0))
  assert.deepEqual(writes.map((block) => world.aio.aio_return(block)), ALL.map((index) => (index % 2 === 0 ? 300 : 512)))
})

assertion('lio_listio 18-1 a mode that is none: EINVAL', async (world) => {
  const writes = await tenWrites(world)
  assert.throws(() => world.aio.lio_listio(-1 as typeof LIO_WAIT, writes), { code: 'EINVAL', errno: errnoOf('EINVAL'), syscall: 'lio_listio' })
  assert.equal(world.aio.outstanding, 0)
})

assertion('lio_listio: EAGAIN when not all can be queued; the rest has this error status and is not told of', async (world) => {
  const notices = new Notices()
  const writes = await tenWrites(world, notices)
  assert.throws(() => world.aio.lio_listio(LIO_NOWAIT, writes, notices.event('list')), { code: 'EAGAIN', syscall: 'lio_listio' })
  assert.deepEqual(world.errors(writes), ALL.map((index) => (index < 6 ? EINPROGRESS : EAGAIN)))
  await world.until(() => notices.values.includes('list'))
  assert.deepEqual(told(notices), [0, 1, 2, 3, 4, 5])
  assert.deepEqual(world.errors(writes), ALL.map((index) => (index < 6 ? 0 : EAGAIN)))
  await assert.rejects(world.aio.lio_listio(LIO_WAIT, writes), { code: 'EAGAIN' })
  assert.equal(world.aio.outstanding, 0, 'it waited for those that were queued')
  assert.throws(() => world.aio.lio_listioSync(writes), { code: 'EAGAIN' })
}, { AIO_MAX: 6 })

assertion('lio_listio: more entries than AIO_LISTIO_MAX are EINVAL, and none is started', async (world) => {
  const writes = await tenWrites(world)
  const refused = { code: 'EINVAL', errno: errnoOf('EINVAL') }
  assert.throws(() => world.aio.lio_listio(LIO_NOWAIT, writes), refused)
  await assert.rejects(world.aio.lio_listio(LIO_WAIT, writes), refused)
  assert.throws(() => world.aio.lio_listioSync(writes), refused)
  for (const block of writes) assert.throws(() => world.aio.aio_error(block), { code: 'EINVAL' })
  assert.equal(await world.aio.lio_listio(LIO_WAIT, writes.slice(1)), 0)
}, { AIO_LISTIO_MAX: 9 })

assertion('lio_listio: a block in use, or twice in the list, is EINVAL, and none is started', async (world) => {
  const writes = await tenWrites(world)
  const [first] = writes as [aiocb]
  assert.throws(() => world.aio.lio_listio(LIO_NOWAIT, [...writes, first]), { code: 'EINVAL', message: /in use/ })
  assert.equal(world.aio.outstanding, 0)
  world.aio.aio_write(first)
  assert.throws(() => world.aio.lio_listio(LIO_NOWAIT, writes), { code: 'EINVAL', message: /in use/ })
  assert.equal(world.aio.outstanding, 1)
  await world.ended(first)
  assert.equal(await world.aio.lio_listio(LIO_WAIT, writes), 0)
})

assertion('lio_listio: an empty list, or one of nothings, has ended at once, and is told of', async (world) => {
  for (const list of [[], [null, undefined], [new aiocb({ aio_lio_opcode: LIO_NOP })]]) {
    const notices = new Notices()
    assert.equal(await world.aio.lio_listio(LIO_WAIT, list), 0)
    assert.equal(world.aio.lio_listioSync(list), 0)
    assert.equal(world.aio.lio_listio(LIO_NOWAIT, list, notices.event('list')), 0)
    await world.until(() => notices.values.length > 0)
    assert.deepEqual(notices.values, ['list'])
  }
})

assertion('lio_listio: a timeout or an abort ends the wait, and the requests go on', async (world) => {
  const { fd, bytes, drain } = await world.stuck()
  const writes = blocks(5, bytes, { aio_fildes: fd, aio_lio_opcode: LIO_WRITE })
  await assert.rejects(world.aio.lio_listio(LIO_WAIT, writes, null, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  assert.equal(world.aio.outstanding, 0, 'aborted before, nothing is queued')
  const aborting = new AbortController()
  const aborted = world.aio.lio_listio(LIO_WAIT, writes, null, { signal: aborting.signal })
  aborting.abort()
  await assert.rejects(aborted, { name: 'AbortError' })
  await world.ended(...writes.slice(0, 2))
  const [more] = blocks(1, bytes, { aio_fildes: fd, aio_lio_opcode: LIO_WRITE })
  await assert.rejects(world.aio.lio_listio(LIO_WAIT, [more], null, { timeout: 5 }), { code: 'ETIMEDOUT', syscall: 'lio_listio' })
  const [last] = blocks(1, bytes, { aio_fildes: fd, aio_lio_opcode: LIO_WRITE })
  assert.throws(() => world.aio.lio_listioSync([last], { timeout: 5 }), { code: 'ETIMEDOUT' })
  assert.equal(world.aio.outstanding, 5)
  await drain()
  assert.deepEqual(world.errors([...writes, more as aiocb, last as aiocb]), [0, 0, 0, 0, 0, 0, 0])
}, STUCK)

assertion('lio_listio: a notification that cannot be is EINVAL, and none is started', async (world) => {
  const writes = await tenWrites(world)
  for (const event of [{ sigev_notify: 9 }, { sigev_notify: SIGEV_SIGNAL, sigev_signo: 9 }]) {
    assert.throws(() => world.aio.lio_listio(LIO_NOWAIT, writes, event), { code: 'EINVAL' })
  }
  assert.equal(world.aio.outstanding, 0)
})
