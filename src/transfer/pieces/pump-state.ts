// ① interface — what the lanes of one pump share: the ranges that are left, the order of reading, of the stages and of writing, and the first failure.
import type { Operation } from '../../operation/operation.js'
import { Mutex } from '../../waiting/mutex.js'
import { transferProblem } from '../errors.js'
import type { Flow } from './flow.js'
import { Ranges, type Span } from './ranges.js'
import { Turns } from './turns.js'

const ZEROS_BYTES = 2 ** 16

export class PumpState {
  readonly flow: Flow
  readonly ranges: Ranges
  /** The order of sources that have one. */
  readonly reading: Mutex = new Mutex()
  readonly staging: Turns = new Turns()
  readonly writing: Turns = new Turns()
  readonly submitOptions: { readonly signal: AbortSignal }
  /** Numbers of pieces, in the order of the source. */
  number = 0
  bytesRead = 0
  hasEnded = false
  readonly #keepsHoles: boolean
  #failure: Error | undefined = undefined
  #outputBytes = 0
  #drivers: { readonly operation: Operation<number>, readonly name: string }[] = []
  #zeros: Buffer | undefined = undefined

  /** @param spans what of the source is wanted, for sources with offsets */
  constructor(flow: Flow, spans: readonly Span[]) {
    this.flow = flow
    this.submitOptions = { signal: flow.signal }
    this.ranges = new Ranges(spans, flow.pieceBytes)
    this.#keepsHoles = flow.target.isFresh && flow.source.facts?.isSparse === true && flow.target.writeAt !== undefined && flow.through?.transforms !== true
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** Whether pieces are written in the order of the source, one at a time. */
  get writesInOrder(): boolean {
    const { target } = this.flow
    return target.writeAt === undefined && target.viewAt === undefined
  }

  /** What ended it; undefined: nothing. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** The first failure counts. The others end for it. */
  fail(error: Error): void {
    this.#failure ??= error
    this.flow.fail(this.#failure)
    this.staging.break(this.#failure)
    this.writing.break(this.#failure)
  }

  /** Where an output of a transforming stage goes: behind those before. */
  takeOutput(outputs: readonly Uint8Array[]): number {
    const offset = this.#outputBytes
    for (const { length } of outputs) this.#outputBytes += length
    return offset
  }

  /** A name of the driver that carries out operations of this kind here. */
  driverOf(operation: Operation<number>): string {
    const known = this.#drivers.find(({ operation: { opcode, file } }) => opcode === operation.opcode && file === operation.file)
    if (known !== undefined) return known.name
    const name = this.flow.io.driverFor(operation)
    this.#drivers.push({ operation, name })
    return name
  }

  /** Zeros of a source with holes, which a new file has by itself. */
  staysHole(bytes: Uint8Array): boolean {
    if (!this.#keepsHoles) return false
    this.#zeros ??= Buffer.alloc(ZEROS_BYTES)
    for (let at = 0; at < bytes.length; at += ZEROS_BYTES) {
      const part = bytes.subarray(at, at + ZEROS_BYTES)
      if (!this.#zeros.subarray(0, part.length).equals(part)) return false
    }
    return true
  }

  checkRoom(bytes: number): void {
    const { room } = this.flow.target
    if (room !== undefined && bytes > room) throw transferProblem('ENOSPC', `the target has room for ${String(room)} bytes`)
  }
}
