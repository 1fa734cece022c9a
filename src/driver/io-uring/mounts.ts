// ④ driver — io_uring: whether a path may lead to a FUSE file. What a chain opens nobody can look at before it is read, and reads of
// such files are not for a ring (suitable.ts): a chain that opens its own file is linked while no FUSE file system is mounted.
import type { Binding } from '../../native/binding.js'

const NONE = 0
const UNKNOWN = -1

export class Mounts {
  readonly #binding: Binding
  /** The kernel's table, as this thread sees it; negative: cannot be read here. */
  #table: number
  #fuse = UNKNOWN

  constructor(binding: Binding) {
    this.#binding = binding
    this.#table = binding.mountsOpen?.() ?? UNKNOWN
  }

  /** Whether a path may lead to a FUSE file now. */
  mayHaveFuse(): boolean {
    if (this.#table < 0) return true
    this.#fuse = this.#binding.fuseMounted?.(this.#table, this.#fuse) ?? UNKNOWN
    return this.#fuse !== NONE
  }

  close(): void {
    if (this.#table >= 0) this.#binding.closeOwn?.(this.#table)
    this.#table = UNKNOWN
  }
}
