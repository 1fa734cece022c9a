// ③ proactor — when and who. Takes operations (②), holds them to limits, order, deadlines and signals, hands them to a
// driver (④) in one batch a tick, and settles each exactly once when the driver tells its completion (⑦).
import { channel } from 'node:diagnostics_channel'
import { byteLengthOf, checkInteger, invalidArgType } from '../operation/arguments.js'
import { checkStillLendable, close } from '../operation/file.js'
import { Opcode } from '../operation/opcode.js'
import { FileKind, Operation, RegisteredFile, type FileReference } from '../operation/operation.js'
import { Errno } from '../operation/system-error.js'
import { plainDescriptor } from '../operation/arguments.js'
import { loadBinding } from '../native/load.js'
import { Admission, type Limits } from './admission.js'
import { Batch } from './batch.js'
import { BlockingCollector } from './blocking.js'
import { BufferPool } from './buffer-pool.js'
import { AbortGroups, Deadlines } from './cancel.js'
import { ChainRun, type ChainHost } from './chain-runner.js'
import { DriverLadder, type DriverChoice } from './choose-driver.js'
import { CompletionQueue, type CompletionQueueOptions } from './completion-queue.js'
import type { CompletionSink, Driver, DriverFactory } from './driver.js'
import { ClosedError } from './failure.js'
import { CancelReason, EntryState, InFlightTable, type Entry, type Settler } from './in-flight.js'
import { Iteration } from './iterate.js'
import { CallbackSettler, promiseOf, promiseSettler, type Callback } from './settle.js'
import { Statistics, type ProactorStatistics } from './statistics.js'

/** What every submission may carry. */
export interface SubmitOptions {
  /** Aborting it cancels the operation, as far as the system can carry that. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which it is cancelled: ETIMEDOUT. Above 0. Default: none. */
  readonly timeout?: number | undefined
  /** I/O priority as ioprio_set(2) has it: class << 13 | level. Default: the thread's. */
  readonly priority?: number | undefined
  /** One after the other with all ordered operations of the same descriptor, in order of submission. Default: false. */
  readonly ordered?: boolean | undefined
  /** Starts when everything submitted before has ended; everything after starts when it has ended. Default: false. */
  readonly barrier?: boolean | undefined
  /** For the thread pool: operations of one lane never hold all its threads. 0 to 255. Default: by kind of operation. */
  readonly lane?: number | undefined
}

export interface ProactorOptions {
  /** Operations with a driver at once, 1 to 2^20; more wait in order. Default: 4096, or what the driver holds. */
  readonly inFlightMax?: number
  /** Bytes of buffers lent at once; more wait in order. Default: 2^30. */
  readonly bytesLentMax?: number
  /** Entries of the submission ring, 1 to 32768; a small one stays in the processor's cache. Default: 256. */
  readonly entries?: number
  /** Threads of the pool, 1 to 1024. Default: 2 × cores, at least 4. */
  readonly threads?: number
  /** Keep a latency histogram for each operation. Default: false. */
  readonly latency?: boolean
}

const submitChannel = channel('trueaio:submit')
const completeChannel = channel('trueaio:complete')
const SILENT: Settler = { settle() { /* nobody waits for the close of what an abandoned open returned */ } }

/** One queue of I/O requests with its own drivers, limits and figures. One thread's; each worker makes its own. */
export class Proactor implements AsyncDisposable {
  readonly #table = new InFlightTable()
  readonly #admission: Admission
  readonly #ladder: DriverLadder
  readonly #batch: Batch
  readonly #callbacks = new CallbackSettler()
  readonly #aborts = new AbortGroups((entry, reason) => this.#cancel(entry, reason))
  readonly #deadlines = new Deadlines((entry, reason) => this.#cancel(entry, reason))
  readonly #statistics: Statistics
  readonly #inFlightByDriver: Int32Array
  readonly #registered = new Map<number, number>()
  readonly #chainHost: ChainHost
  #membersWithoutRoom: Entry[] = []
  #afterCompletions: (() => void)[] = []
  #buffers: BufferPool | undefined = undefined
  #onMessage: ((value: number, tag: number) => void) | undefined = undefined
  #abandoned = 0
  #referenced = true
  #keepsAlive = false
  #closed = false
  #whenIdle: (() => void) | undefined = undefined
  #whenClosed: Promise<void> | undefined = undefined

  /** @throws ERR_OUT_OF_RANGE, ERR_TRUEAIO_NO_DRIVER */
  constructor(candidates: readonly DriverFactory[], options: ProactorOptions = {}) {
    const asked = checkInteger(options.inFlightMax ?? 4096, 'inFlightMax', 1, 2 ** 20)
    const sink: CompletionSink = {
      complete: (slot, generation, result, value, more) => this.#complete(slot, generation, result, value, more),
      unstoppable: (slot, generation) => this.#abandon(slot, generation),
      // The listener is a user's: it may throw, or wait, and must do neither in the middle of a driver's batch.
      message: (value, tag) => void process.nextTick(this.#receive, value, tag),
      delivered: () => this.#afterWake(),
    }
    this.#ladder = new DriverLadder(candidates, sink, {
      entries: checkInteger(options.entries ?? 256, 'entries', 1, 32768),
      inFlightMax: asked,
      threads: checkInteger(options.threads ?? 0, 'threads', 0, 1024),
    })
    const inFlightMax = Math.min(asked, this.#ladder.first.capabilities.inFlightMax)
    const bytesLentMax = checkInteger(options.bytesLentMax ?? 2 ** 30, 'bytesLentMax', 1, Number.MAX_SAFE_INTEGER)
    this.#admission = new Admission({ inFlightMax, bytesLentMax })
    this.#statistics = new Statistics(options.latency === true)
    this.#batch = new Batch(this.#ladder.drivers, () => this.#afterFlush())
    this.#inFlightByDriver = new Int32Array(candidates.length)
    this.#chainHost = this.#makeChainHost()
  }

  /**
   * Submits an operation. Resolves to its result, or rejects with Node's kind of error (`code`, `errno`, `syscall`,
   * `path`); AbortError when its signal aborted it, ETIMEDOUT when its timeout did. With a callback, returns nothing.
   *
   * Nothing is handed to the system before the current piece of JavaScript ends: all that it submits goes together.
   *
   * @throws ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  submit<Result>(operation: Operation<Result>, options?: SubmitOptions): Promise<Result>
  submit<Result>(operation: Operation<Result>, callback: Callback<Result>): void
  submit<Result>(operation: Operation<Result>, options: SubmitOptions | undefined, callback: Callback<Result>): void
  submit<Result>(operation: Operation<Result>, options?: SubmitOptions | Callback<Result>, callback?: Callback<Result>): Promise<Result> | void {
    if (typeof options === 'function') return this.submit(operation, undefined, options)
    if (callback !== undefined) {
      if (typeof callback !== 'function') throw invalidArgType('callback', 'of type function', callback)
      const entry = this.#acquire(operation, this.#callbacks)
      this.#callbacks.prepare(entry, callback as Callback<unknown>)
      this.#begin(entry, options)
      return undefined
    }
    const entry = this.#acquire(operation, promiseSettler)
    const promise = promiseOf<Result>(entry)
    this.#begin(entry, options)
    return promise
  }

  /** Submits a multishot operation (or any other) and yields each result; leaving the loop cancels it. */
  iterate<Result>(operation: Operation<Result>, options?: SubmitOptions): AsyncGenerator<Result, void, undefined> {
    const iteration = new Iteration<Result>()
    const entry = this.#acquire(operation, iteration)
    const { generation } = entry
    this.#begin(entry, options)
    return iteration.read(() => {
      if (entry.generation === generation) this.#cancel(entry, CancelReason.ABORTED)
    })
  }

  /**
   * Submits all, waits for all, and returns, blocking this thread: one system call for many operations. Callbacks and
   * promises of other operations that end meanwhile are served afterwards.
   */
  runSync<const Operations extends readonly Operation[]>(
    operations: Operations, options?: SubmitOptions,
  ): { -readonly [Index in keyof Operations]: PromiseSettledResult<Operations[Index] extends Operation<infer Result> ? Result : never> } {
    const collector = new BlockingCollector(operations.length)
    operations.forEach((operation, index) => {
      const entry = this.#acquire(operation, collector)
      entry.first = index
      this.#begin(entry, options)
    })
    this.blockUntil(() => collector.remaining, -1)
    return collector.results as never // one result for each operation, in its place
  }

  /** A queue of completion events, for many operations without a promise each. */
  completionQueue<Cookie = unknown>(options: CompletionQueueOptions = {}): CompletionQueue<Cookie> {
    return new CompletionQueue<Cookie>(this, options)
  }

  /** For completion queues: submits with a settler of the caller's. */
  submitTo(settler: Settler, operation: Operation, options: SubmitOptions | undefined, cookie: unknown): void {
    const entry = this.#acquire(operation, settler)
    entry.first = cookie
    this.#begin(entry, options)
  }

  /** For completion queues: runs a function once the current batch of completions has been told. */
  afterCompletions(function_: () => void): void {
    this.#afterCompletions.push(function_)
    this.#batch.schedule()
  }

  /** For completion queues: blocks until nothing remains to wait for, or the time (ms, < 0: none) is over. */
  blockUntil(remaining: () => number, milliseconds: number): void {
    const end = milliseconds < 0 ? Infinity : performance.now() + milliseconds
    for (let count = remaining(); count > 0; count = remaining()) {
      const left = end - performance.now()
      if (left <= 0) break
      const next = this.#deadlines.untilNext()
      if (!this.#waitOnDrivers(Math.min(left, next < 0 ? Infinity : next), count)) break
      this.#deadlines.expire()
    }
    this.#runAfterCompletions()
    this.#callbacks.schedule()
  }

  /** Aligned buffers in registered memory. @throws ERR_TRUEAIO_NO_ADDON */
  get buffers(): BufferPool {
    if (this.#buffers === undefined) {
      if (this.#closed) throw new ClosedError('The proactor')
      const { binding, reason } = loadBinding()
      if (binding === undefined) throw Object.assign(new Error(`aligned buffers need the addon: ${reason}`), { code: 'ERR_TRUEAIO_NO_ADDON' })
      this.#buffers = new BufferPool(binding, (slab) => void this.#ladder.first.registerBuffer(slab))
    }
    return this.#buffers
  }

  /** Registers a descriptor with the ring. Keep it open until `unregisterFile`. Without a ring it stands for itself. */
  registerFile(file: FileReference): RegisteredFile {
    if (this.#closed) throw new ClosedError('The proactor')
    const fd = plainDescriptor(file, 'file')
    const index = this.#ladder.first.registerFile(fd)
    if (index >= 0) this.#registered.set(index, fd)
    return new RegisteredFile(fd, index)
  }

  /** Ends a registration (closing the proactor ends all). Operations in flight on it finish on the file they started with. */
  unregisterFile(file: RegisteredFile): void {
    if (this.#closed || !this.#registered.delete(file.index)) return
    this.#ladder.first.unregisterFile(file.index)
  }

  /** Where `message` operations of other proactors, also of other threads, reach this one; -1: its driver has none. */
  get port(): number {
    return this.#ladder.first.port
  }

  /** Receives messages. One listener; undefined takes it off. It does not keep the process alive. */
  set onMessage(listener: ((value: number, tag: number) => void) | undefined) {
    this.#onMessage = listener
  }

  /** Which driver is in use, and why those before it are not. With an operation: how that one would be carried out. */
  explain(): DriverChoice[]
  explain(operation: Operation): string
  explain(operation?: Operation): DriverChoice[] | string {
    if (operation === undefined) return this.#ladder.choices()
    if (operation.opcode === Opcode.CHAIN) {
      const members = operation.detail?.members ?? []
      if (this.#linksChain(members)) return `${this.#ladder.first.name}: one linked submission of ${String(members.length)}`
      return `one after the other: ${members.map((member) => this.explain(member)).join(', ')}`
    }
    const index = this.#ladder.indexFor(operation.opcode)
    const driver = this.#ladder.drivers[index]
    return driver === undefined ? this.#ladder.describeMissing(operation.opcode) : `${driver.name}: ${driver.explain(operation)}`
  }

  /** The limits in force. */
  get limits(): Limits {
    return this.#admission.limits
  }

  get statistics(): ProactorStatistics {
    const sum = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
    for (const driver of this.#ladder.drivers) {
      if (driver === undefined) continue
      sum.systemCalls += driver.counters.systemCalls
      sum.reapedInline += driver.counters.reapedInline
      sum.reapedOnWake += driver.counters.reapedOnWake
      sum.overflows += driver.counters.overflows
    }
    return {
      operations: this.#statistics.operations(), inFlight: this.#admission.inFlight, queued: this.#admission.queued,
      abandoned: this.#abandoned, bytesLent: this.#admission.bytesLent, ...sum,
    }
  }

  /** Operations in flight keep the process alive (the default). */
  ref(): this {
    this.#referenced = true
    this.#updateRef()
    return this
  }

  /** Operations in flight do not keep the process alive. */
  unref(): this {
    this.#referenced = false
    this.#updateRef()
    return this
  }

  /**
   * Refuses new operations, cancels those in flight, and resolves when the system holds none of their memory any more.
   * What cannot be cancelled (a disk read in progress) is waited for.
   */
  close(): Promise<void> {
    this.#whenClosed ??= this.#close()
    return this.#whenClosed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#closed = true
    for (const entry of this.#table.entries) {
      // A chain's members are its own to cancel.
      if (!entry.isMember && (entry.state === EntryState.WAITING || entry.state === EntryState.SUBMITTED)) this.#cancel(entry, CancelReason.CLOSED)
    }
    this.#batch.flush()
    if (this.#admission.inFlight > 0) {
      this.#referenced = true
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
        this.#updateRef()
      })
    }
    this.#deadlines.close()
    this.#batch.stop()
    for (const driver of this.#ladder.drivers) driver?.close()
    this.#buffers?.close()
  }

  #acquire(operation: Operation, settler: Settler): Entry {
    if (!(operation instanceof Operation)) throw invalidArgType('operation', 'an instance of Operation', operation)
    return this.#table.acquire(operation, settler)
  }

  #begin(entry: Entry, options: SubmitOptions | undefined): void {
    const { operation } = entry
    entry.bytes = operation.buffer === undefined ? lentBytes(operation) : operation.length
    if (operation.opcode === Opcode.CHAIN) {
      entry.isSpecial = true
      entry.weight = operation.detail?.members?.length ?? 1
    }
    if (this.#statistics.latencyWanted || completeChannel.hasSubscribers) entry.startedAt = performance.now()
    if (submitChannel.hasSubscribers) submitChannel.publish({ proactor: this, operation })
    if (this.#closed) {
      entry.isSpecial = true
      entry.problem = new ClosedError('The proactor')
      this.#refuse(entry)
      return
    }
    if (options !== undefined && !this.#apply(entry, options)) return
    if (this.#admission.arrive(entry)) this.#start(entry)
  }

  /** Puts the options into effect. False: the entry has already been settled. */
  #apply(entry: Entry, options: SubmitOptions): boolean {
    const { signal, timeout } = options
    entry.isSpecial = true
    try {
      if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) throw invalidArgType('timeout', 'of type number and above 0', timeout)
      if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalidArgType('signal', 'an instance of AbortSignal', signal)
      entry.priority = options.priority === undefined ? 0 : checkInteger(options.priority, 'priority', 0, 0xffff)
      entry.lane = options.lane === undefined ? 0 : checkInteger(options.lane, 'lane', 0, 255)
    } catch (error) {
      this.#table.release(entry)
      throw error
    }
    entry.ordered = options.ordered === true
    entry.barrier = options.barrier === true
    if (signal !== undefined) {
      this.#aborts.add(signal, entry)
      if (signal.aborted) {
        entry.cancelReason = CancelReason.ABORTED
        this.#refuse(entry)
        return false
      }
    }
    if (timeout !== undefined && timeout !== Infinity) this.#deadlines.add(entry, timeout)
    return true
  }

  /** Hands an admitted entry to its driver. */
  #start(entry: Entry): void {
    const { operation } = entry
    const { buffer } = operation
    if (buffer !== undefined ? byteLengthOf(buffer) < operation.length : operation.detail?.buffers !== undefined) {
      try {
        checkStillLendable(operation)
      } catch (error) {
        this.#fail(entry, error as Error)
        return
      }
    }
    entry.state = EntryState.SUBMITTED
    this.#batch.schedule()
    if (operation.opcode === Opcode.CHAIN) {
      entry.chain = new ChainRun(this.#chainHost, entry)
      entry.chain.start()
      return
    }
    const index = this.#ladder.indexFor(operation.opcode)
    const driver = this.#ladder.drivers[index]
    if (driver === undefined) {
      this.#fail(entry, Object.assign(new Error(`ENOTSUP: ${this.#ladder.describeMissing(operation.opcode)}`), { code: 'ENOTSUP', errno: Errno.EOPNOTSUPP }))
      return
    }
    entry.driverIndex = index
    if (operation.fileKind === FileKind.REGISTERED && driver !== this.#ladder.first) entry.operation = this.#withDescriptor(operation)
    if (driver.submit(entry)) this.#inFlightByDriver[index] = (this.#inFlightByDriver[index] as number) + 1
    else {
      entry.state = EntryState.WAITING
      this.#admission.putBack(entry)
    }
  }

  #withDescriptor(operation: Operation): Operation {
    const fd = this.#registered.get(operation.file) ?? -1
    return new Operation(operation.opcode, FileKind.DESCRIPTOR, fd, operation.buffer, operation.length, operation.offset, operation.flags, operation.detail)
  }

  #startWaiting(): void {
    if (this.#membersWithoutRoom.length > 0) {
      const members = this.#membersWithoutRoom
      this.#membersWithoutRoom = []
      for (const entry of members) this.#startMemberEntry(entry)
    }
    for (let entry = this.#admission.next(); entry !== undefined; entry = this.#admission.next()) {
      this.#start(entry)
      if (entry.state === EntryState.WAITING) return // put back: its driver has no room
    }
  }

  readonly #receive = (value: number, tag: number): void => {
    this.#onMessage?.(value, tag)
  }

  /** The sink's complete: a driver tells the end of an entry. */
  #complete(slot: number, generation: number, result: number, value: unknown, more: boolean): void {
    const entry = this.#table.entries[slot]
    if (entry === undefined || entry.generation !== generation || entry.state < EntryState.SUBMITTED) return
    if (more) {
      if (entry.state === EntryState.SUBMITTED) entry.settler.settle(entry, result, value, true)
      return
    }
    const index = entry.driverIndex
    this.#inFlightByDriver[index] = (this.#inFlightByDriver[index] as number) - 1
    if (entry.state === EntryState.ABANDONED) {
      this.#abandoned--
      // Not `result`: what a chain opens into a registered place answers 0 and has no descriptor; its value is -1.
      if (entry.operation.opcode === Opcode.OPEN && result >= 0 && (value as number) >= 0) this.#closeUnclaimed(value as number)
    } else this.#settle(entry, result, value)
    this.#release(entry)
  }

  #closeUnclaimed(fd: number): void {
    const entry = this.#table.acquire(close(fd), SILENT)
    entry.bytes = 0
    if (this.#admission.arrive(entry)) this.#start(entry)
  }

  /** Tells the caller, once. The entry may live on, abandoned. */
  #settle(entry: Entry, result: number, value: unknown): void {
    const { opcode } = entry.operation
    this.#statistics.record(opcode, result, entry.bytes)
    if (this.#statistics.latencyWanted) this.#statistics.recordLatency(opcode, performance.now() - entry.startedAt)
    if (completeChannel.hasSubscribers) {
      completeChannel.publish({ proactor: this, operation: entry.operation, result, milliseconds: performance.now() - entry.startedAt })
    }
    entry.settler.settle(entry, result, value, false)
    if (entry.abortGroup !== undefined) this.#aborts.remove(entry)
    if (entry.heapIndex >= 0) this.#deadlines.remove(entry)
  }

  /** The system holds nothing of an admitted entry any more. */
  #release(entry: Entry): void {
    if (!entry.isMember) this.#admission.ended(entry)
    this.#table.release(entry)
    if (this.#admission.queued > 0 || this.#membersWithoutRoom.length > 0) this.#startWaiting()
    if (this.#whenIdle !== undefined && this.#admission.inFlight === 0) this.#whenIdle()
  }

  /** Settles an entry that was never admitted. */
  #refuse(entry: Entry): void {
    this.#settle(entry, Errno.ECANCELED, undefined)
    this.#table.release(entry)
  }

  /** Settles an admitted entry that no driver holds. */
  #fail(entry: Entry, problem: Error): void {
    entry.isSpecial = true
    entry.problem = problem
    this.#settle(entry, Errno.EINVAL, undefined)
    this.#release(entry)
  }

  #cancel(entry: Entry, reason: CancelReason): void {
    if (entry.cancelReason !== CancelReason.NONE) return
    entry.isSpecial = true
    if (entry.state === EntryState.WAITING) {
      entry.cancelReason = reason
      this.#admission.withdraw(entry)
      this.#refuse(entry)
      this.#startWaiting()
    } else if (entry.state === EntryState.SUBMITTED) {
      entry.cancelReason = reason
      if (entry.chain !== undefined) entry.chain.cancel()
      else this.#ladder.drivers[entry.driverIndex]?.cancel(entry)
      this.#batch.schedule()
    }
  }

  /** The sink's unstoppable: settle now, keep the memory lent until the completion comes. */
  #abandon(slot: number, generation: number): void {
    const entry = this.#table.find(slot, generation)
    if (entry === undefined || entry.state !== EntryState.SUBMITTED || entry.cancelReason === CancelReason.NONE) return
    entry.state = EntryState.ABANDONED
    this.#abandoned++
    this.#settle(entry, Errno.ECANCELED, undefined)
  }

  #afterFlush(): void {
    this.#runAfterCompletions()
    this.#updateRef()
  }

  /** A driver has told all completions of a wake-up: callbacks run here, straight from the loop. */
  #afterWake(): void {
    this.#runAfterCompletions()
    this.#updateRef()
    this.#callbacks.deliver()
  }

  #runAfterCompletions(): void {
    while (this.#afterCompletions.length > 0) {
      const functions = this.#afterCompletions
      this.#afterCompletions = []
      for (const function_ of functions) function_()
    }
  }

  #updateRef(): void {
    const keepAlive = this.#referenced && this.#admission.inFlight > (this.#whenIdle === undefined ? this.#abandoned : 0)
    if (keepAlive === this.#keepsAlive) return
    this.#keepsAlive = keepAlive
    this.#ladder.ref(keepAlive)
  }

  /** False: no driver has anything in flight. */
  #waitOnDrivers(milliseconds: number, count: number): boolean {
    const busy: Driver[] = []
    this.#ladder.drivers.forEach((driver, index) => {
      if (driver !== undefined && (this.#inFlightByDriver[index] as number) > 0) busy.push(driver)
    })
    if (busy.length === 1) (busy[0] as Driver).wait(Number.isFinite(milliseconds) ? milliseconds : -1, count)
    // Several: no system call waits for both; look at each in turn, a millisecond at a time.
    else for (const driver of busy) driver.wait(Math.min(milliseconds, 1), 1)
    return busy.length > 0
  }

  #linksChain(members: readonly Operation[]): boolean {
    const { first } = this.#ladder
    return first.capabilities.chains && members.every((member) => this.#ladder.drivers[this.#ladder.indexFor(member.opcode)] === first) && first.takesChain(members)
  }

  #makeChainHost(): ChainHost {
    return {
      startMember: (operation, settler, position, parent) => {
        const entry = this.#acquireMember(operation, settler, position, parent)
        this.#startMemberEntry(entry)
        return entry
      },
      startLinked: (members, settler, parent) => {
        if (!this.#linksChain(members)) return undefined
        const entries = members.map((member, position) => this.#acquireMember(member, settler, position, parent))
        for (const entry of entries) entry.state = EntryState.SUBMITTED
        if (!this.#ladder.first.submitChain(entries)) {
          for (const entry of entries) this.#table.release(entry)
          return undefined
        }
        const index = this.#ladder.drivers.indexOf(this.#ladder.first)
        for (const entry of entries) entry.driverIndex = index
        this.#inFlightByDriver[index] = (this.#inFlightByDriver[index] as number) + entries.length
        return entries
      },
      cancelEntry: (entry) => {
        if (entry.state === EntryState.WAITING) {
          this.#membersWithoutRoom.splice(this.#membersWithoutRoom.indexOf(entry), 1)
          this.#refuse(entry)
        } else if (entry.state === EntryState.SUBMITTED) this.#cancel(entry, CancelReason.ABORTED)
      },
      completeChain: (parent, result, value) => {
        this.#settle(parent, result, value)
        this.#release(parent)
      },
    }
  }

  #acquireMember(operation: Operation, settler: Settler, position: number, parent: Entry): Entry {
    const entry = this.#table.acquire(operation, settler)
    entry.second = position
    entry.isSpecial = true
    entry.isMember = true
    entry.priority = parent.priority
    entry.lane = parent.lane
    entry.bytes = operation.buffer === undefined ? 0 : operation.length
    return entry
  }

  #startMemberEntry(entry: Entry): void {
    const index = this.#ladder.indexFor(entry.operation.opcode)
    const driver = this.#ladder.drivers[index]
    entry.state = EntryState.SUBMITTED
    entry.driverIndex = Math.max(index, 0)
    this.#batch.schedule()
    if (driver === undefined) {
      this.#settle(entry, Errno.EOPNOTSUPP, undefined)
      this.#table.release(entry)
    } else if (driver.submit(entry)) this.#inFlightByDriver[index] = (this.#inFlightByDriver[index] as number) + 1
    else {
      entry.state = EntryState.WAITING
      this.#membersWithoutRoom.push(entry)
    }
  }
}

function lentBytes(operation: Operation): number {
  const { detail } = operation
  if (detail === undefined) return 0
  if (detail.buffers !== undefined) return operation.length
  let bytes = 0
  if (detail.members !== undefined) for (const member of detail.members) bytes += member.buffer === undefined ? lentBytes(member) : member.length
  return bytes
}
