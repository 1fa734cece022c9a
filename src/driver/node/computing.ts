// ④ driver — node: operations on memory, in the language itself, on this thread: one step in each turn of the loop, so that timers and
// sockets wait for a step at most. Used by driver.ts.
import { MemorySteps } from '../../operation/memory-steps.js'
import { Errno } from '../../operation/system-error.js'
import type { Taken } from '../../waiting/timer-table.js'

/** Short ones are done together for so long. */
const TURN_MILLISECONDS = 1

interface Computing {
  readonly taken: Taken
  readonly steps: MemorySteps
}

export class ComputeQueue {
  readonly #queue: Computing[] = []
  readonly #onEnd: (taken: Taken, result: number) => void
  readonly #afterTurn: () => void
  #immediate: NodeJS.Immediate | undefined = undefined

  /** @param afterTurn runs after the completions reported in a turn of the loop */
  constructor(onEnd: (taken: Taken, result: number) => void, afterTurn: () => void) {
    this.#onEnd = onEnd
    this.#afterTurn = afterTurn
  }

  add(taken: Taken): void {
    this.#queue.push({ taken, steps: new MemorySteps(taken.operation) })
    this.#immediate ??= setImmediate(this.#turn)
  }

  /** Does one step. Returns how many ends that told: 0 or 1. */
  step(): number {
    const [first] = this.#queue
    if (first === undefined || !endsWithin(first)) return 0
    this.#queue.shift()
    this.#onEnd(first.taken, first.steps.result)
    return 1
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  /** Whether a submission was there; it is no more. */
  cancel(slot: number, generation: number): boolean {
    const at = this.#queue.findIndex(({ taken }) => taken.slot === slot && taken.generation === generation)
    if (at >= 0) this.#queue.splice(at, 1)
    return at >= 0
  }

  close(): void {
    clearImmediate(this.#immediate)
  }

  readonly #turn = (): void => {
    this.#immediate = undefined
    const end = performance.now() + TURN_MILLISECONDS
    let told = this.step()
    while (!this.isEmpty && performance.now() < end) told += this.step()
    if (!this.isEmpty) this.#immediate = setImmediate(this.#turn)
    if (told > 0) this.#afterTurn()
  }
}

function endsWithin({ steps }: Computing): boolean {
  try {
    return steps.step()
  } catch {
    steps.result = Errno.EFAULT // the memory has gone meanwhile
    return true
  }
}
