// ① interface — one operation that a source has in progress in the engine (③). It can be withdrawn, and what it still brings
// then goes nowhere: a source that was changed or removed is never notified of what it wanted before.
import type { Operation } from '../operation/operation.js'
import { errorOf, failureOf } from '../proactor/failure.js'
import type { Entry, Settler } from '../proactor/in-flight.js'
import type { Proactor } from '../proactor/proactor.js'

/** @param error undefined when it succeeded; `value` then is the operation's */
export type WhenTold = (value: unknown, more: boolean, error: NodeJS.ErrnoException | undefined) => void

export class ArmedOperation implements Settler {
  readonly #proactor: Proactor
  readonly #told: WhenTold
  readonly #disarmed: () => void
  readonly #entry: Entry
  readonly #generation: number
  #live = true

  /** @param disarmed called once, when nothing further will be reported */
  constructor(proactor: Proactor, operation: Operation, told: WhenTold, disarmed: () => void) {
    this.#proactor = proactor
    this.#told = told
    this.#disarmed = disarmed
    this.#entry = proactor.submitTo(this, operation, undefined, undefined)
    // The entry may have ended by now and be somebody else's: then this is not live, and withdraws nothing.
    this.#generation = this.#entry.generation
  }

  /** Something can still be reported. */
  get live(): boolean {
    return this.#live
  }

  /** For the proactor. */
  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    if (!this.#live) return
    if (!more) this.#end()
    if (result < 0) this.#told(undefined, more, errorOf(failureOf(entry, result)))
    else this.#told(value, more, undefined)
  }

  /** Cancels it, and tells nothing from now on. */
  withdraw(): void {
    if (!this.#live) return
    this.#end()
    this.#proactor.cancelSubmitted(this.#entry, this.#generation)
  }

  #end(): void {
    this.#live = false
    this.#disarmed()
  }
}
