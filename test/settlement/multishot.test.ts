// Operations with several results: whoever leaves stops them, read or not; and who wants one result gets the first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nop, timer, type Proactor } from 'trueaio'
import { CANDIDATES } from './drivers.js'

async function whenIdle(io: Proactor): Promise<void> {
  for (let turn = 0; io.statistics.inFlight > 0; turn++) {
    assert.ok(turn < 500, 'it goes on')
    await io.submit(timer(1))
  }
}

for (const candidate of CANDIDATES) {
  const { name, skip } = candidate
  const make = (): Proactor => candidate.make()
  test(`${name}: an iteration that nobody read from ends at return()`, { skip }, async () => {
    const io = make()
    const iteration = io.iterate(timer(2, { multishot: true }))
    assert.deepEqual(await iteration.return(), { done: true, value: undefined })
    await whenIdle(io)
    assert.deepEqual(await iteration.next(), { done: true, value: undefined })
    const thrown = io.iterate(timer(2, { multishot: true }))
    await assert.rejects(thrown.throw(new RangeError('mine')), RangeError)
    await whenIdle(io)
    {
      await using disposed = io.iterate(timer(2, { multishot: true }))
      assert.deepEqual(await disposed.next(), { done: false, value: 1 })
    }
    await whenIdle(io)
    await io.close()
  })

  test(`${name}: return() ends those who wait in next(), and several next() are served in order`, { skip }, async () => {
    const io = make()
    const iteration = io.iterate(timer(100, { multishot: true }))
    const [first, second] = await Promise.all([iteration.next(), iteration.next()])
    assert.deepEqual([first, second], [{ done: false, value: 1 }, { done: false, value: 2 }])
    const waiting = iteration.next()
    await iteration.return()
    // In simulated time it may have been there already.
    if (name !== 'simulated') assert.deepEqual(await waiting, { done: true, value: undefined })
    await whenIdle(io)
    await io.close()
  })

  test(`${name}: a blocking wait takes the first result and leaves no hole`, { skip }, async () => {
    const io = make()
    const results = io.runSync([timer(5, { multishot: true }), timer(60), nop()])
    assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled'])
    assert.deepEqual(results[0], { status: 'fulfilled', value: 1 })
    await whenIdle(io)
    await io.close()
  })

  test(`${name}: a promise takes the first result, and the operation is stopped`, { skip }, async () => {
    const io = make()
    assert.equal(await io.submit(timer(2, { multishot: true })), 1)
    await whenIdle(io)
    await io.close()
  })

  test(`${name}: a failure is told to one reader, and then there is no more`, { skip }, async () => {
    const io = make()
    const controller = new AbortController()
    const iteration = io.iterate(timer(1, { multishot: true }), { signal: controller.signal })
    await iteration.next()
    controller.abort()
    await assert.rejects(async () => {
      for (let index = 0; index < 100; index++) await iteration.next()
    }, { code: 'ABORT_ERR' })
    assert.deepEqual(await iteration.next(), { done: true, value: undefined })
    await io.close()
  })
}
