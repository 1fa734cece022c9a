// The drivers that can run here, for tests that hold for each of them.
import { Proactor } from 'trueaio'
import { simulated } from 'trueaio/simulated'
import type { ProactorOptions } from 'trueaio'

export interface Candidate {
  readonly name: string
  /** Why it can't run here; false: it can. */
  readonly skip: string | false
  readonly storage: 'disk' | 'memory'
  make(options?: ProactorOptions): Proactor
}

const NAMES = ['io-uring', 'linux-aio', 'thread-pool', 'iocp', 'node'] as const

function reasonAgainst(name: string): string | false {
  try {
    const io = new Proactor({ driver: name })
    const [choice] = io.explain()
    void io.close()
    return choice?.state === 'in use' ? false : (choice?.reason ?? 'not in use')
  } catch (error) {
    return (error as Error).message
  }
}

/** The real ones, and the simulated one with completions at once. */
export const CANDIDATES: readonly Candidate[] = [
  ...NAMES.map((name): Candidate => ({ name, skip: reasonAgainst(name), storage: 'disk', make: (options) => new Proactor({ ...options, driver: name }) })),
  { name: 'simulated', skip: false, storage: 'memory', make: (options) => new Proactor({ ...options, driver: simulated({ seed: 7 }) }) },
]
