// ③ proactor — when and who, as users see it: operations (②) are taken here in every form (promise, callback, event,
// iteration, blocking), and carried through their life by dispatcher.ts.
import { checkInteger, invalidArgType, plainDescriptor } from '../operation/arguments.js'
import { BufferGroup, type BufferGroupOptions } from '../operation/buffer-group.js'
import { type FileReference, Operation, RegisteredFile, type ResultOf } from '../operation/operation.js'
import type { Opcode } from '../operation/opcode.js'
import { loadBinding } from '../native/load.js'
import type { Limits } from './admission.js'
import { BlockingCollector, cannotBlock } from './blocking.js'
import { BufferPool } from './buffer-pool.js'
import type { DriverChoice } from './choose-driver.js'
import { entriesOn } from './cancel-on.js'
import { CompletionQueue, type CompletionQueueOptions } from './completion-queue.js'
import { Dispatcher } from './dispatcher.js'
import type { DriverFactory } from './driver.js'
import { ClosedError } from './failure.js'
import { CancelReason, type Entry, type Settler } from './in-flight.js'
import { Iteration } from './iterate.js'
import { proactorChannel } from './messages.js'
import { checkOptions, type ProactorOptions, type SubmitOptions } from './options.js'
import { PlaceClass } from './places.js'
import { promiseOf, promiseSettler, type Callback } from './settle.js'
import type { ProactorStatistics } from './statistics.js'

/** One queue of I/O requests with its own drivers, limits and figures. One thread's; each worker makes its own. */
export class Proactor implements AsyncDisposable {
  readonly #dispatcher: Dispatcher
  #buffers: BufferPool | undefined = undefined
  #onMessage: ((value: number, tag: number) => void) | undefined = undefined
  #whenClosed: Promise<void> | undefined = undefined

  /** @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_TRUEAIO_NO_DRIVER */
  constructor(candidates: readonly DriverFactory[], options: ProactorOptions = {}) {
    this.#dispatcher = new Dispatcher({
      candidates,
      driver: {
        entries: checkInteger(options.entries ?? 256, 'entries', 1, 32768),
        inFlightMax: checkInteger(options.inFlightMax ?? 4096, 'inFlightMax', 1, 2 ** 20),
        threads: checkInteger(options.threads ?? 0, 'threads', 0, 1024),
      },
      bytesLentMax: checkInteger(options.bytesLentMax ?? 2 ** 30, 'bytesLentMax', 1, Number.MAX_SAFE_INTEGER),
      latency: options.latency === true,
      proactor: this,
      onMessage: (value, tag) => this.#onMessage?.(value, tag),
    })
    if (proactorChannel.hasSubscribers) proactorChannel.publish({ proactor: this })
  }

  /**
   * Submits an operation. Resolves to its result, or rejects with Node's kind of error (`code`, `errno`, `syscall`,
   * `path`); AbortError when its signal aborted it, ETIMEDOUT when its timeout did. With a callback, returns nothing.
   *
   * Nothing reaches the system before the end of the tick: everything submitted in it goes together.
   *
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  submit<Wanted extends Operation>(operation: Wanted, options?: SubmitOptions): Promise<ResultOf<Wanted>>
  submit<Wanted extends Operation>(operation: Wanted, callback: Callback<ResultOf<Wanted>>): void
  submit<Wanted extends Operation>(operation: Wanted, options: SubmitOptions | undefined, callback: Callback<ResultOf<Wanted>>): void
  submit<Wanted extends Operation>(operation: Wanted, options?: SubmitOptions | Callback<ResultOf<Wanted>>, callback?: Callback<ResultOf<Wanted>>): Promise<ResultOf<Wanted>> | void {
    if (typeof options === 'function') return this.submit(operation, undefined, options)
    if (callback !== undefined) {
      if (typeof callback !== 'function') throw invalidArgType('callback', 'of type function', callback)
      const checked = options === undefined ? undefined : checkOptions(options)
      const entry = this.#dispatcher.acquire(operation, this.#dispatcher.callbacks)
      this.#dispatcher.callbacks.prepare(entry, callback as Callback<unknown>)
      this.#dispatcher.begin(entry, checked)
      return undefined
    }
    const checked = options === undefined ? undefined : checkOptions(options)
    const entry = this.#dispatcher.acquire(operation, promiseSettler)
    const promise = promiseOf<ResultOf<Wanted>>(entry)
    this.#dispatcher.begin(entry, checked)
    return promise
  }

  /** Submits a multishot operation (or any other) and yields each result. Leaving the loop cancels it. */
  iterate<Result>(operation: Operation<Result>, options?: SubmitOptions): AsyncGenerator<Result, void, undefined> {
    const iteration = new Iteration<Result>()
    const checked = options === undefined ? undefined : checkOptions(options)
    const entry = this.#dispatcher.acquire(operation, iteration)
    const { generation } = entry
    iteration.stop = () => this.cancelSubmitted(entry, generation)
    iteration.discard = (value) => this.#dispatcher.discard(operation, 0, value)
    this.#dispatcher.begin(entry, checked)
    return iteration
  }

  /**
   * Submits all operations and blocks this thread until all have ended: one system call for many operations. Callbacks
   * and promises of other operations that end meanwhile run afterwards.
   */
  runSync<const Operations extends readonly Operation[]>(
    operations: Operations, options?: SubmitOptions,
  ): { -readonly [Index in keyof Operations]: PromiseSettledResult<Operations[Index] extends Operation<infer Result> ? Result : never> } {
    const wanted = this.#checkedOperations(operations)
    const checked = options === undefined ? undefined : checkOptions(options)
    const collector = new BlockingCollector(wanted.length)
    wanted.forEach((operation, index) => {
      const entry = this.#dispatcher.acquire(operation, collector)
      entry.first = index
      this.#dispatcher.begin(entry, checked)
    })
    this.blockUntil(() => collector.remaining, -1)
    if (collector.remaining > 0) throw cannotBlock(collector.remaining)
    return collector.results as never // one result for each operation, in its place
  }

  /** What is there of a caller's list now, all of it operations. */
  #checkedOperations(operations: readonly Operation[]): Operation[] {
    if (!Array.isArray(operations)) throw invalidArgType('operations', 'an instance of Array', operations)
    return Array.from(operations as readonly Operation[], (operation, index) => {
      if (!(operation instanceof Operation)) throw invalidArgType(`operations[${String(index)}]`, 'an instance of Operation', operation)
      return operation
    })
  }

  /** A queue of completion events, for many operations without a promise each. */
  completionQueue<Cookie = unknown>(options: CompletionQueueOptions = {}): CompletionQueue<Cookie> {
    return new CompletionQueue<Cookie>(this, options)
  }

  /** For completion queues and other interfaces: submits with a settler of the caller's. The entry is the caller's until it is settled, perhaps before this returns. @internal */
  submitTo(settler: Settler, operation: Operation, options: SubmitOptions | undefined, cookie: unknown): Entry {
    const checked = options === undefined ? undefined : checkOptions(options)
    const entry = this.#dispatcher.acquire(operation, settler)
    entry.first = cookie
    this.#dispatcher.begin(entry, checked)
    return entry
  }

  /** For interfaces that answer for their requests themselves: asks for the end of one, see `Dispatcher.stop`. @internal */
  stop(entry: Entry, running: boolean): void {
    this.#dispatcher.stop(entry, running)
  }

  /** For interfaces that submit together what a tick asks of one kind: runs a function before the next hand-over to the drivers. @param isLast behind all microtasks @internal */
  gather(submitGathered: () => void, isLast?: boolean): void {
    if (this.#dispatcher.isFinishing) submitGathered()
    else this.#dispatcher.batch.gather(submitGathered, isLast)
  }

  /** For the same: cancels what `submitTo` returned, if the entry is still of that generation. @internal */
  cancelSubmitted(entry: Entry, generation: number): void {
    if (entry.generation === generation) this.#dispatcher.cancel(entry, CancelReason.ABORTED)
  }

  /**
   * Asks for the end of every operation on a descriptor that is in flight or waits, chains with one of them included; closes are made all the same. Each
   * is rejected with an AbortError, or resolves if it was faster. Do it before a close: what is in flight keeps a closed file open.
   * @returns how many
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  cancelOn(file: FileReference): number {
    const { registered, table } = this.#dispatcher
    const found = entriesOn(table.entries, plainDescriptor(file, 'file'), registered)
    // One that ends may end others.
    const generations = found.map(({ generation }) => generation)
    found.forEach((entry, index) => this.cancelSubmitted(entry, generations[index] as number))
    return found.length
  }

  /** For completion queues: runs a function once the current batch of completions has been delivered. @internal */
  afterCompletions(function_: () => void): void {
    const { afterCompletions, batch } = this.#dispatcher
    afterCompletions.push(function_)
    if (!batch.flushing) batch.schedule()
  }

  /** For completion queues: tells what has completed by now, without waiting for the loop to say so. @internal */
  tellCompletions(): void {
    this.#dispatcher.batch.flush()
  }

  /** For completion queues: blocks until nothing remains to wait for, or the time (ms, < 0: none) is over. @internal */
  blockUntil(remaining: () => number, milliseconds: number): void {
    this.#dispatcher.blockUntil(remaining, milliseconds)
    this.#dispatcher.runAfterCompletions()
    this.#dispatcher.callbacks.schedule()
  }

  /** Aligned buffers in registered memory. @throws ERR_TRUEAIO_NO_ADDON */
  get buffers(): BufferPool {
    if (this.#buffers === undefined) {
      if (this.#dispatcher.closed) throw new ClosedError('The proactor')
      const { binding, reason } = loadBinding()
      if (binding === undefined) throw Object.assign(new Error(`aligned buffers need the addon: ${reason}`), { code: 'ERR_TRUEAIO_NO_ADDON' })
      this.#buffers = new BufferPool(binding, (slab) => void this.#dispatcher.ladder.first.registerBuffer?.(slab))
    }
    return this.#buffers
  }

  /**
   * Buffers that many receives share: `recv(file, group)` takes one when there is something to receive.
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_TRUEAIO_CLOSED
   */
  bufferGroup(options?: BufferGroupOptions): BufferGroup {
    if (this.#dispatcher.closed) throw new ClosedError('The proactor')
    return new BufferGroup(options)
  }

  /** Registers a descriptor with the ring. Keep it open until `unregisterFile`. Without a ring the descriptor itself is used. */
  registerFile(file: FileReference): RegisteredFile {
    if (this.#dispatcher.closed) throw new ClosedError('The proactor')
    const fd = plainDescriptor(file, 'file')
    const index = this.#dispatcher.ladder.first.registerFile?.(fd) ?? -1
    if (index >= 0) this.#dispatcher.registered.set(index, fd)
    return new RegisteredFile(fd, index)
  }

  /** Ends a registration (closing the proactor ends all). Operations in flight on it finish on the file they started with. */
  unregisterFile(file: RegisteredFile): void {
    if (this.#dispatcher.closed || !this.#dispatcher.registered.delete(file.index)) return
    this.#dispatcher.ladder.first.unregisterFile?.(file.index)
  }

  /** The port for `message` operations of other proactors, also in other threads; -1: the driver has none. */
  get port(): number {
    return this.#dispatcher.ladder.first.port
  }

  /** Sets the listener for messages; undefined removes it. There is one listener. It does not keep the process alive. */
  set onMessage(listener: ((value: number, tag: number) => void) | undefined) {
    this.#onMessage = listener
  }

  /**
   * Says which driver is in use, and why the drivers before it are not. With an operation: how that operation would be
   * carried out.
   */
  explain(): DriverChoice[]
  explain(operation: Operation): string
  explain(operation?: Operation): DriverChoice[] | string {
    return operation === undefined ? this.#dispatcher.ladder.choices() : this.#dispatcher.ladder.explain(operation)
  }

  /** For interfaces that have another way: the name of the driver that an operation would go to now; empty: none. @internal */
  driverFor(operation: Operation): string {
    return this.#dispatcher.ladder.nameFor(operation)
  }

  /** Whether any driver here carries out operations of this kind. Further drivers are opened for the answer. */
  offers(opcode: Opcode): boolean {
    return this.#dispatcher.ladder.offers(opcode)
  }

  /** For interfaces, which close what they have opened all the same. @internal */
  get isClosed(): boolean {
    return this.#dispatcher.closed
  }

  /** For event queues: whether one more operation that waits for a child would start now, and not wait for a place. @internal */
  get canAwaitChild(): boolean {
    return this.#dispatcher.admission.places.hasPlace(PlaceClass.CHILD, 1, 0)
  }

  /** For the same: such operations in progress, those that are being cancelled included. @internal */
  get awaitedChildren(): number {
    return this.#dispatcher.admission.places.taken(PlaceClass.CHILD)
  }

  /** The limits in force. */
  get limits(): Limits {
    return this.#dispatcher.admission.limits
  }

  get statistics(): ProactorStatistics {
    const { abandoned, admission, ladder, statistics } = this.#dispatcher
    const { bytesLent, inFlight, queued } = admission
    return { operations: statistics.operations(), inFlight, queued, abandoned, bytesLent, ...ladder.counters() }
  }

  /** For the owner of a thread that ends: blocks until what changes a file or a name has ended, now and at each later submission. @internal */
  finish(): void {
    this.#dispatcher.finish()
  }

  /** For the same: the loop has run out of work. What is submitted from here on holds it for one more turn, however soon it ends. @internal */
  lastTurn(): void {
    if (this.#dispatcher.referenced) this.#dispatcher.batch.lastTurn()
  }

  /** For interfaces whose waits need not keep the process alive: so many more of what is in flight do not. @internal */
  countUnreferenced(change: number): void {
    this.#dispatcher.admission.unreferenced += change
    this.#dispatcher.updateRef()
  }

  /** Operations in flight keep the process alive (the default). */
  ref(): this {
    this.#dispatcher.referenced = true
    this.#dispatcher.updateRef()
    return this
  }

  /** Operations in flight do not keep the process alive. */
  unref(): this {
    this.#dispatcher.referenced = false
    this.#dispatcher.updateRef()
    return this
  }

  /**
   * Refuses new operations, cancels those in flight, and resolves when the system holds none of their memory. It waits
   * for operations that cannot be cancelled (a disk read in progress).
   */
  close(): Promise<void> {
    this.#whenClosed ??= this.#close()
    return this.#whenClosed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await this.#dispatcher.drain()
    this.#buffers?.close()
  }
}
