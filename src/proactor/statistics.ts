// ③ proactor — what was done, in numbers: counted always, latencies only when asked for.
import type { RecordableHistogram } from 'node:perf_hooks'
import { Opcode, OPCODE_COUNT, opcodeName } from '../operation/opcode.js'

/** The figures of one kind of operation. */
export interface OperationStatistics {
  /** Completions, failed ones included. */
  readonly count: number
  /** How many of them failed. */
  readonly errors: number
  /** Bytes moved, for operations whose result is a number of bytes. */
  readonly bytes: number
  /** Nanoseconds from submission to completion; only with `latency: true`. */
  readonly latency?: RecordableHistogram
}

/** Figures of a proactor, since it was made. */
export interface ProactorStatistics {
  /** By operation name: 'read', 'open' … Only operations that occurred are present. */
  readonly operations: Readonly<Record<string, OperationStatistics>>
  /** With a driver now. */
  readonly inFlight: number
  /** Waiting in TypeScript for a limit or an order. */
  readonly queued: number
  /** Operations that are settled for the caller, and still held by the system. */
  readonly abandoned: number
  /** Bytes of callers' memory lent now. */
  readonly bytesLent: number
  /** System calls of all its drivers. */
  readonly systemCalls: number
  /** Completions found right after a submission, without going through the event loop. */
  readonly reapedInline: number
  /** Completions found on a wake-up by the event loop. */
  readonly reapedOnWake: number
  /** Times the kernel's completion queue had overflowed and was flushed. */
  readonly overflows: number
}

export class Statistics {
  readonly #count = new Float64Array(OPCODE_COUNT)
  readonly #errors = new Float64Array(OPCODE_COUNT)
  readonly #bytes = new Float64Array(OPCODE_COUNT)
  readonly #latency: (RecordableHistogram | undefined)[] = []
  readonly latencyWanted: boolean

  constructor(latencyWanted: boolean) {
    this.latencyWanted = latencyWanted
  }

  record(opcode: Opcode, result: number, lentBytes: number): void {
    this.#count[opcode] = (this.#count[opcode] as number) + 1
    if (result < 0) this.#errors[opcode] = (this.#errors[opcode] as number) + 1
    else if (lentBytes > 0 && opcode !== Opcode.CRC32C && opcode !== Opcode.CRC32) this.#bytes[opcode] = (this.#bytes[opcode] as number) + result
  }

  recordLatency(opcode: Opcode, milliseconds: number): void {
    const histogram = (this.#latency[opcode] ??= process.getBuiltinModule('node:perf_hooks').createHistogram())
    histogram.record(Math.max(1, Math.round(milliseconds * 1e6)))
  }

  operations(): Record<string, OperationStatistics> {
    const table: Record<string, OperationStatistics> = {}
    for (let opcode = 0; opcode < OPCODE_COUNT; opcode++) {
      const count = this.#count[opcode] as number
      if (count === 0) continue
      const latency = this.#latency[opcode]
      const row = { count, errors: this.#errors[opcode] as number, bytes: this.#bytes[opcode] as number }
      table[opcodeName(opcode as Opcode)] = latency === undefined ? row : { ...row, latency }
    }
    return table
  }
}
