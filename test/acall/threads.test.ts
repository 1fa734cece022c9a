// acall: a thread for each call, or the bounded pool; and what a cancel tells of a call that was queued, running, or over.
import assert from 'node:assert/strict'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Acall, ACALL_SUBMIT_NO_RING, ACALL_SUBMIT_THREAD_POOL, CallId, CallStatus, CompletionRecord, CompletionRing, SYS, type Submission } from 'trueaio/acall'
import { poolThreads, threadsInside, until } from '../driver/thread-pool/threads-here.js'
import { cancelRunning, onEach, pipe, TooBusy } from './subjects.js'

const PPOLL = SYS.ppoll ?? -1
const WRITE = SYS.write ?? -1
const THREADS = 4
/** Of four threads a lane leaves one and a quarter of all to others. */
const AT_ONCE = 2
/** Waits for a signal, for ever. */
const forEver: Submission = { nr: 'ppoll', args: [null, 0, null, null, 0] }

async function noThreads(): Promise<void> {
  await until('no thread of an earlier test', () => poolThreads().length === 0)
}

/** What an id holds, which its type keeps to itself. */
const wordsOf = (id: unknown): { readonly slot: number, generation: number } => id as { readonly slot: number, generation: number }

onEach('a thread for each call: fifty that block do not hold up the next', { threads: true }, async (world) => {
  await noThreads()
  const ring = new CompletionRing(64)
  const ids = Array.from({ length: 50 }, () => new CallId())
  assert.equal(world.acall.submit(ids.map((id) => ({ ...forEver, id, ring }))).taken, 50)
  await until('each has its thread', () => threadsInside(PPOLL) === 50)
  assert.equal((await world.made({ nr: 'getppid' })).result, process.ppid)
  const reports = await Promise.all(ids.map((id) => cancelRunning(world.acall, id)))
  assert.ok(reports.every(({ outcome, result }) => outcome === 'interrupted' && result === -4))
  assert.equal(await ring.wait({ min: 50 }), 50)
  // A thread leaves with its call, at once.
  const took = await until('all have left', () => poolThreads().length === 0)
  if (took >= 150) throw new TooBusy(`they left after ${took.toFixed()} ms: as if they had waited for more work`)
}, { threads: THREADS })

onEach('the pool: no more threads than it has, the others queue, nothing is lost, and they leave after 200 ms', { threads: true }, async (world) => {
  await noThreads()
  const { readEnd, writeEnd, close } = await pipe()
  const ring = new CompletionRing(100)
  const calls = Array.from({ length: 100 }, (_, index): Submission => ({
    nr: 'read', args: [readEnd, Buffer.alloc(1), 1], flags: ACALL_SUBMIT_THREAD_POOL | ACALL_SUBMIT_NO_RING, cookie: index, ring,
  }))
  assert.equal(world.acall.submit(calls).taken, 100)
  await until('as many run as may', () => threadsInside(SYS.read ?? -1) === AT_ONCE)
  assert.ok(poolThreads().length <= THREADS)
  // One that wants a thread of its own does not wait behind them.
  assert.equal((await world.made({ nr: 'getppid' })).result, process.ppid)
  const sent = Buffer.alloc(100)
  assert.equal((await world.made({ nr: 'write', args: [writeEnd, sent, 100] })).result, 100)
  assert.equal(await ring.wait({ min: 100 }), 100)
  const entries = ring.take()
  assert.deepEqual(entries.map(({ cookie }) => Number(cookie)).sort((a, b) => a - b), calls.map((_, index) => index))
  assert.ok(entries.every(({ result }) => result === 1))
  const idle = await until('the threads have left', () => poolThreads().length === 0)
  assert.ok(idle > 100 && idle < 2000, `left after ${idle.toFixed()} ms`)
  close()
}, { threads: THREADS })

onEach('cancel: taken back while it was queued', { threads: true }, async ({ acall }) => {
  const completion = new CompletionRecord()
  const [running, queued] = [new CallId(), new CallId()]
  acall.submit([{ ...forEver, flags: ACALL_SUBMIT_THREAD_POOL, id: running }, { ...forEver, flags: ACALL_SUBMIT_THREAD_POOL, id: queued, completion }])
  await until('the only thread is taken', () => threadsInside(PPOLL) === 1)
  assert.deepEqual(await acall.cancel(queued), { outcome: 'cancelled', result: -125 })
  assert.deepEqual([completion.status, completion.result], [CallStatus.CANCELLED, -125])
  assert.equal(threadsInside(PPOLL), 1)
  assert.equal((await cancelRunning(acall, running)).outcome, 'interrupted')
}, { threads: 1 })

onEach('cancel: of a call that has not reached its driver, and its place is used again before anybody is told', { threads: true }, async ({ acall }) => {
  const [running, waiting, next] = [new CallId(), new CallId(), new CallId()]
  acall.submit([{ ...forEver, id: running }, { ...forEver, id: waiting }])
  const ended = acall.wait([waiting])
  const report = acall.cancel(waiting)
  acall.submit([{ nr: 'getpid', id: next }])
  const [before, after] = [wordsOf(waiting), wordsOf(next)]
  assert.deepEqual([before.slot, before.generation + 1], [after.slot, after.generation])
  assert.deepEqual(await report, { outcome: 'cancelled', result: -125 })
  assert.equal(await ended, 1)
  await acall.cancel(running)
  assert.equal(await acall.wait([next]), 1)
}, { inFlightMax: 1 })

onEach('cancel: a write that had moved some bytes ends with their number', { threads: true }, async (world) => {
  const { writeEnd, close } = await pipe()
  const completion = new CompletionRecord()
  const id = new CallId()
  const PIPE_BYTES = 65536
  // Not by the ring, which waits for readiness first and would move nothing.
  world.acall.submit([{ nr: 'write', args: [writeEnd, Buffer.alloc(4 * PIPE_BYTES), 4 * PIPE_BYTES], flags: ACALL_SUBMIT_NO_RING, id, completion }])
  await until('the pipe is full', () => threadsInside(WRITE) === 1)
  assert.deepEqual(await cancelRunning(world.acall, id), { outcome: 'completed', result: PIPE_BYTES })
  assert.deepEqual([completion.status, completion.result], [CallStatus.DONE, PIPE_BYTES])
  close()
})

onEach('cancel: a read that waits for its pipe, and takes nothing from it', { threads: true }, async (world) => {
  const { readEnd, writeEnd, close } = await pipe()
  const id = new CallId()
  const byRing = !world.acall.explain({ nr: 'read', args: [readEnd, Buffer.alloc(8), 8] }).startsWith('thread-pool')
  world.acall.submit([{ nr: 'read', args: [readEnd, Buffer.alloc(8), 8], id }])
  await until('it waits', () => byRing || threadsInside(SYS.read ?? -1) === 1)
  const { outcome, result } = await cancelRunning(world.acall, id)
  // On a ring it waits for readiness, and nothing has been done; a thread is inside the call.
  assert.deepEqual([outcome, result], byRing ? ['cancelled', -125] : ['interrupted', -4])
  assert.equal((await world.made({ nr: 'write', args: [writeEnd, Buffer.from('later'), 5] })).result, 5)
  assert.equal((await world.made({ nr: 'read', args: [readEnd, Buffer.alloc(8), 8] })).result, 5)
  close()
})

onEach('cancel: too late, and ids that are nobody\'s', { threads: true }, async (world) => {
  const id = new CallId()
  world.acall.submit([{ nr: 'getppid', id }])
  assert.equal(await world.acall.wait([id]), 1)
  assert.deepEqual(await world.acall.cancel(id), { outcome: 'too late', result: undefined })
  const forged = CallId.from(id.bytes)
  wordsOf(forged).generation++
  for (const unknown of [new CallId(), forged, CallId.from(new Uint8Array(16).fill(255))]) {
    assert.throws(() => world.acall.cancel(unknown), { code: 'ERR_INVALID_ARG_VALUE' })
    assert.throws(() => world.acall.wait([id, unknown]), { code: 'ERR_INVALID_ARG_VALUE', message: /ids\[1\]/ })
    assert.throws(() => world.acall.waitSync([unknown]), { code: 'ERR_INVALID_ARG_VALUE' })
  }
  assert.throws(() => world.acall.cancel('x' as unknown as CallId), { code: 'ERR_INVALID_ARG_TYPE' })
  await using another = new Acall({ driver: 'thread-pool' })
  assert.throws(() => another.cancel(id), { code: 'ERR_INVALID_ARG_VALUE' })
})

test('cancel: a call that answers no signal is abandoned, and says so', async () => {
  await using acall = new Acall({ driver: 'thread-pool', threads: 1 })
  const completion = new CompletionRecord()
  const [mask, id] = [new CallId(), new CallId()]
  const MILLISECONDS_200 = new BigInt64Array([0n, 200_000_000n])
  acall.submit([
    // The pool's only thread blocks all signals: what it runs then stands for a dead file server's.
    { nr: 'rt_sigprocmask', args: [2, new BigUint64Array([0xffffffffffffffffn]), null, 8], flags: ACALL_SUBMIT_THREAD_POOL, id: mask },
    { nr: 'nanosleep', args: [MILLISECONDS_200, null], flags: ACALL_SUBMIT_THREAD_POOL, id, completion },
  ])
  await until('it runs', () => threadsInside(SYS.nanosleep ?? -1) === 1)
  assert.deepEqual(await acall.cancel(id), { outcome: 'abandoned', result: -125 })
  assert.equal(completion.status, CallStatus.ABANDONED)
  assert.equal(acall.proactor.statistics.abandoned, 1)
})

onEach('a timeout of the submission cancels; a timeout of the cancel or of a wait does not', { threads: true }, async (world) => {
  const completion = new CompletionRecord()
  const id = new CallId()
  world.acall.submit([{ ...forEver, completion, id }], { timeout: 5 })
  assert.equal(await world.acall.wait([id], { timeout: 10_000 }), 1)
  // On a busy machine the time may be over before the thread has begun.
  const ended = [completion.status, completion.result].join()
  assert.ok([`${String(CallStatus.INTERRUPTED)},-4`, `${String(CallStatus.CANCELLED)},-125`].includes(ended), ended)
  world.acall.submit([{ ...forEver, id }])
  await until('it has begun', () => threadsInside(PPOLL) === 1)
  assert.equal(await world.acall.wait([id], { timeout: 2 }), 0)
  assert.equal(world.acall.waitSync([id], { timeout: 2 }), 0)
  const aborting = new AbortController()
  const waiting = world.acall.wait([id], { signal: aborting.signal })
  aborting.abort()
  await assert.rejects(waiting, { code: 'ABORT_ERR' })
  assert.equal(world.acall.inFlight, 1)
  assert.throws(() => world.acall.wait([id], { timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => world.acall.wait([]), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => world.acall.wait('x' as unknown as CallId[]), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.equal((await cancelRunning(world.acall, id)).outcome, 'interrupted')
})

onEach('blocking until one of several has ended', { threads: true }, async (world) => {
  const ids = [new CallId(), new CallId(), new CallId()] as const
  const SOON = new BigInt64Array([0n, 2_000_000n])
  world.acall.submit([{ ...forEver, id: ids[0] }, { nr: 'nanosleep', args: [SOON, null], id: ids[1] }, { ...forEver, id: ids[2] }])
  assert.equal(world.acall.waitSync(ids), 1)
  assert.equal(await world.acall.wait(ids), 1)
  await Promise.all([ids[0], ids[2]].map((id) => world.acall.cancel(id)))
  assert.equal(world.acall.waitSync(ids), 3)
})

onEach('explain says which way a call would go', {}, async (world) => {
  const file = openSync(process.execPath, 'r') // of the real system: a ring takes regular files only
  const read: Submission = { nr: 'pread64', args: [file, Buffer.alloc(1), 1, 0] }
  const [driver] = world.acall.proactor.explain()
  const said = world.acall.explain(read)
  // Of linux-aio, as it is no O_DIRECT file.
  if (driver?.name === 'thread-pool' || driver?.name === 'linux-aio') assert.equal(said, 'thread-pool: pread64(2) on a thread of its own')
  else assert.match(said, new RegExp(`^${driver?.name ?? ''}: .*, as the operation for pread64$`))
  if (world.onDisk) {
    assert.equal(world.acall.explain({ ...read, flags: 3 }), "thread-pool: pread64(2) on one of 6 threads, lane 'wait'")
    assert.equal(world.acall.explain({ nr: 'getppid' }), 'thread-pool: getppid(2) on a thread of its own')
    assert.equal(world.acall.explain({ program: [{ nr: 'getppid' }], flags: 1 }), "thread-pool: a program of one step (getppid(2)) on one of 6 threads, lane 'wait'")
    // More than the memory holds, an address instead of memory, an open without O_CLOEXEC: the call itself, to the letter.
    for (const args of [[file, Buffer.alloc(1), 2, 0], [file, 4096n, 1, 0], [file, Buffer.alloc(1), 1, -1]] as const) {
      assert.match(world.acall.explain({ nr: 'pread64', args }), /^thread-pool/)
    }
    assert.match(world.acall.explain({ nr: 'openat', args: [-100, '/', 0, 0] }), /^thread-pool/)
  }
  closeSync(file)
  await Promise.resolve()
}, { threads: 6 })

test('linux-aio: files opened with O_DIRECT go to the kernel, others to a thread, whichever comes first', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-acall-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'data')
  writeFileSync(path, Buffer.alloc(8192, 'x'))
  const plain = openSync(path, 'r')
  context.after(() => closeSync(plain))
  let direct: number
  try {
    direct = openSync(path, constants.O_RDONLY | constants.O_DIRECT)
  } catch {
    context.skip('this file system has no O_DIRECT')
    return
  }
  context.after(() => closeSync(direct))
  await using acall = new Acall({ driver: ['linux-aio', 'thread-pool'] })
  const buffer = acall.proactor.buffers.allocate(4096)
  const ring = new CompletionRing(4)
  for (const [fd, way] of [[plain, 'thread-pool'], [direct, 'linux-aio'], [plain, 'thread-pool'], [direct, 'linux-aio']] as const) {
    const submission: Submission = { nr: 'pread64', args: [fd, buffer, 4096, 4096], ring }
    assert.equal(acall.explain(submission).split(':')[0], way)
    acall.submit([submission])
    await ring.wait()
    assert.deepEqual(ring.take().map(({ result }) => result), [4096])
  }
})
