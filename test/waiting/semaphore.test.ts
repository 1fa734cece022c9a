// Semaphore, mutex and condition of one thread: strict order, nobody forgotten when others give up, and wrong arguments.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { Condition, Mutex, PERMITS_MAX, Semaphore, WaitQueue, Wake } from 'trueaio/work'

test('down takes what is free, waits for the rest, and is served in order: a large one is not overtaken by small ones', async () => {
  const semaphore = new Semaphore(3)
  const order: string[] = []
  const down = (name: string, count: number): Promise<void> => semaphore.down(count).then(() => void order.push(name))
  const all = [down('two', 2), down('four', 4), down('one', 1)]
  await loopTurn()
  assert.deepEqual([order, semaphore.free, semaphore.waiting], [['two'], 1, 2])
  assert.equal(semaphore.tryDown(), false, 'what is free is kept for the first in the queue')
  semaphore.up(2)
  await loopTurn()
  assert.deepEqual(order, ['two'])
  semaphore.up(3)
  await Promise.all(all)
  assert.deepEqual([order, semaphore.free, semaphore.waiting], [['two', 'four', 'one'], 1, 0])
  assert.equal(semaphore.tryDown(), true)
  assert.equal(semaphore.tryDown(), false)
})

test('one that gives up, by signal or by timeout, lets those behind it go on', async () => {
  for (const giveUp of ['signal', 'timeout'] as const) {
    const semaphore = new Semaphore(1)
    const aborting = new AbortController()
    const large = semaphore.down(2, giveUp === 'signal' ? { signal: aborting.signal } : { timeout: 5 })
    const small = semaphore.down()
    if (giveUp === 'signal') aborting.abort('enough')
    await assert.rejects(large, giveUp === 'signal' ? { code: 'ABORT_ERR', cause: 'enough' } : { code: 'ETIMEDOUT', syscall: 'down' })
    await small
    assert.deepEqual([semaphore.free, semaphore.waiting], [0, 0])
  }
  const semaphore = new Semaphore(1)
  await assert.rejects(semaphore.down(1, { signal: AbortSignal.abort('before') }), { code: 'ABORT_ERR', cause: 'before' })
  assert.equal(semaphore.free, 1, 'an aborted down takes nothing')
  await assert.rejects(semaphore.down(2, { timeout: 0 }), { code: 'ETIMEDOUT' })
  const patient = semaphore.down(2, { timeout: 2 ** 40 })
  semaphore.up()
  await patient
})

test('permits are neither lost nor made, whatever comes in whatever order', async () => {
  const steps = fc.array(fc.record({ kind: fc.constantFrom('down', 'up', 'abort', 'try'), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 80 })
  await fc.assert(fc.asyncProperty(steps, async (list) => {
    const semaphore = new Semaphore(2)
    let balance = 2
    const waits: { readonly aborting: AbortController; readonly end: Promise<number> }[] = []
    for (const { kind, count } of list) {
      if (kind === 'down') {
        const aborting = new AbortController()
        waits.push({ aborting, end: semaphore.down(count, { signal: aborting.signal }).then(() => count, () => 0) })
      } else if (kind === 'up') {
        semaphore.up(count)
        balance += count
      } else if (kind === 'try') balance -= semaphore.tryDown(count) ? count : 0
      else waits[waits.length >> 1]?.aborting.abort()
    }
    for (const { aborting } of waits) aborting.abort()
    const taken = await Promise.all(waits.map(({ end }) => end))
    assert.equal(semaphore.free, balance - taken.reduce((sum, one) => sum + one, 0))
    assert.equal(semaphore.waiting, 0)
  }))
})

test('a mutex has one holder; only the holder gives it back, and only once', async () => {
  const mutex = new Mutex()
  const first = await mutex.lock()
  assert.equal(mutex.tryLock(), undefined)
  const second = mutex.lock()
  const third = mutex.lock()
  assert.deepEqual([first.held, mutex.locked, mutex.waiting], [true, true, 2])
  first.release()
  const lock = await second
  first.release()
  first[Symbol.dispose]()
  assert.deepEqual([first.held, lock.held, mutex.waiting], [false, true, 1], 'a lock that is not held any more takes nothing from who holds it now')
  lock.release()
  using last = await third
  assert.equal(last.held, true)
  await assert.rejects(mutex.lock({ timeout: 1 }), { code: 'ETIMEDOUT', syscall: 'lock' })
})

test('runExclusive: one after the other, whatever they throw', async () => {
  const mutex = new Mutex()
  let inside = 0
  const runs = Array.from({ length: 20 }, (_, index) => mutex.runExclusive(async () => {
    assert.equal(++inside, 1)
    await loopTurn()
    inside--
    if (index % 2 === 1) throw new Error(`run ${String(index)}`)
    return index
  }))
  const ends = await Promise.allSettled(runs)
  assert.deepEqual(ends.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as Error).message)), Array.from({ length: 20 }, (_, index) => (index % 2 === 1 ? `run ${String(index)}` : index)))
  assert.equal(mutex.locked, false)
})

test('a condition: producers and consumers over one mutex, and no notification falls between unlocking and waiting', async () => {
  const mutex = new Mutex()
  const changed = new Condition()
  const items: number[] = []
  const taken: number[] = []
  const consume = async (): Promise<void> => {
    for (let count = 0; count < 50; count++) {
      using lock = await mutex.lock()
      while (items.length === 0) await changed.wait(mutex)
      assert.equal(lock.held, true)
      taken.push(items.shift() as number)
    }
  }
  const produce = async (from: number): Promise<void> => {
    for (let item = from; item < from + 50; item++) {
      using lock = await mutex.lock()
      items.push(item)
      changed.notify()
      assert.equal(lock.held, true)
    }
  }
  await Promise.all([consume(), consume(), produce(0), produce(50)])
  assert.deepEqual(taken.sort((one, other) => one - other), Array.from({ length: 100 }, (_, index) => index))
})

test('a condition: notify counts, notifyAll, and a wait that ends otherwise holds the mutex again too', async () => {
  const mutex = new Mutex()
  const condition = new Condition()
  const woken: number[] = []
  const waits = [0, 1, 2, 3].map(async (number) => {
    using lock = await mutex.lock()
    await condition.wait(mutex)
    assert.equal(lock.held, true)
    woken.push(number)
  })
  await loopTurn()
  assert.equal(condition.notify(2), 2)
  await loopTurn()
  assert.deepEqual(woken, [0, 1])
  assert.deepEqual([condition.notifyAll(), condition.notifyAll()], [2, 0])
  await Promise.all(waits)
  const lock = await mutex.lock()
  const aborting = new AbortController()
  const waiting = condition.wait(mutex, { signal: aborting.signal })
  assert.equal(mutex.locked, false)
  aborting.abort()
  await assert.rejects(waiting, { code: 'ABORT_ERR' })
  assert.equal(lock.held, true)
  await assert.rejects(condition.wait(mutex, { timeout: 1 }), { code: 'ETIMEDOUT', syscall: 'wait' })
  assert.equal(lock.held, true)
  lock.release()
  await assert.rejects(condition.wait(mutex), { code: 'ERR_TRUEAIO_NOT_LOCKED' })
})

test('the last to come can be the first to be asked', () => {
  const queue = new WaitQueue()
  const seen: string[] = []
  const add = (name: string): void => {
    queue.addFirst(() => {
      seen.push(name)
      if (name === 'second') add('meanwhile')
      return Wake.TOOK
    })
  }
  add('first')
  add('second')
  queue.wakeAll(undefined)
  assert.deepEqual(seen, ['second', 'first'])
  queue.wake(undefined)
  assert.deepEqual([seen.at(-1), queue.length], ['meanwhile', 0])
})

test('wrong arguments', async () => {
  for (const permits of [-1, 1.5, PERMITS_MAX + 1, NaN]) assert.throws(() => new Semaphore(permits), { code: 'ERR_OUT_OF_RANGE' })
  for (const permits of ['1', undefined, null, 1n]) assert.throws(() => new Semaphore(permits as never), { code: 'ERR_INVALID_ARG_TYPE' })
  const semaphore = new Semaphore(1)
  for (const count of [0, -1, 0.5, PERMITS_MAX + 1]) {
    for (const call of [() => semaphore.down(count), () => semaphore.tryDown(count), () => semaphore.up(count)]) assert.throws(call, { code: 'ERR_OUT_OF_RANGE' })
  }
  assert.throws(() => semaphore.up(PERMITS_MAX), { code: 'ERR_OUT_OF_RANGE', message: /<= 2147483646/ })
  const mutex = new Mutex()
  for (const timeout of [-1, NaN, '5']) {
    assert.throws(() => semaphore.down(1, { timeout: timeout as never }), { code: 'ERR_INVALID_ARG_TYPE' })
    assert.throws(() => mutex.lock({ timeout: timeout as never }), { code: 'ERR_INVALID_ARG_TYPE' })
    await assert.rejects(new Condition().wait(mutex, { timeout: timeout as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  }
  assert.throws(() => mutex.lock({ signal: {} as never }), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(mutex.runExclusive(5 as never), { code: 'ERR_INVALID_ARG_TYPE' })
  await assert.rejects(new Condition().wait({} as never), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => new Condition().notify(0), { code: 'ERR_OUT_OF_RANGE' })
})
