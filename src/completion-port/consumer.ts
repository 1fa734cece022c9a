// ① interface — takes packets out of a port: on Windows a thread, here any code that takes a packet, works, and takes again. The
// port counts those at work, and lets no more be so than its concurrency value.
import { invalidArgType } from '../operation/arguments.js'
import { checkPatience, type Patience } from '../waiting/patience.js'
import { portError } from './errors.js'
import type { Packet } from './packet.js'
import type { ConsumedPort } from './port-interface.js'
import { checkMany, type GetManyOptions } from './port-options.js'

const State = { WAITING: 0, RUNNING: 1, BLOCKED: 2, CLOSED: 3 } as const
type State = (typeof State)[keyof typeof State]

/**
 * A consumer of a port. It runs from the end of a `get` until its next `get`, `release` or `close`. While it runs it
 * uses one of the port's places.
 */
export class Consumer<Key = unknown> {
  readonly #port: ConsumedPort<Key>
  #state: State = State.WAITING
  #blocks = 0

  /** For the port: it takes for another thread. @internal */
  readonly isRemote: boolean

  /** Made by `CompletionPort.consumer`. @internal */
  constructor(port: ConsumedPort<Key>, isRemote = false) {
    this.#port = port
    this.isRemote = isRemote
  }

  /** Whether it uses one of the port's places. */
  get running(): boolean {
    return this.#state === State.RUNNING
  }

  /**
   * Takes a packet; waits for one, and for a place.
   * @throws (rejects) AbortError; ETIMEDOUT (WAIT_TIMEOUT); ERR_TRUEAIO_ABANDONED_WAIT: the port was closed meanwhile
   * @throws ERR_INVALID_ARG_TYPE, ERR_TRUEAIO_CLOSED
   */
  async get(options: Patience = {}): Promise<Packet<Key>> {
    checkPatience(options)
    const [packet] = await this.#take(1, options)
    return packet as Packet<Key> // a wait ends with one at least
  }

  /** The same as `get` with a timeout (ms, ≥ 0), after which it resolves to undefined. @throws as `get` */
  async getWithin(timeout: number, { signal }: Pick<Patience, 'signal'> = {}): Promise<Packet<Key> | undefined> {
    const patience = { timeout, signal }
    checkPatience(patience)
    const [packet] = await this.#take(1, patience, true)
    return packet
  }

  /**
   * Takes all packets there are, up to a number; waits for the first of them, and for a place.
   * @param options `max` 1 to 2^20, default 1024; `signal`; `timeout`
   * @throws as `get`, ERR_OUT_OF_RANGE
   */
  getMany(options: GetManyOptions = {}): Promise<Packet<Key>[]> {
    return this.#take(checkMany(options), options)
  }

  #take(max: number, options: Patience, answersLate = false): Promise<Packet<Key>[]> {
    if (this.#state === State.CLOSED) throw portError('ERR_TRUEAIO_CLOSED', 'This consumer is closed')
    // Before its own place is free: only in that one it goes on at once, with what the others leave.
    this.#port.serveWaiting()
    this.release()
    return this.#port.waitFor(this, max, options, answersLate)
  }

  /** Ends its run, so that another consumer may run. */
  release(): void {
    if (this.#state === State.RUNNING) this.#port.placeFree()
    if (this.#state !== State.CLOSED) this.#state = State.WAITING
  }

  /**
   * Reports that it waits for something else: until the promise settles another consumer may run in its place.
   * Afterwards it runs again, and for a while more consumers than the concurrency value may run, as on Windows.
   * @returns the promise
   * @throws ERR_INVALID_ARG_TYPE
   */
  blocking<Result>(promise: PromiseLike<Result>): Promise<Result> {
    if (typeof (promise as PromiseLike<Result> | null | undefined)?.then !== 'function') throw invalidArgType('promise', 'an instance of Promise', promise)
    this.block()
    return Promise.resolve(promise).finally(() => this.unblock())
  }

  /** It waits for something else from now on; each needs its `unblock`. `blocking` does both. @internal */
  block(): void {
    this.#blocks++
    if (this.#state !== State.RUNNING) return
    this.#state = State.BLOCKED
    this.#port.placeFree()
  }

  /** What it waited for has come. @internal */
  unblock(): void {
    if (this.#blocks === 0) return
    this.#blocks--
    if (this.#blocks > 0 || this.#state !== State.BLOCKED) return
    this.#state = State.RUNNING
    this.#port.placeTaken()
  }

  /** Closes the consumer. Its pending wait ends with ERR_TRUEAIO_ABANDONED_WAIT. */
  close(): void {
    this.release()
    this.#state = State.CLOSED
    this.#port.consumerClosed()
  }

  /** Whether it takes no more packets. */
  get closed(): boolean {
    return this.#state === State.CLOSED
  }

  /** For the port: it gets packets. False: it runs already. @internal */
  start(): boolean {
    if (this.#state === State.RUNNING) return false
    this.#state = State.RUNNING
    return true
  }
}
