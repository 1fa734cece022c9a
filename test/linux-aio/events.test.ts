// The cases about events and those who wait for them: libaio harness 16, 17, 22, 23; LTP io_submit04, io_pgetevents01; cancelling,
// destroying, waiting by key.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { nop } from 'trueaio'
import {
  EINPROGRESS, IOCB_CMD_NOOP, IOCB_CMD_POLL, IOCB_CMD_PREAD, IOCB_CMD_PWRITE, IOCB_FLAG_RESFD, RWF_NOWAIT,
  io_cancel, io_destroy, io_getevents, io_getevents_sync, io_pgetevents, io_submit, io_wait, type AioContext, type Iocb,
} from 'trueaio/linux-aio'
import { makePipe, O_NONBLOCK, systemCall } from '../harsh/system-calls.js'
import { carryOut, fails, onEveryDriver, takeAll, type Bench } from './subjects.js'

const EAGAIN = -11
const ECANCELED = -125
const POLLIN = 1

function noop<Data>(aio_data?: Data): Iocb<Data> {
  return { aio_lio_opcode: IOCB_CMD_NOOP, aio_fildes: 0, aio_data }
}

function pollOf(aio_fildes: number): Iocb {
  return { aio_lio_opcode: IOCB_CMD_POLL, aio_fildes, aio_buf: POLLIN }
}

function pipeOf(bench: Bench): { readEnd: number; writeEnd: number } {
  const pipe = makePipe()
  bench.owns(pipe.readEnd, pipe.writeEnd)
  return pipe
}

/** The loop turns until so many events wait to be taken. */
async function untilReady(bench: Bench, context: AioContext, count: number): Promise<void> {
  while (context.ready < count) await bench.io.submit(nop())
}

onEveryDriver('data and control block come back; both may change and be submitted again at once', {}, async (bench) => {
  const context = bench.setup<{ round: number }>(4)
  const fd = await bench.open('file')
  const iocb: Iocb<{ round: number }> = { aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: Buffer.from('aa'), aio_data: { round: 1 } }
  io_submit(context, [iocb])
  const [firstKey, firstData] = [iocb.aio_key, iocb.aio_data]
  iocb.aio_buf = Buffer.from('bbb')
  iocb.aio_offset = 2
  iocb.aio_data = { round: 2 }
  io_submit(context, [iocb])
  assert.notEqual(iocb.aio_key, firstKey)
  const events = (await takeAll(context, 2)).sort((a, b) => a.key - b.key)
  assert.deepEqual(events.map(({ data, key, obj, res, res2 }) => ({ data, key, same: obj === iocb, res, res2 })), [
    { data: firstData, key: firstKey, same: true, res: 2, res2: 0 },
    { data: { round: 2 }, key: iocb.aio_key, same: true, res: 3, res2: 0 },
  ])
  const back = Buffer.alloc(5)
  await carryOut(context as AioContext, { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf: back })
  assert.equal(back.toString(), 'aabbb')
})

onEveryDriver('LTP io_pgetevents01: one write, min 1 max 1, with a timeout and no signal', {}, async (bench) => {
  const context = bench.setup()
  const fd = await bench.open('file')
  io_submit(context, [{ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: Buffer.alloc(10) }])
  assert.deepEqual((await io_pgetevents(context, 1, 1, 30_000)).map(({ res }) => res), [10])
})

onEveryDriver('libaio 22: a poll tells POLLIN with its control block; a wait is interrupted by its signal: EINTR', { real: true }, async (bench) => {
  const context = bench.setup()
  const { readEnd, writeEnd } = pipeOf(bench)
  const poll = pollOf(readEnd)
  io_submit(context, [poll])
  const controller = new AbortController()
  const waits = io_pgetevents(context, 1, 1, null, controller.signal)
  await bench.io.submit(nop())
  const reason = new Error('changed my mind')
  controller.abort(reason)
  await assert.rejects(waits, { code: 'EINTR', syscall: 'io_pgetevents', cause: reason })
  await assert.rejects(io_pgetevents(context, 1, 1, null, AbortSignal.abort(reason)), { code: 'EINTR', cause: reason })
  writeSync(writeEnd, 'x')
  const [event] = await io_getevents(context, 1, 1)
  assert.equal(event?.obj, poll)
  assert.equal(event.res, POLLIN)
})

onEveryDriver('an interrupted wait that has taken events brings them', {}, async (bench) => {
  const context = bench.setup()
  const controller = new AbortController()
  io_submit(context, [noop(), noop()])
  const waits = io_pgetevents(context, 3, 8, null, controller.signal)
  while (context.inFlight + context.ready > 0) await bench.io.submit(nop())
  controller.abort()
  assert.equal((await waits).length, 2)
})

onEveryDriver('a timeout comes back with what there is; 0 looks; a wait may be for more than the context holds', {}, async (bench) => {
  const context = bench.setup(2)
  assert.deepEqual(await io_getevents(context, 1, 4, 5), [])
  assert.deepEqual(await io_getevents(context, 1, 4, 0), [])
  io_submit(context, [noop('a'), noop('b')])
  assert.deepEqual((await io_getevents(context, 3, 4, 20)).map(({ data }) => data).sort(), ['a', 'b'])
  const waits = io_getevents(context, 4, 4)
  io_submit(context, [noop('a'), noop('b')])
  while (context.inFlight + context.ready > 0) await bench.io.submit(nop())
  io_submit(context, [noop('c'), noop('d')])
  assert.equal((await waits).length, 4)
})

onEveryDriver('several wait at once: whoever’s number is there is served, and no event twice', {}, async (bench) => {
  const context = bench.setup<number>(64)
  const three = io_getevents(context, 3, 3)
  const one = io_getevents(context, 1, 1)
  const rest = io_getevents(context, 6, 6)
  io_submit(context, Array.from({ length: 10 }, (_, index) => noop(index)))
  const served = await Promise.all([three, one, rest])
  assert.deepEqual(served.map(({ length }) => length), [3, 1, 6])
  assert.deepEqual(served.flat().map(({ data }) => data).sort((a, b) => a - b), Array.from({ length: 10 }, (_, index) => index))
})

onEveryDriver('io_getevents_sync blocks until enough are there, the time is over, or nothing more can come', {}, async (bench) => {
  const context = bench.setup<number>()
  const fd = await bench.open('file')
  io_submit(context, Array.from({ length: 8 }, (_, index) => ({ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: Buffer.alloc(100), aio_offset: index * 100, aio_data: index })))
  const events = io_getevents_sync(context, 8, 8)
  assert.deepEqual(events.map(({ res }) => res), new Array(8).fill(100))
  assert.deepEqual(io_getevents_sync(context, 1, 8), [])
  if (!bench.real) return
  const { readEnd } = pipeOf(bench)
  io_submit(context as AioContext, [pollOf(readEnd)])
  const start = performance.now()
  assert.deepEqual(io_getevents_sync(context, 1, 8, 15), [])
  assert.ok(performance.now() - start >= 14)
})

onEveryDriver('io_wait: the event of one request, which no other wait gets', {}, async (bench) => {
  const context = bench.setup<string>()
  const fd = await bench.open('file')
  const first: Iocb<string> = { aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: Buffer.alloc(10), aio_data: 'first' }
  const second = noop('second')
  io_submit(context, [first, second])
  const waits = io_wait(context, first.aio_key ?? 0)
  const others = io_getevents(context, 1, 8)
  assert.equal((await waits)?.data, 'first')
  assert.deepEqual((await others).map(({ data }) => data), ['second'])
  // One that is there already, out of the middle of others.
  const three = [noop('a'), noop('b'), noop('c')]
  io_submit(context, three)
  await untilReady(bench, context as AioContext, 3)
  assert.equal((await io_wait(context, three[1]?.aio_key ?? 0))?.data, 'b')
  assert.deepEqual((await io_getevents(context, 2, 8)).map(({ data }) => data).sort(), ['a', 'c'])
  await fails(() => io_wait(context, three[1]?.aio_key ?? 0), 'EINVAL', 'io_wait')
})

onEveryDriver('io_wait gives up on its timeout; the event is then for all', { real: true }, async (bench) => {
  const context = bench.setup()
  const { readEnd, writeEnd } = pipeOf(bench)
  const poll = pollOf(readEnd)
  io_submit(context, [poll])
  assert.equal(await io_wait(context, poll.aio_key ?? 0, 5), undefined)
  writeSync(writeEnd, 'x')
  assert.deepEqual((await io_getevents(context, 1, 1)).map(({ obj }) => obj), [poll])
})

onEveryDriver('LTP io_submit04: RWF_NOWAIT on an empty pipe is EAGAIN in the event, at once', { real: true }, async (bench) => {
  const context = bench.setup()
  const { readEnd } = pipeOf(bench)
  assert.equal(await carryOut(context, { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: readEnd, aio_buf: Buffer.alloc(8), aio_rw_flags: RWF_NOWAIT }), EAGAIN)
})

onEveryDriver('libaio 16: an eventfd counts 1 when, and only when, the request has ended; its event is there by then', { real: true }, async (bench) => {
  const context = bench.setup()
  const fd = await bench.open('file')
  const eventfd = systemCall('eventfd2', 0, O_NONBLOCK)
  bench.owns(eventfd)
  const counter = new BigUint64Array(1)
  const { readEnd, writeEnd } = pipeOf(bench)
  const withCounter = { aio_flags: IOCB_FLAG_RESFD, aio_resfd: eventfd }
  for (const iocb of [
    { aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: Buffer.alloc(64) },
    { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: fd, aio_buf: Buffer.alloc(64) },
    pollOf(readEnd),
  ] satisfies Iocb[]) {
    io_submit(context, [{ ...iocb, ...withCounter }])
    if (iocb.aio_lio_opcode === IOCB_CMD_POLL) {
      await bench.io.submit(nop())
      assert.throws(() => readSync(eventfd, counter), { code: 'EAGAIN' })
      writeSync(writeEnd, 'x')
    }
    // The counter is a descriptor as others are: another context's poll waits for it.
    assert.equal(await carryOut(bench.setup(), pollOf(eventfd)), POLLIN)
    assert.equal(readSync(eventfd, counter), 8)
    assert.equal(counter[0], 1n)
    assert.equal((await io_getevents(context, 1, 1, 0)).length, 1)
  }
  for (const [aio_resfd, code] of [[fd, 'EINVAL'], [-1, 'EBADF'], [1e6, 'EBADF'], [undefined, 'EBADF']] as const) {
    await fails(() => io_submit(context, [{ ...pollOf(readEnd), aio_flags: IOCB_FLAG_RESFD, aio_resfd }]), code, 'io_submit')
  }
})

onEveryDriver('an eventfd replaced after the submission is still the one that is counted up', { real: true }, async (bench) => {
  const context = bench.setup()
  const { readEnd, writeEnd } = pipeOf(bench)
  const eventfd = systemCall('eventfd2', 0, O_NONBLOCK)
  io_submit(context, [{ ...pollOf(readEnd), aio_flags: IOCB_FLAG_RESFD, aio_resfd: eventfd }])
  const other = systemCall('dup', eventfd)
  bench.owns(other)
  // The number becomes another file's.
  systemCall('dup3', await bench.open('innocent'), eventfd, 0)
  bench.owns(eventfd)
  writeSync(writeEnd, 'x')
  assert.equal(await carryOut(bench.setup(), pollOf(other)), POLLIN)
  assert.equal(readSync(eventfd, Buffer.alloc(8), 0, 8, 0), 0)
})

onEveryDriver('libaio 17: the size of the ring -1, +0, +1, ×2, ×4 requests: all complete, whoever comes back for the rest', {}, async (bench) => {
  const size = 16
  const fd = await bench.open('file')
  for (const count of [size - 1, size, size + 1, size * 2, size * 4]) {
    for (const wait of [io_getevents, io_getevents_sync] as const) {
      const context = bench.setup<number>(size)
      const all = Array.from({ length: count }, (_, index): Iocb<number> => ({ aio_lio_opcode: IOCB_CMD_PWRITE, aio_fildes: fd, aio_buf: Buffer.alloc(64), aio_data: index }))
      const seen = new Set<number>()
      let submitted = 0
      while (seen.size < count) {
        if (submitted < count && context.inFlight + context.ready < size) submitted += io_submit(context, all.slice(submitted))
        for (const { data } of await wait(context, 1, size)) seen.add(data)
      }
      assert.equal(submitted, count)
      await io_destroy(context)
    }
  }
})

onEveryDriver('libaio 23: polls miss no wake-up', { real: true }, async (bench) => {
  const context = bench.setup(4)
  const there = pipeOf(bench)
  const back = pipeOf(bench)
  const byte = Buffer.alloc(1)
  for (let round = 0; round < 500; round++) {
    // Now before the poll, now while it waits, now in between.
    if (round % 3 === 0) writeSync(there.writeEnd, 'x')
    io_submit(context, [pollOf(there.readEnd), pollOf(back.readEnd)])
    if (round % 3 === 1) await bench.io.submit(nop())
    if (round % 3 !== 0) writeSync(there.writeEnd, 'x')
    writeSync(back.writeEnd, 'x')
    const events = await takeAll(context, 2)
    assert.deepEqual(events.map(({ res }) => res), [POLLIN, POLLIN], `round ${String(round)}`)
    readSync(there.readEnd, byte)
    readSync(back.readEnd, byte)
  }
})

onEveryDriver('a poll is cancelled: -EINPROGRESS, then its event with 0; asked again, EINVAL', { real: true }, async (bench) => {
  const context = bench.setup()
  const { readEnd, writeEnd } = pipeOf(bench)
  for (const handedOver of [true, false]) {
    const poll = pollOf(readEnd)
    io_submit(context, [poll])
    if (handedOver) await bench.io.submit(nop())
    assert.equal(io_cancel(context, poll), -EINPROGRESS)
    await fails(() => io_cancel(context, poll), 'EINVAL', 'io_cancel')
    const [event] = await io_getevents(context, 1, 1)
    assert.equal(event?.obj, poll)
    assert.equal(event.res, 0)
    await fails(() => io_cancel(context, poll), 'EINVAL', 'io_cancel')
  }
  writeSync(writeEnd, 'x')
  assert.equal(await carryOut(context, pollOf(readEnd)), POLLIN)
})

onEveryDriver('a read of a silent pipe is cancelled and has taken nothing; one of a file is EINVAL', { real: true }, async (bench) => {
  const context = bench.setup()
  const { readEnd, writeEnd } = pipeOf(bench)
  const read: Iocb = { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: readEnd, aio_buf: Buffer.alloc(8) }
  io_submit(context, [read])
  await bench.io.submit(nop())
  assert.equal(io_cancel(context, read), -EINPROGRESS)
  assert.deepEqual((await io_getevents(context, 1, 1)).map(({ res }) => res), [ECANCELED])
  writeSync(writeEnd, 'mine')
  assert.equal(await carryOut(context, read), 4)
  const ofFile: Iocb = { ...read, aio_fildes: await bench.open('file') }
  io_submit(context, [ofFile])
  await fails(() => io_cancel(context, ofFile), 'EINVAL', 'io_cancel')
  assert.deepEqual((await io_getevents(context, 1, 1)).map(({ res }) => res), [0])
})

onEveryDriver('io_destroy ends polls, wakes who waits with EINVAL, and drops events nobody took', { real: true }, async (bench) => {
  const context = bench.setup()
  const { readEnd } = pipeOf(bench)
  const poll = pollOf(readEnd)
  io_submit(context, [poll, { aio_lio_opcode: IOCB_CMD_PREAD, aio_fildes: readEnd, aio_buf: Buffer.alloc(1) }])
  const waits = [io_getevents(context, 1, 1), io_pgetevents(context, 2, 2), io_wait(context, poll.aio_key ?? 0)]
  const ended = Promise.all(waits.map((wait) => assert.rejects(wait, { code: 'EINVAL' })))
  await io_destroy(context)
  await ended
  assert.equal(context.inFlight, 0)
  assert.equal(bench.io.statistics.inFlight, 0)
})

onEveryDriver('a context goes with its block: `await using`', {}, async (bench) => {
  let seen: AioContext
  {
    await using context = bench.setup()
    seen = context
    io_submit(context, [noop()])
  }
  assert.equal(seen.destroyed, true)
  assert.equal(seen.inFlight, 0)
})

const PROGRAM = fileURLToPath(new URL('programs/blocking-read.js', import.meta.url))

onEveryDriver('an eventfd that this thread counts up can be read synchronously: under register, and after flush', { real: true }, (bench) => {
  for (const how of ['register', 'flush']) {
    const flags = how === 'register' ? ['--import', import.meta.resolve('trueaio/register')] : []
    const child = spawnSync(process.execPath, [...flags, PROGRAM, how, process.execPath], {
      encoding: 'utf8', timeout: 60_000, env: { ...process.env, TRUEAIO_DRIVER: `${bench.io.explain()[0]?.name ?? ''},thread-pool` },
    })
    assert.equal(child.stdout.trim(), '[1,1,1,1,1,1]', `${how}: ${child.stderr}`)
  }
})
