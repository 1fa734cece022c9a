// Benchmark — how long one measurement goes on. Looking at the clock costs about 40 ns, which would be 5 % of the fastest
// operations, so it is looked at once in `stride` operations.

export class Budget {
  readonly #end: number
  readonly #stride: number
  #untilLook = 1
  #over = false
  #taken = 0

  /** @param stride operations between two looks at the clock; 1 for operations of a millisecond */
  constructor(milliseconds: number, stride = 64) {
    this.#end = performance.now() + milliseconds
    this.#stride = stride
  }

  /** Operations begun so far. */
  get taken(): number {
    return this.#taken
  }

  /** Whether one more operation may begin; it then counts. */
  take(): boolean {
    if (--this.#untilLook === 0) {
      this.#untilLook = this.#stride
      if (performance.now() >= this.#end) this.#over = true
    }
    if (this.#over) {
      this.#untilLook = 1
      return false
    }
    this.#taken++
    return true
  }

  /** Counts operations that a workload did on its own account. */
  add(operations: number): void {
    this.#taken += operations
  }
}
