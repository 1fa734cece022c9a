// Whether the drop-in has left a descriptor of a simulation open.
import assert from 'node:assert/strict'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SimulatedDriver } from 'trueaio/simulated'

const TURNS_MAX = 10_000

/** Resolves when none is open any more: closes may be on their way behind a result. */
export async function noneOpenIn(driver: SimulatedDriver): Promise<void> {
  for (let turn = 0; turn < TURNS_MAX && driver.openDescriptors > 0; turn++) await nextTurn()
  assert.equal(driver.openDescriptors, 0)
}
