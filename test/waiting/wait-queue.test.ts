// The wait queue: order, exclusive and shared waiters, and that nobody is lost while others come and go.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Wake, WaitQueue } from '#src/waiting/wait-queue.js'

test('exclusive waiters are woken one for each count, in order; shared ones each time until they take something', () => {
  const queue = new WaitQueue<string>()
  const seen: string[] = []
  const add = (name: string, exclusive: boolean, says: Wake): void => {
    queue.add((key) => {
      seen.push(`${name} ${key}`)
      return says
    }, exclusive)
  }
  add('shared', false, Wake.PASSED)
  add('first', true, Wake.TOOK)
  add('second', true, Wake.PASSED)
  add('third', true, Wake.TOOK)
  add('fourth', true, Wake.TOOK)
  assert.equal(queue.wake('a'), 1)
  assert.equal(queue.wake('b'), 1)
  assert.deepEqual(seen, ['shared a', 'first a', 'shared b', 'second b', 'third b'])
  assert.equal(queue.wakeAll('c'), 1)
  assert.deepEqual([queue.length, seen.slice(5)], [2, ['shared c', 'second c', 'fourth c']])
})

test('one that says STOPPED keeps those behind it from being asked', () => {
  const queue = new WaitQueue()
  let open = false
  let asked = 0
  queue.add(() => (open ? Wake.TOOK : Wake.STOPPED))
  queue.add(() => {
    asked++
    return Wake.TOOK
  })
  assert.equal(queue.wakeAll(undefined), 0)
  assert.equal(asked, 0)
  open = true
  assert.equal(queue.wakeAll(undefined), 2)
  assert.equal(queue.length, 0)
})

test('waiters that remove others, or add new ones, while they are asked', () => {
  const queue = new WaitQueue()
  const seen: number[] = []
  const add = (number: number, act: () => void = () => undefined): ReturnType<typeof queue.add> => queue.add(() => {
    seen.push(number)
    act()
    return Wake.TOOK
  })
  add(0, () => {
    queue.remove(second)
    queue.remove(third)
    add(9)
  })
  const second = add(1)
  const third = add(2)
  add(3)
  queue.wakeAll(undefined)
  assert.deepEqual([seen, queue.length], [[0, 3], 1])
  assert.equal(queue.remove(third), false)
})

test('no wake-up is lost: tokens and takers, in any order of coming, waking, aborting and giving up', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('take', 'give', 'abort', 'give two'), { maxLength: 60 }), async (steps) => {
    const queue = new WaitQueue()
    let tokens = 0
    const waits: { readonly aborting: AbortController, readonly end: Promise<string> }[] = []
    let taken = 0
    const attempt = (): string | undefined => (tokens > 0 ? (tokens--, taken++, 'token') : undefined)
    let given = 0
    for (const step of steps) {
      if (step === 'take') {
        const aborting = new AbortController()
        waits.push({ aborting, end: queue.wait(attempt, { signal: aborting.signal }).catch((error: unknown) => (error as Error).name) })
      } else if (step === 'abort') waits[Math.floor(waits.length / 2)]?.aborting.abort()
      else {
        const count = step === 'give' ? 1 : 2
        tokens += count
        given += count
        queue.wake(undefined, count)
      }
    }
    // Whoever still waits does so for want of tokens.
    assert.ok(tokens === 0 || queue.length === 0)
    assert.equal(taken + tokens, given)
    for (const { aborting } of waits) aborting.abort()
    const ends = await Promise.all(waits.map(({ end }) => end))
    assert.equal(ends.filter((end) => end === 'token').length, taken)
    assert.equal(queue.length, 0)
  }))
})

test('a wait ends on its timeout with what it is told to, and a thrown attempt rejects it', async () => {
  const queue = new WaitQueue()
  assert.equal(await queue.wait(() => undefined, { timeout: 1, late: () => 'late' }), 'late')
  const failing = queue.wait(() => {
    if (queue.length > 0) throw new Error('mine')
    return undefined
  })
  queue.wakeAll(undefined)
  await assert.rejects(failing, /mine/)
  assert.equal(queue.length, 0)
  await assert.rejects(queue.wait(() => undefined, { signal: AbortSignal.abort('why') }), { code: 'ABORT_ERR', cause: 'why' })
})
