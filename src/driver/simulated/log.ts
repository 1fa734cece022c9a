// ④ driver — simulated: what happened, in order: for assertions, and to be printed when a test fails.
import { opcodeName } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { errorCode } from '../../operation/system-error.js'

/**
 * - `submitted`: the driver took it; `refused`: it had no room and will be offered it again
 * - `performed`: files and lent buffers were changed (or not, when the result is an error)
 * - `completed`: reported to the proactor; the memory is no longer lent
 * - `cancel`: a cancel arrived; `unstoppable`: it could not stop the operation
 * - `changed while lent`: the program changed the bytes of a write before its completion
 */
export type LogEvent = 'submitted' | 'refused' | 'performed' | 'completed' | 'cancel' | 'unstoppable' | 'changed while lent'

/** One thing that happened in a simulation. */
export interface LogEntry {
  /** Virtual milliseconds. */
  readonly time: number
  /** What happened. */
  readonly event: LogEvent
  /** The submission's place in the proactor's table. */
  readonly slot: number
  /** Distinguishes the uses of one slot. */
  readonly generation: number
  /** The operation that it happened to. */
  readonly operation: Operation
  /** Of `performed` and `completed`: ≥ 0, or a negative errno. */
  readonly result: number | undefined
}

/** What happened in a simulation, in order. */
export class Log {
  /** The newest `entriesMax`, oldest first. */
  readonly entries: LogEntry[] = []
  readonly #entriesMax: number
  readonly #counts = new Map<LogEvent, number>()

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  /** For the driver. */
  add(entry: LogEntry): void {
    this.#counts.set(entry.event, this.count(entry.event) + 1)
    this.entries.push(entry)
    if (this.entries.length > 2 * this.#entriesMax) this.entries.splice(0, this.entries.length - this.#entriesMax)
  }

  /** How often it happened, also beyond what `entries` still holds. */
  count(event: LogEvent): number {
    return this.#counts.get(event) ?? 0
  }

  /** A line for each entry. */
  toString(): string {
    return this.entries.map(({ time, event, slot, generation, operation, result }) => {
      const subject = operation.detail?.path ?? (operation.file >= 0 ? operation.file : '')
      const outcome = result === undefined ? '' : ` → ${result < 0 ? errorCode(result) : String(result)}`
      return `${time.toFixed(3).padStart(10)} ms  ${String(slot)}.${String(generation)} ${event} ${opcodeName(operation.opcode)} ${String(subject)}${outcome}`
    }).join('\n')
  }
}
