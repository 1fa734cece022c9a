// Batches told one by one behave as an async generator that yields each item: the same answers to the same calls, in order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchedIterator } from '#src/waiting/batched-iterator.js'

type Told = readonly unknown[]

const PACES = ['one after the other', 'microtasks apart', 'all at once'] as const
type Pace = (typeof PACES)[number]

interface Source { readonly iterator: AsyncGenerator<number, void, undefined>, readonly log: string[] }

async function* batchesOf(batches: readonly (readonly number[])[], fails: boolean, log: string[]): AsyncGenerator<readonly number[], void, undefined> {
  try {
    for (const batch of batches) {
      await Promise.resolve()
      yield batch
    }
    if (fails) throw new Error('the source')
  } finally {
    log.push('left')
  }
}

async function* itemsOf(batches: readonly (readonly number[])[], fails: boolean, log: string[]): AsyncGenerator<number, void, undefined> {
  for await (const batch of batchesOf(batches, fails, log)) for (const item of batch) yield item
}

async function tell({ iterator, log }: Source, calls: readonly string[], pace: Pace): Promise<Told> {
  const answer = (call: string): Promise<unknown> => {
    if (call === 'next') return iterator.next()
    return call === 'return' ? iterator.return() : iterator.throw(new Error('the consumer'))
  }
  const told: unknown[] = []
  const note = async (call: string): Promise<void> => {
    told.push(await answer(call).catch((error: unknown) => (error as Error).message))
  }
  const notes: Promise<void>[] = []
  for (const call of calls) {
    const noted = note(call)
    notes.push(noted)
    if (pace === 'one after the other') await noted
    else if (pace === 'microtasks apart') for (let passed = 0; passed < 3; passed++) await Promise.resolve()
  }
  await Promise.all(notes)
  return [...told, ...log]
}

for (const pace of PACES) {
  test(`the same answers as a generator's, calls ${pace}`, async () => {
    const batches = fc.array(fc.array(fc.integer(), { maxLength: 3 }), { maxLength: 4 })
    const calls = fc.array(fc.constantFrom('next', 'next', 'next', 'next', 'next', 'return', 'throw'), { maxLength: 14 })
    await fc.assert(fc.asyncProperty(batches, fc.boolean(), calls, async (given, fails, asked) => {
      const [plain, ours]: string[][] = [[], []]
      const theirs = await tell({ iterator: itemsOf(given, fails, plain ?? []), log: plain ?? [] }, asked, pace)
      const batched = new BatchedIterator(batchesOf(given, fails, ours ?? []), () => undefined, () => undefined)
      assert.deepEqual(await tell({ iterator: batched, log: ours ?? [] }, asked, pace), theirs)
    }))
  })
}

test('a reason to end counts before the next item, and every item told is counted', async () => {
  const log: string[] = []
  let taken = 0
  const iterator = new BatchedIterator(batchesOf([[1, 2, 3, 4]], false, log), () => {
    if (taken === 2) throw new Error('enough')
  }, () => { taken++ })
  const seen: number[] = []
  await assert.rejects(async () => {
    for await (const item of iterator) seen.push(item)
  }, { message: 'enough' })
  assert.deepEqual([seen, log, taken], [[1, 2], ['left'], 2])
  assert.deepEqual(await iterator.next(), { value: undefined, done: true })
})

test('the end of a block leaves it', async () => {
  const log: string[] = []
  {
    await using iterator = new BatchedIterator(batchesOf([[1], [2]], false, log), () => undefined, () => undefined)
    assert.deepEqual(await iterator.next(), { value: 1, done: false })
  }
  assert.deepEqual(log, ['left'])
})
