// A buffer belongs to the kernel until its own completion, whoever else has forgotten it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { runProgram } from '../launcher/run-program.js'
import { withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'

test('case 75: buffers dropped by their owner stay reachable until their completion, get the right data, and go then', { skip: withoutAddon || withoutRing }, async () => {
  const ended = await runProgram('dropped-buffers', { nodeOptions: ['--expose-gc'] })
  assert.equal(ended.code, 0, ended.stderr)
  const { count, intact, aliveInFlight, aliveAfterwards } = JSON.parse(ended.stdout) as Record<string, number>
  assert.equal(aliveInFlight, count)
  assert.equal(intact, count)
  assert.equal(aliveAfterwards, 0)
})
