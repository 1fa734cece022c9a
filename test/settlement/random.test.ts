// Random operations on every driver; `npm run test:soak` does a million on each. A failure names its seed: TRUEAIO_SEED repeats it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CANDIDATES } from './drivers.js'
import { soakDisk, soakSimulated } from './soak.js'

const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)

for (const candidate of CANDIDATES) {
  const { name, skip, storage } = candidate
  if (storage === 'memory') continue
  test(`${name}: 10,000 random operations (seed ${String(SEED)})`, { skip }, async () => {
    assert.equal(await soakDisk(candidate, SEED, 10_000), 10_000)
  })
}

test(`simulated: 1,000 seeds from ${String(SEED)}`, async () => {
  assert.equal(await soakSimulated(SEED, 1000), 1000)
})
