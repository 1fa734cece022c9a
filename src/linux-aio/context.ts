// ① interface — Linux AIO: a context. Requests in flight, events nobody has taken, and those who wait for them (②
// waiting/wait-queue.ts); everything else is the engine's. calls.ts has the functions that callers see.
import { lasting } from '../lasting.js'
import { close, write } from '../operation/file.js'
import { chain } from '../operation/chain.js'
import type { Operation } from '../operation/operation.js'
import { Errno, systemError, type SystemError } from '../operation/system-error.js'
import type { Entry } from '../proactor/in-flight.js'
import type { Proactor } from '../proactor/proactor.js'
import { FileTraits, IOCB_CMD, IOCB_FLAG_RESFD } from '../ring/layout/linux-aio.js'
import { WaitQueue } from '../waiting/wait-queue.js'
import { AIO_MAX_NR } from './constants.js'
import { counted, expectCount } from './counters.js'
import { Descriptors } from './descriptors.js'
import { IoEvent, Request, type Iocb } from './iocb.js'
import { isPriority, prepare } from './prepare.js'

const { POLL, PREAD, PWRITE, PREADV, PWRITEV } = IOCB_CMD
const KEY_MAX = 0xffffffff
// What an eventfd is counted up with: eight bytes, in the machine's order.
const ONE = new BigUint64Array([1n])
let requestsOfAll = 0

/** Why an `io_submit` took no more control blocks. */
export interface Refusal {
  /** The index of the control block in the call. */
  readonly index: number
  /** That control block. */
  readonly iocb: Iocb
  /** Why, as Node's kind of error. */
  readonly error: SystemError
}

/** A context, as `io_setup` makes them. */
export class AioContext<Data = unknown> implements AsyncDisposable {
  /** Requests in flight and events not taken, at most. */
  readonly nr_events: number
  /** Carries out its requests. */
  readonly proactor: Proactor
  /** Why the last `io_submit` took fewer than it was given; undefined: it took all. */
  refused: Refusal | undefined = undefined
  /** Waits of `io_getevents`. The kernel wakes all whose number is there, in any order. @internal */
  readonly waiters: WaitQueue = new WaitQueue()
  readonly #descriptors: Descriptors
  readonly #free: Request[] = []
  readonly #active: Request[] = []
  #events: IoEvent<Data>[] = []
  /** Waits for one request by its key, whose event never joins the others. */
  readonly #claims = new Map<number, WaitQueue<IoEvent<Data> | undefined>>()
  readonly #idle = new WaitQueue()
  #nextKey = 1
  #announced = false
  #destroyed = false

  /** @throws EAGAIN @internal */
  constructor(events: number, proactor: Proactor, checked: boolean) {
    if (events > AIO_MAX_NR - requestsOfAll) throw systemError(Errno.EAGAIN, 'io_setup')
    requestsOfAll += events
    this.nr_events = events
    this.proactor = proactor
    this.#descriptors = new Descriptors(checked)
  }

  /** Whether `io_destroy` was called. */
  get destroyed(): boolean {
    return this.#destroyed
  }

  /** Requests that have no event yet. */
  get inFlight(): number {
    return this.#active.length
  }

  /** Events that can be taken now. */
  get ready(): number {
    return this.#events.length
  }

  /** @internal */
  submit(iocbs: readonly Iocb<Data>[]): number {
    this.refused = undefined
    this.#descriptors.forget()
    const { length } = iocbs
    for (let index = 0; index < length; index++) {
      const iocb = iocbs[index] as Iocb // what stands there is looked at
      const answer = this.#submitOne(iocb)
      if (answer === 0) continue
      this.refused = { index, iocb, error: systemError(answer, 'io_submit') }
      if (index === 0) throw this.refused.error
      return index
    }
    return length
  }

  #submitOne(iocb: Iocb | null | undefined): number {
    if (typeof iocb !== 'object' || iocb === null) return Errno.EFAULT
    if (this.#active.length + this.#events.length >= this.nr_events) return Errno.EAGAIN
    const request = this.#free.pop() ?? new Request()
    const answer = this.#fill(request, iocb)
    if (typeof answer !== 'number') this.#begin(request, answer, request.fields.reqprio)
    else this.#giveBack(request)
    return typeof answer === 'number' ? answer : 0
  }

  /** Makes the request of what the block holds: its operation, or a negative errno. */
  #fill(request: Request, iocb: Iocb): Operation | number {
    const { fields } = request
    fields.read(iocb)
    const { flags, opcode, reqprio } = fields
    const traits = this.#descriptors.traits(fields.fildes)
    if (traits < 0) return traits
    if (reqprio !== 0 && !isPriority(reqprio)) return Errno.EINVAL
    const operation = prepare(fields, traits)
    if (typeof operation === 'number') return operation
    request.eventfd = (flags & IOCB_FLAG_RESFD) === 0 ? -1 : this.#descriptors.duplicateEventfd(fields.resfd)
    if ((flags & IOCB_FLAG_RESFD) !== 0 && request.eventfd < 0) return request.eventfd
    request.iocb = iocb
    request.stoppable = opcode === POLL || ((traits & FileTraits.STREAM) !== 0 && (opcode === PREAD || opcode === PWRITE || opcode === PREADV || opcode === PWRITEV))
    request.stopped = false
    request.key = iocb.aio_key = this.#nextKey
    this.#nextKey = this.#nextKey === KEY_MAX ? 1 : this.#nextKey + 1
    return operation
  }

  #giveBack(request: Request): void {
    request.clear()
    this.#free.push(request)
  }

  #begin(request: Request, operation: Operation, priority: number): void {
    request.position = this.#active.length
    this.#active.push(request)
    const { key } = request
    if (request.eventfd >= 0) expectCount(request.fields.resfd as number, this.proactor)
    const entry = this.proactor.submitTo(this, operation, priority === 0 ? undefined : { priority }, request)
    // Unless it ended inside that call: then both are somebody else's by now.
    if (request.position >= 0 && request.key === key) request.entry = entry
  }

  /** For the proactor. @internal */
  settle(entry: Entry, result: number): void {
    const request = entry.first as Request
    const { eventfd, key, position } = request
    const last = this.#active.pop() as Request // at least this one is in flight
    if (last !== request) {
      this.#active[position] = last
      last.position = position
    }
    request.position = -1
    const event = new IoEvent(request.fields.data as Data, request.iocb, kernelResult(request, result), key)
    this.#giveBack(request)
    if (eventfd >= 0) this.#count(eventfd, request.fields.resfd as number)
    if (this.#destroyed) {
      this.#whenIdle()
      return
    }
    const claim = this.#claims.size === 0 ? undefined : this.#claims.get(key)
    if (claim !== undefined) {
      this.#claims.delete(key)
      claim.wakeAll(event)
      return
    }
    this.#events.push(event)
    if (this.waiters.length > 0 && !this.#announced) {
      // Waiters are answered when the driver's batch is complete, so that one wait takes it whole.
      this.#announced = true
      this.proactor.afterCompletions(this.#announce)
    }
  }

  readonly #announce = (): void => {
    this.#announced = false
    this.waiters.wakeAll(undefined)
  }

  /** Adds 1 to an eventfd, through a duplicate that is closed again. */
  #count(eventfd: number, callers: number): void {
    lasting(this.proactor).submit(chain(write(eventfd, ONE), close(eventfd)), (error) => {
      counted(callers, this.proactor)
      if (error !== null) process.emitWarning(`an eventfd of Linux AIO could not be counted up: ${error.message}`)
    })
  }

  /** Takes up to `most` events. @internal */
  take(most: number): IoEvent<Data>[] {
    if (this.#events.length > most) return this.#events.splice(0, most)
    const taken = this.#events
    this.#events = []
    return taken
  }

  /** Takes the event with this key, if it is there. @internal */
  takeKey(key: number): IoEvent<Data> | undefined {
    const index = this.#events.findIndex((event) => event.key === key)
    return index < 0 ? undefined : this.#events.splice(index, 1)[0]
  }

  /** The waiter for the event of this key alone; undefined: no such request is in flight. @internal */
  claim(key: number): WaitQueue<IoEvent<Data> | undefined> | undefined {
    const claimed = this.#claims.get(key)
    if (claimed !== undefined) return claimed
    if (!this.#active.some((request) => request.key === key)) return undefined
    const claim = new WaitQueue<IoEvent<Data> | undefined>()
    this.#claims.set(key, claim)
    return claim
  }

  /** Nobody waits for this key any more: its event is for all. @internal */
  unclaim(key: number): void {
    if (this.#claims.get(key)?.length === 0) this.#claims.delete(key)
  }

  /** The answer of io_cancel(2). @internal */
  cancel(iocb: Iocb): number {
    const request = this.#active.find((one) => one.iocb === iocb && !one.stopped)
    if (request?.entry === undefined || !request.stoppable) return Errno.EINVAL
    request.stopped = true
    this.proactor.stop(request.entry, true)
    return Errno.EINPROGRESS
  }

  /** Stops requests that can be stopped and waits for the rest. Only once. */
  async destroy(): Promise<void> {
    this.#destroyed = true
    requestsOfAll -= this.nr_events
    this.#events = []
    for (const request of this.#active.filter(({ stoppable, stopped }) => stoppable && !stopped)) {
      request.stopped = true
      if (request.entry !== undefined) this.proactor.stop(request.entry, true)
    }
    const claims = [...this.#claims.values()]
    this.#claims.clear()
    for (const claim of claims) claim.wakeAll(undefined)
    this.waiters.wakeAll(undefined)
    await this.#idle.wait(() => (this.#active.length === 0 ? true : undefined))
  }

  #whenIdle(): void {
    if (this.#active.length === 0) this.#idle.wakeAll(undefined)
  }

  /** `io_destroy`, unless that has been called. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#destroyed) await this.destroy()
  }
}

/** What the kernel puts into the event: 0 for a poll that was cancelled; ECANCELED for what only an engine can stop. */
function kernelResult(request: Request, result: number): number {
  if (request.stopped && (result === Errno.ECANCELED || result === Errno.EINTR)) return request.fields.opcode === POLL ? 0 : Errno.ECANCELED
  return result
}
