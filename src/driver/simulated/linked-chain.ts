// ④ driver — simulated: submissions linked to one another, as IOSQE_IO_LINK has it.
import { FileKind, type Operation } from '../../operation/operation.js'
import type { Submission } from '../../proactor/driver.js'
import { goesOnBehind } from '../../operation/chain.js'
import { Held } from './held.js'
import { Failure } from './inode.js'
import type { OpenFile } from './open-files.js'

export class LinkedChain {
  readonly members: readonly Held[]
  readonly #operations: readonly Operation[]
  #opened: OpenFile | undefined = undefined
  #remaining: number
  /** Whether its file is the chain's own, without a descriptor. */
  readonly usesOpened: boolean
  /** Completions of one chain are told in order. */
  toldAt = 0

  constructor(submissions: readonly Submission[]) {
    this.members = submissions.map((submission, position) => new Held(submission, this, position))
    this.#operations = submissions.map(({ operation }) => operation)
    this.#remaining = submissions.length
    this.usesOpened = this.#operations.some(({ fileKind }) => fileKind === FileKind.CHAIN_OPENED)
  }

  keep(file: OpenFile): void {
    this.#opened = file
  }

  /** What chain.opened stands for. @throws EBADF: its open has failed */
  get opened(): OpenFile {
    if (this.#opened === undefined) throw new Failure('EBADF')
    return this.#opened
  }

  closeOpened(): void {
    this.opened.release()
    this.#opened = undefined
  }

  /** Whether the next member starts after this result. */
  goesOnAfter(position: number, result: number): boolean {
    return goesOnBehind(this.#operations, position, result)
  }

  /** A member has ended; with the last one the chain's file is closed. */
  memberEnded(): void {
    if (--this.#remaining === 0 && this.#opened !== undefined) this.closeOpened()
  }
}
