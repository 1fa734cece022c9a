// The drivers under test. One more is one more line.
import { type DriverFactory } from 'trueaio'
import { simulated, type SimulatedOptions } from 'trueaio/simulated'

export interface Subject {
  readonly name: string
  /** By name, or a new one for each test. */
  readonly driver: string | readonly string[] | ((options: SimulatedOptions) => ReturnType<typeof simulated>)
  /** Where its files live. */
  readonly storage: 'disk' | 'memory'
}

export const SEED: number = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)

export const SUBJECTS: readonly Subject[] = [
  { name: 'io-uring', driver: 'io-uring', storage: 'disk' },
  { name: 'thread-pool', driver: 'thread-pool', storage: 'disk' },
  { name: 'linux-aio over thread-pool', driver: ['linux-aio', 'thread-pool'], storage: 'disk' },
  { name: `simulated, seed ${String(SEED)}`, driver: (options) => simulated({ seed: SEED, ...options }), storage: 'memory' },
]

export type Choice = string | readonly string[] | DriverFactory
