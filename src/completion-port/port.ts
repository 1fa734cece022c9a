// ① interface — a completion port on any driver: packets of finished operations and posted ones in one queue, taken in order by
// consumers of which the last to wait is the first to go on, and of which no more run than the concurrency value says.
import { availableParallelism } from 'node:os'
import { defaultProactor } from '../default-proactor.js'
import { checkInteger, invalidArgType } from '../operation/arguments.js'
import type { FileReference, Operation } from '../operation/operation.js'
import { errnoOf, Errno, systemError } from '../operation/system-error.js'
import { ClosedError } from '../proactor/failure.js'
import type { Entry } from '../proactor/in-flight.js'
import type { SubmitOptions } from '../proactor/options.js'
import type { Proactor } from '../proactor/proactor.js'
import { checkPatience, tooLate, type Patience } from '../waiting/patience.js'
import { WaitQueue } from '../waiting/wait-queue.js'
import { noteAssociation } from './associations.js'
import { Consumer } from './consumer.js'
import { abandoned } from './errors.js'
import { OverlappedHandle } from './handle.js'
import { Packet, type Overlapped, type PostedPacket } from './packet.js'
import { packetOf, PENDING } from './overlapped-end.js'
import { checkError, checkMany, type BlockingOptions, type GetManyOptions } from './port-options.js'
import type { AssociatedPort, PortConsumer } from './port-interface.js'
import { RemoteEnds, type SharedPort } from './remote-ends.js'

/** Options of {@link CompletionPort}. */
export interface CompletionPortOptions {
  /** Consumers that may run at once, 0 to 2^20 (NumberOfConcurrentThreads). 0, the default: the number of processors. */
  readonly concurrency?: number | undefined
  /** Carries out the operations of associated handles. Default: the thread's own. */
  readonly proactor?: Proactor | undefined
}

/**
 * A completion port. It belongs to the thread that made it; `share` lets other threads get and post, too.
 * @see CreateIoCompletionPort, GetQueuedCompletionStatusEx, PostQueuedCompletionStatus (Win32)
 */
export class CompletionPort<Key = unknown> implements AssociatedPort, Disposable {
  /** How many consumers may run at once. */
  readonly concurrency: number
  readonly #proactor: Proactor
  readonly #waiters = new WaitQueue()
  /** For gets of the port itself: this thread, as Windows would see it. */
  readonly #own: Consumer<Key>
  readonly #remotes: RemoteEnds<Key>
  #packets: Packet<Key>[] = []
  /** Where the first packet is. */
  #first = 0
  #inFlight = 0
  #running = 0
  #announced = false
  #closed = false

  /** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_TRUEAIO_NO_DRIVER */
  constructor(options: CompletionPortOptions = {}) {
    this.concurrency = checkInteger(options.concurrency ?? 0, 'concurrency', 0, 2 ** 20) || availableParallelism()
    this.#proactor = options.proactor ?? defaultProactor()
    this.#own = new Consumer(this)
    this.#remotes = new RemoteEnds(this)
  }

  /** Packets that can be taken now. */
  get queued(): number {
    return this.#packets.length - this.#first
  }

  /** Operations whose packets are still to come. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Number of consumers that run. */
  get running(): number {
    return this.#running
  }

  /** Number of gets that wait. */
  get waiting(): number {
    return this.#waiters.length
  }

  /** Whether the port takes no more operations and packets. */
  get closed(): boolean {
    return this.#closed
  }

  /**
   * Lets the operations of a handle deliver their packets here, with this key. A plain descriptor (or anything that has
   * one) gets a new handle that does not own it: closing that handle leaves the descriptor open.
   * @returns the handle
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE; EINVAL: the handle is synchronous, or its descriptor is associated already
   *   (ERROR_INVALID_PARAMETER); EBADF: the descriptor is not open (ERROR_INVALID_HANDLE)
   */
  associate(handle: OverlappedHandle | FileReference, key: Key): OverlappedHandle {
    this.#checkOpen()
    const overlapped = handle instanceof OverlappedHandle ? handle : new OverlappedHandle(handle, undefined)
    if (overlapped.port !== undefined) throw systemError(Errno.EINVAL, 'associate', undefined, undefined, 'the handle is associated with a completion port already')
    overlapped.checkOpen()
    noteAssociation(overlapped, this.#proactor)
    overlapped.associated(this, key)
    return overlapped
  }

  /**
   * Ends an association. Packets of operations in progress are still delivered here.
   * @returns whether the handle was associated with this port
   */
  remove(handle: OverlappedHandle): boolean {
    if (!(handle instanceof OverlappedHandle)) throw invalidArgType('handle', 'an instance of OverlappedHandle', handle)
    if (handle.port !== this) return false
    handle.associated(undefined, undefined)
    return true
  }

  /**
   * Puts a packet into the queue.
   * @throws ERR_TRUEAIO_CLOSED, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  post(packet: PostedPacket<Key> = {}): void {
    this.#checkOpen()
    const { bytes = 0, key, overlapped, error } = packet
    this.#deliver(new Packet(checkInteger(bytes, 'packet.bytes', 0, Number.MAX_SAFE_INTEGER), key as Key, overlapped, checkError(error)))
  }

  /** Makes a separate consumer, as another thread would be. */
  consumer(): Consumer<Key> {
    this.#checkOpen()
    return new Consumer(this)
  }

  /**
   * Takes a packet; waits for one, and for a place. All gets of the port itself belong to one consumer, so a loop over
   * `get` counts as one.
   * @throws (rejects) AbortError; ETIMEDOUT (WAIT_TIMEOUT); ERR_TRUEAIO_ABANDONED_WAIT: the port was closed meanwhile
   * @throws (rejects) ERR_INVALID_ARG_TYPE, ERR_TRUEAIO_CLOSED
   */
  get(options?: Patience): Promise<Packet<Key>> {
    return this.#own.get(options)
  }

  /**
   * The same as `get` with a timeout (ms, ≥ 0), after which it resolves to undefined (GetQueuedCompletionStatus returns
   * FALSE: WAIT_TIMEOUT).
   * @throws as `get`
   */
  getWithin(timeout: number, options?: Pick<Patience, 'signal'>): Promise<Packet<Key> | undefined> {
    return this.#own.getWithin(timeout, options)
  }

  /**
   * Takes all packets there are, up to a number; waits for the first of them, and for a place.
   * @param options `max` 1 to 2^20, default 1024; `signal`; `timeout`
   * @throws as `get`, ERR_OUT_OF_RANGE
   */
  getMany(options?: GetManyOptions): Promise<Packet<Key>[]> {
    return this.#own.getMany(options)
  }

  /** Takes a packet if there is one. It waits for neither a packet nor a place. */
  tryGet(): Packet<Key> | undefined {
    this.serveWaiting()
    return this.#takeNow(1)[0]
  }

  /**
   * The same as `get`, blocking this thread: nothing else of it runs meanwhile, so no place is waited for.
   * @throws ETIMEDOUT; EDEADLK: nothing is in progress, and no other thread could post; ERR_INVALID_ARG_TYPE,
   * ERR_TRUEAIO_CLOSED
   */
  getSync(options: BlockingOptions = {}): Packet<Key> {
    checkPatience(options)
    return this.#blockFor(1, options)[0] as Packet<Key> // one at least
  }

  /** The same as `getMany`, blocking this thread. @throws as `getSync`, ERR_OUT_OF_RANGE */
  getManySync(options: Pick<GetManyOptions, 'max' | 'timeout'> = {}): Packet<Key>[] {
    return this.#blockFor(checkMany(options), options)
  }

  /** Ends the run of the port's own consumer, so that another may run. */
  release(): void {
    this.#own.release()
  }

  /** Reports that the port's own consumer waits for something else: another may run until the promise settles. */
  blocking<Result>(promise: PromiseLike<Result>): Promise<Result> {
    return this.#own.blocking(promise)
  }

  /**
   * Makes an end for another thread. Send it once, with its `messagePort` in the transfer list. There, `connect` makes
   * a consumer of this port from it, which can also post.
   * @throws ERR_TRUEAIO_CLOSED
   */
  share(): SharedPort {
    this.#checkOpen()
    return this.#remotes.add()
  }

  /**
   * Ends all waits, in all threads, with ERR_TRUEAIO_ABANDONED_WAIT, and drops present and future packets. Operations
   * in progress continue; their memory is lent until they end. Closing again does nothing.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#packets = []
    this.#first = 0
    this.#waiters.wakeAll(undefined)
    this.#remotes.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** For handles: submits an operation whose end becomes a packet. @internal */
  submit(operation: Operation, overlapped: Overlapped<unknown>, key: unknown, options: SubmitOptions | undefined): void {
    this.#checkOpen()
    overlapped.key = key
    overlapped.entry = PENDING
    overlapped.port = this
    this.#inFlight++
    try {
      const entry = this.#proactor.submitTo(this, operation, options, overlapped)
      if (overlapped.entry === PENDING) overlapped.entry = entry // else it has ended already
    } catch (error) {
      overlapped.entry = undefined
      this.#inFlight--
      throw error
    }
  }

  /** For handles: asks for the end of an operation. @internal */
  cancel(entry: Entry): void {
    if (entry !== PENDING) this.#proactor.cancelSubmitted(entry, entry.generation)
  }

  /** For handles. @internal */
  get proactor(): Proactor {
    return this.#proactor
  }

  /** For the proactor: an operation has ended. @internal */
  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    const overlapped = entry.first as Overlapped<unknown>
    const end = packetOf(entry, result, value, overlapped.key as Key, overlapped)
    if (!more) {
      this.#inFlight--
      overlapped.ended(end)
    }
    if (!this.#closed) this.#deliver(end)
  }

  #deliver(packet: Packet<Key>): void {
    this.#packets.push(packet)
    if (this.#waiters.length === 0 || this.#announced) return
    // Waiters are answered when the driver's batch is complete, so that one wait takes it whole.
    this.#announced = true
    this.#proactor.afterCompletions(this.#answer)
  }

  readonly #answer = (): void => {
    this.#announced = false
    this.serveWaiting()
  }

  /** Packets that are here belong to those who wait, as far as places are free: a newcomer gets what they leave. @internal */
  serveWaiting(): void {
    const { queued } = this
    if (queued > 0 && this.#waiters.length > 0) this.#waiters.wake(undefined, queued)
  }

  /** For consumers. @internal */
  waitFor(consumer: PortConsumer, max: number, { signal, timeout }: Patience, answersLate: boolean): Promise<Packet<Key>[]> {
    this.#checkOpen()
    const attempt = (): Packet<Key>[] | undefined => this.#attempt(consumer, max)
    const late = (): Packet<Key>[] => {
      // After a busy turn of the loop this timer runs before completions that are already there are delivered.
      this.#proactor.tellCompletions()
      const taken = attempt()
      if (taken !== undefined) return taken
      if (answersLate) return []
      throw tooLate('get', 'no packet came')
    }
    const taken = this.#waiters.wait(attempt, { lastFirst: true, signal, timeout, late })
    if (this.#remotes.count > 0 && !consumer.isRemote) this.#remotes.holdFor(taken)
    return taken
  }

  #attempt(consumer: PortConsumer, max: number): Packet<Key>[] | undefined {
    if (this.#closed || consumer.closed) throw abandoned()
    if (this.queued === 0 || (!consumer.running && this.#running >= this.concurrency)) return undefined
    if (consumer.start()) this.#running++
    return this.#takeNow(max)
  }

  #takeNow(max: number): Packet<Key>[] {
    const packets = this.#packets
    if (this.#first === 0 && packets.length <= max) {
      this.#packets = []
      return packets
    }
    const taken = packets.slice(this.#first, this.#first + max)
    this.#first += taken.length
    if (this.#first === packets.length) {
      this.#packets = []
      this.#first = 0
    } else if (this.#first >= 4096 && this.#first * 2 >= packets.length) {
      packets.splice(0, this.#first)
      this.#first = 0
    }
    return taken
  }

  /** For remote ends: what could not be sent is there again, before all others. @internal */
  putBack(packets: readonly Packet<Key>[]): void {
    this.#packets.splice(0, this.#first, ...packets)
    this.#first = 0
    this.#answer()
  }

  /** For consumers: one has stopped running, and those who wait for its place may go on. @internal */
  placeFree(): void {
    this.#running--
    if (this.#waiters.length === 0 || this.queued === 0 || this.#announced) return
    // Not at once: who stops in order to take the next packet is served before those who sleep.
    this.#announced = true
    this.#proactor.afterCompletions(this.#answer)
  }

  /** For consumers: one that was blocked runs again. @internal */
  placeTaken(): void {
    this.#running++
  }

  /** For consumers: the gets of a closed one end. @internal */
  consumerClosed(): void {
    this.#waiters.wakeAll(undefined)
  }

  #blockFor(max: number, { timeout = Infinity }: BlockingOptions): Packet<Key>[] {
    this.#checkOpen()
    this.serveWaiting()
    this.#own.release()
    const end = performance.now() + timeout
    for (;;) {
      const posts = this.#remotes.posts()
      this.#remotes.receive()
      if (this.queued > 0) break
      const left = end - performance.now()
      if (left <= 0) throw tooLate('getSync', 'no packet came')
      const { count } = this.#remotes
      if (this.#inFlight > 0) {
        // No system call waits for completions and for posts of other threads: look at each in turn, a millisecond at a time.
        this.#proactor.blockUntil(() => (this.queued > 0 ? 0 : Math.min(1, this.#inFlight)), count > 0 ? Math.min(left, 1) : left === Infinity ? -1 : left)
      } else if (count === 0 && left === Infinity) {
        throw systemError(EDEADLK, 'getSync', undefined, undefined, 'nothing is in progress and no other thread could post a packet: this would wait for ever')
      } else this.#remotes.sleep(posts, left)
    }
    if (this.#own.start()) this.#running++
    return this.#takeNow(max)
  }

  #checkOpen(): void {
    if (this.#closed) throw new ClosedError('The completion port')
  }
}

const EDEADLK = errnoOf('EDEADLK')
