// ① interface — a rate that is held: each piece goes when its bytes are due. What a stall has kept back is not all made up for at once.

/** A stall longer than this is forgotten: beyond it the bytes of two seconds would no longer be those of the rate. */
const DEBT_MILLISECONDS_MAX = 40
/** Pieces are at most the bytes of so many milliseconds. */
const PIECE_MILLISECONDS = 20
const PIECE_BYTES_MIN = 512

export class Pace {
  readonly #bytesPerMillisecond: number
  readonly #signal: AbortSignal
  #due: number = performance.now()

  /** @param rate bytes a second */
  constructor(rate: number, signal: AbortSignal) {
    this.#bytesPerMillisecond = rate / 1000
    this.#signal = signal
  }

  /** What goes at once, at most. */
  get pieceBytes(): number {
    return Math.max(PIECE_BYTES_MIN, Math.floor(this.#bytesPerMillisecond * PIECE_MILLISECONDS))
  }

  /** Takes the time of so many bytes. Undefined: they may go now; or what to wait for. */
  take(bytes: number): Promise<void> | undefined {
    const now = performance.now()
    if (this.#due < now - DEBT_MILLISECONDS_MAX) this.#due = now - DEBT_MILLISECONDS_MAX
    this.#due += bytes / this.#bytesPerMillisecond
    const wait = this.#due - now
    if (wait <= 0) return undefined
    return new Promise((resolve, reject) => {
      const over = (): void => {
        clearTimeout(timer)
        reject(this.#signal.reason as Error)
      }
      const timer = setTimeout(() => {
        this.#signal.removeEventListener('abort', over)
        resolve()
      }, wait)
      if (this.#signal.aborted) over()
      else this.#signal.addEventListener('abort', over, { once: true })
    })
  }
}
