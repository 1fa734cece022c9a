// The repeated signal of a cancel: whether a call can be stopped is seen from what its thread does, and not from the time.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { repeatSignal } from '#src/driver/thread-pool/repeat-signal.js'

const submission = { slot: 1, generation: 2, operation: {}, priority: 0, lane: 0 } as never
const threads = (): string[] => readdirSync('/proc/self/task')

/** Rings every alarm at once, up to a number of signals. Returns how many were sent until it was said to be unstoppable. */
function signals(thread: (sent: number) => number, most: number): { readonly sent: number; readonly unstoppable: number } {
  const rings: (() => void)[] = []
  let sent = 0
  let unstoppable = 0
  repeatSignal({ add: (_, ring) => rings.push(ring) }, { signal: () => thread(++sent), unstoppable: () => unstoppable++ }, submission)
  for (let ring = rings.shift(); ring !== undefined && sent < most; ring = rings.shift()) ring()
  return { sent, unstoppable }
}

async function inWorker(program: string, look: (id: number) => void): Promise<void> {
  const before = threads()
  const worker = new Worker(program, { eval: true })
  try {
    await once(worker, 'message')
    const [id] = threads().filter((one) => !before.includes(one)).sort((a, b) => Number(a) - Number(b))
    look(Number(id))
  } finally {
    await worker.terminate()
  }
}

test('a call that has ended is signalled no more', () => {
  assert.deepEqual(signals((sent) => (sent < 3 ? 1 : -1), 100), { sent: 3, unstoppable: 0 })
})

test('a thread that has not begun is waited for', () => {
  assert.deepEqual(signals(() => 1, 1000), { sent: 1000, unstoppable: 0 })
})

test('a thread that sleeps and could be woken is waited for, however long it takes', async () => {
  const program = "require('node:worker_threads').parentPort.postMessage(1); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"
  await inWorker(program, (id) => assert.deepEqual(signals(() => id, 200), { sent: 200, unstoppable: 0 }))
})

test('a thread that works on is unstoppable once it has worked for 10 ms, which is said once', async () => {
  const program = "require('node:worker_threads').parentPort.postMessage(1); for (;;);"
  await inWorker(program, (id) => {
    const end = performance.now() + 20_000
    let said = 0
    const rings: (() => void)[] = []
    repeatSignal({ add: (_, ring) => rings.push(ring) }, { signal: () => id, unstoppable: () => said++ }, submission)
    for (let ring = rings.shift(); ring !== undefined && performance.now() < end && said === 0; ring = rings.shift()) ring()
    for (let time = 0; time < 10; time++) rings.shift()?.()
    assert.equal(said, 1)
  })
})

test('where nothing can be seen of the thread, the time decides', () => {
  assert.deepEqual(signals(() => 2 ** 30, 100), { sent: 100, unstoppable: 1 })
})
