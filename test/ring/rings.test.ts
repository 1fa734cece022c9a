// The head and tail protocol on plain memory, with this test as the kernel's side: indices wrap at 2^32, entries at the
// ring's size, and nothing is taken before it is published.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NativeRing } from '#src/native/binding.js'
import { CompletionRing } from '#src/ring/completion-ring.js'
import { CqOffsets, Cqe, Params, Sqe, SqOffsets } from '#src/ring/layout/io-uring.js'
import { SubmissionRing } from '#src/ring/submission-ring.js'

const ENTRIES = 4
const HEAD = 0, TAIL = 1, FLAGS = 2, OVERFLOW = 3, ARRAY = 4, COMPLETIONS = 16

/** Memory as io_uring_setup would describe it; indices start where they are about to wrap. */
function memory(start: number, withArray = false): { native: NativeRing; rings: Int32Array; entries: Int32Array } {
  const params = new Uint32Array(30)
  params[Params.SQ_ENTRIES] = ENTRIES
  params[Params.CQ_ENTRIES] = ENTRIES
  params[Params.SQ_OFF + SqOffsets.HEAD] = HEAD * 4
  params[Params.SQ_OFF + SqOffsets.TAIL] = TAIL * 4
  params[Params.SQ_OFF + SqOffsets.FLAGS] = FLAGS * 4
  params[Params.SQ_OFF + SqOffsets.ARRAY] = withArray ? ARRAY * 4 : 0
  params[Params.CQ_OFF + CqOffsets.HEAD] = HEAD * 4
  params[Params.CQ_OFF + CqOffsets.TAIL] = TAIL * 4
  params[Params.CQ_OFF + CqOffsets.OVERFLOW] = OVERFLOW * 4
  params[Params.CQ_OFF + CqOffsets.CQES] = COMPLETIONS * 4
  const rings = new Int32Array(64)
  rings[HEAD] = start
  rings[TAIL] = start
  const entries = new Int32Array(ENTRIES * Sqe.WORDS)
  const native: Partial<NativeRing> = { fd: -1, params, rings: rings.buffer, entries: entries.buffer, control: new ArrayBuffer(8) }
  return { native: native as NativeRing, rings, entries }
}

for (const start of [0, -2, 0x7fffffff]) {
  test(`submissions from index ${String(start)} are seen by the kernel in order, once published`, () => {
    const { native, rings, entries } = memory(start)
    const ring = new SubmissionRing(native)
    let written = 0
    const seen: number[] = []
    for (let round = 0; round < 10; round++) {
      while (ring.room > 0) ring.words[ring.next() + Sqe.USER_DATA_LOW] = written++
      assert.equal(ring.pending, ENTRIES)
      const tailBefore = rings[TAIL]
      assert.equal(tailBefore, rings[HEAD], 'nothing is published yet')
      assert.equal(ring.publish(), ENTRIES)
      // The kernel takes some, and says how many.
      const count = 1 + (round % ENTRIES)
      for (let index = 0; index < count; index++) {
        const head = rings[HEAD] ?? 0
        seen.push(entries[(head & (ENTRIES - 1)) * Sqe.WORDS + Sqe.USER_DATA_LOW] ?? -1)
        rings[HEAD] = (head + 1) | 0
      }
      ring.taken(count)
      assert.equal(ring.room, count)
      // The rest is taken by the next call.
      while (rings[HEAD] !== rings[TAIL]) {
        const head = rings[HEAD] ?? 0
        seen.push(entries[(head & (ENTRIES - 1)) * Sqe.WORDS + Sqe.USER_DATA_LOW] ?? -1)
        rings[HEAD] = (head + 1) | 0
        ring.taken(1)
      }
    }
    assert.deepEqual(seen, Array.from({ length: written }, (_, index) => index))
  })

  test(`completions from index ${String(start)} arrive each once, in order, in batches of any size`, () => {
    fc.assert(fc.property(fc.array(fc.record({ arriving: fc.integer({ min: 0, max: ENTRIES }), taken: fc.integer({ min: 1, max: ENTRIES }) }), { maxLength: 50 }), (rounds) => {
      const { native, rings } = memory(start)
      const ring = new CompletionRing(native)
      const into = new Int32Array(ENTRIES * Cqe.WORDS)
      let produced = 0
      const got: number[] = []
      for (const { arriving, taken } of rounds) {
        for (let index = 0; index < arriving; index++) {
          const [head, tail] = [rings[HEAD] ?? 0, rings[TAIL] ?? 0]
          if (((tail - head) | 0) === ENTRIES) break
          rings.set([produced, produced + 1, produced * 2, 0], COMPLETIONS + (tail & (ENTRIES - 1)) * Cqe.WORDS)
          rings[TAIL] = (tail + 1) | 0
          produced++
        }
        assert.equal(ring.ready, produced - got.length)
        const count = ring.copy(into, taken)
        ring.giveBack()
        assert.equal(count, Math.min(taken, produced - got.length))
        for (let index = 0; index < count; index++) {
          const [low, high, result] = into.subarray(index * Cqe.WORDS)
          assert.deepEqual([high, result], [(low ?? 0) + 1, (low ?? 0) * 2])
          got.push(low ?? -1)
        }
        assert.equal(((rings[TAIL] ?? 0) - (rings[HEAD] ?? 0)) | 0, produced - got.length, 'places are given back')
      }
      assert.deepEqual(got, Array.from({ length: got.length }, (_, index) => index))
    }))
  })
}

test('kernels with an index array are told once that entry n stands at place n', () => {
  const { native, rings } = memory(0, true)
  assert.ok(new SubmissionRing(native).room === ENTRIES)
  assert.deepEqual([...rings.subarray(ARRAY, ARRAY + ENTRIES)], [0, 1, 2, 3])
})

test('flags and dropped completions are read where the kernel writes them', () => {
  const { native, rings } = memory(0)
  rings[FLAGS] = 6
  rings[OVERFLOW] = 3
  assert.equal(new SubmissionRing(native).flags, 6)
  assert.equal(new CompletionRing(native).dropped, 3)
})
