// A worker is terminated with operations in flight: the process lives on, and nothing of the worker's is left.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import test from 'node:test'
import { Worker } from 'node:worker_threads'
import { message, nop, Proactor } from 'trueaio'
import { holdings } from './open-descriptors.js'
import { withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'

const program = new URL('./programs/busy-worker.js', import.meta.url)

test('workers terminated with operations in flight end at once and give back their rings', { skip: withoutAddon || withoutRing }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const before = await holdings()
  for (let round = 0; round < 8; round++) {
    const worker = new Worker(program)
    await once(worker, 'message')
    const start = performance.now()
    await worker.terminate()
    const took = performance.now() - start
    assert.ok(took < 2000, `round ${String(round)}: ${took.toFixed(0)} ms`)
    await io.submit(nop())
  }
  const after = await holdings()
  assert.deepEqual({ rings: after.rings, ringMappings: after.ringMappings }, { rings: before.rings, ringMappings: before.ringMappings })
})

/** Stops for ever at one of its accesses to memory that it shares with the kernel, before or after it, once it has begun to reap. */
const STOPS_AT = `
  const { parentPort, workerData } = require('node:worker_threads')
  const theirs = { load: Atomics.load, store: Atomics.store }
  let left = Infinity
  for (const name of ['load', 'store']) {
    Atomics[name] = (...given) => {
      const isHere = left-- === 0
      if (isHere && workerData.before) stop()
      const result = theirs[name](...given)
      if (isHere) stop()
      return result
    }
  }
  function stop() {
    parentPort.postMessage('here')
    for (;;);
  }
  import('trueaio').then(({ Proactor, nop, timer }) => {
    const io = new Proactor({ driver: 'io-uring' })
    io.submit(timer(3_600_000))
    io.runSync([nop()])
    left = workerData.at
    io.runSync(Array.from({ length: 10 }, () => nop()))
    left = Infinity
    parentPort.postMessage('past')
  })`

test('a worker terminated at any of its accesses to the ring ends at once', { skip: withoutAddon || withoutRing }, async () => {
  let stops = 0
  for (const before of [true, false]) {
    for (let at = 0; ; at++) {
      const worker = new Worker(STOPS_AT, { eval: true, workerData: { at, before } })
      const [said] = await once(worker, 'message') as [string]
      const start = performance.now()
      await worker.terminate()
      const took = performance.now() - start
      assert.ok(took < 2000, `${before ? 'before' : 'after'} access ${String(at)}: ${took.toFixed(0)} ms`)
      if (said === 'past') break
      stops++
    }
  }
  assert.ok(stops >= 6, `${String(stops)} accesses`)
})

test('a worker terminated with unread messages in its ring ends at once', { skip: withoutAddon || withoutRing }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const worker = new Worker(`
    const { parentPort } = require('node:worker_threads')
    import('trueaio').then(({ Proactor, timer }) => {
      const io = new Proactor({ driver: 'io-uring' })
      io.submit(timer(3600000))
      setImmediate(() => {
        parentPort.postMessage(io.port)
        for (;;);
      })
    })`, { eval: true })
  const [port] = await once(worker, 'message') as [number]
  io.runSync(Array.from({ length: 10 }, (_, index) => message(port, index)))
  const start = performance.now()
  await worker.terminate()
  assert.ok(performance.now() - start < 2000)
})
