// Seconds split into whole ones and nanoseconds, as timespec has them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { splitSeconds } from '#src/operation/timer.js'

test('nanoseconds are never negative and never a whole second', () => {
  fc.assert(fc.property(fc.double({ min: -1e11, max: 1e11, noNaN: true }), (time) => {
    const { seconds, nanoseconds } = splitSeconds(time)
    assert.ok(Number.isInteger(seconds) && Number.isInteger(nanoseconds))
    assert.ok(nanoseconds >= 0 && nanoseconds < 1e9)
    assert.ok(Math.abs(seconds + nanoseconds / 1e9 - time) <= Math.max(1e-9, Math.abs(time) * 1e-15))
  }))
})

test('before the epoch, and just below a second', () => {
  assert.deepEqual(splitSeconds(-1.5), { seconds: -2, nanoseconds: 500_000_000 })
  assert.deepEqual(splitSeconds(-1e-12), { seconds: 0, nanoseconds: 0 })
  assert.deepEqual(splitSeconds(0.9999999999), { seconds: 1, nanoseconds: 0 })
})
