// acall: programs, which run step by step without coming back to JavaScript.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { Acall, ACALL_SUBMIT_THREAD_POOL, CallId, CallStatus, CompletionRecord, CompletionRing, resultOf, SYS, totalOf, type ProgramStep, type Submission } from 'trueaio/acall'
import { Proactor } from 'trueaio'
import { threadsInside, until } from '../driver/thread-pool/threads-here.js'
import { cancelRunning, onEach, pipe } from './subjects.js'

const PPOLL = SYS.ppoll ?? -1
const POOL = ACALL_SUBMIT_THREAD_POOL

onEach('a loop: copies a file of many buffers', { threads: true }, async (world) => {
  const content = Buffer.from(Array.from({ length: 10_007 }, (_, index) => index % 251))
  writeFileSync(world.path('from'), content)
  const [from, to] = [openSync(world.path('from'), 'r'), openSync(world.path('to'), 'w')]
  const buffer = Buffer.alloc(512)
  const { status, result, outcome } = await world.made({
    flags: POOL,
    program: [
      { nr: 'read', args: [from, buffer, buffer.length], onZero: 'stop' },
      { nr: 'write', args: [to, buffer, resultOf(0)], onPositive: 0 },
    ],
  })
  assert.deepEqual([status, result, outcome?.ended, outcome?.last], [CallStatus.DONE, 0, 'ended', 0])
  assert.deepEqual(outcome?.steps, [{ result: 0, total: 10_007, runs: 21 }, { result: 10_007 % 512, total: 10_007, runs: 20 }])
  assert.equal(outcome.made, 41)
  assert.ok(readFileSync(world.path('to')).equals(content))
  closeSync(from)
  closeSync(to)
})

onEach('totals as addresses, lengths and offsets: a whole file into one buffer, until its end', { threads: true }, async (world) => {
  const content = 'the quick brown fox jumps over the lazy dog'
  const fd = await world.file('text', content)
  const { readEnd, writeEnd, close } = await pipe()
  const all = Buffer.alloc(64)
  // A pipe gives what it has: three bytes and the rest, in two reads.
  const chunk = 7
  const { outcome } = await world.made({
    flags: POOL,
    program: [
      { nr: 'pread64', args: [fd, totalOf(0).plus(all), chunk, totalOf(0)], onPositive: 'again' },
      { nr: 'pwrite64', args: [fd, all, totalOf(0).from(content.length + 3), totalOf(0).plus(BigInt(1))] },
    ],
  })
  assert.equal(all.toString('utf8', 0, content.length), content)
  assert.deepEqual(outcome?.steps.map(({ total, runs }) => [total, runs]), [[content.length, 8], [3, 1]])
  assert.equal(world.content('text'), `${content}\0${content.slice(0, 3)}`)
  close()
  assert.ok(readEnd !== writeEnd)
  await world.close(fd)
})

onEach('conditions: stop on negative, skip, go on whatever comes, jump', { threads: true }, async (world) => {
  const missing = world.path('missing')
  const made = world.path('made')
  const open: ProgramStep = { nr: 'openat', args: [-100, missing, 0, 0] }
  const results = async (program: readonly ProgramStep[]): Promise<readonly (readonly number[])[]> => {
    const { outcome } = await world.made({ program, flags: POOL })
    return outcome?.steps.map(({ runs, result }) => [runs, result]) ?? []
  }
  assert.deepEqual(await results([open, { nr: 'getpid' }]), [[1, -2], [0, 0]])
  assert.deepEqual(await results([{ ...open, onNegative: 'next' }, { nr: 'getpid' }]), [[1, -2], [1, process.pid]])
  assert.deepEqual(await results([{ ...open, onNegative: 'skip' }, { nr: 'getppid' }, { nr: 'getpid' }]), [[1, -2], [0, 0], [1, process.pid]])
  // Make it if it is not there, then open it after all.
  const opened = await results([{ ...open, args: [-100, made, 0, 0], onNegative: 1, onZero: 'stop', onPositive: 'stop' }, { nr: 'mkdirat', args: [-100, made, 0o755], onZero: 0 }])
  assert.deepEqual([opened[0]?.[0], opened[1]], [2, [1, 0]])
  closeSync(opened[0]?.[1] ?? -1)
  // The descriptor goes to the next step, whatever it is; a step that fails does not keep it open.
  const inside = await results([
    { ...open, args: [-100, made, 0, 0], onZero: 'stop' }, { nr: 'read', args: [resultOf(0), Buffer.alloc(4), 4], onNegative: 'next' }, { nr: 'close', args: [resultOf(0)] },
  ])
  assert.deepEqual(inside.map(([runs]) => runs), [1, 1, 1])
  assert.deepEqual([inside[1]?.[1], inside[2]?.[1]], [-21, 0])
})

test('a program of many steps costs one hand-over and one completion', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const acall = new Acall({ proactor: io })
  const count = async (submissions: readonly Submission[]): Promise<number> => {
    const ring = new CompletionRing(256)
    const before = io.statistics
    assert.equal(acall.submit(submissions.map((submission) => ({ ...submission, ring }))).taken, submissions.length)
    await ring.wait({ min: submissions.length })
    const after = io.statistics
    assert.equal(after.systemCalls - before.systemCalls, after.reapedInline + after.reapedOnWake - before.reapedInline - before.reapedOnWake)
    return after.systemCalls - before.systemCalls
  }
  const steps = Array.from({ length: 200 }, (): ProgramStep => ({ nr: 'getppid' }))
  assert.equal(await count([{ program: steps, flags: POOL }]), 1)
  assert.equal(await count(steps.map(({ nr }) => ({ nr, flags: POOL }))), 200)
  await acall.close()
})

onEach('bounded: a loop without end is ended', { threads: true }, async (world) => {
  const { status, result, outcome } = await world.made({ program: [{ nr: 'getpid', onPositive: 'again' }], stepsMax: 1000, flags: POOL })
  assert.deepEqual([status, result, outcome?.ended, outcome?.made, outcome?.steps[0]?.runs], [CallStatus.DONE, -40, 'bound', 1000, 1000])
})

onEach('cancelled between steps: a loop that never blocks', { threads: true }, async (world) => {
  const { readEnd, writeEnd, close } = await pipe()
  const completion = new CompletionRecord()
  const id = new CallId()
  world.acall.submit([{ program: [{ nr: 'write', args: [writeEnd, Buffer.alloc(1), 1] }, { nr: 'sched_yield', onZero: 'again' }], stepsMax: 2 ** 31 - 1, id, completion }])
  assert.equal((await world.made({ nr: 'read', args: [readEnd, Buffer.alloc(1), 1] })).result, 1)
  assert.equal((await cancelRunning(world.acall, id)).outcome, 'interrupted')
  assert.deepEqual([completion.status, completion.outcome?.ended, completion.outcome?.steps[0]?.runs], [CallStatus.INTERRUPTED, 'cancelled', 1])
  assert.equal(completion.outcome?.made, 1 + (completion.outcome?.steps[1]?.runs ?? NaN))
  close()
})

onEach('cancelled inside a step: what was done by then is told', { threads: true }, async (world) => {
  const { writeEnd, close } = await pipe()
  const ring = new CompletionRing(1)
  const completion = new CompletionRecord()
  const id = new CallId()
  world.acall.submit([{
    program: [{ nr: 'write', args: [writeEnd, Buffer.from('abc'), 3] }, { nr: 'ppoll', args: [null, 0, null, null, 0], onNegative: 'next' }, { nr: 'write', args: [writeEnd, Buffer.from('d'), 1] }],
    id, ring, completion, cookie: 5,
  }])
  await until('its second step blocks', () => threadsInside(PPOLL) === 1)
  assert.deepEqual(await cancelRunning(world.acall, id), { outcome: 'interrupted', result: -4 })
  assert.deepEqual(completion.outcome?.steps, [{ result: 3, total: 3, runs: 1 }, { result: -4, total: 0, runs: 1 }, { result: 0, total: 0, runs: 0 }])
  assert.deepEqual(ring.take().map(({ status, cookie, stepsMade }) => [status, cookie, stepsMade]), [[CallStatus.INTERRUPTED, 5, 2]])
  close()
})

onEach('a queued program is taken back before its first step', { threads: true }, async (world) => {
  const [first, second] = [new CallId(), new CallId()]
  const completion = new CompletionRecord()
  const forEver: ProgramStep = { nr: 'ppoll', args: [null, 0, null, null, 0] }
  world.acall.submit([{ program: [forEver], flags: POOL, id: first }, { program: [{ nr: 'getpid' }], flags: POOL, id: second, completion }])
  await until('the only thread is taken', () => threadsInside(PPOLL) === 1)
  assert.deepEqual(await world.acall.cancel(second), { outcome: 'cancelled', result: -125 })
  assert.deepEqual([completion.status, completion.outcome], [CallStatus.CANCELLED, undefined])
  await world.acall.cancel(first)
}, { threads: 1 })

onEach('memory and texts of a program stay until it has ended, whoever forgets them', { threads: true }, async (world) => {
  const { readEnd, writeEnd, close } = await pipe()
  const ring = new CompletionRing(32)
  const names = Array.from({ length: 32 }, (_, index) => world.path(`directory-${String(index)}-${'x'.repeat(100)}`))
  for (const [cookie, name] of names.entries()) {
    world.acall.submit([{ program: [{ nr: 'read', args: [readEnd, Buffer.alloc(1), 1] }, { nr: 'mkdirat', args: [-100, `${name}`, 0o700] }], ring, cookie }])
  }
  await until('all wait', () => threadsInside(SYS.read ?? -1) === 32)
  globalThis.gc?.()
  const litter = Array.from({ length: 1000 }, () => Buffer.alloc(4096, 0xff))
  assert.equal((await world.made({ nr: 'write', args: [writeEnd, Buffer.alloc(32), 32] })).result, 32)
  assert.equal(await ring.wait({ min: 32 }), 32)
  assert.ok(ring.take().every(({ result, stepsMade }) => result === 0 && stepsMade === 2))
  for (const name of names) assert.equal((await world.made({ nr: 'unlinkat', args: [-100, name, 0x200] })).result, 0)
  assert.equal(litter.length, 1000)
  close()
})

test('bad programs, each with Node\'s error', async () => {
  await using acall = new Acall({ driver: 'thread-pool' })
  const step: ProgramStep = { nr: 'getpid' }
  const wrong: readonly (readonly [unknown, string])[] = [
    ['x', 'ERR_INVALID_ARG_TYPE'], [[], 'ERR_INVALID_ARG_VALUE'], [Array.from({ length: 257 }, () => step), 'ERR_INVALID_ARG_VALUE'], [[null], 'ERR_INVALID_ARG_TYPE'],
    [[{ ...step, args: 5 }], 'ERR_INVALID_ARG_TYPE'], [[{ ...step, args: [0, 0, 0, 0, 0, 0, 0] }], 'ERR_INVALID_ARG_VALUE'], [[{ nr: 'none' }], 'ERR_INVALID_ARG_VALUE'],
    [[{ ...step, onZero: 'nowhere' }], 'ERR_INVALID_ARG_VALUE'], [[{ ...step, onZero: 1 }], 'ERR_OUT_OF_RANGE'], [[{ ...step, onNegative: -1 }], 'ERR_OUT_OF_RANGE'],
    [[{ ...step, args: [resultOf(1)] }], 'ERR_OUT_OF_RANGE'], [[{ ...step, args: [resultOf(0).plus('text' as unknown as number)], onPositive: {} }], 'ERR_INVALID_ARG_TYPE'],
    [[{ ...step, args: [{}] }], 'ERR_INVALID_ARG_TYPE'],
  ]
  for (const [program, code] of wrong) {
    const { taken, error } = acall.submit([{ program: program as ProgramStep[] }])
    assert.equal(taken, 0)
    assert.equal((error as NodeJS.ErrnoException).code, code)
  }
  for (const stepsMax of [0, 2 ** 31, 1.5]) {
    assert.equal((acall.submit([{ program: [step], stepsMax }]).error as NodeJS.ErrnoException).code, 'ERR_OUT_OF_RANGE')
  }
  assert.throws(() => resultOf(-1), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => totalOf(256), { code: 'ERR_OUT_OF_RANGE' })
})
