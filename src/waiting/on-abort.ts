// ② waiting — one listener for a signal, however many wait with it: from the eleventh on Node warns of a leak that is none.

/** All who wait with one signal. */
class Waiting {
  readonly calls = new Set<() => void>()
  readonly #signal: AbortSignal
  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', this.#told, { once: true })
  }

  readonly #told = (): void => {
    for (const call of this.calls) call() // those who leave meanwhile are not called
  }

  /** Signals that hang on a timer or on other signals are kept from collection by whoever listens. */
  end(): void {
    this.#signal.removeEventListener('abort', this.#told)
    groups.delete(this.#signal)
  }
}

const groups = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls `abort` when the signal aborts, which it must not have done yet.
 * @returns what ends the waiting; it may be called at any time
 */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  const group = groups.get(signal) ?? new Waiting(signal)
  groups.set(signal, group)
  const call = (): void => abort() // of its own, as the same function may wait twice
  group.calls.add(call)
  return () => {
    if (group.calls.delete(call) && group.calls.size === 0) group.end()
  }
}
