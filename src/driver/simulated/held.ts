// ④ driver — simulated: submissions while the driver holds them, each by itself or linked to others as IOSQE_IO_LINK has it.
import { goesOnBehind } from '../../operation/chain.js'
import { FileKind, type Operation } from '../../operation/operation.js'
import type { Submission } from '../../proactor/driver.js'
import type { Event } from './clock.js'
import type { Fate } from './faults.js'
import { Failure } from './inode.js'
import { LentBytes } from './lent-bytes.js'
import type { OpenFile } from './open-files.js'
import type { SimulatedSocket } from './socket.js'
import type { Outcome } from './outcome.js'

/** One submission. The proactor uses its own object again for others. */
export class Held implements Submission {
  readonly slot: number
  readonly generation: number
  readonly operation: Operation
  readonly priority: number
  readonly lane: number
  readonly lent: LentBytes
  /** `taken`: not handed over; `started`: in progress; `performed`: done, and not told yet. */
  phase: 'taken' | 'started' | 'performed' = 'taken'
  fate: Fate = { errno: 0, bytesMax: Infinity, hangs: false, delay: 0 }
  /** What happens to it next, unless it hangs. */
  event: Event | undefined = undefined
  /** When it is to be reported, virtual milliseconds. */
  tellAt = 0
  outcome: Outcome | undefined = undefined
  cancelAsked = false
  /** What it is carried out on, once it was begun. */
  socket: SimulatedSocket | undefined = undefined
  /** Of a send: bytes sent so far. */
  sent = 0
  /** It waits for its socket. */
  isBlocked = false
  /** Results of a multishot one so far. */
  ticks = 0
  readonly chain: LinkedChain | undefined
  readonly position: number

  constructor(submission: Submission, chain: LinkedChain | undefined, position: number) {
    this.slot = submission.slot
    this.generation = submission.generation
    this.operation = submission.operation
    this.priority = submission.priority
    this.lane = submission.lane
    this.lent = new LentBytes(submission.operation)
    this.chain = chain
    this.position = position
  }
}

/** Submissions linked to one another. */
export class LinkedChain {
  readonly members: readonly Held[]
  readonly #operations: readonly Operation[]
  readonly #results: number[] = []
  #goesOn = true
  #opened: OpenFile | undefined = undefined
  #remaining: number
  /** Whether its file is the chain's own, without a descriptor. */
  readonly usesOpened: boolean
  /** Completions of one chain are reported in order. */
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
    this.#results[position] = result
    this.#goesOn &&= goesOnBehind(this.#operations, position, this.#results)
    return this.#goesOn
  }

  /** A member has ended; with the last one the chain's file is closed. */
  memberEnded(): void {
    if (--this.#remaining === 0 && this.#opened !== undefined) this.closeOpened()
  }
}
