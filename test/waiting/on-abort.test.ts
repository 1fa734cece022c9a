// One listener for a signal, however many wait with it.
import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import ourPromises from 'trueaio/fs/promises'
import { onAbort } from '#src/waiting/on-abort.js'
import { WaitQueue } from '#src/waiting/wait-queue.js'

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length

test('all who wait are called in order, except those who have left, also at that very moment', () => {
  const controller = new AbortController()
  const { signal } = controller
  const called: string[] = []
  const same = (): void => {
    called.push('same')
  }
  onAbort(signal, same)
  const leave = onAbort(signal, () => called.push('left before'))
  onAbort(signal, same)
  onAbort(signal, () => leaveMeanwhile())
  const leaveMeanwhile = onAbort(signal, () => called.push('left meanwhile'))
  leave()
  assert.equal(listenersOf(signal), 1)
  controller.abort()
  assert.deepEqual(called, ['same', 'same'])
})

test('the last one to leave takes the listener along, and the next one brings it again', () => {
  const { signal } = new AbortController()
  const leaves = [onAbort(signal, () => undefined), onAbort(signal, () => undefined)]
  leaves[0]?.()
  leaves[0]?.()
  assert.equal(listenersOf(signal), 1)
  leaves[1]?.()
  assert.equal(listenersOf(signal), 0)
  const again = onAbort(signal, () => undefined)
  assert.equal(listenersOf(signal), 1)
  again()
  assert.equal(listenersOf(signal), 0)
})

test('forty waits in a queue, and forty calls that Node carries out, are one listener each', async () => {
  const controller = new AbortController()
  const queue = new WaitQueue<true>()
  const waits = Array.from({ length: 40 }, () => queue.wait((key) => key, { signal: controller.signal }))
  assert.equal(listenersOf(controller.signal), 1)
  queue.wake(true)
  await waits[0]
  controller.abort('enough')
  const ends = await Promise.allSettled(waits)
  assert.deepEqual([queue.length, ends.filter(({ status }) => status === 'rejected').length], [0, 39])

  const { signal } = new AbortController()
  const calls = Array.from({ length: 40 }, () => ourPromises.realpath('.', { signal } as object))
  assert.equal(listenersOf(signal), 1)
  await Promise.all(calls)
  assert.equal(listenersOf(signal), 0)
})
