// ④ driver — simulated: the promises a proactor makes to its drivers (proactor/driver.ts), checked. What breaks one is
// thrown where it happens: a bug of the engine, or of a program that touches memory it has lent.
import { Opcode, opcodeName } from '../../operation/opcode.js'
import { FileKind } from '../../operation/operation.js'
import { Support, type Submission } from '../../proactor/driver.js'
import { byteLengthOf } from '../../operation/view.js'

/** A rule of the driver interface was broken. */
export class ContractError extends Error {
  /** Always `ERR_TRUEAIO_CONTRACT`. */
  readonly code = 'ERR_TRUEAIO_CONTRACT'
  constructor(sentence: string) {
    super(`trueaio: ${sentence}`)
  }
}

export class Contract {
  readonly #operations: Uint8Array
  readonly #generations: number[] = []
  #closed = false

  constructor(operations: Uint8Array) {
    this.#operations = operations
  }

  checkOpen(): void {
    if (this.#closed) throw new ContractError('a submission after close()')
  }

  checkChain(takesIt: boolean): void {
    if (!takesIt) throw new ContractError('a linked chain was submitted, which the driver does not take')
  }

  /** @param inFlight what the driver holds under this slot already */
  checkSubmission(submission: Submission, inFlight: Submission | undefined, inChain: boolean): void {
    const { slot, generation, operation } = submission
    if (inFlight !== undefined) throw new ContractError(`slot ${String(slot)} was submitted again before it completed`)
    if (this.#generations[slot] === generation) throw new ContractError(`slot ${String(slot)} was submitted twice under generation ${String(generation)}`)
    if (this.#operations[operation.opcode] === Support.NONE || operation.opcode === Opcode.CHAIN) {
      throw new ContractError(`'${opcodeName(operation.opcode)}' was submitted, which the driver does not offer`)
    }
    if (operation.fileKind === FileKind.REGISTERED) throw new ContractError('a registered file was used with a driver that registers none')
    if (operation.fileKind === FileKind.CHAIN_OPENED && !inChain) throw new ContractError('chain.opened was used outside of a chain')
    if (operation.buffer !== undefined && byteLengthOf(operation.buffer) < operation.length) throw new ContractError('a buffer is smaller than the operation says')
    this.#generations[slot] = generation
  }

  /** @param held what the driver holds under the slot */
  checkCancel({ slot, generation }: Submission, held: (Submission & { readonly cancelAsked: boolean }) | undefined): void {
    if (held?.generation !== generation) throw new ContractError(`a cancel of slot ${String(slot)}, generation ${String(generation)}, which is not in flight`)
    if (held.cancelAsked) throw new ContractError(`slot ${String(slot)} was cancelled twice`)
  }

  checkClose(inFlight: number): void {
    if (inFlight > 0) throw new ContractError(`close() with ${String(inFlight)} submissions in flight`)
    this.#closed = true
  }

  get closed(): boolean {
    return this.#closed
  }
}
