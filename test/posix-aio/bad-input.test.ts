// What is not what it should be: wrong types are Node's errors, wrong values the errno that POSIX has; nothing is queued.
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { constants } from 'node:os'
import { aiocb, LIO_NOWAIT, LIO_READ, LIO_WAIT, O_SYNC, PosixAio, SIGEV_THREAD, type sigevent } from 'trueaio/posix-aio'
import { assertion, blocks, O } from './world.js'

const WRONG_TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }

assertion('what is not a control block', (world) => {
  const { aio } = world
  for (const wrong of [undefined, null, 1, 'x', {}, { aio_fildes: 1 }, Object.create(aiocb.prototype)] as never[]) {
    for (const call of [() => aio.aio_read(wrong), () => aio.aio_write(wrong), () => aio.aio_fsync(O_SYNC, wrong), () => aio.aio_error(wrong), () => aio.aio_return(wrong)]) assert.throws(call, WRONG_TYPE)
    if (wrong !== undefined && wrong !== null) assert.throws(() => aio.aio_cancel(1, wrong), WRONG_TYPE)
  }
})

assertion('what is not a list, or has something else in it', async (world) => {
  const { aio } = world
  const fd = await world.open('f', 'x')
  const [block] = blocks(1, 1, { aio_fildes: fd, aio_lio_opcode: LIO_READ }) as [aiocb]
  for (const wrong of [undefined, null, 3, 'list', { length: 0 }, [3], [block, {}]] as never[]) {
    assert.throws(() => aio.aio_suspendSync(wrong), WRONG_TYPE)
    await assert.rejects(aio.aio_suspend(wrong), WRONG_TYPE)
    assert.throws(() => aio.lio_listio(LIO_NOWAIT, wrong), WRONG_TYPE)
    await assert.rejects(aio.lio_listio(LIO_WAIT, wrong), WRONG_TYPE)
    assert.throws(() => aio.lio_listioSync(wrong), WRONG_TYPE)
  }
  assert.equal(aio.outstanding, 0, 'the good block of a bad list was not queued')
  // Nothing of the refused lists sticks to the block.
  assert.equal(await aio.lio_listio(LIO_WAIT, [block]), 0)
})

assertion('fields of another type', async (world) => {
  const fd = await world.open('f', 'x')
  const wrong: readonly (readonly [keyof aiocb, unknown])[] = [
    ['aio_fildes', '1'], ['aio_fildes', undefined], ['aio_buf', null], ['aio_buf', 'text'], ['aio_buf', new ArrayBuffer(8)], ['aio_nbytes', '1'], ['aio_nbytes', 1n],
    ['aio_offset', undefined], ['aio_offset', 0n], ['aio_reqprio', null], ['aio_sigevent', null], ['aio_sigevent', SIGEV_THREAD], ['aio_sigevent', { sigev_notify: SIGEV_THREAD }],
    ['aio_sigevent', { sigev_notify: SIGEV_THREAD, sigev_notify_function: 'f' }],
  ]
  for (const [field, value] of wrong) {
    const block = Object.assign(new aiocb({ aio_fildes: fd, aio_buf: Buffer.alloc(8), aio_lio_opcode: LIO_READ }), { [field]: value })
    assert.throws(() => world.aio.aio_read(block), WRONG_TYPE, field)
    assert.throws(() => world.aio.lio_listio(LIO_NOWAIT, [block]), WRONG_TYPE, field)
    assert.throws(() => world.aio.aio_error(block), { code: 'EINVAL' })
  }
  assert.throws(() => world.aio.aio_cancel('1' as never), WRONG_TYPE)
})

assertion('numbers out of range are EINVAL or EBADF, or a request that ends: never anything else', async (world) => {
  const fd = await world.open('f', Buffer.alloc(100))
  const wild = fc.oneof(fc.integer({ min: -3, max: 20 }), fc.double(), fc.maxSafeInteger(), fc.constantFrom(-1, -0.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32, 2 ** 53))
  await fc.assert(fc.asyncProperty(wild, wild, wild, fc.boolean(), async (aio_nbytes, aio_offset, aio_reqprio, ours) => {
    const block = new aiocb({ aio_fildes: ours ? fd : aio_nbytes, aio_buf: Buffer.alloc(16), aio_nbytes, aio_offset, aio_reqprio })
    const good = Number.isInteger(aio_nbytes) && aio_nbytes >= 0 && aio_nbytes <= 16 && Number.isSafeInteger(aio_offset) && aio_offset >= 0
      && Number.isInteger(aio_reqprio) && aio_reqprio >= 0 && aio_reqprio <= 20
    const before = world.aio.outstanding
    if (ours && good) {
      world.aio.aio_read(block)
      await world.ended(block)
      assert.equal(world.aio.aio_return(block), Math.max(0, Math.min(aio_nbytes, 100 - aio_offset)))
    } else if (!good) {
      assert.throws(() => world.aio.aio_read(block), (error: NodeJS.ErrnoException) => error.code === 'EINVAL' || (!ours && error.code === 'EBADF'))
      assert.equal(world.aio.outstanding, before)
    }
  }), { numRuns: 200 })
})

assertion('a block in use is EINVAL for every call that would use it again', async (world) => {
  const [block] = blocks(1, 64, { aio_fildes: await world.open('f', Buffer.alloc(64)), aio_lio_opcode: LIO_READ }) as [aiocb]
  world.aio.aio_read(block)
  const inUse = { code: 'EINVAL', message: /in use/ }
  for (const call of [() => world.aio.aio_read(block), () => world.aio.aio_write(block), () => world.aio.aio_fsync(O_SYNC, block), () => world.aio.lio_listio(LIO_NOWAIT, [block])]) assert.throws(call, inUse)
  await world.ended(block)
  assert.equal(world.aio.aio_return(block), 64)
})

assertion('a buffer that is gone is refused, and one that goes before its turn ends its request with EINVAL', async (world) => {
  const fd = await world.open('f', Buffer.alloc(64))
  const block = new aiocb({ aio_fildes: fd, aio_buf: new Uint8Array(64) })
  structuredClone(block.aio_buf, { transfer: [(block.aio_buf as Uint8Array).buffer as ArrayBuffer] })
  assert.throws(() => world.aio.aio_read(block), { code: 'ERR_INVALID_STATE' })
  const [first, second] = [new aiocb({ aio_fildes: fd, aio_buf: new Uint8Array(64) }), new aiocb({ aio_fildes: fd, aio_buf: new Uint8Array(64) })]
  // Appending writes run one by one, so the second has not started yet.
  const appending = await world.open('g', '', O.O_RDWR | O.O_APPEND)
  for (const each of [first, second]) {
    each.aio_fildes = appending
    world.aio.aio_write(each)
  }
  structuredClone(second.aio_buf, { transfer: [(second.aio_buf as Uint8Array).buffer as ArrayBuffer] })
  await world.ended(first, second)
  assert.deepEqual([world.aio.aio_error(first), world.aio.aio_error(second), world.aio.aio_return(second)], [0, constants.errno.EINVAL, -1])
})

assertion('waits with options of another type', async (world) => {
  for (const timeout of [-1, NaN, '1', null] as never[]) {
    await assert.rejects(world.aio.aio_suspend([], { timeout }), WRONG_TYPE)
    assert.throws(() => world.aio.aio_suspendSync([], { timeout }), WRONG_TYPE)
    assert.throws(() => world.aio.lio_listio(LIO_WAIT, [], null, { timeout }), WRONG_TYPE)
    assert.throws(() => world.aio.lio_listioSync([], { timeout }), WRONG_TYPE)
  }
  await assert.rejects(world.aio.aio_suspend([], { signal: {} as AbortSignal }), WRONG_TYPE)
  assert.throws(() => world.aio.lio_listio(LIO_WAIT, [], null, { signal: 3 as never }), WRONG_TYPE)
  assert.throws(() => world.aio.lio_listio(LIO_NOWAIT, [], 3 as unknown as sigevent), WRONG_TYPE)
})

assertion('an object with options of another type or out of range', ({ io }) => {
  assert.throws(() => new PosixAio({ proactor: {} as never }), WRONG_TYPE)
  assert.throws(() => new PosixAio({ proactor: io, cancelRunning: 1 as never }), WRONG_TYPE)
  for (const limits of [{ AIO_MAX: 0 }, { AIO_LISTIO_MAX: 1 }, { AIO_PRIO_DELTA_MAX: -1 }, { AIO_MAX: 1.5 }]) assert.throws(() => new PosixAio({ proactor: io, ...limits }), { code: 'ERR_OUT_OF_RANGE' })
  assert.deepEqual(new PosixAio({ proactor: io, AIO_MAX: 3 }).limits, { AIO_MAX: 3, AIO_LISTIO_MAX: 4096, AIO_PRIO_DELTA_MAX: 20 })
})
