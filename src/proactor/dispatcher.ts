// ③ proactor — the life of an entry: begun, admitted, handed to its driver (④), cancelled perhaps, settled once (⑦),
// released. proactor.ts is what users see of it.
import { invalidArgType } from '../operation/arguments.js'
import { Fifo } from '../waiting/fifo.js'
import { close } from '../operation/file.js'
import { Opcode } from '../operation/opcode.js'
import { FileKind, Operation } from '../operation/operation.js'
import { forgetOpened, MAY_OPEN, openedBy } from '../operation/opened.js'
import { Errno } from '../operation/system-error.js'
import { Admission, lentBytes } from './admission.js'
import { Batch } from './batch.js'
import { Blocking } from './blocking.js'
import { AbortGroups, Deadlines } from './cancel.js'
import { ChainMembers, type MemberOwner } from './chain-members.js'
import { ChainRun } from './chain-runner.js'
import { DriverLadder, takesRegistered } from './choose-driver.js'
import type { CompletionSink } from './driver.js'
import { driverDied, type DeathOwner } from './died.js'
import { ClosedError, lendingProblem, operationError } from './failure.js'
import { Finishing } from './finishing.js'
import { CancelReason, EntryState, InFlightTable, moveTo, type Entry, type Settler } from './in-flight.js'
import { Messages } from './messages.js'
import { NamesInFlight } from './names-in-flight.js'
import { observation } from './observer.js'
import { applyOptions, type CheckedOptions, type DispatcherOptions } from './options.js'
import { Positions } from './positions.js'
import { RegisteredFiles } from './registered-files.js'
import { CallbackSettler, raise } from './settle.js'
import { Statistics } from './statistics.js'
import { closeNow, isDiscarded, releasePieces, SILENT } from './unclaimed.js'

// As constants of this module, compiled code holds their values.
const { ABANDONED, ENDED, SUBMITTED, WAITING } = EntryState
const { NONE: NOT_CANCELLED } = CancelReason
const { CHAIN, CLOSE } = Opcode
const resolved = Promise.resolve()

export class Dispatcher {
  readonly admission: Admission
  readonly ladder: DriverLadder
  readonly batch: Batch
  readonly callbacks: CallbackSettler = new CallbackSettler()
  readonly deadlines: Deadlines = new Deadlines((entry, reason) => this.cancel(entry, reason))
  readonly statistics: Statistics
  /** Registered files: descriptor by index. */
  readonly registered: RegisteredFiles = new RegisteredFiles()
  readonly table: InFlightTable = new InFlightTable()
  readonly #aborts = new AbortGroups((entry, reason) => this.cancel(entry, reason))
  readonly #members: ChainMembers
  /** To be called once the current batch of completions has been delivered. */
  readonly afterCompletions: Fifo<() => void> = new Fifo<() => void>()
  readonly #messages: Messages
  #isStartingWaiting = false
  /** Settled for their callers, still held by the system. */
  abandoned = 0
  referenced = true
  closed = false
  #finishing: Finishing | undefined = undefined
  readonly #blocking: Blocking
  #keepsAlive = false
  #whenIdle: (() => void) | undefined = undefined
  readonly names: NamesInFlight
  constructor(options: DispatcherOptions) {
    this.#messages = new Messages(options.proactor, options.latency)
    const owner: MemberOwner & DeathOwner = {
      schedule: () => this.batch.schedule(),
      withDescriptor: (operation) => this.registered.withDescriptor(operation),
      settle: (entry, result, value) => this.#settle(entry, result, value),
      cancel: (entry) => this.cancel(entry, CancelReason.ABORTED), leave: (entry) => this.leave(entry),
      release: (entry) => this.#release(entry), goOn: () => this.#goOn(),
      countAbandoned: (operations) => void (this.abandoned += operations),
      hold: (entry) => this.#hold(entry), closeUnclaimed: (fd) => this.#closeUnclaimed(fd),
    }
    const sink: CompletionSink = {
      complete: (slot, generation, result, value, more) => this.#complete(slot, generation, result, value, more),
      unstoppable: (slot, generation) => this.#abandon(slot, generation),
      died: (driver, reason, returned) => driverDied({ table: this.table, ladder: this.ladder, admission: this.admission, members: this.#members, owner }, driver, reason, returned),
      // The listener is a user's: it may throw, or wait, and must do neither in the middle of a driver's batch.
      message: (value, tag) => process.nextTick(options.onMessage, value, tag),
      delivered: () => this.#afterWake(),
    }
    this.ladder = new DriverLadder(options.candidates, sink, options.driver)
    const inFlightMax = Math.min(options.driver.inFlightMax, this.ladder.first.capabilities.inFlightMax)
    this.admission = new Admission({ inFlightMax, bytesLentMax: options.bytesLentMax }, new Positions(this.ladder, this.registered))
    this.statistics = new Statistics(options.latency)
    this.#blocking = new Blocking(this.ladder, this.admission, this.deadlines, () => this.names.flushOthers())
    this.batch = new Batch(this.ladder.drivers, () => this.#afterFlush())
    this.#members = new ChainMembers(this.table, this.ladder, owner)
    this.names = new NamesInFlight(this.table.entries, this.ladder, this.batch, (remaining, milliseconds) => this.blockUntil(remaining, milliseconds))
  }

  /** Cancels everything and resolves when the system holds nothing any more. */
  async drain(): Promise<void> {
    this.closed = true
    for (const entry of this.table.entries) {
      // A chain's members are its own to cancel, and a close is made: its end is waited for like everything else's.
      if (!entry.isMember && entry.operation.opcode !== CLOSE && (entry.state === WAITING || entry.state === SUBMITTED)) this.cancel(entry, CancelReason.CLOSED)
    }
    this.batch.flush()
    // close() may have been called from within a driver's batch, which is over in the next microtask.
    await resolved
    if (this.admission.inFlight > 0) {
      this.referenced = true
      await new Promise<void>((resolve) => {
        this.#whenIdle = resolve
        this.updateRef()
      })
    }
    this.deadlines.close()
    this.#aborts.sweep()
    this.batch.stop()
    for (const driver of [...this.ladder.drivers, ...this.ladder.dead]) driver?.close()
  }

  /** An entry for an operation, not yet in progress: it must be begun or dropped. @throws ERR_INVALID_ARG_TYPE */
  acquire(operation: Operation, settler: Settler): Entry {
    if (!(operation instanceof Operation)) throw invalidArgType('operation', 'an instance of Operation', operation)
    return this.table.acquire(operation, settler)
  }

  drop(entry: Entry): void {
    this.table.release(entry)
  }

  /** Starts an entry: now, or when limits and order allow it. From here on every error goes to its settler. */
  begin(entry: Entry, options: CheckedOptions | undefined): void {
    const { operation } = entry
    entry.bytes = operation.buffer === undefined ? lentBytes(operation) : operation.length
    if (operation.opcode === CHAIN) {
      entry.isSpecial = true
      entry.weight = operation.detail?.members?.length ?? 1
    }
    this.#messages.begun(entry)
    if (this.closed) {
      entry.isSpecial = true
      entry.problem = new ClosedError('The proactor')
      this.#refuse(entry)
    } else if (options !== undefined && !applyOptions(entry, options, this.#aborts, this.deadlines)) this.#refuse(entry)
    else if (this.admission.arrive(entry)) this.#start(entry)
    if (this.#messages.length > 0) this.#messages.publish()
    if (this.#finishing !== undefined) this.finish()
  }

  /** The thread ends without another turn of its loop: hands over what waits, and blocks until nothing in progress changes a file or a name; so at each call from here on. */
  finish(): void {
    this.#finishing ??= new Finishing()
    this.batch.submitGathered()
    // What a settler begins while this thread is blocked, the wait that told it goes on for.
    if (this.closed || this.#blocking.isBlocked) return
    if (this.batch.scheduled && !this.batch.flushing) this.batch.flush() // what a socket is to send the kernel takes at once
    this.#finishing.wait(this.table.entries, (remaining, milliseconds) => this.#blocking.until(remaining, milliseconds, true))
  }

  /** Whether this thread ends: nothing may be left for later. */
  get isFinishing(): boolean {
    return this.#finishing !== undefined
  }

  /** Blocks this thread until nothing remains to wait for, or the time (ms, < 0: none) is over. */
  blockUntil(remaining: () => number, milliseconds: number): void {
    this.#blocking.until(remaining, milliseconds)
    if (this.#finishing !== undefined) this.finish()
  }

  /** Hands an admitted entry to its driver. */
  #start(entry: Entry): void {
    const { operation } = entry
    const problem = lendingProblem(operation)
    if (problem !== undefined) {
      this.#fail(entry, problem)
      return
    }
    moveTo(entry, SUBMITTED)
    this.batch.scheduleFor(operation)
    if (operation.opcode === CHAIN) {
      entry.chain = new ChainRun(this.#members, entry)
      entry.chain.start()
      return
    }
    const index = this.ladder.indexFor(operation)
    const driver = this.ladder.drivers[index]
    if (driver === undefined) {
      this.#fail(entry, operationError(operation, Errno.ENOTSUP, this.ladder.describeMissing(operation.opcode)))
      return
    }
    entry.driverIndex = index
    if (operation.fileKind === FileKind.REGISTERED && !takesRegistered(driver, this.ladder)) entry.operation = this.registered.withDescriptor(operation)
    const { inFlight } = this.ladder
    if (driver.submit(entry)) {
      inFlight[index] = (inFlight[index] as number) + 1
      if (entry.isLeft) this.#hold(entry)
    } else {
      moveTo(entry, WAITING)
      this.admission.putBack(entry)
    }
  }

  #startWaiting(): void {
    // One that fails at once brings the next: it is started here, and not a level deeper each time.
    if (this.#isStartingWaiting) return
    this.#isStartingWaiting = true
    try {
      this.#members.startWaiting()
      for (let entry = this.admission.next(); entry !== undefined; entry = this.admission.next()) {
        this.#start(entry)
        if (entry.state === WAITING) break // put back: its driver has no room
      }
    } finally {
      this.#isStartingWaiting = false
    }
  }

  /** The sink's complete: a driver tells the end of an entry. */
  #complete(slot: number, generation: number, result: number, value: unknown, more: boolean): void {
    const entry = this.table.entries[slot]
    if (entry === undefined || entry.generation !== generation || entry.state < SUBMITTED) return
    if (more) {
      if (isDiscarded(entry)) this.discard(entry.operation, result, value)
      else this.#tellMore(entry, result, value)
      return
    }
    if (!entry.isLost) this.ladder.ended(entry.driverIndex)
    if (entry.state === ABANDONED) {
      if (!entry.isMember && !entry.isLost) this.abandoned--
      this.discard(entry.operation, result, value)
    } else {
      moveTo(entry, ENDED)
      // Of one that was cancelled only: every completion comes by here.
      if (entry.cancelReason !== NOT_CANCELLED && result >= 0 && isDiscarded(entry)) {
        this.discard(entry.operation, result, value)
        this.#settle(entry, Errno.ECANCELED, undefined)
      } else this.#settle(entry, result, value)
    }
    this.#release(entry)
    if (this.#messages.length > 0) this.#messages.publish()
  }

  /** One of several results. */
  #tellMore(entry: Entry, result: number, value: unknown): void {
    if (MAY_OPEN[entry.operation.opcode] === 1) forgetOpened(entry.operation, result, value, this.ladder.hasProcessFiles)
    entry.settler.settle(entry, result, value, true)
    if (entry.settler.firstOnly === true) this.cancel(entry, CancelReason.ABORTED)
  }

  /** A result that nobody is given: what it opened is closed, what it lends goes back. */
  discard(operation: Operation, result: number, value: unknown): void {
    releasePieces(value)
    // Its drivers go when nothing is in flight any more, but a reader may leave what it has not read later still.
    for (const fd of openedBy(operation, result, value)) {
      if (this.closed && this.admission.inFlight === 0) closeNow(fd, this.ladder.first)
      else this.#closeUnclaimed(fd)
    }
  }

  #closeUnclaimed(fd: number): void {
    const entry = this.table.acquire(close(fd), SILENT)
    entry.bytes = 0
    if (this.admission.arrive(entry)) this.#start(entry)
  }

  /**
   * Tells the caller, once: of an entry that has just become ENDED or ABANDONED. Code of users' runs only after that (promises,
   * callbacks and channels are queued), when nothing is half way: what it calls finds the entry released.
   */
  #settle(entry: Entry, result: number, value: unknown): void {
    if (entry.isLeft) return
    const { operation, settler, startedAt } = entry
    if (MAY_OPEN[operation.opcode] === 1) forgetOpened(operation, result, value, this.ladder.hasProcessFiles)
    if (entry.abortGroup !== undefined) this.#aborts.remove(entry)
    if (entry.heapIndex >= 0) this.deadlines.remove(entry)
    this.statistics.record(operation.opcode, result, entry.bytes)
    if (this.statistics.latencyWanted) this.statistics.recordLatency(operation.opcode, performance.now() - startedAt)
    this.#messages.ended(entry, result, value)
    try {
      settler.settle(entry, result, value, false)
    } catch (error) {
      process.nextTick(raise, error)
    }
  }

  /** The system holds nothing of an admitted entry any more. */
  #release(entry: Entry): void {
    const { isLost, parent } = entry
    if (parent === undefined && !isLost) this.admission.ended(entry)
    this.table.release(entry)
    if (parent !== undefined) this.#members.released(parent)
    this.#goOn()
  }

  #goOn(): void {
    if (this.admission.queued > 0 || this.#members.waiting > 0) this.#startWaiting()
    if (this.#whenIdle !== undefined && this.admission.inFlight === 0) this.#whenIdle()
  }

  /** Settles an entry that was never admitted. */
  #refuse(entry: Entry): void {
    moveTo(entry, ENDED)
    this.#settle(entry, Errno.ECANCELED, undefined)
    this.table.release(entry)
  }

  /** Settles an admitted entry that no driver holds. */
  #fail(entry: Entry, problem: Error): void {
    entry.isSpecial = true
    entry.problem = problem
    moveTo(entry, ENDED)
    this.#settle(entry, Errno.EINVAL, undefined)
    this.#release(entry)
  }

  /** Cancels an entry, wherever it is, and settles it. */
  cancel(entry: Entry, reason: CancelReason): void {
    if (entry.cancelReason !== NOT_CANCELLED) return
    entry.isSpecial = true
    if (entry.operation.opcode === CLOSE) {
      entry.cancelReason = reason
      if (entry.state === WAITING || entry.state === SUBMITTED) this.leave(entry)
    } else if (entry.state === WAITING) {
      entry.cancelReason = reason
      this.admission.withdraw(entry)
      this.#refuse(entry)
      this.#startWaiting()
      if (this.#messages.length > 0) this.#messages.publish()
    } else if (entry.state === SUBMITTED) {
      entry.cancelReason = reason
      if (entry.chain !== undefined) entry.chain.cancel()
      else if (entry.stopAsked) { // a driver is asked once
        if (entry.unstoppable) this.#abandon(entry.slot, entry.generation)
      } else this.ladder.drivers[entry.driverIndex]?.cancel(entry)
      this.batch.schedule()
    }
  }

  /**
   * Asks for the end of an entry whose owner must know what became of it: it ends (ECANCELED, EINTR, or what was done until then), at once
   * if it waits here, or continues as if there had been no cancel. It is never abandoned. `running`: also one that a driver has.
   */
  stop(entry: Entry, running: boolean): void {
    if (entry.operation.opcode === CLOSE) return
    if (entry.state === WAITING) this.cancel(entry, CancelReason.ABORTED)
    else if (running && entry.state === SUBMITTED && entry.cancelReason === NOT_CANCELLED && !entry.stopAsked) {
      entry.isSpecial = true
      entry.stopAsked = true
      this.ladder.drivers[entry.driverIndex]?.cancel(entry)
      this.batch.schedule()
    }
  }

  /** Settles a close that goes on: it is made once whatever becomes of its promise, as half a close leaves nobody knowing whose the number is. */
  leave(entry: Entry): void {
    if (entry.state === SUBMITTED) this.#hold(entry)
    this.#settle(entry, Errno.EINPROGRESS, undefined)
    entry.isSpecial = true
    entry.isLeft = true
    if (this.#messages.length > 0) this.#messages.publish()
  }

  #hold(entry: Entry): void {
    moveTo(entry, ABANDONED)
    if (!entry.isMember) this.abandoned++ // a member counts with its chain, once that is settled
  }

  /** The sink's unstoppable: settle now, keep the memory lent until the completion comes. */
  #abandon(slot: number, generation: number): void {
    const entry = this.table.find(slot, generation)
    if (entry === undefined || entry.state !== SUBMITTED) return
    entry.unstoppable = true
    if (entry.cancelReason === NOT_CANCELLED) return
    this.#hold(entry)
    this.#settle(entry, Errno.ECANCELED, undefined)
    if (this.#messages.length > 0) this.#messages.publish()
  }

  #afterFlush(): void {
    observation.by?.turned()
    this.runAfterCompletions()
    this.updateRef()
  }

  /** A driver has told all completions of a wake-up: callbacks run here, straight from the loop. */
  #afterWake(): void {
    this.#afterFlush()
    this.callbacks.deliver()
  }

  /** Answers those who wait for the end of a batch. One may bring another: they are taken as they come. */
  runAfterCompletions(): void {
    for (let function_ = this.afterCompletions.shift(); function_ !== undefined; function_ = this.afterCompletions.shift()) function_()
  }

  /** Lets what is in flight keep the process alive, or not. */
  updateRef(): void {
    const keepAlive = this.referenced && this.admission.inFlight > (this.#whenIdle === undefined ? this.abandoned + this.admission.unreferenced : 0)
    if (keepAlive === this.#keepsAlive) return
    this.#keepsAlive = keepAlive
    this.ladder.ref(keepAlive)
  }
}
