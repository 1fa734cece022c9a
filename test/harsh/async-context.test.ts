// AsyncLocalStorage survives every way in which a completion comes back.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import test from 'node:test'
import { chain, nop, Proactor, timer } from 'trueaio'
import { withoutRing } from './ring-here.js'

const storage = new AsyncLocalStorage<number>()
const COUNT = 200

/** Runs once in each of COUNT contexts at the same time, and checks that each saw its own. */
async function inEachContext(run: (context: number) => Promise<number | undefined>): Promise<void> {
  const seen = await Promise.all(Array.from({ length: COUNT }, (_, context) => storage.run(context, () => run(context))))
  assert.deepEqual(seen, Array.from({ length: COUNT }, (_, context) => context))
}

// Completions there at once, and completions that a wake-up of the loop brings.
for (const [name, operation] of [['inline', nop], ['by wake-up', () => timer(2)]] as const) {
  test(`through promises, ${name}`, { skip: withoutRing }, async () => {
    await using io = new Proactor({ driver: 'io-uring' })
    await inEachContext(async () => {
      await io.submit(operation())
      return storage.getStore()
    })
  })

  test(`through callbacks, ${name}`, { skip: withoutRing }, async () => {
    await using io = new Proactor({ driver: 'io-uring' })
    await inEachContext(async () => new Promise((resolve) => {
      io.submit(operation(), () => resolve(storage.getStore()))
    }))
  })

  test(`through events, ${name}`, { skip: withoutRing }, async () => {
    await using io = new Proactor({ driver: 'io-uring' })
    await inEachContext(async (context) => {
      const queue = io.completionQueue<number>()
      queue.submit(operation(), context)
      const [event] = await queue.wait()
      assert.equal(event?.cookie, context)
      return storage.getStore()
    })
  })

  test(`through chains and iteration, ${name}`, { skip: withoutRing }, async () => {
    await using io = new Proactor({ driver: 'io-uring' })
    await inEachContext(async () => {
      await io.submit(chain(operation(), nop()))
      for await (const _ of io.iterate(operation())) assert.equal(_, undefined)
      return storage.getStore()
    })
  })
}

test('through rejections, aborts and deadlines', { skip: withoutRing }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  await inEachContext(async () => {
    await assert.rejects(io.submit(timer(60_000), { timeout: 2 }), { code: 'ETIMEDOUT' })
    const first = storage.getStore()
    const controller = new AbortController()
    const end = new Promise<number | undefined>((resolve) => {
      io.submit(timer(60_000), { signal: controller.signal }, () => resolve(storage.getStore()))
    })
    // Aborted from no context at all.
    storage.exit(() => setImmediate(() => controller.abort()))
    assert.equal(first, await end)
    return first
  })
})
