// A blocking wait on two drivers looks at each for a millisecond in turn. A look that ran out is no reason to come back: the loop would turn
// for ever, and the process would not end.
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'node:test'
import { call, Proactor, timer } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'

const ROUNDS = 5
const TURNS_MAX = 200
const NANOSECONDS = 40_000_000n

test('after waits that ran out, the loop is left alone', { skip: withoutRing }, async () => {
  const io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
  for (let round = 0; round < ROUNDS; round++) {
    const results = io.runSync([timer(20), call('nanosleep', new BigInt64Array([0n, NANOSECONDS]), null)])
    assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'fulfilled'])
    await pause(20)
    let turns = 0
    while (process.getActiveResourcesInfo().includes('Immediate') && turns < TURNS_MAX) {
      turns++
      await pause(1)
    }
    assert.ok(turns < TURNS_MAX, `round ${String(round)}: an immediate is still there after ${String(turns)} turns`)
  }
  await io.close()
})
