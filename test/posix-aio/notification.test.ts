// How ends are told: functions in the context they were given in, uncaught errors, signals; and in which order things happen.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { aiocb, EINPROGRESS, LIO_NOWAIT, LIO_READ, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD } from 'trueaio/posix-aio'
import { assertion, blocks, Notices } from './world.js'

assertion('SIGEV_THREAD: in the async context of the submission, each its own', async (world) => {
  const storage = new AsyncLocalStorage<number>()
  const seen: (number | undefined)[] = []
  const reads = blocks(20, 8, { aio_fildes: await world.open('f', Buffer.alloc(64)) }, () => ({
    aio_sigevent: { sigev_notify: SIGEV_THREAD, sigev_notify_function: () => seen.push(storage.getStore()) },
  }))
  reads.forEach((block, index) => storage.run(index, () => world.aio.aio_read(block)))
  await world.until(() => seen.length === reads.length)
  assert.deepEqual(seen.sort((one, other) => Number(one) - Number(other)), reads.map((_, index) => index))
  storage.run(99, () => world.aio.lio_listio(LIO_NOWAIT, [], { sigev_notify: SIGEV_THREAD, sigev_notify_function: () => seen.push(storage.getStore()) }))
  await world.until(() => seen.length > reads.length)
  assert.equal(seen.at(-1), 99)
})

assertion('SIGEV_THREAD: the request has ended when the function runs, and its block may be submitted from there', async (world) => {
  let times = 0
  const block = new aiocb({
    aio_fildes: await world.open('f', 'abc'), aio_buf: Buffer.alloc(3),
    aio_sigevent: {
      sigev_notify: SIGEV_THREAD, sigev_value: 'value',
      sigev_notify_function(value) {
        assert.deepEqual([value, world.aio.aio_error(block), world.aio.aio_return(block)], ['value', 0, 3])
        if (++times < 100) world.aio.aio_read(block)
      },
    },
  })
  world.aio.aio_read(block)
  await world.until(() => times === 100)
})

assertion('SIGEV_THREAD: no function runs inside a call of this module', async (world) => {
  const notices = new Notices()
  const reads = blocks(10, 8, { aio_fildes: await world.open('f', Buffer.alloc(64)), aio_lio_opcode: LIO_READ }, (index) => ({ aio_sigevent: notices.event(index) }))
  world.aio.lio_listioSync(reads)
  for (const block of reads) world.aio.aio_suspendSync([block])
  assert.deepEqual(notices.values, [])
  await world.until(() => notices.values.length === reads.length)
})

assertion('SIGEV_NONE: nothing is told', async (world) => {
  let called = false
  const block = new aiocb({
    aio_fildes: await world.open('f', 'abc'), aio_buf: Buffer.alloc(3),
    aio_sigevent: { sigev_notify: SIGEV_NONE, sigev_notify_function: () => (called = true) },
  })
  world.aio.aio_read(block)
  await world.ended(block)
  await world.until(() => true)
  assert.equal(called, false)
})

for (const sigev_signo of ['SIGWINCH', 28] as const) {
  assertion(`SIGEV_SIGNAL: this process gets the signal (${String(sigev_signo)})`, async (world) => {
    const block = new aiocb({ aio_fildes: await world.open('f', 'abc'), aio_buf: Buffer.alloc(3), aio_sigevent: { sigev_notify: SIGEV_SIGNAL, sigev_signo } })
    let signalled = 0
    const listener = (): void => {
      signalled++
    }
    process.on('SIGWINCH', listener)
    world.aio.aio_read(block)
    assert.equal(world.aio.aio_error(block), EINPROGRESS)
    await world.until(() => signalled > 0)
    process.off('SIGWINCH', listener)
    assert.equal(world.aio.aio_return(block), 3)
  })
}

assertion('a signal that Node cannot be told of is EINVAL', async (world) => {
  const block = new aiocb({ aio_fildes: await world.open('f', 'abc'), aio_buf: Buffer.alloc(3) })
  const SIGRTMIN = 34
  for (const sigev_signo of ['SIGKILL', 'SIGSTOP', 0, -1, SIGRTMIN, 'SIGNONE' as NodeJS.Signals] as const) {
    block.aio_sigevent = { sigev_notify: SIGEV_SIGNAL, sigev_signo }
    assert.throws(() => world.aio.aio_read(block), { code: 'EINVAL' })
  }
  block.aio_sigevent = { sigev_notify: SIGEV_SIGNAL }
  assert.throws(() => world.aio.aio_read(block), { code: 'EINVAL' })
})

test('what a function throws is an uncaught exception, and the others are told all the same', () => {
  const program = fileURLToPath(new URL('programs/throws.js', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 20_000 })
  assert.deepEqual([status, stdout, stderr], [0, 'told 0\ncaught mine\ntold 2\n', ''])
})
