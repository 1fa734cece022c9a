// Benchmark suite — how long a readFile takes while four slow pbkdf2 sit in libuv's threads, and while none does: what
// a service that hashes passwords does to its own file work.
import { pbkdf2 } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { drivePromises } from '../../workload/drive.js'
import { FileRound } from '../../workload/file-round.js'
import { OURS_PROMISES, promiseContenders } from '../../contenders/fs-contenders.js'
import type { Figures, Suite } from '../../suite.js'

export const IDLE = 'nothing else running'
export const HASHING = '4 pbkdf2 running'
/** As many as libuv has threads. */
const HASHES = 4
/** About 30 ms each on a core of its own. */
const ITERATIONS = 60_000
const READS_AT_ONCE = 4
/** Between two reads of a lane: a service with requests, not one that needs a core for itself, which the hashes would take from it. */
const PAUSE_MILLISECONDS = 1

/** Keeps hashes running until told to stop. */
class Hashing {
  #running = 0
  #stop: (() => void) | undefined

  start(): void {
    for (let index = 0; index < HASHES; index++) this.#next()
  }

  #next(): void {
    this.#running++
    pbkdf2('a password', 'some salt', ITERATIONS, 64, 'sha512', (error) => {
      if (error !== null) throw error
      this.#running--
      if (this.#stop === undefined) this.#next()
      else if (this.#running === 0) this.#stop()
    })
  }

  /** Resolves when the last one has ended. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#stop = resolve
    })
  }
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export const fsCrypto: Suite = {
  name: 'fs-crypto',
  title: 'The drop-in: readFile beside slow crypto in Node’s thread pool',
  unit: 'files',
  cases: [IDLE, HASHING].map((name) => ({ name, work: name, inFlight: READS_AT_ONCE, bytes: 0, quick: true })),
  contenders: promiseContenders(({ readFile }, { files }, { inFlight, work }) => {
    const round = new FileRound(files)
    let figures: Figures = {}
    return {
      async run(budget) {
        const hashing = work === HASHING ? new Hashing() : undefined
        hashing?.start()
        const took: number[] = []
        await drivePromises(inFlight, budget, async (lane) => {
          await pause(PAUSE_MILLISECONDS)
          const begin = performance.now()
          const content = await readFile(round.next(lane))
          took.push(performance.now() - begin)
          return content
        }, (lane, content) => round.checkContent(lane, content, content.length))
        await hashing?.stop()
        const sorted = Float64Array.from(took).sort()
        figures = { latencyP50Milliseconds: percentile(sorted, 0.5), latencyP99Milliseconds: percentile(sorted, 0.99) }
      },
      figures: () => figures,
      close() { /* nothing is open */ },
    }
  }),
  reference: OURS_PROMISES,
  stride: 1,
  byDefault: false,
}
