// The drivers on which the interfaces of this folder are shown, and of completion ports: a name more is a line more.
import { simulated } from 'trueaio/simulated'
import type { ProactorOptions } from 'trueaio'

export interface DriverSubject {
  readonly name: string
  readonly driver: () => NonNullable<ProactorOptions['driver']>
  /** Its files are in memory, and not those of node:fs. */
  readonly inMemory?: true
}

const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)

const REAL: readonly DriverSubject[] = process.platform === 'win32' ? [{ name: 'iocp', driver: () => ['iocp', 'node'] }] : [
  // What the ring has no opcode for goes to the pool below it.
  { name: 'io-uring', driver: () => ['io-uring', 'thread-pool'] },
  { name: 'linux-aio', driver: () => ['linux-aio', 'thread-pool'] },
  { name: 'thread-pool', driver: () => 'thread-pool' },
]

export const SUBJECTS: readonly DriverSubject[] = [
  ...REAL,
  { name: `simulated, seed ${String(SEED)}`, driver: () => simulated({ seed: SEED, cancelTooLateRate: 0, cancelUnstoppableRate: 0 }), inMemory: true },
]
