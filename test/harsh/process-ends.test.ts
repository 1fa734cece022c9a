// A process ends as Node's would, whatever is in flight.
import assert from 'node:assert/strict'
import test from 'node:test'
import { runProgram } from '../launcher/run-program.js'
import { withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'
import { sanitized } from './sanitized.js'

const skip = withoutAddon || withoutRing

async function ends(way: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const ended = await runProgram('ends-in-flight', { arguments: [way] })
  assert.equal(ended.signal, null, `killed by ${String(ended.signal)}: ${ended.stderr}`)
  assert.ok(ended.milliseconds < (sanitized === false ? 8000 : 25_000), `${ended.milliseconds.toFixed(0)} ms`)
  return ended
}

for (const way of ['exit', 'exit-at-once']) {
  test(`case 71: process.exit with operations in flight (${way}) ends at once with its code`, { skip }, async () => {
    const { code, stderr } = await ends(way)
    assert.equal(code, 7, stderr)
    assert.equal(stderr, '')
  })
}

test('case 26, case 71: operations in flight on an unreferenced proactor let the process end', { skip }, async () => {
  const { code, stderr } = await ends('unref')
  assert.equal(code, 0, stderr)
  assert.equal(stderr, '')
})

for (const way of ['throw-in-callback', 'throw-in-wakeup']) {
  test(`an exception in a callback (${way}) ends the process with code 1 and its message`, { skip }, async () => {
    const { code, stderr } = await ends(way)
    assert.equal(code, 1)
    assert.match(stderr, /Error: thrown in a callback\n\s+at .*ends-in-flight/)
  })
}

test('an unhandled rejection ends the process with code 1 and the error', { skip }, async () => {
  const { code, stderr } = await ends('reject')
  assert.equal(code, 1)
  assert.match(stderr, /ETIMEDOUT/)
})

test('with an uncaughtException handler every callback runs, though each throws', { skip }, async () => {
  const { code, stdout, stderr } = await ends('caught')
  assert.equal(code, 0, stderr)
  const names = stdout.trim().split(',')
  const expected = [...Array.from({ length: 10 }, (_, index) => `nop${String(index)}`), ...Array.from({ length: 10 }, (_, index) => `timer${String(index)}`)]
  assert.deepEqual(names, expected)
})

test('a message listener that throws is an uncaught exception and loses no completion', { skip }, async () => {
  const { code, stdout, stderr } = await ends('listener')
  assert.equal(code, 0, stderr)
  assert.equal(stdout, 'thrown in a listener\nthrown in a listener\n')
})
