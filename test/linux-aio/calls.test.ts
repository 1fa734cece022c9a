// The cases about arguments and contexts: libaio harness 2, 3, 12; LTP io_setup, io_submit, io_getevents, io_cancel, io_destroy.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { close, nop } from 'trueaio'
import {
  AIO_MAX_NR, AioContext, IOCB_CMD_FSYNC, IOCB_CMD_NOOP, IOCB_CMD_POLL, IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV, IOCB_FLAG_IOPRIO,
  IOCB_FLAG_RESFD, io_cancel, io_destroy, io_getevents, io_getevents_sync, io_pgetevents, io_setup, io_submit, io_wait, RWF_APPEND, RWF_NOAPPEND, type Iocb,
} from 'trueaio/linux-aio'
import { carryOut, fails, onEveryDriver, takeAll } from './subjects.js'

const NOTHING = 0 as unknown as AioContext
const WILD: Iocb = { aio_lio_opcode: IOCB_CMD_NOOP, aio_fildes: 0 }

test('libaio 2, LTP io_setup01/02: 0 and negatives EINVAL, 1 works, more than AIO_MAX_NR EAGAIN', async () => {
  for (const nr of [0, -1, -1000]) assert.throws(() => io_setup(nr), { code: 'EINVAL', errno: -22, syscall: 'io_setup' })
  assert.throws(() => io_setup(AIO_MAX_NR + 1), { code: 'EAGAIN', syscall: 'io_setup' })
  const context = io_setup(1)
  assert.equal(context.nr_events, 1)
  // All contexts count together, and one destroyed does not.
  const rest = io_setup(AIO_MAX_NR - 1)
  assert.throws(() => io_setup(1), { code: 'EAGAIN' })
  await io_destroy(rest)
  await io_destroy(io_setup(AIO_MAX_NR - 1))
  await io_destroy(context)
})

test('numbers that are none, or that C would have cut off, are Node’s argument errors', async () => {
  assert.throws(() => io_setup(1.5), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => io_setup(2 ** 32 + 1), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => io_setup('1' as unknown as number), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => io_setup(1, { proactor: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  const context = io_setup(4)
  assert.throws(() => io_submit(context, null as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(io_getevents(context, NaN, 1), { code: 'ERR_OUT_OF_RANGE' })
  await assert.rejects(io_getevents(context, 1, 1, -1), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(io_getevents(context, 1, 1, '1' as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(io_pgetevents(context, 1, 1, 1, {} as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(io_wait(context, -1), { code: 'ERR_OUT_OF_RANGE' })
  await io_destroy(context)
})

onEveryDriver('libaio 3, LTP io_submit01/03: bad context EINVAL, none taken of none, a bad first control block is its error', {}, async (bench) => {
  const context = bench.setup()
  await fails(() => io_submit(NOTHING, []), 'EINVAL', 'io_submit')
  assert.equal(io_submit(context, []), 0)
  for (const wild of [null, undefined, 7, 'iocb']) await fails(() => io_submit(context, [wild as never]), 'EFAULT', 'io_submit')
  await fails(() => io_submit(context, [{ aio_lio_opcode: 99, aio_fildes: 0 }]), 'EINVAL', 'io_submit')
  await fails(() => io_submit(context, [{ aio_lio_opcode: undefined as never, aio_fildes: 0 }]), 'EINVAL', 'io_submit')
  await fails(() => io_submit(context, [{ aio_lio_opcode: IOCB_CMD_NOOP, aio_fildes: -1 }]), 'EBADF', 'io_submit')
  assert.equal(context.inFlight, 0)
})

onEveryDriver('LTP io_submit01: EBADF for no descriptor, a write on a read-only one, a read on a write-only one; zero bytes are taken', { real: true }, async (bench) => {
  const context = bench.setup()
  await bench.open('file')
  const reader = await bench.open('file', 0)
  const writer = await bench.open('file', 1)
  const aio_buf = Buffer.alloc(4)
  for (const fd of [-1, 1e6, 2 ** 31, 1.5, NaN, undefined]) await fails(() => io_submit(context, [{ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd as number, aio_buf }]), 'EBADF', 'io_submit')
  await fails(() => io_submit(context, [{ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: reader, aio_buf }]), 'EBADF', 'io_submit')
  await fails(() => io_submit(context, [{ aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: writer, aio_buf }]), 'EBADF', 'io_submit')
  assert.equal(await carryOut(context, { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: reader, aio_buf, aio_nbytes: 0 }), 0)
  const closed = await bench.open('file', 0)
  await bench.close(closed)
  await fails(() => io_submit(context, [{ aio_lio_opcode: IOCB_CMD_FSYNC, aio_fildes: closed }]), 'EBADF', 'io_submit')
})

onEveryDriver('LTP io_submit02: the number submitted; a refused one in the middle ends the call short, with its reason kept', {}, async (bench) => {
  const context = bench.setup<string>()
  const aio_fildes = await bench.open('file')
  const good = (aio_data: string): Iocb<string> => ({ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes, aio_buf: Buffer.from('abcd'), aio_data })
  const bad: Iocb<string> = { ...good('bad'), aio_offset: -1 }
  const last = good('c')
  assert.equal(io_submit(context, [good('a'), good('b'), bad, last]), 2)
  const { refused } = context
  assert.equal(refused?.index, 2)
  assert.equal(refused.iocb, bad)
  assert.deepEqual([refused.error.code, refused.error.syscall], ['EINVAL', 'io_submit'])
  // The rest is presented again without it, as with the kernel.
  assert.equal(io_submit(context, [last]), 1)
  assert.equal(context.refused, undefined)
  const events = await takeAll(context, 3)
  assert.deepEqual(events.map(({ data, res }) => [data, res]).sort(), [['a', 4], ['b', 4], ['c', 4]])
})

onEveryDriver('what a control block may say: each wrong word is its errno, and nothing of it starts', {}, async (bench) => {
  const context = bench.setup()
  const aio_fildes = await bench.open('file')
  const view = Buffer.alloc(8)
  const read: Iocb = { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes, aio_buf: view }
  const vector: Iocb = { aio_lio_opcode: IOCB_CMD_PREADV, aio_fildes, aio_buf: [view] }
  const poll: Iocb = { aio_lio_opcode: IOCB_CMD_POLL, aio_fildes, aio_buf: 1 }
  const wrong: readonly (readonly [Iocb, string])[] = [
    [{ ...read, aio_offset: -1 }, 'EINVAL'], [{ ...read, aio_offset: 0.5 }, 'EINVAL'], [{ ...read, aio_offset: 2 ** 53 }, 'EINVAL'],
    [{ ...read, aio_nbytes: -1 }, 'EINVAL'], [{ ...read, aio_nbytes: NaN }, 'EINVAL'], [{ ...read, aio_nbytes: 9 }, 'EFAULT'],
    [{ ...read, aio_buf: undefined }, 'EFAULT'], [{ ...read, aio_buf: 4096 }, 'EFAULT'], [{ ...read, aio_buf: [view] }, 'EFAULT'],
    [{ ...read, aio_rw_flags: 0x4000 }, 'ENOTSUP'], [{ ...read, aio_rw_flags: 0.5 }, 'EINVAL'],
    [{ ...read, aio_rw_flags: RWF_APPEND | RWF_NOAPPEND }, 'EINVAL'],
    [{ ...read, aio_flags: IOCB_FLAG_IOPRIO, aio_reqprio: 7 << 13 }, 'EINVAL'], [{ ...read, aio_flags: IOCB_FLAG_IOPRIO, aio_reqprio: 3 }, 'EINVAL'],
    [{ ...read, aio_flags: IOCB_FLAG_IOPRIO, aio_reqprio: -1 }, 'EINVAL'],
    [{ ...read, aio_flags: IOCB_FLAG_RESFD, aio_resfd: aio_fildes }, 'EINVAL'],
    [{ ...vector, aio_buf: view }, 'EFAULT'], [{ ...vector, aio_buf: [view, null as never] }, 'EFAULT'], [{ ...vector, aio_nbytes: 2 }, 'EFAULT'],
    [{ ...vector, aio_buf: Array.from({ length: 1025 }, () => view) }, 'EINVAL'],
    [{ ...poll, aio_buf: 0x10000 }, 'EINVAL'], [{ ...poll, aio_buf: view }, 'EINVAL'], [{ ...poll, aio_offset: 1 }, 'EINVAL'], [{ ...poll, aio_nbytes: 1 }, 'EINVAL'],
    [{ aio_lio_opcode: IOCB_CMD_FSYNC, aio_fildes, aio_buf: view }, 'EINVAL'], [{ aio_lio_opcode: IOCB_CMD_FSYNC, aio_fildes, aio_rw_flags: 1 }, 'EINVAL'],
  ]
  for (const [index, [iocb, code]] of wrong.entries()) {
    assert.throws(() => io_submit(context, [iocb]), { code }, `row ${String(index)}`)
    assert.equal(context.inFlight, 0, `row ${String(index)}`)
  }
  const detached = new Uint8Array(8)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  await fails(() => io_submit(context, [{ ...read, aio_buf: detached, aio_nbytes: 8 }]), 'EFAULT', 'io_submit')
})

onEveryDriver('no bytes need no memory', {}, async (bench) => {
  const context = bench.setup()
  const aio_fildes = await bench.open('file')
  const blocks = [IOCB_CMD_PREAD, IOCB_CMD_PWRITE, IOCB_CMD_PREADV, IOCB_CMD_PWRITEV].flatMap((aio_lio_opcode): Iocb[] =>
    [{ aio_lio_opcode, aio_fildes, aio_nbytes: 0 }, { aio_lio_opcode, aio_fildes, aio_nbytes: 0, aio_buf: null as never }])
  assert.equal(io_submit(context, blocks), blocks.length)
  assert.deepEqual((await io_getevents(context, blocks.length, blocks.length)).map(({ res }) => res), blocks.map(() => 0))
})

onEveryDriver('a full context is EAGAIN, and has room again when events are taken', {}, async (bench) => {
  const context = bench.setup(4)
  const nops = Array.from({ length: 10 }, (): Iocb => ({ ...WILD }))
  assert.equal(io_submit(context, nops), 4)
  assert.equal(context.refused?.error.code, 'EAGAIN')
  await fails(() => io_submit(context, nops.slice(4)), 'EAGAIN', 'io_submit')
  while (context.ready < 4) await bench.io.submit(nop())
  // Events that nobody has taken count as well.
  await fails(() => io_submit(context, nops.slice(4)), 'EAGAIN', 'io_submit')
  assert.equal((await io_getevents(context, 1, 3)).length, 3)
  assert.equal(io_submit(context, nops.slice(4)), 3)
  assert.equal((await takeAll(context, 4)).length, 4)
})

onEveryDriver('LTP io_getevents01/02, io_pgetevents02: no context, min above nr, negatives EINVAL', {}, async (bench) => {
  const context = bench.setup()
  for (const call of [io_getevents, io_getevents_sync] as const) {
    await fails(() => call(NOTHING, 1, 1), 'EINVAL', 'io_getevents')
    for (const [min, nr] of [[-1, 1], [2, 1], [1, -1], [-1, -1]] as const) await fails(() => call(context, min, nr), 'EINVAL', 'io_getevents')
    assert.deepEqual(await call(context, 0, 0), [])
    assert.deepEqual(await call(context, 0, 4), [])
  }
  await fails(() => io_pgetevents(NOTHING, 1, 1), 'EINVAL', 'io_pgetevents')
  await fails(() => io_pgetevents(context, -1, 1), 'EINVAL', 'io_pgetevents')
  await fails(() => io_wait(NOTHING, 1), 'EINVAL', 'io_wait')
  await fails(() => io_wait(context, 1), 'EINVAL', 'io_wait')
})

onEveryDriver('LTP io_cancel01/02: no control block EFAULT, whatever the context is; no context EINVAL, one that is not in flight EINVAL', {}, async (bench) => {
  const context = bench.setup()
  await fails(() => io_cancel(NOTHING, WILD), 'EINVAL', 'io_cancel')
  await fails(() => io_cancel(null as never, null as never), 'EFAULT', 'io_cancel')
  await fails(() => io_cancel(NOTHING, undefined as never), 'EFAULT', 'io_cancel')
  await fails(() => io_cancel(context, null as never), 'EFAULT', 'io_cancel')
  await fails(() => io_cancel(context, WILD), 'EINVAL', 'io_cancel')
})

onEveryDriver('LTP io_destroy01/02: garbage EINVAL; a destroyed context is EINVAL everywhere', {}, async (bench) => {
  for (const garbage of [NOTHING, {} as unknown as AioContext, null as unknown as AioContext, 0xffffffff as unknown as AioContext]) await fails(() => io_destroy(garbage), 'EINVAL', 'io_destroy')
  const context = bench.setup()
  await io_destroy(context)
  await fails(() => io_destroy(context), 'EINVAL', 'io_destroy')
  await fails(() => io_submit(context, [WILD]), 'EINVAL', 'io_submit')
  await fails(() => io_getevents(context, 0, 1), 'EINVAL', 'io_getevents')
  await fails(() => io_cancel(context, WILD), 'EINVAL', 'io_cancel')
  await fails(() => io_wait(context, 1), 'EINVAL', 'io_wait')
})

onEveryDriver('libaio 12: what another thread or process gets of a context is none', {}, async (bench) => {
  const context = bench.setup()
  const copy = structuredClone(context) // as a message to a worker would bring it
  await fails(() => io_submit(copy, [WILD]), 'EINVAL', 'io_submit')
  assert.equal(await carryOut(context, { ...WILD }), 0)
})

onEveryDriver('a closed proactor takes nothing: its requests end as ECANCELED', {}, async (bench) => {
  const context = bench.setup()
  const fd = await bench.open('file')
  await bench.close(fd)
  await bench.io.close()
  io_submit(context, [{ ...WILD }])
  assert.deepEqual((await io_getevents(context, 1, 1)).map(({ res }) => res), [-125])
  await assert.rejects(bench.io.submit(close(1)), { code: 'ERR_TRUEAIO_CLOSED' })
})
