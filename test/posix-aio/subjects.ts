// The drivers under test. One more is one more line.
import assert from 'node:assert/strict'
import { getSystemErrorMap } from 'node:util'
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

/** The negative number that this system's errors have for a code. */
export function errnoOf(code: string): number {
  return [...getSystemErrorMap()].find(([, [name]]) => name === code)?.[0] ?? assert.fail(code)
}

const REAL: readonly Subject[] = process.platform === 'win32' ? [{ name: 'iocp', driver: ['iocp', 'node'], storage: 'disk' }] : [
  { name: 'io-uring', driver: 'io-uring', storage: 'disk' },
  { name: 'thread-pool', driver: 'thread-pool', storage: 'disk' },
  { name: 'linux-aio over thread-pool', driver: ['linux-aio', 'thread-pool'], storage: 'disk' },
]

export const SUBJECTS: readonly Subject[] = [
  ...REAL,
  { name: `simulated, seed ${String(SEED)}`, driver: (options) => simulated({ seed: SEED, ...options }), storage: 'memory' },
]

export type Choice = string | readonly string[] | DriverFactory
