// ② waiting — what a wait rejects with when its signal is aborted.

/** As Node's own AbortError, which is not exported: name, code and cause are the same. */
export class AbortError extends Error {
  /** Always `ABORT_ERR`. */
  readonly code = 'ABORT_ERR'
  /** Always `'AbortError'`. */
  override readonly name = 'AbortError'
  constructor(reason: unknown) {
    super('The operation was aborted', reason === undefined ? undefined : { cause: reason })
  }
}
