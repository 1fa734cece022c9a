// ① interface — the timeout of a stream without activity. A server of http sets and clears it at each request, so its timer stays
// where it is and is given its meaning.

export class IdleTimer {
  readonly #onIdle: () => void
  #timer: NodeJS.Timeout | undefined = undefined
  /** Milliseconds that the timer runs. */
  #runs = 0
  /** Milliseconds; 0: none is wanted. */
  milliseconds = 0

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle
  }

  set(milliseconds: number): void {
    this.milliseconds = milliseconds
    if (milliseconds === 0) return // what still runs finds that nothing is wanted
    if (this.#timer !== undefined && this.#runs === milliseconds) {
      this.#timer.refresh()
      return
    }
    clearTimeout(this.#timer)
    this.#runs = milliseconds
    this.#timer = setTimeout(this.#fired, milliseconds).unref()
  }

  /** Something was read or written. */
  refresh(): void {
    if (this.milliseconds > 0) this.#timer?.refresh()
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.milliseconds = 0
  }

  readonly #fired = (): void => {
    this.#timer = undefined
    if (this.milliseconds > 0) this.#onIdle()
  }
}
