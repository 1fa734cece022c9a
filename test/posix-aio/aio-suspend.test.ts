// aio_suspend: the assertions of the Open POSIX test suite, under their numbers, and what goes beyond them. Each in both
// forms: the promise, and the one that blocks.
import assert from 'node:assert/strict'
import { aiocb, EINPROGRESS, PosixAio } from 'trueaio/posix-aio'
import { assertion, blocks, O, World } from './world.js'
import { errnoOf } from './subjects.js'

const STUCK = { stuck: true }

/** Three writes, of which the third is stuck. */
async function stuckWrites(world: World): Promise<{ writes: aiocb[]; stuck: aiocb; drain: () => Promise<number[]> }> {
  const { fd, bytes, drain } = await world.stuck()
  const writes = blocks(3, bytes, { aio_fildes: fd })
  for (const block of writes) world.aio.aio_write(block)
  await world.ended(...writes.slice(0, 2))
  return { writes, stuck: writes[2] as aiocb, drain }
}

assertion('aio_suspend 1-1 without a timeout it resolves when a request of the list has ended, and not before', async (world) => {
  const { stuck, drain } = await stuckWrites(world)
  let suspended = true
  const waiting = world.aio.aio_suspend([stuck]).then((result) => {
    suspended = false
    return result
  })
  const file = new aiocb({ aio_fildes: await world.pumped(world.open('f', 'x')), aio_buf: Buffer.alloc(1) })
  world.aio.aio_read(file)
  await world.ended(file)
  assert.equal(suspended, true, 'another request’s end is nothing to it')
  await drain()
  assert.equal(await waiting, 0)
  assert.equal(world.aio.aio_error(stuck), 0)
}, STUCK)

assertion('aio_suspend 1-1 blocking: it returns when a request of the list has ended', async (world) => {
  const fd = await world.open('f', Buffer.alloc(65536))
  const reads = blocks(10, 4096, { aio_fildes: fd })
  for (const block of reads) world.aio.aio_read(block)
  assert.deepEqual(new Set(world.errors(reads)), new Set([EINPROGRESS]))
  assert.equal(world.aio.aio_suspendSync([reads[9] as aiocb]), 0)
  assert.equal(world.aio.aio_error(reads[9] as aiocb), 0)
  for (const block of reads) world.aio.aio_suspendSync([block])
  assert.deepEqual(new Set(world.errors(reads)), new Set([0]))
})

assertion('aio_suspend 3-1 what is null in the list is skipped', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', 'x'), aio_buf: Buffer.alloc(1) })
  world.aio.aio_read(block)
  assert.equal(await world.aio.aio_suspend([null, block, undefined]), 0)
  assert.equal(world.aio.aio_return(block), 1)
  world.aio.aio_read(block)
  assert.equal(world.aio.aio_suspendSync([null, undefined, block]), 0)
  assert.equal(world.aio.aio_return(block), 1)
})

assertion('aio_suspend 4-1 a timeout of nanoseconds against a synchronous write of 20 MiB: EAGAIN, and the write goes on', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', '', O.O_WRONLY | O.O_SYNC), aio_buf: Buffer.alloc(20 * 2 ** 20) })
  world.aio.aio_write(block)
  assert.throws(() => world.aio.aio_suspendSync([block], { timeout: 1e-5 }), { code: 'EAGAIN', errno: errnoOf('EAGAIN'), syscall: 'aio_suspend' })
  assert.equal(world.aio.aio_error(block), EINPROGRESS)
  assert.equal(world.aio.aio_suspendSync([block]), 0)
  assert.equal(world.aio.aio_error(block), 0)
}, { notSimulated: 'its disk is memory, and its blocking waits move virtual time' })

assertion('aio_suspend 5-1 the timeout is measured on the monotonic clock', async (world) => {
  const { stuck, drain } = await stuckWrites(world)
  const now = Date.now
  // The clock on the wall jumps ahead while it waits.
  Date.now = () => now() + 3_600_000
  try {
    const begin = performance.now()
    assert.throws(() => world.aio.aio_suspendSync([stuck], { timeout: 30 }), { code: 'EAGAIN' })
    await assert.rejects(world.aio.aio_suspend([stuck], { timeout: 30 }), { code: 'EAGAIN' })
    assert.ok(performance.now() - begin >= 58, 'both waited')
  } finally {
    Date.now = now
  }
  await drain()
}, STUCK)

assertion('aio_suspend 9-1 nothing ended within the timeout: EAGAIN, and all end afterwards as ever', async (world) => {
  const { writes, stuck, drain } = await stuckWrites(world)
  await assert.rejects(world.aio.aio_suspend([stuck], { timeout: 1 }), { code: 'EAGAIN', errno: errnoOf('EAGAIN'), syscall: 'aio_suspend' })
  assert.throws(() => world.aio.aio_suspendSync([stuck], { timeout: 1 }), { code: 'EAGAIN' })
  assert.throws(() => world.aio.aio_suspendSync([stuck], { timeout: 0 }), { code: 'EAGAIN' })
  assert.equal(world.aio.aio_error(stuck), EINPROGRESS)
  await drain()
  assert.deepEqual(world.errors(writes), [0, 0, 0])
}, STUCK)

assertion('aio_suspend: at once when a request of the list has ended before', async (world) => {
  const { writes, stuck, drain } = await stuckWrites(world)
  assert.equal(await world.aio.aio_suspend([stuck, writes[0]]), 0)
  assert.equal(world.aio.aio_suspendSync([stuck, writes[0]]), 0)
  assert.equal(await world.aio.aio_suspend([]), 0)
  assert.equal(world.aio.aio_suspendSync([null]), 0)
  await drain()
}, STUCK)

assertion('aio_suspend: an abort ends the wait, as EINTR does, and not the request', async (world) => {
  const { stuck, drain } = await stuckWrites(world)
  const aborting = new AbortController()
  const waiting = world.aio.aio_suspend([stuck], { signal: aborting.signal })
  aborting.abort('enough')
  await assert.rejects(waiting, { name: 'AbortError', code: 'ABORT_ERR', cause: 'enough' })
  await assert.rejects(world.aio.aio_suspend([stuck], { signal: aborting.signal }), { name: 'AbortError' })
  assert.equal(world.aio.aio_error(stuck), EINPROGRESS)
  await drain()
  assert.equal(world.aio.aio_error(stuck), 0)
}, STUCK)

assertion('aio_suspend: many wait for the same request, and for others besides', async (world) => {
  const { stuck, drain } = await stuckWrites(world)
  const waits = Array.from({ length: 100 }, () => world.aio.aio_suspend([null, stuck]))
  await drain()
  assert.deepEqual(await Promise.all(waits), Array<number>(100).fill(0))
}, STUCK)

assertion('aio_suspend: blocking on a request that nothing here can end is EINVAL, not for ever', async (world) => {
  const { stuck, drain } = await stuckWrites(world)
  const idle = new World(world.subject, {}, {})
  assert.throws(() => idle.aio.aio_suspendSync([stuck]), { code: 'EINVAL' })
  const other = new PosixAio({ proactor: world.io })
  const block = new aiocb({ aio_fildes: await world.pumped(world.open('f', 'x')), aio_buf: Buffer.alloc(1) })
  other.aio_read(block)
  // What another proactor of this thread has not handed over yet, a wait hands over.
  assert.equal(other.aio_suspendSync([block]), 0)
  await drain()
  await idle.end()
}, STUCK)
