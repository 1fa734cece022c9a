// The pool's signal is one real-time signal of nobody else's, and the disposition of no other changes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Proactor, statx, SYS, write } from 'trueaio'
import { blockingRead, pipe, poolThreads, threadsInside, until } from './threads-here.js'
import { PATIENCE } from '../../launcher/patience.js'

const SIGRTMIN = 34
const READ = SYS.read ?? -1

/** A set of signals in /proc, as the numbers of those in it. */
function signals(field: string, task = 'self'): number[] {
  const path = task === 'self' ? '/proc/self/status' : `/proc/self/task/${task}/status`
  const mask = BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(readFileSync(path, 'utf8'))?.[1] ?? '0'}`)
  return Array.from({ length: 64 }, (_, bit) => bit + 1).filter((number) => (mask >> BigInt(number - 1)) & 1n)
}

function dispositions(): { caught: number[]; ignored: number[] } {
  return { caught: signals('SigCgt'), ignored: signals('SigIgn') }
}

test('one real-time signal is caught while there is a pool, and none afterwards', async () => {
  const before = dispositions()
  const first = new Proactor({ driver: 'thread-pool' })
  const second = new Proactor({ driver: 'thread-pool' })
  await Promise.all([first.submit(statx('/')), second.submit(statx('/'))])
  const during = dispositions()
  const added = during.caught.filter((number) => !before.caught.includes(number))
  assert.equal(added.length, 1)
  assert.ok((added[0] as number) > SIGRTMIN)
  assert.deepEqual(during.ignored, before.ignored)
  await first.close()
  assert.deepEqual(dispositions(), during)
  await second.close()
  // The loop closes the pool's handle in its own time.
  await until('it is given back', () => dispositions().caught.length === before.caught.length)
  assert.deepEqual(dispositions(), before)
})

test('threads of the pool take no signal of the process but that one and their own faults', async () => {
  const before = signals('SigCgt')
  await using io = new Proactor({ driver: 'thread-pool' })
  await io.submit(statx('/'))
  const own = signals('SigCgt').filter((number) => !before.includes(number))
  const [thread] = poolThreads()
  assert.ok(thread !== undefined)
  const blocked = signals('SigBlk', thread)
  // 9 and 19 cannot be blocked, 32 and 33 are libc's own.
  const open = Array.from({ length: 64 }, (_, bit) => bit + 1).filter((number) => !blocked.includes(number) && ![9, 19, 32, 33].includes(number))
  const faults = [4, 5, 6, 7, 8, 11, 31]
  assert.deepEqual(open, [...faults, ...own])
})

test('a signal of somebody else is passed over when one is chosen', () => {
  // SIGRTMAX - 2, the first that the pool would take, has a handler already.
  const program = `
    import { readFileSync } from 'node:fs'
    import { Proactor, statx } from 'trueaio'
    const caught = () => BigInt('0x' + /SigCgt:\\s*([0-9a-f]+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
    const { loadBinding } = await import('#src/native/load.js')
    const action = new BigUint64Array(4)
    action[0] = 1n // SIG_IGN: an owner, without code of ours
    loadBinding().binding.systemCall(${String(SYS.rt_sigaction ?? -1)}, new BigInt64Array([62n, BigInt(loadBinding().binding.address(action)), 0n, 8n, 0n, 0n]))
    const before = caught()
    const io = new Proactor({ driver: 'thread-pool' })
    await io.submit(statx('/'))
    console.log((caught() & ~before).toString(16), /SigIgn:\\s*([0-9a-f]+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
    await io.close()`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 20_000 * PATIENCE })
  const [chosen, ignored] = stdout.trim().split(' ')
  assert.equal(chosen, (1n << 60n).toString(16), stderr) // 61, the next below
  assert.equal(BigInt(`0x${ignored ?? '0'}`) >> 61n & 1n, 1n)
})

test('a signal of the process reaches JavaScript while calls of the pool run on', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd } = await pipe(io)
  const aborting = new AbortController()
  const waiting = io.submit(blockingRead(readEnd, Buffer.alloc(1)), { signal: aborting.signal })
  await until('the read has begun', () => threadsInside(READ) === 1)
  const arrived = new Promise<string>((resolve) => process.once('SIGWINCH', resolve))
  process.kill(process.pid, 'SIGWINCH')
  assert.equal(await arrived, 'SIGWINCH')
  assert.equal(threadsInside(READ), 1)
  aborting.abort()
  await assert.rejects(waiting, { code: 'ABORT_ERR' })
})

test('a write to a pipe without readers is EPIPE, and no signal ends the process', async () => {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { readEnd, writeEnd } = await pipe(io)
  closeSync(readEnd)
  await assert.rejects(io.submit(write(writeEnd, Buffer.from('x'))), { code: 'EPIPE' })
  closeSync(writeEnd)
})
