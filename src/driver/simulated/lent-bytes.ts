// ④ driver — simulated: the memory an operation lends: read and written only while it is lent, and watched meanwhile.
import { Opcode } from '../../operation/opcode.js'
import type { Operation, View } from '../../operation/operation.js'
import { byteLengthOf, bytesOf } from '../../operation/view.js'
import { ContractError } from './contract.js'
import type { Random } from './random.js'

/** The lent memory of an operation, as bytes. */
export function memoryOf(operation: Operation): Uint8Array[] {
  if (operation.buffer !== undefined) return [bytesOf(operation.buffer, 0, operation.length)]
  return (operation.detail?.buffers ?? []).map((view) => bytesOf(view))
}

/** Whether the system writes into an operation's memory (and does not read from it). */
function fillsMemory(opcode: Opcode): boolean {
  switch (opcode) {
    case Opcode.READ: case Opcode.READV: case Opcode.GETDENTS64: case Opcode.GETXATTR: case Opcode.FGETXATTR: case Opcode.LISTXATTR: case Opcode.FLISTXATTR:
    case Opcode.RECV: case Opcode.RECVMSG: case Opcode.GETSOCKOPT:
      return true
    default:
      return false
  }
}

/** What one operation lends, from submission to completion. */
export class LentBytes {
  readonly #operation: Operation
  readonly #views: readonly View[]
  readonly #sizes: readonly number[]
  readonly #sum: number

  constructor(operation: Operation) {
    this.#operation = operation
    this.#views = operation.buffer === undefined ? (operation.detail?.buffers ?? []) : [operation.buffer]
    this.#sizes = this.#views.map(byteLengthOf)
    this.#sum = fillsMemory(operation.opcode) ? 0 : this.#checksum()
  }

  /** @throws ContractError: a buffer was detached, transferred or resized while it was lent */
  checkThere(): void {
    const index = this.#views.findIndex((view, at) => byteLengthOf(view) !== this.#sizes[at])
    if (index < 0) return
    throw new ContractError(
      `a lent buffer changed from ${String(this.#sizes[index])} to ${String(byteLengthOf(this.#views[index] as View))} bytes before its operation completed: ` +
        'it was detached, transferred or resized while the system might still write to it',
    )
  }

  /** Whether the program has changed the bytes of a write meanwhile: what is written then is anybody's guess. */
  get changed(): boolean {
    return !fillsMemory(this.#operation.opcode) && this.#checksum() !== this.#sum
  }

  /** Leaves garbage where data was to come, as a system may that fails half-way. */
  scribble(random: Random): void {
    if (!fillsMemory(this.#operation.opcode)) return
    for (const bytes of memoryOf(this.#operation)) bytes.fill(random.integer(1, 255))
  }

  /** FNV-1a. */
  #checksum(): number {
    let sum = 0x811c9dc5
    for (const bytes of memoryOf(this.#operation)) {
      for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193)
    }
    return sum
  }
}
