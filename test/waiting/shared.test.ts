// The forms in shared memory: exclusion between real threads, order, giving up, and a pending wait that keeps the process alive.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { PERMITS_MAX, SharedMutex, SharedSemaphore } from 'trueaio/work'

test('threads that block and threads that wait asynchronously exclude each other, and no wake-up is lost', async () => {
  const mutex = new SharedMutex()
  const semaphore = new SharedSemaphore(2)
  const counter = new Int32Array(new SharedArrayBuffer(12))
  const rounds = 300
  const threads = [true, false, true, false].map((blocking) => new Worker(new URL('./shared-thread.js', import.meta.url), {
    workerData: { mutex: mutex.memory, semaphore: semaphore.memory, counter, rounds, blocking },
  }))
  await Promise.all(threads.map((thread) => once(thread, 'exit')))
  assert.deepEqual([counter[0], counter[1], counter[2]], [rounds * threads.length, 0, 0], 'counts made, inside now, most inside at once if more than the two permits')
  assert.equal(semaphore.free, 2)
})

test('strict order in the queue, several permits at once, and those who give up are stepped over', async () => {
  const semaphore = new SharedSemaphore(1)
  const other = new SharedSemaphore(semaphore.memory)
  const order: string[] = []
  const aborting = new AbortController()
  const three = semaphore.down(3).then(() => order.push('three'))
  const given = other.down(1, { signal: aborting.signal })
  const late = other.down(1, { timeout: 5 })
  const one = semaphore.down(1).then(() => order.push('one'))
  assert.equal(other.tryDown(), false, 'somebody waits')
  aborting.abort('enough')
  await assert.rejects(given, { code: 'ABORT_ERR', cause: 'enough' })
  await assert.rejects(late, { code: 'ETIMEDOUT' })
  other.up(1)
  await loopTurn()
  assert.deepEqual(order, [])
  other.up(2)
  await Promise.all([three, one])
  assert.deepEqual([order, semaphore.free], [['three', 'one'], 0])
})

test('the first in the queue gives up: those behind it are served at once', async () => {
  const semaphore = new SharedSemaphore(1)
  const large = semaphore.down(2, { timeout: 5 })
  const small = semaphore.down(1)
  await assert.rejects(large, { code: 'ETIMEDOUT' })
  await small
  assert.throws(() => semaphore.downSync(1, { timeout: 5 }), { code: 'ETIMEDOUT' })
  semaphore.up(1)
  semaphore.downSync()
  assert.equal(semaphore.free, 0)
  await assert.rejects(semaphore.down(1, { signal: AbortSignal.abort('before') }), { code: 'ABORT_ERR', cause: 'before' })
})

test('a queue that is full says so, and its places are used again without end', async () => {
  const semaphore = new SharedSemaphore(0, 2)
  const waits = [semaphore.down(), semaphore.down()]
  await assert.rejects(semaphore.down(), { code: 'ERR_TRUEAIO_TOO_MANY_WAITERS' })
  assert.throws(() => semaphore.downSync(), { code: 'ERR_TRUEAIO_TOO_MANY_WAITERS' })
  semaphore.up(2)
  await Promise.all(waits)
  for (let round = 0; round < 500; round++) {
    const wait = semaphore.down(2)
    semaphore.up(2)
    await wait
  }
  assert.equal(semaphore.free, 0)
})

test('a shared mutex gives itself back once', async () => {
  const mutex = new SharedMutex()
  const lock = await mutex.lock()
  assert.equal(new SharedMutex(mutex.memory).tryLock(), undefined)
  assert.throws(() => mutex.lockSync({ timeout: 1 }), { code: 'ETIMEDOUT' })
  lock.release()
  const second = mutex.tryLock() as NonNullable<ReturnType<typeof mutex.tryLock>>
  lock.release()
  assert.equal(mutex.tryLock(), undefined, 'a lock released twice takes nothing from the next')
  second.release()
})

test('a pending wait keeps the process alive until another thread ends it', () => {
  const work = JSON.stringify(import.meta.resolve('trueaio/work'))
  const program = `
    import { Worker } from 'node:worker_threads'
    import { SharedSemaphore } from ${work}
    const semaphore = new SharedSemaphore(0)
    const source = "Promise.all([import('node:worker_threads'), import('" + ${work} + "')]).then(([{ workerData }, { SharedSemaphore }]) => { setTimeout(() => new SharedSemaphore(workerData).up(), 100) })"
    new Worker(source, { eval: true, workerData: semaphore.memory }).unref()
    await semaphore.down()
    console.log('taken')
  `
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', timeout: 20_000 })
  assert.deepEqual([stdout, status], ['taken\n', 0], stderr)
})

test('wrong arguments', () => {
  for (const permits of [-1, 0.5, PERMITS_MAX + 1]) assert.throws(() => new SharedSemaphore(permits), { code: 'ERR_OUT_OF_RANGE' })
  for (const waitersMax of [0, 65537]) assert.throws(() => new SharedSemaphore(1, waitersMax), { code: 'ERR_OUT_OF_RANGE' })
  for (const memory of [new SharedArrayBuffer(0), new SharedArrayBuffer(3), new SharedArrayBuffer(1024), new ArrayBuffer(8)]) {
    assert.throws(() => new SharedSemaphore(memory as never), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => new SharedMutex(memory as never), { code: 'ERR_INVALID_ARG_TYPE' })
  }
  const semaphore = new SharedSemaphore(PERMITS_MAX)
  assert.throws(() => semaphore.up(), { code: 'ERR_OUT_OF_RANGE' })
  for (const count of [0, 1.5, -1]) assert.throws(() => semaphore.down(count), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => semaphore.down(1, { timeout: -1 }), { code: 'ERR_INVALID_ARG_TYPE' })
})
