// A wait whose time runs out while the loop was held up takes what had completed by then.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Proactor, timer } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'

test('a wait for events that ends by its timeout brings what is in the ring already', { skip: withoutRing }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const queue = io.completionQueue<string>()
  queue.submit(timer(5), 'early')
  queue.submit(timer(60_000), 'late')
  const waiting = queue.wait({ min: 2, timeout: 20 })
  await Promise.resolve()
  await Promise.resolve() // the batch has been handed over
  const end = performance.now() + 60
  while (performance.now() < end) { /* the loop is held up past both times: its timers come first */ }
  assert.deepEqual((await waiting).map(({ cookie }) => cookie), ['early'])
})
