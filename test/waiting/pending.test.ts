// What a thread has asked for and no kernel knows of yet: noting one more costs the same, however many there are.
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { countScheduled, flushPending, notePending, type Pending } from '#src/waiting/pending.js'

function idle(): Pending {
  return { flush: () => undefined, settleNames: () => undefined }
}

/** @returns how many of those that are known were looked at meanwhile */
function looksWhile(work: () => void): number {
  const look = mock.method(WeakRef.prototype, 'deref')
  try {
    work()
    return look.mock.callCount()
  } finally {
    look.mock.restore()
  }
}

test('to note one more costs the same, however many live', () => {
  const kept = Array.from({ length: 2000 }, idle)
  const looks = looksWhile(() => {
    for (const pending of kept) notePending(pending)
  })
  assert.ok(looks <= 4 * kept.length, `${String(looks)} looks`)
})

test('those that were collected leave', async () => {
  assert.ok(gc !== undefined)
  for (let round = 0; round < 10; round++) {
    await loopTurn() // what was looked at in a turn lives until its end
    gc()
    for (let index = 0; index < 1000; index++) notePending(idle())
  }
  countScheduled(1)
  try {
    const known = looksWhile(() => flushPending())
    assert.ok(known < 8000, `${String(known)} of 10,000 are known`)
  } finally {
    countScheduled(-1)
  }
})
