// The heap of deadlines against a model: whatever is added and removed, just what is due is cancelled, earliest first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Deadlines } from '#src/proactor/cancel.js'
import { CancelReason, Entry } from '#src/proactor/in-flight.js'

type Step = { readonly kind: 'add'; readonly milliseconds: number } | { readonly kind: 'remove'; readonly which: number } | { readonly kind: 'pass'; readonly milliseconds: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('add' as const), milliseconds: fc.integer({ min: 1, max: 50 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('remove' as const), which: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), milliseconds: fc.integer({ min: 0, max: 20 }) }) },
)

test('cancels what is due and nothing else, in order, and knows how long to the next', (context) => {
  let now = 1000
  context.mock.method(performance, 'now', () => now)
  context.mock.timers.enable({ apis: ['setTimeout'] })
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const cancelled: Entry[] = []
    const deadlines = new Deadlines((entry, reason) => {
      assert.equal(reason, CancelReason.TIMED_OUT)
      cancelled.push(entry)
    })
    const model = new Map<Entry, number>()
    let slot = 0
    for (const one of steps) {
      if (one.kind === 'add') {
        const entry = new Entry(slot++)
        deadlines.add(entry, one.milliseconds)
        model.set(entry, now + one.milliseconds)
      } else if (one.kind === 'remove') {
        const [entry] = [...model.keys()].slice(one.which % Math.max(1, model.size))
        if (entry === undefined) continue
        deadlines.remove(entry)
        model.delete(entry)
        assert.equal(entry.heapIndex, -1)
      } else {
        now += one.milliseconds
        cancelled.length = 0
        const due = [...model].filter(([, at]) => at <= now).map(([, at]) => at).sort((a, b) => a - b)
        deadlines.expire()
        assert.deepEqual(cancelled.map((entry) => model.get(entry)), due)
        for (const entry of cancelled) model.delete(entry)
      }
      const next = Math.min(...model.values())
      assert.equal(deadlines.untilNext(), model.size === 0 ? -1 : Math.max(0, next - now))
    }
    deadlines.close()
  }), { numRuns: 200 })
})

test('one timer serves all, and is set anew only for an earlier deadline', (context) => {
  let now = 0
  context.mock.method(performance, 'now', () => now)
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const ended: number[] = []
  const deadlines = new Deadlines((entry) => ended.push(entry.slot))
  for (const [slot, milliseconds] of [30, 10, 20, 10].entries()) deadlines.add(new Entry(slot), milliseconds)
  now = 9
  context.mock.timers.tick(9)
  assert.deepEqual(ended, [])
  now = 10
  context.mock.timers.tick(1)
  assert.deepEqual(ended.sort(), [1, 3])
  now = 30
  context.mock.timers.tick(20)
  assert.deepEqual(ended, [1, 3, 2, 0])
  deadlines.close()
})
