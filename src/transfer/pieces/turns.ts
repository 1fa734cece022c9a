// ① interface — pieces in order: each has a number, and what must keep the order takes them in turn. One gate for each such step.

/** A gate through which numbered pieces go one after the other. */
export class Turns {
  #next = 0
  readonly #waiting = new Map<number, { readonly resolve: () => void, readonly reject: (error: Error) => void }>()
  #broken: Error | undefined = undefined

  /** Undefined: it is this number's turn; or what to wait for. */
  wait(number: number): Promise<void> | undefined {
    if (this.#broken !== undefined) return Promise.reject(this.#broken)
    if (number === this.#next) return undefined
    return new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }))
  }

  /** The one whose turn it is has gone through. */
  pass(): void {
    this.#next++
    const next = this.#waiting.get(this.#next)
    if (next === undefined) return
    this.#waiting.delete(this.#next)
    next.resolve()
  }

  /** Nobody goes through any more. */
  break(error: Error): void {
    this.#broken ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#broken)
    this.#waiting.clear()
  }
}
