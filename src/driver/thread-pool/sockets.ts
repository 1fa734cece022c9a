// ④ driver — thread-pool: operations on sockets, without a thread. The call is made at once, in the way that does not wait
// (socket-calls.ts). Where the socket is not ready it is waited for (waiting.ts), and the call is made again. What looks at a path,
// or would wait because a socket is not in non-blocking mode, goes to a thread.
import type { Binding } from '../../native/binding.js'
import type { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import type { DriverCounters, Submission } from '../../proactor/driver.js'
import { NO_REGION, type Slots } from './slots.js'
import { awaitedEvents, NO_BUFFER, SocketCalls, socketBytes } from './socket-calls.js'
import { onDuplicate } from './waiting.js'

/** What a multishot accept takes before others have their turn. */
const ACCEPTED_AT_ONCE = 64

/** What the driver does for them. */
export interface SocketHost {
  /** Waits until a descriptor is ready, to be asked `again` then. False: it cannot be waited for. */
  wait(submission: Submission, descriptor: number): boolean
  /** Something that waits may be ready already: it is looked for at the next flush. */
  lookForReady(): void
  toThread(submission: Submission, operation: Operation, region: number): void
  complete(submission: Submission, result: number, value: unknown, more: boolean): void
  /** Reports what is due at the next flush. */
  after(): void
  /** The same at the next flush, as nothing may be reported inside `submit`. */
  completeSoon(submission: Submission, result: number, value: unknown, more: boolean): void
}

export class SocketSubmissions {
  readonly #calls: SocketCalls
  readonly #memory: LentMemory
  readonly #slots: Slots
  readonly #counters: DriverCounters
  readonly #host: SocketHost
  /** By slot, of receives that wait for a buffer of their group: how to stop. */
  readonly #parked = new Map<number, () => void>()
  /** How many wait for their sockets, and are with no thread. */
  waiting = 0

  constructor(binding: Binding, memory: LentMemory, slots: Slots, counters: DriverCounters, host: SocketHost) {
    this.#calls = new SocketCalls(binding, memory)
    this.#memory = memory
    this.#slots = slots
    this.#counters = counters
    this.#host = host
  }

  /** False: no memory now for its address or message. */
  submit(submission: Submission): boolean {
    const { operation, slot } = submission
    const bytes = socketBytes(operation)
    const region = bytes === 0 ? NO_REGION : this.#memory.lend(bytes)
    if (bytes > 0 && region < 0) return false
    this.#slots.take(submission, region, true)
    const needsThread = this.#calls.needsThread(operation, operation.file)
    // A thread accepts only where somebody waits to be accepted; and for several, nothing may be reported inside this call.
    if (((operation.opcode === Opcode.ACCEPT && needsThread) || isMultishot(operation)) && this.#wait(submission, operation.file)) {
      this.#host.lookForReady()
    } else if (needsThread) this.#host.toThread(submission, operation, region)
    else {
      const result = this.#perform(submission, operation.file)
      // Without a buffer, too, it waits first: so its file stays open, whatever becomes of the number.
      if ((result === Errno.EAGAIN || result === NO_BUFFER) && this.#waits(submission, operation.file)) return true
      const told = this.#calls.ended(slot, result)
      this.#host.completeSoon(submission, told, this.#valueOf(submission, told), false)
    }
    return true
  }

  /** Its socket has become ready; the call is made on this duplicate of the descriptor. */
  again(submission: Submission, duplicate: number): void {
    this.waiting--
    const { operation, slot } = submission
    const region = this.#slots.regionOf(slot)
    if (this.#calls.needsThread(operation, duplicate)) {
      this.#host.toThread(submission, onDuplicate(operation, duplicate), region)
      return
    }
    const result = isMultishot(operation) ? this.#performSeveral(submission, duplicate) : this.#perform(submission, duplicate)
    if (result === Errno.EAGAIN && this.#waits(submission, duplicate)) return
    if (result === NO_BUFFER) {
      this.#awaitBuffer(submission, duplicate)
      return
    }
    const told = this.#calls.ended(slot, result)
    this.#host.complete(submission, told, this.#valueOf(submission, told), false)
  }

  /** Stops waiting for a buffer. False: the submission does not. */
  stop({ slot }: Submission): boolean {
    const stop = this.#parked.get(slot)
    stop?.()
    return this.#parked.delete(slot)
  }

  /** It is not waited for any more: what it answers. */
  cancelled({ operation, slot }: Submission): number {
    this.waiting--
    operation.detail?.group?.offer()
    return this.#calls.ended(slot, Errno.ECANCELED)
  }

  #perform({ operation, slot }: Submission, file: number): number {
    this.#counters.systemCalls++
    const result = this.#calls.perform(operation, file, slot, this.#slots.regionOf(slot))
    return result === NO_BUFFER && operation.detail?.group?.closed === true ? Errno.ENOBUFS : result
  }

  #valueOf({ operation, slot }: Submission, result: number): unknown {
    return result < 0 ? result : this.#calls.value(operation, slot, this.#slots.regionOf(slot), result)
  }

  /** Its socket is waited for once more when a buffer of its group has been returned. */
  #awaitBuffer(submission: Submission, duplicate: number): void {
    this.waiting++
    const stop = submission.operation.detail?.group?.wait(() => {
      this.#parked.delete(submission.slot)
      this.waiting--
      if (this.#wait(submission, duplicate)) return
      this.#host.completeSoon(submission, Errno.ENOBUFS, Errno.ENOBUFS, false)
      setImmediate(() => this.#host.after())
    })
    if (stop !== undefined) this.#parked.set(submission.slot, stop)
  }

  /** Reports what has arrived. Returns EAGAIN if it waits for more. */
  #performSeveral(submission: Submission, file: number): number {
    const { operation } = submission
    for (let left = ACCEPTED_AT_ONCE; left > 0; left--) {
      const result = this.#perform(submission, file)
      if (result < 0) return result
      if (this.#calls.isEnd(operation, this.#slots.regionOf(submission.slot), result)) return result
      this.#host.complete(submission, result, this.#valueOf(submission, result), true)
      // The caller that was notified may have cancelled it at once.
      if (this.#slots.isCancelled(submission.slot, submission.generation)) return Errno.ECANCELED
    }
    return Errno.EAGAIN
  }

  #waits(submission: Submission, file: number): boolean {
    // A Unix listener with a full backlog answers EAGAIN, too, and nothing tells when there is room: that is the answer, as it is Node's.
    if (submission.operation.opcode === Opcode.CONNECT && !this.#calls.isConnecting(submission.slot)) return false
    return awaitedEvents(submission.operation) !== 0 && this.#wait(submission, file)
  }

  #wait(submission: Submission, file: number): boolean {
    const waits = this.#host.wait(submission, file)
    if (waits) this.waiting++
    return waits
  }
}

function isMultishot({ detail }: Operation): boolean {
  return detail?.multishot === true
}
