// Where io_uring is forbidden another driver does the work, and explain() tells why.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import test from 'node:test'
import { nop, Proactor, type DriverChoice } from 'trueaio'
import { launcher } from '../launcher/launcher.js'
import { runProgram, type RunOptions } from '../launcher/run-program.js'
import { withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'

const withoutLauncher = launcher().missing ?? false

interface Report {
  readonly choices: readonly DriverChoice[]
  readonly ftruncateBy: string
}

/** Runs ordinary work, checks that all of it came out right, and returns what explain() said. */
async function worksBy(options: RunOptions): Promise<readonly DriverChoice[]> {
  const ended = await runProgram('falls-back', options)
  assert.equal(ended.code, 0, ended.stderr)
  const { choices, ftruncateBy, ...work } = JSON.parse(ended.stdout) as Report
  assert.doesNotMatch(ftruncateBy, /^io-uring/)
  assert.deepEqual(work, { ticks: [1, 2, 3], truncated: 5000, bytes: 10_000, size: 10_000, missing: 'ENOENT', aborted: 'ABORT_ERR', right: true })
  return choices
}

function checkRefused(choices: readonly DriverChoice[], reason: RegExp): void {
  const [ring, ...others] = choices
  assert.equal(ring?.name, 'io-uring')
  assert.equal(ring.state, 'refused')
  assert.match(ring.reason ?? '', reason)
  assert.ok(others.some(({ state }) => state === 'in use'), JSON.stringify(others))
}

test('a seccomp filter answers EPERM, as containers do by default', { skip: withoutAddon || withoutLauncher }, async () => {
  checkRefused(await worksBy({ conditions: ['io_uring=EPERM'] }), /^io_uring_setup: EPERM: forbidden by .*seccomp filter/)
})

test('a seccomp filter answers ENOSYS, as some sandboxes do', { skip: withoutAddon || withoutLauncher }, async () => {
  checkRefused(await worksBy({ conditions: ['io_uring=ENOSYS'] }), /^io_uring_setup: ENOSYS: this kernel has no io_uring/)
})

test('without the addon', async () => {
  checkRefused(await worksBy({ environment: { TRUEAIO_ADDON: 'off' } }), /TRUEAIO_ADDON=off/)
})

test('with an addon that is not there or is none', async () => {
  checkRefused(await worksBy({ environment: { TRUEAIO_ADDON: '/nowhere/trueaio.node' } }), /no addon .*\/nowhere\/trueaio.node/)
  checkRefused(await worksBy({ environment: { TRUEAIO_ADDON: '/proc/version' } }), /did not load/)
})

test('kernel.io_uring_disabled: a new ring is refused with the reason, one that is there works on', { skip: withoutRing }, async (t) => {
  const sysctl = '/proc/sys/kernel/io_uring_disabled'
  await using earlier = new Proactor({ driver: 'io-uring' })
  let before = ''
  try {
    before = readFileSync(sysctl, 'utf8')
    writeFileSync(sysctl, before)
  } catch (error) {
    t.skip(`not ours to set: ${String(error)}`)
    return
  }
  const restore = (): void => writeFileSync(sysctl, before)
  process.once('exit', restore)
  let later: Proactor
  // No await in between: other programs on this machine miss their rings for a millisecond at most.
  try {
    writeFileSync(sysctl, '2')
    later = new Proactor()
  } finally {
    restore()
    process.removeListener('exit', restore)
  }
  checkRefused(later.explain(), /^io_uring_setup: EPERM: forbidden by sysctl kernel.io_uring_disabled/)
  await later.submit(nop())
  await earlier.submit(nop())
  await later.close()
})
