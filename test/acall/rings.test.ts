// acall: completion rings of any size, several at once, shared by threads; no unread entry is ever overwritten.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { Acall, ACALL_SUBMIT_THREAD_POOL, CallId, CallStatus, CompletionRing, RingEntryLayout, RingHeader, type Submission } from 'trueaio/acall'
import { RingMemory } from '#src/acall/ring-memory.js'
import { until } from '../driver/thread-pool/threads-here.js'
import { onEach } from './subjects.js'
import type { RingTask } from './ring-worker.js'

function worker(task: RingTask): { readonly answer: Promise<unknown>; readonly ended: Promise<unknown> } {
  const thread = new Worker(new URL('./ring-worker.js', import.meta.url), { workerData: task })
  const ended = once(thread, 'exit')
  const answer = Promise.race([once(thread, 'message').then(([value]: unknown[]) => value), once(thread, 'error').then(([error]: unknown[]) => { throw error as Error })])
  return { answer, ended }
}

onEach('rings of any size, several at once', {}, async (world) => {
  const fd = await world.file('x', '')
  const rings = [1, 3, 64, 1000].map((capacity) => new CompletionRing(capacity))
  for (let round = 0; round < 5; round++) {
    for (const ring of rings) {
      const list = Array.from({ length: ring.capacity }, (_, cookie): Submission => ({ nr: 'fdatasync', args: [fd], ring, cookie }))
      assert.equal(world.acall.submit(list).taken, ring.capacity)
      assert.deepEqual([ring.room, ring.ready], [0, 0])
    }
    for (const ring of rings) {
      assert.equal(await ring.wait({ min: ring.capacity }), ring.capacity)
      const entries = ring.take()
      assert.deepEqual(entries.map(({ cookie }) => Number(cookie)).sort((a, b) => a - b), Array.from({ length: ring.capacity }, (_, cookie) => cookie))
      assert.ok(entries.every(({ status, result, id }) => status === CallStatus.DONE && result === 0 && id === undefined))
      assert.deepEqual([ring.room, ring.tail], [ring.capacity, (round + 1) * ring.capacity])
    }
  }
  await world.close(fd)
})

onEach('a full ring refuses (EAGAIN), its unread entries stay as they are, and taking makes room', {}, async (world) => {
  const fd = await world.file('x', '')
  const ring = new CompletionRing(3)
  const call = (cookie: number): Submission => ({ nr: 'fdatasync', args: [fd], ring, cookie })
  const { taken, error } = world.acall.submit([call(1), call(2), call(3), call(4)])
  assert.equal(taken, 3)
  assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
  assert.match(error?.message ?? '', /all 3 places/)
  assert.equal(await ring.wait({ min: 3 }), 3)
  // Ended, but not taken: still no room.
  assert.equal(world.acall.submit([call(5)]).taken, 0)
  assert.deepEqual(ring.take(1).length, 1)
  assert.deepEqual([world.acall.submit([call(6), call(7)]).taken, ring.room], [1, 0])
  assert.equal(await ring.wait({ min: 3 }), 3)
  const cookies = ring.take().map(({ cookie }) => cookie)
  assert.equal(cookies.length, 3)
  assert.equal(cookies.at(-1), 6)
  await world.close(fd)
})

onEach('waiting: from a tail, for so many, for so long; several at once; without taking', {}, async (world) => {
  const fd = await world.file('x', '')
  const ring = new CompletionRing(16)
  const list = (count: number): Submission[] => Array.from({ length: count }, () => ({ nr: 'fdatasync', args: [fd], ring }))
  assert.equal(await ring.wait({ min: 0 }), 0)
  assert.equal(await ring.wait({ timeout: 1 }), 0)
  const both = [ring.wait({ min: 2 }), ring.wait({ tail: 1, min: 2 })]
  world.acall.submit(list(2))
  assert.equal(await both[0], 2)
  world.acall.submit(list(1))
  assert.equal(await both[1], 2)
  assert.equal(await ring.wait({ min: 3 }), 3)
  assert.equal(ring.take().length, 3)
  // Counted from before the entries that were taken.
  assert.equal(await ring.wait({ tail: 0, min: 3 }), 3)
  assert.equal(await ring.wait({ tail: 5, timeout: 1 }), 0)
  world.acall.submit(list(4))
  assert.equal(ring.waitSync({ min: 4 }), 4)
  assert.equal(ring.take(3).length, 3)
  // Nothing is in flight that could bring another one: it comes back.
  assert.equal(ring.waitSync({ min: 2 }), 1)
  const aborting = new AbortController()
  const waiting = ring.wait({ min: 5, signal: aborting.signal })
  aborting.abort()
  await assert.rejects(waiting, { code: 'ABORT_ERR' })
  await world.close(fd)
})

onEach('a blocking wait ends on its time', { threads: true }, async (world) => {
  const ring = new CompletionRing(2)
  const id = new CallId()
  world.acall.submit([{ nr: 'ppoll', args: [null, 0, null, null, 0], ring, id }])
  const start = performance.now()
  assert.equal(ring.waitSync({ timeout: 20 }), 0)
  const took = performance.now() - start
  assert.ok(took >= 19 && took < 1000, `${took.toFixed()} ms`)
  await world.acall.cancel(id)
  assert.equal(ring.ready, 1)
})

test('one ring, calls of two contexts', async () => {
  await using first = new Acall({ driver: 'thread-pool' })
  await using second = new Acall({ driver: ['io-uring', 'thread-pool'] })
  const ring = new CompletionRing(8)
  for (const acall of [first, second]) acall.submit([{ nr: 'getppid', flags: ACALL_SUBMIT_THREAD_POOL, ring }])
  assert.equal(ring.waitSync({ min: 2 }), 2)
  assert.deepEqual(ring.take().map(({ result }) => result), [process.ppid, process.ppid])
})

test('large results and cookies come through whole', () => {
  const memory = RingMemory.make(4, false)
  const cookies = [2 ** 53 - 1, 2n ** 64n - 1n, 2n ** 53n, 2 ** 32]
  for (const cookie of cookies) {
    assert.ok(memory.reserve())
    memory.put(CallStatus.DONE, typeof cookie === 'bigint' ? -(2 ** 40) : 2 ** 47 + 1, cookie, 0, undefined)
  }
  assert.deepEqual(memory.take(9).map(({ cookie, result }) => [cookie, result]), cookies.map((cookie) => [cookie, typeof cookie === 'bigint' ? -(2 ** 40) : 2 ** 47 + 1]))
})

test('the protocol: any order of speaking for places, filling and taking, also where the counters wrap', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: -20, max: 20 }), fc.array(fc.constantFrom('reserve', 'put', 'take one', 'take all'), { maxLength: 200 }), (capacity, start, steps) => {
    const made = RingMemory.make(capacity, true)
    for (const counter of [RingHeader.RESERVED, RingHeader.HEAD, RingHeader.TAIL]) made.words[counter] = start
    // As it would stand there by now: each place with the number of a lap ago.
    const places = (made.words.length - RingHeader.WORDS) / RingEntryLayout.WORDS
    for (let number = start; number < start + places; number++) {
      made.words[RingHeader.WORDS + (number & (places - 1)) * RingEntryLayout.WORDS] = number + 1 - places
    }
    const memory = RingMemory.attach(made.words.buffer as SharedArrayBuffer)
    let [reserved, next, expected] = [0, 0, 0]
    for (const step of steps) {
      if (step === 'reserve') {
        const room = memory.room
        assert.equal(memory.reserve(), room > 0)
        if (room > 0) reserved++
      } else if (step === 'put') {
        if (reserved > 0) memory.put(CallStatus.DONE, 0, next++, 0, undefined)
        if (reserved > 0) reserved--
      } else {
        const taken = memory.take(step === 'take one' ? 1 : capacity)
        for (const { cookie } of taken) assert.equal(cookie, expected++)
      }
      assert.equal((memory.valid() - memory.tail) | 0, next - expected)
      assert.equal(memory.room, capacity - reserved - (next - expected))
    }
  }))
})

test('one ring shared by worker threads: all entries come once, to whoever takes them', async () => {
  const ring = new CompletionRing(50, { shared: true })
  const { buffer } = ring
  assert.ok(buffer !== undefined)
  const EACH = 1000
  const posters = [0, 1, 2].map((index) => worker({ buffer, work: 'post', first: index * EACH, count: EACH }))
  const taker = worker({ buffer, work: 'take', first: 0, count: 3 * EACH })
  const cookies: number[] = []
  const posted = Promise.all(posters.map(({ answer }) => answer))
  let open = true
  void posted.then(() => { open = false })
  while (open || ring.ready > 0) {
    await ring.wait({ timeout: 50 })
    cookies.push(...ring.take(16).map(({ cookie }) => Number(cookie)))
  }
  assert.deepEqual(await posted, ['posted', 'posted', 'posted'])
  cookies.push(...(await taker.answer as number[]), ...ring.take().map(({ cookie }) => Number(cookie)))
  assert.deepEqual(cookies.sort((a, b) => a - b), Array.from({ length: 3 * EACH }, (_, cookie) => cookie))
  assert.equal(ring.room, 50)
  await Promise.all([...posters, taker].map(({ ended }) => ended))
})

test('a thread that blocks on a shared ring is woken by calls of another', async () => {
  const ring = new CompletionRing(8, { shared: true })
  await using acall = new Acall({ driver: 'thread-pool' })
  const blocked = worker({ buffer: ring.buffer as SharedArrayBuffer, work: 'wait', first: 0, count: 3 })
  const words = new Int32Array(ring.buffer as SharedArrayBuffer)
  await until('it sleeps', () => Atomics.load(words, RingHeader.SLEEPERS) === 1)
  for (let count = 0; count < 3; count++) {
    acall.submit([{ nr: 'getpid', ring }])
    await ring.wait({ min: count + 1 })
  }
  assert.equal(await blocked.answer, 3)
  await blocked.ended
  await until('nobody sleeps', () => Atomics.load(words, RingHeader.SLEEPERS) === 0)
})

test('a blocking wait on a shared ring sees both its own calls and those of other threads', async () => {
  const ring = new CompletionRing(64, { shared: true })
  await using acall = new Acall({ driver: 'thread-pool' })
  const poster = worker({ buffer: ring.buffer as SharedArrayBuffer, work: 'post', first: 100, count: 20 })
  acall.submit([{ nr: 'nanosleep', args: [new BigInt64Array([0n, 3_000_000n]), null], cookie: 1, ring }])
  assert.equal(ring.waitSync({ min: 21, timeout: 20_000 }), 21)
  assert.deepEqual(ring.take().map(({ cookie }) => Number(cookie)).sort((a, b) => a - b), [1, ...Array.from({ length: 20 }, (_, index) => 100 + index)])
  await poster.answer
  await poster.ended
})

test('the layout of the shared memory is as documented', async () => {
  const ring = new CompletionRing(5, { shared: true })
  await using acall = new Acall({ driver: 'thread-pool' })
  const id = new CallId()
  acall.submit([{ nr: 'getppid', ring, cookie: 2 ** 32 + 9, id }])
  await ring.wait()
  const words = new Int32Array(ring.buffer as SharedArrayBuffer)
  assert.equal(words.length, RingHeader.WORDS + 8 * RingEntryLayout.WORDS)
  assert.deepEqual([RingHeader.CAPACITY, RingHeader.RESERVED, RingHeader.HEAD, RingHeader.TAIL].map((word) => words[word]), [5, 1, 1, 0])
  const entry = words.subarray(RingHeader.WORDS, RingHeader.WORDS + RingEntryLayout.WORDS)
  assert.deepEqual([...entry.subarray(0, 8)], [1, CallStatus.DONE, process.ppid, 0, 9, 1, 0, 1])
  assert.deepEqual(Buffer.from(new Uint8Array(entry.slice(RingEntryLayout.ID).buffer)), Buffer.from(id.bytes))
})

test('bad rings and bad waits, each with Node\'s error', () => {
  for (const capacity of [0, -1, 1.5, 2 ** 20 + 1, NaN]) assert.throws(() => new CompletionRing(capacity), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => new CompletionRing('8' as unknown as number), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => CompletionRing.attach(new SharedArrayBuffer(4096)), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => CompletionRing.attach(new SharedArrayBuffer(3)), { code: 'ERR_INVALID_ARG_VALUE' })
  assert.throws(() => CompletionRing.attach(new ArrayBuffer(4096) as unknown as SharedArrayBuffer), { code: 'ERR_INVALID_ARG_TYPE' })
  const ring = new CompletionRing(4)
  assert.equal(ring.buffer, undefined)
  assert.throws(() => ring.take(0), { code: 'ERR_OUT_OF_RANGE' })
  for (const options of [{ min: 5 }, { min: -1 }, { tail: -1 }, { tail: 2 ** 32 }]) {
    assert.throws(() => ring.wait(options), { code: 'ERR_OUT_OF_RANGE' })
    assert.throws(() => ring.waitSync(options), { code: 'ERR_OUT_OF_RANGE' })
  }
  assert.throws(() => ring.wait({ timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => ring.waitSync({ timeout: 'x' as unknown as number }), { code: 'ERR_INVALID_ARG_TYPE' })
})
