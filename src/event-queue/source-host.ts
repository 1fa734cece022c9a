// ① interface — what sources need of the queue they belong to: a place for their events, operations of the engine, and
// the count of both. Sources know this; event-queue.ts owns it.
import type { Operation } from '../operation/operation.js'
import type { PostedEvent } from '../proactor/completion-queue.js'
import type { Proactor } from '../proactor/proactor.js'
import { ArmedOperation, type WhenTold } from './armed-operation.js'

/** What can be asked to arm itself when somebody next waits. */
export interface ArmedLater {
  arm(): void
}

/** What ends with its queue. */
export interface Removable {
  remove(): boolean
}

/** The part of a `CompletionQueue` that is for sources. */
export interface EventList {
  expected: number
  post(event: PostedEvent): void
  drop(event: PostedEvent): void
}

/** Places in flight that sources leave to operations, of any proactor that has more than twice as many. */
const PLACES_LEFT = 256

export class SourceHost {
  readonly proactor: Proactor
  readonly #queue: EventList
  readonly #sources = new Set<Removable>()
  readonly #armedLater = new Set<ArmedLater>()
  readonly #armedMax: number
  #closed = false

  constructor(proactor: Proactor, queue: EventList) {
    this.proactor = proactor
    this.#queue = queue
    const { inFlightMax } = proactor.limits
    this.#armedMax = Math.max(1, Math.floor(inFlightMax / 2), inFlightMax - PLACES_LEFT)
  }

  /** Sources that are not over. */
  get count(): number {
    return this.#sources.size
  }

  get closed(): boolean {
    return this.#closed
  }

  begun(source: Removable): void {
    this.#sources.add(source)
  }

  ended(source: Removable): void {
    this.#sources.delete(source)
  }

  post(event: PostedEvent): void {
    this.#queue.post(event)
  }

  drop(event: PostedEvent): void {
    this.#queue.drop(event)
  }

  /**
   * A source that is to wait in the system needs a place there for as long as it waits.
   * @throws ERR_TRUEAIO_TOO_MANY_SOURCES
   */
  checkRoom(): void {
    if (this.#queue.expected < this.#armedMax) return
    const { inFlightMax } = this.proactor.limits
    throw Object.assign(
      new Error(`${String(this.#queue.expected)} sources of this queue wait in the system, and its proactor has ${String(inFlightMax)} places in flight: make it with a larger inFlightMax`),
      { code: 'ERR_TRUEAIO_TOO_MANY_SOURCES' },
    )
  }

  /** Submits an operation for a source; `told` is called with each of its results until it is withdrawn. */
  arm(operation: Operation, told: WhenTold): ArmedOperation {
    this.#queue.expected++
    return new ArmedOperation(this.proactor, operation, told, this.#disarmed)
  }

  readonly #disarmed = (): void => {
    this.#queue.expected--
  }

  /** To be armed when somebody waits next. */
  armLater(one: ArmedLater): void {
    this.#armedLater.add(one)
  }

  /** Somebody is about to wait. */
  armAll(): void {
    if (this.#armedLater.size === 0) return
    for (const one of this.#armedLater) one.arm()
    this.#armedLater.clear()
  }

  /** Removes all sources. */
  close(): void {
    this.#closed = true
    for (const source of this.#sources) source.remove()
    this.armAll() // with no timer left, the system's goes
  }
}
