// ③ proactor — a chain of operations: its members are entries of their own. Where the driver can, they go to it as one
// linked submission; otherwise the next is started when the one before has ended. Either way the results are the same.
import { goesOnBehind } from '../operation/chain.js'
import { Errno } from '../operation/system-error.js'
import { Opcode, opensOne } from '../operation/opcode.js'
import { FileKind, Operation } from '../operation/operation.js'
import { close } from '../operation/file.js'
import { kept } from '../operation/path.js'
import { operationError } from './failure.js'
import type { Chain, Entry, Settler } from './in-flight.js'

/** What the runner needs of the proactor. */
export interface ChainHost {
  /** Makes an entry for a member and hands it to a driver by itself. */
  startMember(operation: Operation, settler: Settler, position: number, parent: Entry): Entry
  /** Hands all members to one driver, linked. Undefined: not possible now, start them one by one. */
  startLinked(members: readonly Operation[], settler: Settler, parent: Entry): Entry[] | undefined
  cancelEntry(entry: Entry): void
  /** Settles a close that goes on. */
  leaveEntry(entry: Entry): void
  /** The chain has ended. */
  completeChain(parent: Entry, result: number, value: unknown): void
}

/** A chain's rejection: the first failure, and the outcome of every member. */
export interface ChainError extends Error {
  /** Which member failed. */
  index: number
  /** Every member's outcome, in order. */
  results: PromiseSettledResult<unknown>[]
}

/** Runs one chain. */
export class ChainRun implements Chain, Settler {
  readonly #host: ChainHost
  readonly #parent: Entry
  readonly #members: readonly Operation[]
  readonly #results: (number | undefined)[]
  readonly #values: unknown[]
  #entries: (Entry | undefined)[]
  #remaining: number
  #linked = false
  #cancelled = false
  /** Found wrong with a member before, or instead of, the system's answer. */
  #problem: Error | undefined = undefined
  /** The descriptor behind chain.opened, when run one by one. */
  #opened = -1

  constructor(host: ChainHost, parent: Entry) {
    this.#host = host
    this.#parent = parent
    this.#members = parent.operation.detail?.members ?? []
    this.#results = new Array<number | undefined>(this.#members.length).fill(undefined)
    this.#values = new Array<unknown>(this.#members.length).fill(undefined)
    this.#entries = new Array<Entry | undefined>(this.#members.length).fill(undefined)
    this.#remaining = this.#members.length
  }

  start(): void {
    const entries = this.#host.startLinked(this.#members, this, this.#parent)
    if (entries !== undefined) {
      this.#linked = true
      this.#entries = entries
      return
    }
    this.#startFrom(0)
  }

  cancel(): void {
    this.#cancelled = true
    for (const entry of [...this.#entries]) if (entry !== undefined) this.#host.cancelEntry(entry)
    this.#leaveRunningClose()
  }

  /** Of a cancelled link: the chain does not wait for a close that runs. One that has not begun is the kernel's to drop. */
  #leaveRunningClose(): void {
    if (!this.#linked) return
    const position = this.#entries.findIndex((entry) => entry !== undefined)
    const entry = this.#entries[position]
    if (entry === undefined || this.#members[position]?.opcode !== Opcode.CLOSE) return
    if (position === 0 || goesOnBehind(this.#members, position - 1, this.#results)) this.#host.leaveEntry(entry)
  }

  settle(entry: Entry, result: number, value: unknown): void {
    const position = entry.second as number
    this.#entries[position] = undefined
    if (result === Errno.EIO) this.#problem ??= entry.problem
    if (position >= this.#members.length) {
      this.#finish() // the close of what chain.opened left open
      return
    }
    const member = this.#members[position] as Operation // position < members.length
    this.#results[position] = result
    // A hard-linked member's failure does not reject the chain: its errno stands as its result.
    this.#values[position] = result < 0 ? result : value
    this.#remaining--
    if (!this.#linked) {
      if (opensOne(member.opcode) && result >= 0) this.#opened = result
      const goesOn = goesOnBehind(this.#members, position, this.#results)
      if (goesOn && !this.#cancelled) this.#startFrom(position + 1)
      else this.#skipFrom(position + 1)
    }
    if (this.#remaining === 0) this.#closeOpened()
    else if (this.#cancelled) this.#leaveRunningClose()
  }

  #startFrom(position: number): void {
    const member = this.#members[position]
    if (member === undefined) return
    const named = member.opcode === Opcode.OPEN && this.#members.some(({ fileKind }) => fileKind === FileKind.CHAIN_OPENED)
    const operation = named ? kept(member as Operation<number>) : this.#resolveOpened(member)
    // Once a driver has the close the number is nobody's: it is never closed again, whatever the answer.
    if (member.opcode === Opcode.CLOSE && member.fileKind === FileKind.CHAIN_OPENED) this.#opened = -1
    this.#entries[position] = this.#host.startMember(operation, this, position, this.#parent)
  }

  #skipFrom(position: number): void {
    for (let index = position; index < this.#members.length; index++) {
      this.#results[index] = Errno.ECANCELED
      this.#remaining--
    }
  }

  #resolveOpened(member: Operation): Operation {
    if (member.fileKind !== FileKind.CHAIN_OPENED) return member
    return new Operation(member.opcode, FileKind.DESCRIPTOR, this.#opened, member.buffer, member.length, member.offset, member.flags, member.detail)
  }

  /** A file that only this chain could name is closed with it, whatever happened. */
  #closeOpened(): void {
    const named = this.#members.some((member) => member.fileKind === FileKind.CHAIN_OPENED)
    if (this.#linked || !named || this.#opened < 0) {
      this.#finish()
      return
    }
    const fd = this.#opened
    this.#opened = -1
    const entry = this.#host.startMember(close(fd), this, this.#members.length, this.#parent)
    if (this.#cancelled) this.#host.leaveEntry(entry)
    else this.#entries[this.#members.length] = entry
  }

  #finish(): void {
    const failedAt = this.#firstFailure()
    if (failedAt < 0) this.#host.completeChain(this.#parent, 0, this.#values)
    else this.#host.completeChain(this.#parent, this.#results[failedAt] as number, undefined)
  }

  #firstFailure(): number {
    // What was only not started, because of a short one before it, is reported as that: ECANCELED.
    return this.#members.findIndex((member, index) => (this.#results[index] as number) < 0 && member.detail?.hardLink !== true)
  }

  /** Adds the chain's own fields to the error of its failed member. */
  describe(makeError: (member: Operation, result: number) => Error): ChainError {
    const index = this.#firstFailure()
    const error = (this.#problem ?? makeError(this.#members[index] as Operation, this.#results[index] as number)) as ChainError
    error.index = index
    error.results = this.#members.map((member, at) => {
      const result = this.#results[at] as number
      return result < 0
        ? { status: 'rejected', reason: operationError(member, result) }
        : { status: 'fulfilled', value: this.#values[at] }
    })
    return error
  }
}
