// What a completion queue promises, on a driver that ends things when told.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { nop, Proactor, timer, type CompletionQueue } from 'trueaio'
import { HeldDriver } from './held-driver.js'

function make(capacity?: number): { driver: HeldDriver; io: Proactor; queue: CompletionQueue<number> } {
  const driver = new HeldDriver()
  const io = new Proactor({ driver })
  return { driver, io, queue: io.completionQueue<number>(capacity === undefined ? {} : { capacity }) }
}

const cookies = (events: readonly { readonly cookie: number }[]): number[] => events.map(({ cookie }) => cookie)

test('a wait takes the whole batch that a driver tells, not its first event', async () => {
  const { driver, queue } = make()
  for (let cookie = 0; cookie < 5; cookie++) queue.submit(nop(), cookie)
  const waited = queue.wait()
  driver.endAll()
  assert.deepEqual(cookies(await waited), [0, 1, 2, 3, 4])
})

test('operations and unread events together never exceed the capacity', async () => {
  const { driver, queue } = make(3)
  for (let cookie = 0; cookie < 10; cookie++) queue.submit(nop(), cookie)
  assert.deepEqual([driver.held.length, queue.inFlight], [3, 10])
  driver.end(0)
  driver.end(0)
  driver.delivered()
  await loopTurn()
  assert.deepEqual([driver.held.length, queue.ready], [1, 2], 'unread events hold their places')
  queue.submit(nop(), 10)
  assert.equal(driver.held.length, 1, 'and neither does a new one find room')
  assert.deepEqual(cookies(queue.take(1)), [0])
  assert.equal(driver.held.length, 2)
  const seen = [...cookies(queue.take())]
  while (queue.inFlight > 0) {
    driver.endAll()
    assert.ok(queue.ready <= 3)
    seen.push(...cookies(queue.take()))
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test('waits are served in order, each with its own min and max', async () => {
  const { driver, queue } = make()
  for (let cookie = 0; cookie < 6; cookie++) queue.submit(nop(), cookie)
  const served: string[] = []
  const first = queue.wait({ min: 2, max: 2 }).then((events) => {
    served.push('first')
    return events
  })
  const second = queue.wait({ min: 1, max: 1 }).then((events) => {
    served.push('second')
    return events
  })
  driver.end(0)
  driver.delivered()
  await loopTurn()
  assert.deepEqual(served, [], 'the second does not overtake the first')
  driver.endAll()
  assert.deepEqual([cookies(await first), cookies(await second), served], [[0, 1], [2], ['first', 'second']])
  assert.deepEqual(cookies(await queue.wait()), [3, 4, 5])
})

test('a timeout comes back with what there is, even nothing', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const { driver, queue } = make()
  queue.submit(nop(), 1)
  queue.submit(nop(), 2)
  const empty = queue.wait({ timeout: 10 })
  context.mock.timers.tick(10)
  assert.deepEqual(await empty, [])
  const some = queue.wait({ min: 2, timeout: 10 })
  driver.end(0)
  driver.delivered()
  context.mock.timers.tick(10)
  assert.deepEqual(cookies(await some), [1])
})

test('a timeout beyond what a timer of the system holds is none', async () => {
  for (const timeout of [2 ** 31, 2 ** 53, Infinity]) {
    const { driver, queue } = make()
    queue.submit(nop(), 1)
    const events = queue.wait({ timeout })
    await new Promise((resolve) => setTimeout(resolve, 10)) // one that overflowed would have fired after 1 ms
    driver.end(0)
    driver.delivered()
    assert.deepEqual(cookies(await events), [1])
  }
})

test('a wait that gave up does not stand in the way of the next', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const { driver, queue } = make()
  for (let cookie = 0; cookie < 2; cookie++) queue.submit(nop(), cookie)
  const impatient = queue.wait({ min: 2, timeout: 5 })
  const patient = queue.wait({ min: 1 })
  driver.end(0)
  driver.delivered()
  context.mock.timers.tick(5)
  assert.deepEqual(cookies(await impatient), [0])
  driver.endAll()
  assert.deepEqual(cookies(await patient), [1])
})

test('close: no more submissions, what has not started is dropped, waits end, what is in flight still arrives', async () => {
  const { driver, queue } = make(2)
  for (let cookie = 0; cookie < 4; cookie++) queue.submit(nop(), cookie)
  const waited = queue.wait({ min: 2 })
  queue.close()
  assert.deepEqual(await waited, [])
  assert.throws(() => queue.submit(nop(), 9), { code: 'ERR_TRUEAIO_CLOSED' })
  driver.endAll()
  assert.deepEqual(cookies(queue.take()), [0, 1])
  assert.equal(driver.held.length, 0)
  assert.equal(queue.inFlight, 0)
})

test('waitSync blocks until enough are there', () => {
  const { queue } = make()
  for (let cookie = 0; cookie < 3; cookie++) queue.submit(nop(), cookie)
  assert.deepEqual(cookies(queue.waitSync({ min: 3 })), [0, 1, 2])
  assert.deepEqual(queue.waitSync({ min: 0 }), [])
})

test('multishot events keep their place until the last', async () => {
  const { driver, queue } = make()
  queue.submit(timer(1, { multishot: true }), 7)
  driver.more(0, 1)
  driver.more(0, 2)
  driver.end(0, -125)
  driver.delivered()
  const events = await queue.wait({ min: 3 })
  assert.deepEqual(events.map(({ cookie, result, more }) => [cookie, result, more]), [[7, 1, true], [7, 2, true], [7, undefined, false]])
  assert.equal(queue.inFlight, 0)
})

test('an error is made when asked for, and names the operation', async () => {
  const { driver, queue } = make()
  queue.submit(nop(), 1)
  driver.end(0, -5)
  driver.delivered()
  const [event] = await queue.wait()
  assert.equal(event?.error?.message, 'EIO: i/o error, nop')
})

test('wrong numbers', async () => {
  const { io, queue } = make(8)
  for (const capacity of [0, -1, 1.5, 2 ** 21]) assert.throws(() => io.completionQueue({ capacity }), { code: 'ERR_OUT_OF_RANGE' })
  for (const options of [{ min: -1 }, { min: 9 }, { max: 0 }, { min: 3, max: 2 }]) {
    assert.throws(() => queue.waitSync(options), { code: 'ERR_OUT_OF_RANGE' })
    await assert.rejects(async () => queue.wait(options), { code: 'ERR_OUT_OF_RANGE' })
  }
  await assert.rejects(async () => queue.wait({ timeout: -1 }), { code: /^ERR_/ })
  assert.throws(() => queue.take(0), { code: 'ERR_OUT_OF_RANGE' })
})
