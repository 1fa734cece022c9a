// Where Linux AIO is forbidden under its operations, the pool does the work, and explain() tells why.
import assert from 'node:assert/strict'
import test from 'node:test'
import type { DriverChoice } from 'trueaio'
import { withoutAio } from '../driver/linux-aio/direct-file.js'
import { runProgram } from '../launcher/run-program.js'

interface Death {
  readonly takenBy: readonly string[]
  readonly settled: Readonly<Record<string, string>>
  readonly event: string
  readonly choices: readonly DriverChoice[]
  readonly newOne: DriverChoice
  readonly synchronous: string
}

for (const [errno, code, calls, how] of [
  ['1', 'EPERM', 'io_setup,io_submit,io_getevents,io_cancel,io_destroy', ''],
  ['38', 'ENOSYS', 'io_submit', 'blocking'],
  ['13', 'EACCES', 'io_submit', ''],
  ['1', 'EPERM', 'io_getevents', 'blocking'],
  ['38', 'ENOSYS', 'io_cancel', ''],
] as const) {
  test(`a context dies under its operations (${code} of ${calls} ${how}): they fail, what was not handed over goes to the next driver`, { skip: withoutAio }, async (t) => {
    const ended = await runProgram('aio-dies', { arguments: [errno, calls, how] })
    if (/seccomp|prctl/.test(ended.stderr)) {
      t.skip(`no filter can be set here: ${ended.stderr}`)
      return
    }
    assert.equal(ended.code, 0, ended.stderr)
    const { takenBy, settled, event, choices, newOne, synchronous, ...rest } = JSON.parse(ended.stdout) as Death & Record<string, unknown>
    assert.deepEqual(takenBy, ['linux-aio', 'linux-aio', 'linux-aio'])
    for (const name of ['poll', 'chain']) assert.equal(settled[name], 'died EIO', name)
    assert.match(settled['timed'] ?? '', /^(?:died EIO|ETIMEDOUT)$/)
    assert.match(settled['aborted'] ?? '', /^(?:died EIO|ABORT_ERR)$/)
    const call = calls === 'io_getevents' || calls === 'io_cancel' ? calls : 'io_submit'
    assert.match(event, new RegExp(`^EIO: the driver linux-aio has died \\(${call}: ${code}\\): whether it was carried out is not known, poll`))
    const [aio, pool] = choices
    assert.deepEqual(aio, { name: 'linux-aio', state: 'refused', reason: `it has died: ${call}: ${code}` })
    assert.equal(pool?.state, 'in use')
    assert.equal(newOne.state, 'refused')
    assert.match(newOne.reason ?? '', calls.startsWith('io_setup') ? /^io_setup: EPERM: forbidden/ : new RegExp(`^${call}: ${code}: the context was set up, but a seccomp filter`))
    // Of an fsync that the dead context has it is not known whether it was carried out: it is told so, and may end later.
    assert.match(synchronous, how === '' ? /^$/ : /^fulfilled fulfilled (?:fulfilled|rejected)$/)
    const { first, left } = rest as { first: Record<string, string>, left: number }
    if (first['fsync'] === 'died EIO') first['fsync'] = 'done'
    if (left === 1) rest['left'] = 0
    const right = { write0: 'done', write1: 'done', write2: 'done', fsync: 'done', read: 'done', chain: 'done', missing: 'ENOENT', bad: 'EINVAL', ordered: 'done' }
    assert.deepEqual(rest, { first: right, second: right, left: 0, abandoned: 0, queued: 0, closesQuickly: true, right: true, sizeIsRight: true })
    assert.ok(ended.milliseconds < 20_000, `the end of the process took ${String(ended.milliseconds)} ms`)
  })
}
