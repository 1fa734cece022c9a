// Submission and completion queues, and messages between rings: cases 2, 5, 7 to 10 and 74 of liburing's tests.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { close, message, nop, poll, PollEvent, Proactor, read, timer } from 'trueaio'
import { loadBinding } from '#src/native/load.js'
import { PATIENCE } from '../../launcher/patience.js'
import { makePipe } from '../../harsh/system-calls.js'
import { withoutRing } from '../../harsh/ring-here.js'

const skip = withoutRing
const CLOSED_DESCRIPTOR = 1_000_000

test('case 2: a bad entry in a batch fails alone; those around it are carried out', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const buffer = Buffer.alloc(1)
  const ends = await Promise.allSettled([nop(), nop(), read(CLOSED_DESCRIPTOR, buffer), nop(), read(CLOSED_DESCRIPTOR, buffer), nop()].map((operation) => io.submit(operation)))
  assert.deepEqual(ends.map(({ status }) => status), ['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
  assert.equal(io.statistics.systemCalls, 1)
})

test('case 5: thousands of completions of one batch are told once each and in order', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const queue = io.completionQueue<number>({ capacity: 4096 })
  for (let index = 0; index < 4000; index++) queue.submit(nop(), index)
  const cookies: number[] = []
  while (cookies.length < 4000) for (const { cookie } of await queue.wait()) cookies.push(cookie)
  assert.deepEqual(cookies, Array.from({ length: 4000 }, (_, index) => index))
})

test('case 7: completions find their operation again when a slot is used for the millionth time', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  for (let round = 0; round < 200; round++) {
    // Cancelled and resubmitted in the same slots: late answers carry an old generation.
    const controller = new AbortController()
    const ends = Array.from({ length: 20 }, () => io.submit(read(readEnd, Buffer.alloc(1)), { signal: controller.signal }))
    if (round % 2 === 0) await turn()
    controller.abort()
    for (const end of await Promise.allSettled(ends)) assert.equal(end.status, 'rejected')
    await io.submit(nop())
  }
  assert.equal(io.statistics.inFlight, 0)
  await io.submit(close(readEnd))
  await io.submit(close(writeEnd))
})

test('case 8: a wait with a timeout waits that long, once', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const queue = io.completionQueue()
  queue.submit(timer(60_000), undefined)
  const start = performance.now()
  assert.deepEqual(queue.waitSync({ min: 1, timeout: 100 }), [])
  const took = performance.now() - start
  assert.ok(took >= 99 && took < 100 + 90 * PATIENCE, `${took.toFixed(1)} ms`)
})

test('case 9: every worker has a ring of its own', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const workers = Array.from({ length: 3 }, () => new Worker(`
    const { parentPort } = require('node:worker_threads')
    import('trueaio').then(async ({ Proactor, nop }) => {
      const io = new Proactor({ driver: 'io-uring' })
      for (let index = 0; index < 1000; index++) await io.submit(nop())
      // Kept open until all have theirs: a closed one's number is used again.
      parentPort.once('message', () => io.close().then(() => parentPort.close()))
      parentPort.postMessage([io.port, io.statistics.operations.nop.count])
    })`, { eval: true }))
  const answers = await Promise.all(workers.map(async (worker) => {
    const [answer] = await once(worker, 'message') as [[number, number]]
    return answer
  }))
  await Promise.all(workers.map((worker) => {
    worker.postMessage('close')
    return once(worker, 'exit')
  }))
  assert.equal(new Set([io.port, ...answers.map(([port]) => port)]).size, 4)
  assert.deepEqual(answers.map(([, count]) => count), [1000, 1000, 1000])
})

test('case 10: setup errors come back as numbers, and leave nothing open', { skip }, () => {
  const { binding } = loadBinding()
  const create = (entries: number, flags: number): unknown => binding?.ringCreate?.(entries, flags, 0, () => undefined)
  const EINVAL = -22
  const UNKNOWN_FLAG = 1 << 30
  const SQ_AFF_WITHOUT_SQPOLL = 1 << 2
  assert.equal(create(0, 0), EINVAL)
  assert.equal(create(8, UNKNOWN_FLAG), EINVAL)
  assert.equal(create(8, SQ_AFF_WITHOUT_SQPOLL), EINVAL)
})

test('case 38: a ring that polls its own descriptor neither loops nor hangs', { skip }, async () => {
  const io = new Proactor({ driver: 'io-uring' })
  const end = io.submit(poll(io.port, PollEvent.POLLIN)).then((events) => events, (error: unknown) => (error as NodeJS.ErrnoException).code)
  await io.submit(timer(1))
  await turn()
  const before = io.statistics.systemCalls
  await new Promise((resolve) => setTimeout(resolve, 30))
  assert.ok(io.statistics.systemCalls - before < 20)
  await io.close()
  assert.ok([PollEvent.POLLIN, 'ERR_TRUEAIO_CLOSED', 'EBADF', 'ELOOP', 'EINVAL'].includes(await end as never))
})

test('case 74: eight messages to a tiny ring all arrive, in order, with value and tag', { skip }, async () => {
  await using sender = new Proactor({ driver: 'io-uring' })
  await using receiver = new Proactor({ driver: 'io-uring', entries: 1, inFlightMax: 1 })
  const received: number[][] = []
  const all = new Promise<void>((resolve) => {
    receiver.onMessage = (value, tag) => {
      received.push([value, tag])
      if (received.length === 8) resolve()
    }
  })
  for (let index = 0; index < 8; index++) sender.runSync([message(receiver.port, -index, index + 100)])
  const kept = setTimeout(() => undefined, 10_000) // a listener alone does not keep the process alive
  await all
  clearTimeout(kept)
  assert.deepEqual(received, Array.from({ length: 8 }, (_, index) => [0 - index, index + 100]))
})

test('case 74: a message to what is no ring answers EBADFD', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  await assert.rejects(io.submit(message(readEnd, 1)), { code: 'EBADFD', syscall: 'message' })
  await io.submit(close(readEnd))
  await io.submit(close(writeEnd))
})
