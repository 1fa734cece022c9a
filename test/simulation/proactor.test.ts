// The proactor under everything a driver may do to it: random programs, random faults, one seed for both. A failure
// prints its seed; TRUEAIO_SEED=… runs that one, TRUEAIO_RUNS=… more of them.
import { describe, it } from 'node:test'
import { Random } from '#src/driver/simulated/random.js'
import { Program } from './program.js'

const SEED = process.env['TRUEAIO_SEED']
const RUNS = Number(process.env['TRUEAIO_RUNS'] ?? 150)
const LOG_LINES = 60

async function run(seed: number): Promise<void> {
  const program = new Program(seed, new Random(seed ^ 0x5eed))
  try {
    await program.run()
  } catch (error) {
    const tail = program.driver.log.toString().split('\n').slice(-LOG_LINES).join('\n')
    throw new Error(`TRUEAIO_SEED=${String(seed)}: ${error instanceof Error ? error.message : String(error)}\n${tail}`, { cause: error })
  }
}

describe('simulation: the proactor', () => {
  it('settles everything once, loses nothing and keeps limits, order and barriers', { timeout: 120_000 }, async () => {
    if (SEED !== undefined) {
      await run(Number(SEED))
      return
    }
    const first = Number(process.env['TRUEAIO_FIRST_SEED'] ?? Date.now() % 2 ** 31)
    for (let seed = first; seed < first + RUNS; seed++) await run(seed)
  })
})
