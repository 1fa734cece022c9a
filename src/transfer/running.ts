// ① interface — a transfer in progress: what it has counted, what it has chosen, and the signal that ends it.
import { setMaxListeners } from 'node:events'
import type { MoveChoice } from './moves/choose.js'
import type { Counted } from './progress.js'

/** What a transfer's body works on. */
export class Running implements Counted {
  /** What one trip has done, if it reports only at its end. */
  ofTrip: (() => number) | undefined = undefined
  written = 0
  resumed = 0
  changed = 0
  total: number | undefined = undefined
  began: number = performance.now()
  ended: number | undefined = undefined
  /** Is told of each step as it begins. */
  onStep: ((step: string) => void) | undefined = undefined
  /** Lines for `explain()`. */
  plan: string[] = []
  readonly digests: Record<string, Buffer> = {}
  readonly devices: string[] = []
  readonly choice: MoveChoice = { name: '', others: [] }
  readonly controller: AbortController
  readonly whenEnded: Promise<void>
  end!: () => void

  readonly #parent: Running | undefined
  #bytes = 0
  #told = 0

  /**
   * @param parent the tree of whose files it is one: its bytes count there, too
   * @param failsAlone false: the tree ends with it
   */
  constructor(parent?: Running, failsAlone = false) {
    this.#parent = parent
    this.controller = failsAlone ? new AbortController() : parent?.controller ?? new AbortController()
    // Each piece that waits listens, and so does each file of a tree: they leave when they have ended.
    if (parent === undefined || failsAlone) setMaxListeners(0, this.controller.signal)
    this.whenEnded = new Promise((resolve) => {
      this.end = resolve
    })
  }

  /** Of the source, at the target. */
  get bytes(): number {
    return this.#bytes + (this.ofTrip?.() ?? 0)
  }

  set bytes(bytes: number) {
    this.#bytes = bytes
  }

  /** So many bytes of the source are at the target. */
  count(bytes: number): void {
    this.#bytes += bytes
    this.#told += bytes
    this.#parent?.count(bytes)
  }

  /** Holes, and what was there before, are at the target, too. */
  settle(): void {
    const parent = this.#parent
    if (parent === undefined) return
    parent.count(this.bytes - this.#told)
    parent.written += this.written
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  /** Ends it with this error, unless something has ended it already. */
  fail(error: Error): void {
    if (!this.controller.signal.aborted) this.controller.abort(error)
  }
}
