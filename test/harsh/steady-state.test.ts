// What a million operations leave behind: nothing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { nop, Proactor, timer } from 'trueaio'
import { runProgram } from '../launcher/run-program.js'
import { holdings } from './open-descriptors.js'
import { withoutRing } from './ring-here.js'
import { sanitized } from './sanitized.js'

interface Memory {
  readonly heapUsed: number
  readonly arrayBuffers: number
  readonly rss: number
}

test('a million reads by promise, callback and event: the heap after a collection is flat', { skip: withoutRing || sanitized }, async (t) => {
  const ended = await runProgram('steady-state', { nodeOptions: ['--expose-gc'] })
  assert.equal(ended.code, 0, ended.stderr)
  const { before, after, reads } = JSON.parse(ended.stdout) as { before: Memory; after: Memory; reads: number }
  assert.ok(reads > 1_000_000)
  t.diagnostic(`heap ${String(after.heapUsed - before.heapUsed)} bytes, array buffers ${String(after.arrayBuffers - before.arrayBuffers)}, RSS ${String(after.rss - before.rss)}`)
  // Compiled code and the like come and go; one byte kept of each operation would be more.
  assert.ok(after.heapUsed - before.heapUsed < 768 * 1024)
  assert.ok(after.arrayBuffers - before.arrayBuffers < 64 * 1024)
  assert.ok(after.rss - before.rss < 16 * 1024 * 1024)
})

function mappings(): number {
  return readFileSync('/proc/self/maps', 'utf8').split('\n').length
}

test('two hundred proactors opened and closed leave no descriptor, no ring and no mapping', { skip: withoutRing }, async () => {
  const round = async (): Promise<void> => {
    const io = new Proactor({ driver: 'io-uring' })
    const buffer = io.buffers.allocate(100_000)
    await Promise.all([io.submit(nop()), io.submit(timer(0))])
    io.buffers.release(buffer)
    await io.close()
    await turn()
  }
  for (let index = 0; index < 20; index++) await round()
  const before = await holdings()
  const mappedBefore = mappings()
  for (let index = 0; index < 200; index++) await round()
  assert.deepEqual(await holdings(), before)
  // V8's own pages come and go; one mapping lost a proactor would be two hundred.
  assert.ok(mappings() - mappedBefore < 100, `${String(mappings() - mappedBefore)} more mappings`)
})
