// ① interface — a CPU step's result whose memory goes to its caller instead of a copy of it.
import type { Transferable } from 'node:worker_threads'

/** Made by `moved`. */
export interface Moved<Value> {
  /** The value. */
  readonly value: Value
  /** The parts that are transferred instead of copied. */
  readonly transfer: readonly Transferable[]
}

/** Registered, so that any copy of this package in a thread means the same. */
const MOVED = Symbol.for('trueaio.moved')

/**
 * For functions that run on a thread of the pool: returns the result `value`, and transfers parts of its memory
 * (`transfer`) to the caller.
 */
export function moved<Value>(value: Value, transfer: readonly Transferable[]): Moved<Value> {
  return Object.assign({ value, transfer }, { [MOVED]: true })
}

/** What a function returned, taken apart if it was moved. */
export function partsOf(returned: unknown): { readonly value: unknown; readonly transfer: readonly Transferable[] } {
  if (typeof returned !== 'object' || returned === null || !(MOVED in returned)) return { value: returned, transfer: [] }
  return returned as unknown as Moved<unknown>
}
