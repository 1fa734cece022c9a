// ① interface — a destination while the kernel moves a piece into it: what the program writes meanwhile is kept back (corked), and
// its end and its destruction wait until the piece is over, since its descriptor must be its own for so long.
import type { Writable } from 'node:stream'

type Method = 'end' | '_destroy'

/** For one destination. `streams` are what must not end or be destroyed: a response and its socket, or a file's stream. */
export class Hold {
  readonly #corked: Writable
  readonly #held: readonly (readonly [stream: Writable, method: Method])[]
  readonly #later: (() => void)[] = []

  constructor(corked: Writable, held: readonly (readonly [stream: Writable, method: Method])[]) {
    this.#corked = corked
    this.#held = held
  }

  /** A piece begins. @param cancel asks for its end */
  take(cancel: () => void): void {
    this.#corked.cork()
    for (const [stream, method] of this.#held) {
      const value = (...given: unknown[]): unknown => {
        cancel()
        this.#later.push(() => (stream[method] as (...values: unknown[]) => unknown).apply(stream, given))
        return stream
      }
      Object.defineProperty(stream, method, { value, configurable: true, writable: true })
    }
  }

  /** The piece is over: what was asked for meanwhile happens now, in order. */
  release(): void {
    for (const [stream, method] of this.#held) Reflect.deleteProperty(stream, method)
    this.#corked.uncork()
    for (const act of this.#later.splice(0)) act()
  }
}
