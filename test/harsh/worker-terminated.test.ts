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
