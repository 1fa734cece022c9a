// Many rounds of random operations, on a real driver or on simulated ones. An error says which seed repeats it.
import assert from 'node:assert/strict'
import { closeSync } from 'node:fs'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { close, Proactor, type ProactorOptions } from 'trueaio'
import { simulated } from 'trueaio/simulated'
import type { Candidate } from './drivers.js'
import { DiskWorld, witnessesInMemory } from './random-world.js'
import { generator, Round } from './random.js'

const ROUND = 400
const SIMULATED_OPERATIONS = 25

async function named<Result>(seed: number, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`seed ${String(seed)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { cause: error })
  }
}

/** @returns how many operations there were */
export async function soakDisk(candidate: Candidate, seed: number, operations: number, until: number = Infinity): Promise<number> {
  const world = new DiskWorld()
  let done = 0
  try {
    const reusesNumbers = candidate.name !== 'node'
    const make: Candidate['make'] = (options) => candidate.make(options)
    await oneRound(world, make, reusesNumbers, seed, 1) // what is made once for all is made
    for (let turn = 0; turn < 50; turn++) await loopTurn() // what was closed before is gone
    const before = world.openDescriptors()
    for (let round = 0; done < operations && Date.now() < until; round++) {
      await oneRound(world, make, reusesNumbers, seed + round, Math.min(ROUND, operations - done))
      done += Math.min(ROUND, operations - done)
    }
    world.check()
    for (let turn = 0; !isDeepStrictEqual(world.openDescriptors(), before) && turn < 200; turn++) await loopTurn()
    assert.deepEqual(world.openDescriptors(), before, `seed ${String(seed)}: descriptors are left open`)
  } finally {
    world.end()
  }
  return done
}

async function oneRound(world: DiskWorld, make: Candidate['make'], reusesNumbers: boolean, seed: number, operations: number): Promise<void> {
  await named(seed, async () => {
    const random = generator(seed)
    world.clearScratch()
    const limits = [{}, { inFlightMax: 8 }, { entries: 4, inFlightMax: 64 }, { bytesLentMax: 4096 }][random(4)] as ProactorOptions
    const round = new Round(make(limits), { paths: world.paths, files: world.files, disk: world, reusesNumbers, close: (fd) => Promise.resolve(closeSync(fd)) }, random, operations)
    await round.run()
  })
}

/** @returns how many seeds there were */
export async function soakSimulated(first: number, seeds: number, until: number = Infinity): Promise<number> {
  for (let index = 0; index < seeds; index++) {
    if (Date.now() >= until) return index
    const seed = (first + index) >>> 0
    await named(seed, async () => {
      const random = generator(seed)
      const cancellation = (['kernel', 'signal', 'queued'] as const)[random(3)] ?? 'kernel'
      const driver = simulated({ seed, cancellation, chains: random(2) === 0, shortRate: random(2) / 10, cancelTooLateRate: random(5) / 10, cancelUnstoppableRate: random(5) / 10, refuseRate: random(3) / 10, inlineRate: random(5) / 5 })
      const preparing = new Proactor({ driver })
      const places = await witnessesInMemory(driver, preparing)
      const round = new Round(new Proactor({ driver, ...(random(2) === 0 ? {} : { inFlightMax: 1 + random(8) }) }), { ...places, disk: undefined, reusesNumbers: false, close: (fd) => preparing.submit(close(fd)) }, random, SIMULATED_OPERATIONS)
      await round.run()
      await preparing.close()
      assert.equal(driver.inFlight, 0)
      assert.equal(driver.openDescriptors, places.files.length, 'descriptors are left open')
    })
  }
  return seeds
}
