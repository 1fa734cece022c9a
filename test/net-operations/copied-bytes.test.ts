// Copies of what was received, as datagrams are: every length around a word, a small copy and a slab.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CopiedBytes } from '#src/operation/copied-bytes.js'

test('a copy has the bytes of its length, at every length, and is nobody else’s', () => {
  const memory = new ArrayBuffer(4096)
  const source = new Uint8Array(memory).map((_, index) => (index * 7 + (index >> 8)) & 0xff)
  new Uint8Array(memory).set(source)
  const copied = new CopiedBytes(memory)
  const copies = Array.from({ length: 600 }, (_, length) => copied.of(144, length))
  new Uint8Array(memory).fill(0)
  copies.forEach((copy, length) => assert.deepEqual([...copy], [...source.subarray(144, 144 + length)], `${String(length)} bytes`))
})

test('copies of the last bytes of the memory stay within it', () => {
  const memory = new ArrayBuffer(64)
  new Uint8Array(memory).fill(5)
  const copied = new CopiedBytes(memory)
  for (let length = 1; length <= 4; length++) assert.deepEqual([...copied.of(60, length)], new Array<number>(length).fill(5))
})
