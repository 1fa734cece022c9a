// ① interface — what sources need of the queue they belong to: a place for their events, operations of the engine, and
// the count of both. Sources know this; event-queue.ts owns it.
import type { Operation } from '../operation/operation.js'
import type { PostedEvent } from '../proactor/completion-queue.js'
import { Opcode } from '../operation/opcode.js'
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

/** What all queues of a proactor have in progress. */
interface Armed {
  children: number
}

const armedByProactor = new WeakMap<Proactor, Armed>()

function armedOf(proactor: Proactor): Armed {
  let armed = armedByProactor.get(proactor)
  if (armed === undefined) {
    armed = { children: 0 }
    armedByProactor.set(proactor, armed)
  }
  return armed
}

export class SourceHost {
  readonly proactor: Proactor
  readonly #queue: EventList
  readonly #sources = new Set<Removable>()
  readonly #armedLater = new Set<ArmedLater>()
  #closed = false

  constructor(proactor: Proactor, queue: EventList) {
    this.proactor = proactor
    this.#queue = queue
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
   * A source that waits for a child needs a place in the system for as long as it waits: a thread may have to wait there. Such operations
   * have a part of the proactor's places, whoever asked for them: other queues count as well. Timers and watched descriptors need none.
   * @throws ERR_TRUEAIO_TOO_MANY_SOURCES
   */
  checkRoomForChild(): void {
    // One that was just removed may still hold its place, for as long as its cancel takes.
    if (this.proactor.canAwaitChild || this.proactor.awaitedChildren > armedOf(this.proactor).children) return
    const { inFlightMax } = this.proactor.limits
    throw Object.assign(
      new Error(`the places in flight that this queue's proactor has for children are taken (inFlightMax is ${String(inFlightMax)}): `
        + `make the queue with a separate proactor: new EventQueue({ proactor: new Proactor({ inFlightMax: ${String(Math.min(4 * inFlightMax, 2 ** 20))} }) })`),
      { code: 'ERR_TRUEAIO_TOO_MANY_SOURCES' },
    )
  }

  /** Submits an operation for a source; `told` is called with each of its results until it is withdrawn. */
  arm(operation: Operation, told: WhenTold): ArmedOperation {
    this.#queue.expected++
    const armed = armedOf(this.proactor)
    const children = operation.opcode === Opcode.WAITID ? 1 : 0
    armed.children += children
    return new ArmedOperation(this.proactor, operation, told, () => {
      this.#queue.expected--
      armed.children -= children
    })
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
