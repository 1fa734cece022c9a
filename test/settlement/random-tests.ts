// Random operations on one driver; `npm run test:soak` does a million on each. A failure names its seed: TRUEAIO_SEED repeats it.
// Each driver has a file of its own, since a file's time is bounded: 10,000 operations take 4 s of processor time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CANDIDATES } from './drivers.js'
import { soakDisk, soakSimulated } from './soak.js'

const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)

export function testRandomOperations(driver: string): void {
  const candidate = CANDIDATES.find(({ name }) => name === driver)
  assert.ok(candidate !== undefined, driver)
  test(`${driver}: 10,000 random operations (seed ${String(SEED)})`, { skip: candidate.skip }, async () => {
    assert.equal(await soakDisk(candidate, SEED, 10_000), 10_000)
  })
}

export function testRandomSimulations(): void {
  test(`simulated: 1,000 seeds from ${String(SEED)}`, async () => {
    assert.equal(await soakSimulated(SEED, 1000), 1000)
  })
}
