// The driver on kernels other than this one: fewer operations, older rings, submissions answered with "not now".
import assert from 'node:assert/strict'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { ftruncate, Proactor, type DriverChoice } from 'trueaio'
import { withoutRing } from '../../harsh/ring-here.js'
import { runProgram } from '../../launcher/run-program.js'

const faultyAddon = fileURLToPath(new URL('../../../../test/driver/io-uring/faulty-addon.cjs', import.meta.url))

interface Report {
  readonly choices: readonly DriverChoice[]
  readonly ftruncateBy: string
}

function environmentOf(fault: string): Record<string, string> {
  const real = process.env['TRUEAIO_ADDON']
  return { TRUEAIO_ADDON: faultyAddon, TRUEAIO_FAULTS: fault, ...(real === undefined ? {} : { TRUEAIO_REAL_ADDON: real }) }
}

/** Ordinary work over the faulty addon comes out right; returns who did it. */
async function worksDespite(fault: string): Promise<Report> {
  const ended = await runProgram('falls-back', { environment: environmentOf(fault) })
  assert.equal(ended.code, 0, `${String(ended.signal)} ${ended.stderr}`)
  const { choices, ftruncateBy, ...work } = JSON.parse(ended.stdout) as Report
  assert.deepEqual(work, { ticks: [1, 2, 3], truncated: 5000, bytes: 10_000, size: 10_000, missing: 'ENOENT', aborted: 'ABORT_ERR', right: true })
  return { choices, ftruncateBy }
}

const FTRUNCATE = 55
const READ = 22

test('the faulty addon without a fault is the addon', { skip: withoutRing }, async () => {
  const { choices, ftruncateBy } = await worksDespite('none')
  assert.equal(choices[0]?.state, 'in use')
  // Before Linux 6.9 the ring itself has no such operation.
  await using io = new Proactor({ driver: ['io-uring', 'thread-pool'] })
  assert.equal(ftruncateBy.split(/[^a-z-]/)[0], io.explain(ftruncate(0)).split(/[^a-z-]/)[0])
})

test('an operation the ring lacks goes to the next driver, everything else stays on the ring', { skip: withoutRing }, async () => {
  const { choices, ftruncateBy } = await worksDespite(`opcodes:${String(FTRUNCATE)}`)
  assert.equal(choices[0]?.state, 'in use')
  assert.match(ftruncateBy, /^(thread-pool|node): /)
})

test('a ring that cannot read is refused, and the reason names the operation', { skip: withoutRing }, async () => {
  const { choices } = await worksDespite(`opcodes:${String(READ)}`)
  assert.deepEqual(choices[0], { name: 'io-uring', state: 'refused', reason: `this kernel's io_uring lacks opcode ${String(READ)}` })
})

test('case 3: a ring that may drop completions (no NODROP, before Linux 5.5) is refused', { skip: withoutRing }, async () => {
  const { choices } = await worksDespite('feature:1')
  assert.deepEqual(choices[0], { name: 'io-uring', state: 'refused', reason: 'this kernel\'s io_uring is too old: it lacks NODROP (Linux 5.5)' })
})

test('case 10: setup flags a kernel does not know are left out, and what came with them', { skip: withoutRing }, async () => {
  const { choices } = await worksDespite('flags')
  assert.equal(choices[0]?.state, 'in use')
})

for (const [name, errno] of [['EBUSY', -16], ['EAGAIN', -11], ['EBADR', -53], ['EINTR', -4]] as const) {
  test(`case 3: io_uring_enter answering ${name} is flushed, reaped and retried`, { skip: withoutRing }, async () => {
    const { choices } = await worksDespite(`enter:${String(errno)}`)
    assert.equal(choices[0]?.state, 'in use')
  })
}

test('case 2: what io_uring_enter did not take stays queued and goes with the next', { skip: withoutRing }, async () => {
  const { choices } = await worksDespite('partly')
  assert.equal(choices[0]?.state, 'in use')
})

test('case 53: a read that answers EAGAIN is run again behind a poll', { skip: withoutRing }, async () => {
  const { choices } = await worksDespite('result:-11')
  assert.equal(choices[0]?.state, 'in use')
})

test('a cancel that met a multishot timer in the middle of a tick is repeated at its next, and close() ends', { skip: withoutRing }, async () => {
  const ofTheIteration = 2 // the first is of the timer that a signal aborts
  const { choices } = await worksDespite(`cancel:${String(ofTheIteration)}`)
  assert.equal(choices[0]?.state, 'in use')
})

test('case 28, case 32: what cannot be cancelled is abandoned; a file it opens is closed, and no other', { skip: withoutRing }, async (t) => {
  const ended = await runProgram('abandoned', { environment: environmentOf('cancel') })
  assert.equal(ended.code, 0, `${String(ended.signal)} ${ended.stderr}`)
  t.diagnostic(ended.stdout.trim())
  const { outcomes, abandonedMost, ...rest } = JSON.parse(ended.stdout) as { outcomes: Record<string, number>; abandonedMost: number }
  assert.ok((outcomes['ABORT_ERR'] ?? 0) > 0)
  assert.ok(abandonedMost > 0)
  assert.deepEqual(rest, { abandoned: 0, standardInputThere: true, leaked: 0 })
})
