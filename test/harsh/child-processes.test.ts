// Children get nothing of a ring, and a fork leaves the parent's alone.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, writeSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import test from 'node:test'
import { close, open, Proactor, read, SYS, timer, waitChild, WaitFlag } from 'trueaio'
import { loadBinding } from '#src/native/load.js'
import { makePipe, systemCall, withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'
import { sanitized } from './sanitized.js'

const skip = withoutAddon || withoutRing
// Not a Node: the newest ones have rings of their own, on their loop.
const LIST_DESCRIPTORS = ['-l', '/proc/self/fd'] as const

test('children spawned while operations are in flight inherit no ring and no opened file', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const { readEnd, writeEnd } = makePipe()
  const buffer = Buffer.alloc(8)
  const end = io.submit(read(readEnd, buffer))
  const file = await io.submit(open('/proc/version'))
  const child = spawn('ls', LIST_DESCRIPTORS, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [asynchronously] = await Promise.all([text(child.stdout), once(child, 'exit')])
  const synchronously = spawnSync('ls', LIST_DESCRIPTORS, { encoding: 'utf8' }).stdout
  for (const listing of [asynchronously, synchronously]) {
    assert.match(listing, /pipe|socket/)
    assert.doesNotMatch(listing, /io_uring|\/proc\/version/)
  }
  writeSync(writeEnd, 'x')
  assert.equal(await end, 1)
  await io.submit(close(file))
  closeSync(readEnd)
  closeSync(writeEnd)
})

test('waitChild tells of a spawned child, which Node reaps itself', { skip }, async () => {
  await using io = new Proactor({ driver: 'io-uring' })
  const child = spawn(process.execPath, ['-e', 'process.exit(3)'], { stdio: 'ignore' })
  const [change, [code]] = await Promise.all([io.submit(waitChild(child.pid as number)), once(child, 'exit') as Promise<[number]>])
  assert.deepEqual([change.pid, change.status, code], [child.pid, 3, 3])
})

test('case 72: after a fork the child\'s end leaves what the parent has in flight alone', { skip: skip || sanitized }, async () => {
  const { binding } = loadBinding()
  assert.ok(binding !== undefined)
  await using io = new Proactor({ driver: 'io-uring' })
  const pipes = Array.from({ length: 20 }, () => makePipe())
  const buffers = pipes.map(() => Buffer.alloc(64))
  const ends = pipes.map(({ readEnd }, index) => io.submit(read(readEnd, buffers[index] as Buffer)))
  const tick = io.submit(timer(1))
  await io.submit(timer(0))
  // V8 does not let a fork inherit its code: the child dies of SIGSEGV as soon as it returns to JavaScript, which a
  // sanitizer would report, unless it
  // lives to make this call. Either way its copies of the ring's descriptor and mappings go. It must not dump core.
  const exit = new BigInt64Array(6)
  const RLIMIT_CORE = 4
  systemCall('prlimit64', 0, RLIMIT_CORE, new BigUint64Array(2), 0)
  const SIGCHLD = 17
  const child = systemCall('clone', SIGCHLD)
  if (child === 0) binding.systemCall(SYS.exit_group as number, exit)
  const change = await io.submit(waitChild(child, { idType: WaitFlag.P_PID, options: WaitFlag.WEXITED }))
  assert.equal(change.pid, child)
  await tick
  pipes.forEach(({ writeEnd }, index) => writeSync(writeEnd, `for ${String(index)}`))
  const bytes = await Promise.all(ends)
  bytes.forEach((count, index) => assert.equal(buffers[index]?.toString('latin1', 0, count), `for ${String(index)}`))
  for (const { readEnd, writeEnd } of pipes) {
    closeSync(readEnd)
    closeSync(writeEnd)
  }
})
