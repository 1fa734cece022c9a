// acall: ids of 16 bytes: unique, not to be guessed, compared by value.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Acall, CALL_ID_BYTES, CallId, CompletionRing } from 'trueaio/acall'
import { sipHash } from '#src/acall/sip-hash.js'
import { onEach } from './subjects.js'

test('the hash is SipHash-2-4: the vector of its authors for eight bytes', () => {
  const key = new Int32Array(Uint8Array.from({ length: 16 }, (_, index) => index).buffer)
  const [low = 0, high = 0] = new Int32Array(Uint8Array.from({ length: 8 }, (_, index) => index).buffer)
  const hash = new Int32Array(2)
  sipHash(key, low, high, hash)
  assert.deepEqual([...new Uint8Array(hash.buffer)], [0x62, 0x24, 0x93, 0x9a, 0x79, 0xf5, 0xf5, 0x93])
})

onEach('unique, also where calls use the same places; ends and ring entries know them', {}, async (world) => {
  const fd = await world.file('x', '')
  const ring = new CompletionRing(64)
  const seen = new Set<string>()
  for (let round = 0; round < 20; round++) {
    const ids = Array.from({ length: 64 }, () => new CallId())
    assert.equal(world.acall.submit(ids.map((id) => ({ nr: 'fdatasync', args: [fd], id, ring }))).taken, 64)
    for (const id of ids) seen.add(id.toString())
    await ring.wait({ min: 64 })
    const entries = ring.take()
    assert.deepEqual(new Set(entries.map(({ id }) => id?.toString())), new Set(ids.map((id) => id.toString())))
  }
  assert.equal(seen.size, 20 * 64)
  await world.close(fd)
})

onEach('a copy of the bytes is the same id; what is one bit off is nobody\'s', {}, async (world) => {
  const fd = await world.file('x', '')
  const id = new CallId()
  world.acall.submit([{ nr: 'fsync', args: [fd], id }])
  const { bytes } = id
  assert.equal(bytes.byteLength, CALL_ID_BYTES)
  const copy = CallId.from(bytes)
  assert.ok(copy !== id && copy.equals(id) && copy.toString() === id.toString())
  assert.equal(await world.acall.wait([copy]), 1)
  for (let bit = 0; bit < 128; bit++) {
    const other = Uint8Array.from(bytes)
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    const forged = CallId.from(other)
    assert.ok(!forged.equals(id))
    assert.throws(() => world.acall.wait([forged]), { code: 'ERR_INVALID_ARG_VALUE' })
  }
  await world.close(fd)
})

test('two contexts do not give the same ids, and wrong bytes are refused', async () => {
  await using first = new Acall({ driver: 'thread-pool' })
  await using second = new Acall({ driver: 'thread-pool' })
  const [a, b] = [new CallId(), new CallId()]
  first.submit([{ nr: 'getpid', id: a }])
  second.submit([{ nr: 'getpid', id: b }])
  assert.ok(!a.equals(b))
  assert.throws(() => CallId.from(new Uint8Array(15)), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => CallId.from('x' as unknown as Uint8Array), { code: 'ERR_INVALID_ARG_TYPE' })
})
