// What is refused: wrong types, wild numbers, things that are over.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Proactor } from 'trueaio'
import { EventQueue, WatchEvent } from 'trueaio/event-queue'
import { simulated } from 'trueaio/simulated'
import { HeldDriver } from '../proactor/held-driver.js'

const proactor = new Proactor({ driver: new HeldDriver() })
const queue = new EventQueue<number>({ proactor })
const wrong = (value: unknown): never => value as never

const CALLS: readonly (readonly [string, () => unknown, string])[] = [
  ['a proactor that is none', () => new EventQueue({ proactor: wrong({}) }), 'ERR_INVALID_ARG_TYPE'],
  ['capacity 0', () => new EventQueue({ proactor, capacity: 0 }), 'ERR_OUT_OF_RANGE'],
  ['capacity 2^21', () => new EventQueue({ proactor, capacity: 2 ** 21 }), 'ERR_OUT_OF_RANGE'],
  ['capacity as text', () => new EventQueue({ proactor, capacity: wrong('1') }), 'ERR_INVALID_ARG_TYPE'],
  ['watch a path', () => queue.watch(wrong('file'), 1, 1), 'ERR_INVALID_ARG_TYPE'],
  ['watch -1', () => queue.watch(-1, 1, 1), 'ERR_OUT_OF_RANGE'],
  ['watch for 2^16', () => queue.watch(0, 2 ** 16, 1), 'ERR_OUT_OF_RANGE'],
  ['watch for -1', () => queue.watch(0, -1, 1), 'ERR_OUT_OF_RANGE'],
  ['watch for 1.5', () => queue.watch(0, 1.5, 1), 'ERR_OUT_OF_RANGE'],
  ['a timer of -1', () => queue.timer(-1, 1), 'ERR_OUT_OF_RANGE'],
  ['a timer of NaN', () => queue.timer(NaN, 1), 'ERR_OUT_OF_RANGE'],
  ['a timer of 2^53', () => queue.timer(2 ** 53, 1), 'ERR_OUT_OF_RANGE'],
  ['a timer of text', () => queue.timer(wrong('1'), 1), 'ERR_INVALID_ARG_TYPE'],
  ['repeat 0', () => queue.timer(1, 1, { repeat: 0 }), 'ERR_OUT_OF_RANGE'],
  ['repeat Infinity', () => queue.timer(1, 1, { repeat: Infinity }), 'ERR_OUT_OF_RANGE'],
  ['repeat true', () => queue.timer(1, 1, { repeat: wrong(true) }), 'ERR_INVALID_ARG_TYPE'],
  ['child -1', () => queue.child(-1, 1), 'ERR_OUT_OF_RANGE'],
  ['child as text', () => queue.child(wrong('1'), 1), 'ERR_INVALID_ARG_TYPE'],
  ['idType 9', () => queue.child(1, 1, { idType: 9 }), 'ERR_OUT_OF_RANGE'],
  ['an unknown signal', () => queue.signal(wrong('SIGNONE'), 1), 'ERR_INVALID_ARG_VALUE'],
  ['a signal of Object’s', () => queue.signal(wrong('toString'), 1), 'ERR_INVALID_ARG_VALUE'],
  ['SIGKILL', () => queue.signal('SIGKILL', 1), 'ERR_INVALID_ARG_VALUE'],
  ['a signal by number', () => queue.signal(wrong(12), 1), 'ERR_INVALID_ARG_TYPE'],
  ['min -1', () => queue.getEventsSync({ min: -1 }), 'ERR_OUT_OF_RANGE'],
  ['min above max', () => queue.getEventsSync({ min: 3, max: 2 }), 'ERR_OUT_OF_RANGE'],
  ['min above the capacity', () => queue.getEventsSync({ min: 4097, max: 5000 }), 'ERR_OUT_OF_RANGE'],
  ['max 0', () => queue.getEventsSync({ max: 0 }), 'ERR_OUT_OF_RANGE'],
  ['timeout -1', () => queue.getEventsSync({ timeout: -1 }), 'ERR_INVALID_ARG_TYPE'],
  ['timeout NaN', () => queue.getEventsSync({ timeout: NaN }), 'ERR_INVALID_ARG_TYPE'],
]

for (const [name, call, code] of CALLS) {
  test(`${name}: ${code}`, () => {
    assert.throws(call, { code })
    assert.deepEqual([queue.sources, queue.ready, process.listenerCount('SIGKILL')], [0, 0, 0])
  })
}

const PATHS: readonly (readonly [string, () => Promise<unknown>, string])[] = [
  ['a path that is none', () => queue.watchPath(wrong(1), 1), 'ERR_INVALID_ARG_TYPE'],
  ['a path with a NUL', () => queue.watchPath('a\0b', 1), 'ERR_INVALID_ARG_VALUE'],
  ['mask 0', () => queue.watchPath('.', 1, { mask: 0 }), 'ERR_OUT_OF_RANGE'],
  ['a mask without a change', () => queue.watchPath('.', 1, { mask: WatchEvent.IN_ONLYDIR }), 'ERR_OUT_OF_RANGE'],
  ['a mask with IN_ISDIR', () => queue.watchPath('.', 1, { mask: WatchEvent.IN_CREATE | WatchEvent.IN_ISDIR }), 'ERR_OUT_OF_RANGE'],
  ['a mask with an unknown bit', () => queue.watchPath('.', 1, { mask: WatchEvent.IN_CREATE | 0x1000 }), 'ERR_OUT_OF_RANGE'],
  ['a wait on a signal that is none', () => queue.getEvents({ signal: wrong({}) }), 'ERR_INVALID_ARG_TYPE'],
  ['a wait that ends before it begins', () => queue.getEvents({ min: 1, max: 0 }), 'ERR_OUT_OF_RANGE'],
]

for (const [name, call, code] of PATHS) {
  test(`${name}: rejects with ${code}`, async () => {
    await assert.rejects(async () => call(), { code })
    assert.deepEqual([queue.sources, queue.ready], [0, 0])
  })
}

test('a wrong change leaves the source as it was', () => {
  const own = new EventQueue<number>({ proactor })
  const timer = own.timer(1000, 1, { repeat: 7 })
  assert.throws(() => timer.modify(-1), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => timer.modify(1, { repeat: 0 }), { code: 'ERR_OUT_OF_RANGE' })
  assert.deepEqual([timer.live, timer.repeat], [true, 7])
  const descriptor = own.watch(0, 1, 1)
  assert.throws(() => descriptor.modify(2 ** 16), { code: 'ERR_OUT_OF_RANGE' })
  assert.deepEqual([descriptor.live, descriptor.events], [true, 1])
})

test('without a driver that makes system calls, a path is refused in words', async () => {
  const without = new EventQueue<number>({ proactor: new Proactor({ driver: simulated() }) })
  await assert.rejects(without.watchPath('.', 1), { code: 'ENOTSUP' })
  assert.equal(without.sources, 0)
})
