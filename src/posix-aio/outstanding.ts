// ① interface — posix-aio: all requests that were submitted and have not ended: started in their order, ended once, cancelled.
import { Opcode } from '../operation/opcode.js'
import { Operation } from '../operation/operation.js'
import { Errno } from '../operation/system-error.js'
import { CancelReason, type Entry, type Settler } from '../proactor/in-flight.js'
import type { Proactor } from '../proactor/proactor.js'
import { ESPIPE } from './descriptor-facts.js'
import { DescriptorRequests, Order } from './descriptor-requests.js'
import { contextFor, type Notifier } from './notifier.js'
import { State, type Request } from './request.js'

// As constants of this module, compiled code holds their values.
const { READ, WRITE } = Opcode
const { HELD, RUNNING, DONE } = State
const { ONE_BY_ONE } = Order
const { ECANCELED, EINTR } = Errno

export class Outstanding implements Settler {
  count = 0
  /** Of those, how many wait behind others on their descriptor. */
  held = 0
  readonly #proactor: Proactor
  readonly #notifier: Notifier
  readonly #cancelRunning: boolean
  readonly #descriptors = new Map<number, DescriptorRequests<Request>>()
  /** The one used last, which most often is the one used next. */
  #latest = new DescriptorRequests<Request>(-1)

  constructor(proactor: Proactor, notifier: Notifier, cancelRunning: boolean) {
    this.#proactor = proactor
    this.#notifier = notifier
    this.#cancelRunning = cancelRunning
  }

  /** Takes a request that is filled in. */
  begin(request: Request): void {
    const operation = request.operation as Operation // filled in
    const descriptor = operation.file === this.#latest.fd ? this.#latest : this.#descriptor(operation.file)
    descriptor.prepare()
    // A sync covers what was queued before it, so it waits for all of that.
    const waits = descriptor.first !== undefined && (descriptor.order === ONE_BY_ONE || !isTransfer(operation))
    request.descriptor = descriptor
    request.interrupted = false
    if (request.notice !== undefined) request.context = contextFor(request.notice)
    descriptor.append(request)
    this.count++
    if (waits) {
      request.state = HELD
      this.held++
    } else this.#run(request, descriptor)
  }

  /** Ends a request that is not even queued. @param errno negative */
  refuse(request: Request, errno: number): void {
    if (request.notice !== undefined) request.context = contextFor(request.notice)
    this.#tell(request, errno)
  }

  /** The outstanding requests of a descriptor, in order of submission. */
  of(fd: number): Request[] {
    const requests: Request[] = []
    for (let request = this.#descriptors.get(fd)?.first; request !== undefined; request = request.next) requests.push(request)
    return requests
  }

  /** Whether a request that is in progress is one of these. */
  has(request: Request): boolean {
    return request.descriptor !== undefined && this.#descriptors.get(request.descriptor.fd) === request.descriptor
  }

  /** Cancels what can be. Returns how many ended by it; those that go on may still end by it later. */
  cancel(requests: readonly Request[]): number {
    let asked = false
    // From the last: none that is to be cancelled starts because the one before it was.
    for (let index = requests.length - 1; index >= 0; index--) {
      const request = requests[index] as Request // below length
      if (request.state === HELD) {
        this.held--
        this.#end(request, ECANCELED)
      } else if (request.entry !== undefined) {
        request.interrupted = this.#cancelRunning
        asked = true
        this.#proactor.stop(request.entry, this.#cancelRunning)
      }
    }
    if (asked && this.#cancelRunning) this.#proactor.tellCompletions()
    return requests.filter((request) => request.state === DONE && request.errno === -ECANCELED).length
  }

  /** For the proactor. */
  settle(entry: Entry, result: number): void {
    const request = entry.first as Request
    const descriptor = request.descriptor as DescriptorRequests<Request> // it is outstanding
    if (result === ESPIPE && entry.operation.offset >= 0 && isTransfer(entry.operation)) {
      // No position to read or write at: so it is done where the file stands, as the C library does.
      descriptor.foundStream()
      if (request.interrupted) this.#end(request, ECANCELED)
      else this.#run(request, descriptor)
    } else {
      // A cancelled call ends as ECANCELED on a ring and as EINTR on a thread.
      const cancelled = request.interrupted || entry.cancelReason !== CancelReason.NONE
      this.#end(request, result === EINTR && cancelled ? ECANCELED : result)
    }
  }

  #run(request: Request, descriptor: DescriptorRequests<Request>): void {
    let operation = request.operation as Operation // filled in
    if (descriptor.stream && isTransfer(operation)) {
      operation = new Operation(operation.opcode, operation.fileKind, operation.file, operation.buffer, operation.length, -1, 0, undefined)
    }
    request.state = RUNNING
    const entry = this.#proactor.submitTo(this, operation, request.options, request)
    // A closed proactor, a detached buffer: ended already.
    if ((request.state as State) === RUNNING) request.entry = entry
  }

  #end(request: Request, result: number): void {
    const descriptor = request.descriptor as DescriptorRequests<Request> // it is outstanding
    descriptor.remove(request)
    request.descriptor = undefined
    this.count--
    if (descriptor.due !== undefined) this.#startDue(descriptor)
    this.#tell(request, result)
  }

  /** A loop, where one that ends at once leads to the next: thousands may, when the proactor is closed. */
  #startDue(descriptor: DescriptorRequests<Request>): void {
    if (descriptor.starting) return
    descriptor.starting = true
    for (let due = descriptor.due; due !== undefined; due = descriptor.due) {
      this.held--
      this.#run(due, descriptor)
    }
    descriptor.starting = false
  }

  #tell(request: Request, result: number): void {
    request.state = DONE
    request.entry = undefined
    request.operation = undefined
    request.errno = result < 0 ? -result : 0
    request.result = result < 0 ? -1 : result
    const { notice, list, context } = request
    if (notice !== undefined) {
      request.context = undefined
      this.#notifier.push(notice, context)
    }
    if (list !== undefined) {
      request.list = undefined
      if (result < 0) list.failed = true
      list.oneEnded()
    }
    request.wakeSuspended()
  }

  #descriptor(fd: number): DescriptorRequests<Request> {
    let descriptor = this.#descriptors.get(fd)
    if (descriptor === undefined) {
      descriptor = new DescriptorRequests(fd)
      this.#descriptors.set(fd, descriptor)
    }
    this.#latest = descriptor
    return descriptor
  }
}

function isTransfer({ opcode }: Operation): boolean {
  return opcode === READ || opcode === WRITE
}
