// Arguments of operations on memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMemory, copyMemory, crc32, crc32c, fillMemory, XOR_SOURCES_MAX, xorMemory } from 'trueaio'
import { crc32cOf, crc32Of, equalBytes, xorBytes } from '#src/operation/memory-steps.js'

const small = Buffer.alloc(4)
const large = Buffer.alloc(8)

test('what does not fit is refused by name', () => {
  const rows: readonly (readonly [() => unknown, string, RegExp])[] = [
    [() => copyMemory(large, small), 'ERR_OUT_OF_RANGE', /"target".*at least 8 bytes.*Received 4/],
    [() => compareMemory(large, small), 'ERR_OUT_OF_RANGE', /"other".*8 bytes/],
    [() => xorMemory([large, small], large), 'ERR_OUT_OF_RANGE', /"sources\[1\]"/],
    [() => xorMemory([large], small), 'ERR_OUT_OF_RANGE', /"target"/],
    [() => xorMemory([], small), 'ERR_OUT_OF_RANGE', /"sources.length"/],
    [() => xorMemory(new Array<Buffer>(XOR_SOURCES_MAX + 1).fill(small), small), 'ERR_OUT_OF_RANGE', /<= 255/],
    [() => xorMemory([large.subarray(0, 4)], large.subarray(1, 5)), 'ERR_INVALID_ARG_VALUE', /partly over the target/],
    [() => fillMemory(small, 256), 'ERR_OUT_OF_RANGE', /"value"/],
    [() => fillMemory(small, 1.5), 'ERR_OUT_OF_RANGE', /"value"/],
    [() => crc32c(small, { initial: -1 }), 'ERR_OUT_OF_RANGE', /"options.initial"/],
    [() => crc32('text' as unknown as Buffer), 'ERR_INVALID_ARG_TYPE', /"buffer"/],
    [() => xorMemory(small as unknown as Buffer[], small), 'ERR_INVALID_ARG_TYPE', /"sources"/],
  ]
  for (const [make, code, message] of rows) assert.throws(make, (error: NodeJS.ErrnoException) => error.code === code && message.test(error.message), message.source)
})

test('the largest number of sources', () => {
  assert.doesNotThrow(() => xorMemory(new Array<Buffer>(XOR_SOURCES_MAX).fill(small), small))
})

test('the language’s own way knows the examples of the standards', () => {
  const digits = Buffer.from('123456789')
  assert.equal(crc32cOf(digits, 0), 0xe3069283)
  assert.equal(crc32Of(digits, 0), 0xcbf43926)
  assert.equal(crc32cOf(Buffer.alloc(32), 0), 0x8a9136aa)
  assert.equal(equalBytes(digits, Buffer.from('123456780')), 8)
  const target = Buffer.from([1, 2, 3])
  xorBytes([Buffer.from([3, 3, 3]), target], target)
  assert.deepEqual([...target], [2, 1, 0])
})
