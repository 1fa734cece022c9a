// Memory that is lent to operations: each region is one operation's, also those that come into being when the first ones are all lent.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadBinding } from '#src/native/load.js'
import { LENT_BYTES_MAX, LentMemory } from '#src/operation/lent-memory.js'
import { readText } from '#src/operation/structures.js'

const { binding } = loadBinding()
const CELL = 512
/** More than there are at first of either size. */
const MANY_CELLS = 3000
const MANY_LARGE = 200
const MIB = 1 << 20

describe('lent memory', { skip: binding === undefined ? 'there is no addon' : false }, () => {
  test('V8 is told of what may be needed soon, and not of all that may ever be', () => {
    assert.ok(binding !== undefined)
    const before = process.memoryUsage().external
    const memory = new LentMemory(binding)
    assert.ok(process.memoryUsage().external - before < 4 * MIB)
    memory.close()
  })

  test('what was lent before there were more keeps its content and its address', () => {
    assert.ok(binding !== undefined)
    const memory = new LentMemory(binding)
    const first = memory.lend(1)
    memory.bytes.set([104, 105], first)
    const { bytes } = memory
    const address = memory.cellAddress(first)
    for (let index = 0; index < MANY_CELLS; index++) memory.lend(1)
    assert.notEqual(memory.bytes, bytes)
    assert.equal(readText(memory, first, 2), 'hi')
    assert.equal(memory.cellAddress(first), address)
    assert.equal(binding.address(memory.bytes.subarray(first)), address)
    bytes[first] = 72 // whoever holds the old view sees the same memory
    assert.equal(readText(memory, first, 2), 'Hi')
    memory.words[first >> 2] = 0x6f6c6c65
    assert.equal(memory.view.getUint32(first, true), 0x6f6c6c65)
    memory.close()
    assert.equal(memory.bytes.length, 0)
    assert.equal(bytes.length, 0)
  })

  for (const [order, sizes] of [
    ['cells first', [...Array<number>(MANY_CELLS).fill(CELL), ...Array<number>(MANY_LARGE).fill(LENT_BYTES_MAX)]],
    ['large ones first', [...Array<number>(MANY_LARGE).fill(LENT_BYTES_MAX), ...Array<number>(MANY_CELLS).fill(CELL)]],
  ] as const) {
    test(`no two regions lie over each other: ${order}`, () => {
      assert.ok(binding !== undefined)
      const memory = new LentMemory(binding)
      const lent = sizes.map((size) => ({ at: memory.lend(size), size }))
      const sorted = lent.toSorted((one, other) => one.at - other.at)
      for (const [index, { at, size }] of sorted.entries()) {
        assert.ok(at >= 0 && at % CELL === 0)
        assert.ok(at + size <= (sorted[index + 1]?.at ?? memory.bytes.length))
      }
      // What comes back is lent again, as what it was.
      for (const { at } of lent) memory.release(at)
      const again = sizes.map((size) => memory.lend(size))
      assert.deepEqual(again.toSorted((one, other) => one - other), sorted.map(({ at }) => at))
      memory.close()
    })
  }

  test('there is an end to it', () => {
    assert.ok(binding !== undefined)
    const memory = new LentMemory(binding)
    let count = 0
    while (memory.lend(LENT_BYTES_MAX) >= 0) count++
    assert.equal(count, 320)
    const cell = memory.lend(1)
    assert.ok(cell >= 0)
    memory.release(cell)
    assert.equal(memory.lend(LENT_BYTES_MAX), -1)
    assert.equal(memory.lend(1), cell)
    memory.close()
  })
})
