// The heap of deadlines: whatever comes, goes and moves, the first is the one that is due first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DeadlineHeap, type Due } from '#src/waiting/deadline-heap.js'

test('any order of coming, leaving and moving: the first is due first, and each knows its place', () => {
  const step = fc.record({ act: fc.constantFrom('add', 'add', 'add', 'remove', 'later', 'take'), number: fc.nat(400) })
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const heap = new DeadlineHeap<Due>()
    const inside: Due[] = []
    const leave = (item: Due): void => {
      assert.equal(heap.remove(item), true)
      inside.splice(inside.indexOf(item), 1)
    }
    for (const { act, number } of steps) {
      const chosen = inside[number % Math.max(1, inside.length)]
      if (act === 'add') {
        const item: Due = { deadline: number, heapIndex: -1 }
        inside.push(item)
        heap.add(item)
      } else if (chosen === undefined) assert.equal(heap.first, undefined)
      else if (act === 'later') heap.moveLater(chosen, chosen.deadline + number)
      else leave(act === 'take' ? heap.first as Due : chosen) // not empty: something is chosen
      assert.equal(heap.length, inside.length)
      assert.equal(heap.first?.deadline, inside.length === 0 ? undefined : Math.min(...inside.map(({ deadline }) => deadline)))
      heap.items.forEach((item, place) => assert.equal(item.heapIndex, place))
    }
    const order: number[] = []
    for (let { first } = heap; first !== undefined; { first } = heap) {
      order.push(first.deadline)
      leave(first)
    }
    assert.deepEqual(order, [...order].sort((a, b) => a - b))
  }))
})

test('what is not in the heap cannot leave it', () => {
  const heap = new DeadlineHeap<Due>()
  const item: Due = { deadline: 1, heapIndex: -1 }
  assert.equal(heap.remove(item), false)
  heap.add(item)
  assert.deepEqual([heap.remove(item), heap.remove(item), item.heapIndex], [true, false, -1])
})
