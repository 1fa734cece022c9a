// A rate that is held, piece by piece, also where a turn of the loop takes long before it sets its timers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from '#src/transfer/pieces/pace.js'

/** Keeps the loop from turning. */
function block(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

test('no piece goes before it is due, however long the turn of the loop has taken', async () => {
  const pace = new Pace(100_000, new AbortController().signal)
  const begin = performance.now()
  let bytes = 0
  for (let piece = 0; piece < 5; piece++) {
    await new Promise((resolve) => setImmediate(resolve))
    block(30)
    await pace.take(6000)
    bytes += 6000
    const early = begin + bytes / 100 - performance.now()
    assert.ok(early <= 2, `piece ${String(piece)} went ${String(early)} ms too early`)
  }
})

test('an abort ends a wait', async () => {
  const stop = new AbortController()
  const waiting = new Pace(1000, stop.signal).take(1_000_000)
  stop.abort(new Error('enough'))
  await assert.rejects(async () => waiting, /enough/)
})
