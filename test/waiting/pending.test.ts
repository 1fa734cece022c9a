// What a thread has asked for and no kernel knows of yet: noting one more costs the same, however many there are.
import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { notePending, type Pending } from '#src/waiting/pending.js'

function idle(): Pending {
  const refuse = (): never => assert.fail('nothing waits')
  return { flush: refuse, settleNames: refuse }
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
  let looks = 0
  for (let round = 0; round < 5; round++) {
    await loopTurn() // what was looked at in a turn lives until its end
    gc()
    looks = looksWhile(() => {
      for (let index = 0; index < 1000; index++) notePending(idle())
    })
  }
  assert.ok(looks <= 4 * 1000, `${String(looks)} looks in the last round`)
})
