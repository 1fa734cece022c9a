// Where it stands in the ladder, and systems that give no context or take little of a batch.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { nop, Proactor, type DriverChoice } from 'trueaio'
import { launcher } from '../../launcher/launcher.js'
import { runProgram, type RunOptions } from '../../launcher/run-program.js'
import { withoutAio } from './direct-file.js'

const skip = withoutAio
const faultyAddon = fileURLToPath(new URL('../../../../test/driver/linux-aio/faulty-addon.cjs', import.meta.url))

interface Report {
  readonly right: boolean
  readonly how: string
  readonly choices: readonly DriverChoice[]
}

async function readsDirectly(options: RunOptions): Promise<Report> {
  const ended = await runProgram('direct-reads', options)
  assert.equal(ended.code, 0, ended.stderr)
  const report = JSON.parse(ended.stdout) as Report
  assert.equal(report.right, true)
  return report
}

function stateOf({ choices }: Report, name: string): DriverChoice | undefined {
  return choices.find((choice) => choice.name === name)
}

test('where io_uring is forbidden, O_DIRECT files are its own without a word', { skip: skip || (launcher().missing ?? false) }, async () => {
  const report = await readsDirectly({ conditions: ['io_uring=EPERM'] })
  assert.equal(report.how, 'linux-aio: IOCB_CMD_PREAD')
  assert.equal(stateOf(report, 'io-uring')?.state, 'refused')
  assert.equal(stateOf(report, 'linux-aio')?.state, 'in use')
})

for (const [fault, reason] of [
  ['setup:-38', /^io_setup: ENOSYS: this kernel is built without CONFIG_AIO/],
  ['setup:-1', /^io_setup: EPERM: forbidden/],
  ['setup:-11', /^io_setup: EAGAIN: .*fs\.aio-nr \d+ of fs\.aio-max-nr \d+, 64 wanted.*sysctl fs\.aio-max-nr/],
  ['setup:-12', /^io_setup: ENOMEM/],
  ['setup:-95', /^io_setup: the completion ring has an unknown layout/],
  ['setup:-5', /^io_setup: EIO$/],
] as const) {
  test(`io_setup answers ${fault.slice(6)}: refused with the reason, and the pool reads`, { skip }, async () => {
    const report = await readsDirectly({ environment: { TRUEAIO_DRIVER: 'linux-aio', TRUEAIO_ADDON: faultyAddon, TRUEAIO_FAULTS: fault } })
    assert.match(report.how, /^thread-pool: pread64/)
    assert.match(stateOf(report, 'linux-aio')?.reason ?? '', reason)
  })
}

for (const fault of ['again', 'partly']) {
  test(`io_submit takes ${fault === 'again' ? 'nothing every second time' : 'one of many'}: all is done in the end`, { skip }, async () => {
    const report = await readsDirectly({ environment: { TRUEAIO_DRIVER: 'linux-aio', TRUEAIO_ADDON: faultyAddon, TRUEAIO_FAULTS: fault } })
    assert.equal(report.how, 'linux-aio: IOCB_CMD_PREAD')
  })
}

test('fs.aio-max-nr: with little left a smaller context, with nothing left none', { skip }, async (t) => {
  const maximum = '/proc/sys/fs/aio-max-nr'
  let before = ''
  try {
    before = readFileSync(maximum, 'utf8')
    writeFileSync(maximum, before)
  } catch (error) {
    t.skip(`not ours to set: ${String(error)}`)
    return
  }
  const restore = (): void => writeFileSync(maximum, before)
  process.once('exit', restore)
  let smaller: Proactor
  let none: Proactor
  // No await in between: other programs on this machine miss their contexts for a millisecond at most.
  try {
    writeFileSync(maximum, String(Number(readFileSync('/proc/sys/fs/aio-nr', 'utf8')) + 300))
    smaller = new Proactor({ driver: 'linux-aio' })
    writeFileSync(maximum, '0')
    none = new Proactor({ driver: 'linux-aio' })
  } finally {
    restore()
    process.removeListener('exit', restore)
  }
  assert.equal(smaller.explain()[0]?.state, 'in use')
  await smaller.close()
  assert.match(none.explain()[0]?.reason ?? '', /^io_setup: EAGAIN: /)
  await none.submit(nop())
  await none.close()
})
