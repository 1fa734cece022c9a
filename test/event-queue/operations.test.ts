// Operations through the event queue: their events, errors, capacity, and what is not taken.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mkdir, nop, open, poll, PollEvent, Proactor, statx, timer } from 'trueaio'
import { EventQueue } from 'trueaio/event-queue'
import { HeldDriver } from '../proactor/held-driver.js'
import { cookies, next, onEveryDriver } from './subjects.js'

onEveryDriver('operations', (it) => {
  it('bring their cookie and their result', ['mkdir', 'statx'], async ({ queue, world }) => {
    queue.submit(mkdir(world.path('made')), 'mkdir')
    const made = await next(queue)
    assert.deepEqual([made.kind, made.cookie, made.result, made.error, made.count, made.more, made.source], ['operation', 'mkdir', undefined, undefined, 1, false, undefined])
    queue.submit(statx(world.path('made')), 'statx')
    const event = await next(queue)
    assert.equal((event.result as { mode: number }).mode & 0o170000, 0o040000)
    assert.equal(queue.inFlight, 0)
  })

  it('that fail bring Node’s error', ['open'], async ({ queue, world }) => {
    queue.submit(open(world.path('missing')), 'open')
    const { error, result } = await next(queue)
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOENT')
    assert.equal(result, undefined)
  })

  it('are cancelled by their signal and by their timeout', ['timer', 'real time'], async ({ queue }) => {
    const controller = new AbortController()
    queue.submit(timer(1e9), 'aborted', { signal: controller.signal })
    queue.submit(timer(1e9), 'late', { timeout: 5 })
    controller.abort()
    const errors = [await next(queue), await next(queue)].map(({ cookie, error }) => [cookie, (error as NodeJS.ErrnoException).code])
    assert.deepEqual(errors, [['aborted', 'ABORT_ERR'], ['late', 'ETIMEDOUT']])
  })

  it('come together with sources', ['nop'], async ({ queue }) => {
    queue.timer(1, 'timer')
    queue.user('user').trigger()
    for (let index = 0; index < 10; index++) queue.submit(nop(), 'nop')
    const seen = cookies(await queue.getEvents({ min: 12 }))
    assert.deepEqual(seen.sort(), [...new Array<string>(10).fill('nop'), 'timer', 'user'])
  })
})

test('operations in flight and their unread events never exceed the capacity, and sources take none of it', () => {
  const driver = new HeldDriver()
  const queue = new EventQueue<number>({ proactor: new Proactor({ driver }), capacity: 2 })
  for (let cookie = 0; cookie < 5; cookie++) queue.user(100 + cookie).trigger()
  for (let cookie = 0; cookie < 4; cookie++) queue.submit(nop(), cookie)
  assert.deepEqual([driver.held.length, queue.inFlight, queue.ready], [2, 4, 5])
  driver.endAll()
  assert.deepEqual([driver.held.length, queue.ready], [0, 7])
  const seen: number[] = []
  while (queue.ready > 0) {
    seen.push(...queue.getEventsSync({ min: 0, max: 1 }).map(({ cookie }) => cookie))
    assert.ok(driver.held.length <= 2)
    driver.endAll()
  }
  assert.deepEqual(seen, [100, 101, 102, 103, 104, 0, 1, 2, 3])
})

test('a multishot operation is refused: its events would pile up', () => {
  const queue = new EventQueue({ proactor: new Proactor({ driver: new HeldDriver() }) })
  assert.throws(() => queue.submit(poll(0, PollEvent.POLLIN, { multishot: true }), 1), { code: 'ERR_INVALID_ARG_VALUE', message: /watch\(\)/ })
  assert.throws(() => queue.submit({} as never, 1), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.throws(() => queue.submit(undefined as never, 1), { code: 'ERR_INVALID_ARG_TYPE' })
  assert.equal(queue.inFlight, 0)
})
