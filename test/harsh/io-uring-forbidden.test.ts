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
/** Node 26 has one, seen with 26.12: its process ends where io_uring_enter is refused, whatever we do. */
const libuvHasARing = Number(process.versions.node.split('.')[0]) >= 26 ? 'libuv has a ring of its own here, and aborts where its calls are refused' : false

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

test('a seccomp filter forbids io_uring_enter alone: a ring is set up, and refused', { skip: withoutAddon || withoutLauncher || libuvHasARing }, async () => {
  checkRefused(await worksBy({ conditions: ['io_uring_enter=EPERM'] }), /^io_uring_enter: EPERM: the ring was set up, but a seccomp filter/)
})

test('without the addon', async () => {
  checkRefused(await worksBy({ environment: { TRUEAIO_ADDON: 'off' } }), /TRUEAIO_ADDON=off/)
})

test('with an addon that is not there or is none', async () => {
  checkRefused(await worksBy({ environment: { TRUEAIO_ADDON: '/nowhere/trueaio.node' } }), /no addon .*\/nowhere\/trueaio.node/)
  checkRefused(await worksBy({ environment: { TRUEAIO_ADDON: '/proc/version' } }), /did not load/)
})

interface Death {
  readonly ringFirst: string
  readonly settled: Readonly<Record<string, string>>
  readonly event: string
  readonly choices: readonly DriverChoice[]
  readonly newOne: DriverChoice
  readonly second: Readonly<Record<string, string>>
  readonly synchronous: string
}

for (const [errno, code, how] of [['1', 'EPERM', ''], ['38', 'ENOSYS', 'blocking'], ['13', 'EACCES', '']] as const) {
  test(`a ring dies under its operations (${code} ${how}): they fail, what was not handed over goes to the next driver`, { skip: withoutRing || libuvHasARing }, async (t) => {
    const ended = await runProgram('ring-dies', { arguments: [errno, how] })
    if (/seccomp|prctl/.test(ended.stderr)) {
      t.skip(`no filter can be set here: ${ended.stderr}`)
      return
    }
    assert.equal(ended.code, 0, ended.stderr)
    const { ringFirst, settled, event, choices, newOne, second, synchronous, ...rest } = JSON.parse(ended.stdout) as Death & Record<string, unknown>
    assert.equal(ringFirst, 'in use')
    for (const name of ['pipe', 'poll', 'timer', 'chain', 'iteration']) assert.equal(settled[name], 'died EIO', name)
    assert.match(settled['timed'] ?? '', /^(?:died EIO|ETIMEDOUT)$/)
    assert.match(settled['aborted'] ?? '', /^(?:died EIO|ABORT_ERR)$/)
    assert.match(event, new RegExp(`^EIO: the driver io-uring has died \\(io_uring_enter: ${code}\\): whether it was carried out is not known, timer`))
    checkRefused(choices, new RegExp(`^it has died: io_uring_enter: ${code}$`))
    checkRefused([newOne, ...choices.slice(1)], new RegExp(`^io_uring_enter: ${code}: `))
    assert.equal(synchronous, how === '' ? '' : 'fulfilled fulfilled fulfilled')
    const right = { write0: 'done', write1: 'done', write2: 'done', registered: 'done', fsync: 'done', chain: 'done', timer: 'done', missing: 'ENOENT', ordered: 'done' }
    assert.deepEqual(second, right)
    assert.deepEqual(rest, { first: right, left: 0, abandoned: 0, queued: 0, closesQuickly: true, content: true })
    assert.ok(ended.milliseconds < 20_000, `the end of the process took ${String(ended.milliseconds)} ms`)
  })
}

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
