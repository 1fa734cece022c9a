// Limits of the system reach the caller as the system's own errors, and the engine works on under them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fsync, Proactor, write, type DriverChoice } from 'trueaio'
import { launcher } from '../launcher/launcher.js'
import { runProgram } from '../launcher/run-program.js'
import { withoutAddon } from './system-calls.js'
import { withoutRing } from './ring-here.js'
import { sanitized } from './sanitized.js'

const skip = withoutAddon || withoutRing || (launcher().missing ?? false)

async function limited(task: string, conditions: readonly string[]): Promise<Record<string, unknown>> {
  const ended = await runProgram('limited', { arguments: [task], conditions })
  assert.equal(ended.code, 0, `${String(ended.signal)} ${ended.stderr}`)
  return JSON.parse(ended.stdout) as Record<string, unknown>
}

test('EMFILE: opens beyond RLIMIT_NOFILE fail by themselves; after closing, the next succeeds', { skip }, async () => {
  const { opened, refused, bytes } = await limited('tooManyFiles', ['nofile=100'])
  assert.ok((opened as number) > 20 && (opened as number) < 100, String(opened))
  assert.deepEqual(refused, ['EMFILE'])
  assert.equal(bytes, 100)
})

test('EMFILE when the engine is first needed: another driver serves, and the first choice as soon as files can be opened', { skip }, async () => {
  const ended = await runProgram('out-of-files', { conditions: ['nofile=100'] })
  assert.equal(ended.code, 0, `${String(ended.signal)} ${ended.stderr}`)
  const { before, after, turns } = JSON.parse(ended.stdout) as { before: DriverChoice[]; after: string; turns: number }
  assert.equal(before[0]?.state, 'refused')
  assert.equal(after, 'in use')
  assert.ok(turns <= 10, String(turns))
})

test('case 54: RLIMIT_FSIZE: a write across the limit is short, beyond it EFBIG, for fallocate too', { skip }, async () => {
  const { across, beyond, allocated, size } = await limited('tooLargeFiles', ['fsize=8192'])
  assert.deepEqual({ across, beyond, allocated, size }, { across: 4096, beyond: 'EFBIG', allocated: 'EFBIG', size: 8192 })
})

test('case 48: RLIMIT_MEMLOCK too small for the pool: its buffers serve unregistered', { skip }, async () => {
  const { right, state } = await limited('littleLockedMemory', ['memlock=1048576', 'no-ipc-lock'])
  assert.deepEqual({ right, state }, { right: true, state: 'in use' })
})

test('RLIMIT_MEMLOCK at 0: where the kernel counts rings against it, another driver serves, and the reason says so', { skip }, async () => {
  const { right, state, reason } = await limited('littleLockedMemory', ['memlock=0', 'no-ipc-lock'])
  assert.equal(right, true)
  // Before Linux 6.14 or so a ring itself counts against nothing.
  if (state === 'refused') assert.match(String(reason), /ENOMEM: locked-memory limit reached \(raise RLIMIT_MEMLOCK/)
  else assert.equal(state, 'in use')
})

const isRoot = process.getuid?.() === 0 ? false : 'only root can become another user'

for (const [what, skipped] of [['nothing', false], ['memory', sanitized], ['processes', isRoot], ['lockedMemory', isRoot]] as const) {
  for (const driver of ['', 'io-uring', 'thread-pool', 'linux-aio'] as const) {
    test(`short of ${what}, ${driver === '' ? 'all drivers' : driver}: work is done, or refused as EAGAIN or ENOMEM; nothing hangs or is said to be cancelled`, { skip: skip || skipped }, async () => {
      const ended = await runProgram('short-of', { arguments: [what, driver] })
      assert.equal(ended.code, 0, `${String(ended.signal)} ${ended.stderr}`)
      const { codes, choices } = JSON.parse(ended.stdout) as { codes: string[]; choices: DriverChoice[] }
      // One driver alone may have none below it that can do without, or none for everything.
      if (driver !== '' && what !== 'nothing' && (codes[0] === 'ERR_TRUEAIO_NO_DRIVER' || (codes.includes('ENOTSUP') && choices[0]?.state === 'refused'))) return
      assert.deepEqual(codes.filter((code) => !['done', 'EAGAIN', 'ENOMEM'].includes(code)), [])
      if (what === 'nothing' || what === 'lockedMemory') assert.deepEqual(codes, ['done'])
      assert.ok(choices.some(({ state }) => state === 'in use'))
    })
  }
}

for (const driver of ['io-uring', 'thread-pool', 'linux-aio', 'node'] as const) {
  test(`the matrix of ways of writing, ${driver}: short of threads, locked memory and address space, bytes on disk equal what was acknowledged`, { skip }, async () => {
    const ended = await runProgram('matrix-short-of', { arguments: [driver] })
    assert.equal(ended.code, 0, `${String(ended.signal)} ${ended.stderr}`)
    assert.deepEqual(JSON.parse(ended.stdout), [])
  })
}

test('ENOSPC: a full file system refuses a write, and the engine works on', { skip: withoutRing }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'trueaio-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory], { encoding: 'utf8' })
  if (mounted.status !== 0) {
    rmSync(directory, { recursive: true })
    t.skip(`mount is not allowed: ${mounted.error?.message ?? mounted.stderr}`)
    return
  }
  const fd = openSync(join(directory, 'data'), 'w')
  try {
    await using io = new Proactor({ driver: 'io-uring' })
    const ends = await Promise.allSettled(Array.from({ length: 64 }, (_, index) => io.submit(write(fd, Buffer.alloc(65536, 1), index * 65536))))
    const written = ends.reduce((sum, end) => sum + (end.status === 'fulfilled' ? end.value : 0), 0)
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as NodeJS.ErrnoException] : []))
    assert.equal(written, 256 * 1024)
    assert.ok(refused.length >= 59)
    for (const error of refused) assert.equal(error.message, 'ENOSPC: no space left on device, write')
    await io.submit(fsync(fd))
  } finally {
    closeSync(fd)
    spawnSync('umount', [directory])
    rmSync(directory, { recursive: true })
  }
})
