// ⑤ ring — waiting for a completion without sleeping, for some microseconds: for what another thread, of the kernel's or of
// the pool, does alone. A buffered write or an unlink takes few; to be woken for its end takes this thread and the other one
// twenty each (on a virtual machine). Knows no operation, only numbers of kinds.
import { availableParallelism } from 'node:os'
import { Attempts } from './attempts.js'

/** About what being woken takes here: waiting longer would cost more than it saves. */
const LIMIT_MILLISECONDS = 0.05
/** What a driver's inline budget counts in is a completion, about 0.8 µs. */
const COMPLETIONS_A_MILLISECOND = 1250
/** Looks at the ring between two looks at the clock. */
const LOOKS = 32

export class BriefWait {
  readonly #completions: { readonly ready: number }
  /** By kind: what keeps taking longer is waited for ever more rarely. */
  readonly #attempts: (Attempts | undefined)[] = []

  /** @param kinds what is worth waiting for. Nothing is on one processor, where the other thread would wait for this one. */
  constructor(completions: { readonly ready: number }, kinds: readonly number[]) {
    this.#completions = completions
    if (availableParallelism() > 1) for (const kind of kinds) this.#attempts[kind] = new Attempts()
  }

  /** Whether to wait for something of this kind now. */
  due(kind: number): boolean {
    return this.#attempts[kind]?.due() === true
  }

  /**
   * Waits for the completion of something of this kind. Returns what that costs the driver's inline budget, and no more than
   * the longest wait: what the system took from this thread in between is not held against who waits.
   */
  wait(kind: number): number {
    const start = performance.now()
    let now = start
    while (now - start < LIMIT_MILLISECONDS) {
      for (let looks = 0; looks < LOOKS; looks++) {
        if (this.#completions.ready > 0) {
          this.#attempts[kind]?.hit()
          return Math.ceil(Math.min(performance.now() - start, LIMIT_MILLISECONDS) * COMPLETIONS_A_MILLISECOND)
        }
      }
      now = performance.now()
    }
    this.#attempts[kind]?.missed()
    return Math.ceil(LIMIT_MILLISECONDS * COMPLETIONS_A_MILLISECOND)
  }
}
