// Random batches of reads and writes side by side, against a model of the file in memory: blocks that do not overlap end as
// written, whatever the order in which they complete, under any limits. TRUEAIO_SEED=<seed> runs one again.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { chain, Proactor, read, readv, write, writev, type Operation } from 'trueaio'

const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)
const BLOCK = 512
const BLOCKS = 64

const access = fc.record({
  block: fc.nat(BLOCKS - 1), blocks: fc.integer({ min: 1, max: 4 }), writes: fc.boolean(), vectored: fc.boolean(), chained: fc.boolean(), fill: fc.integer({ min: 1, max: 255 }),
})
type Access = typeof access extends fc.Arbitrary<infer A> ? A : never
const batch = fc.array(access, { minLength: 1, maxLength: 40 })
const limits = fc.record({ inFlightMax: fc.constantFrom(1, 3, 4096), bytesLentMax: fc.constantFrom(600, 5000, 2 ** 30), entries: fc.constantFrom(1, 4, 256) })

/** Leaves out what overlaps something earlier of the batch. */
function apart(accesses: readonly Access[]): Access[] {
  const taken = new Set<number>()
  return accesses.filter(({ block, blocks }) => {
    const mine = Array.from({ length: blocks }, (_, index) => block + index)
    if (block + blocks > BLOCKS || mine.some((one) => taken.has(one))) return false
    for (const one of mine) taken.add(one)
    return true
  })
}

async function perform(io: Proactor, fd: number, one: Access, model: Buffer): Promise<void> {
  const [start, length] = [one.block * BLOCK, one.blocks * BLOCK]
  const bytes = one.writes ? Buffer.alloc(length, one.fill) : Buffer.alloc(length)
  const parts = [bytes.subarray(0, 100), bytes.subarray(100)]
  let operation: Operation<number>
  if (one.vectored) operation = one.writes ? writev(fd, parts, start) : readv(fd, parts, start)
  else operation = one.writes ? write(fd, bytes, start) : read(fd, bytes, start)
  const before = Buffer.from(model.subarray(start, start + length))
  if (one.writes) bytes.copy(model, start)
  if (one.chained) {
    const again = Buffer.alloc(length)
    const results = await io.submit(chain(operation, read(fd, again, start)))
    assert.deepEqual(results, [length, length])
    assert.ok(again.equals(one.writes ? bytes : before))
  } else assert.equal(await io.submit(operation), length)
  if (!one.writes) assert.ok(bytes.equals(before))
}

for (const driver of ['io-uring', 'thread-pool', 'node']) {
  let refused: string | false = false
  try {
    void new Proactor({ driver }).close()
  } catch (error) {
    refused = (error as Error).message
  }
  describe(`batches on ${driver}`, { skip: refused }, () => {
    test(`leave what was written (seed ${String(SEED)})`, async () => {
      const directory = fs.mkdtempSync(join(tmpdir(), 'trueaio-fuzz-'))
      try {
        await fc.assert(fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 5 }), limits, async (batches, options) => {
          const path = join(directory, 'file')
          const model = Buffer.alloc(BLOCK * BLOCKS)
          fs.writeFileSync(path, model)
          const fd = fs.openSync(path, 'r+')
          const io = new Proactor({ driver, ...options })
          try {
            for (const accesses of batches) await Promise.all(apart(accesses).map((one) => perform(io, fd, one, model)))
          } finally {
            await io.close()
            fs.closeSync(fd)
          }
          assert.ok(fs.readFileSync(path).equals(model))
        }), { seed: SEED, numRuns: 60, interruptAfterTimeLimit: 20_000 })
      } finally {
        fs.rmSync(directory, { recursive: true })
      }
    })
  })
}
