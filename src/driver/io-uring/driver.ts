// ④ driver — io_uring: submissions are written into the ring (⑤) as they are taken, handed over in one io_uring_enter
// a batch, and completions that are there right after it are reaped at once, within a bound.
import type { Binding, NativeRing } from '../../native/binding.js'
import { loadBinding } from '../../native/load.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import { byteLengthOf } from '../../operation/view.js'
import type { Capabilities, CompletionSink, Driver, DriverCounters, DriverFactory, DriverOptions, Refusal, Submission } from '../../proactor/driver.js'
import { BriefWait } from '../../ring/brief-wait.js'
import { Fifo } from '../../waiting/fifo.js'
import { Cqe, IORING_CQE_F_MORE, IORING_ENTER_GETEVENTS, Params } from '../../ring/layout/io-uring.js'
import type { SubmissionRing } from '../../ring/submission-ring.js'
import { BRIEF } from './brief.js'
import { CachedEntries } from './cached-entries.js'
import { decodeResult, toldErrno } from './decode.js'
import { explanation, MESSAGE_MARK } from './encode.js'
import { CANCEL_MARK, Entries, NO_REGION_NOW, OPENS_MARK, RECEIVES, SLOT_MASK } from './entries.js'
import { waitsFor } from './after-again.js'
import { giveBackUntaken } from './dead-ring.js'
import { isEnd, Parked } from './parked.js'
import { openRing } from './probe.js'
import { RingCalls } from './ring-calls.js'
import { isCarriedOn } from './stream-writes.js'
import { StuckWorkers } from './stuck-workers.js'
import { ASKED, Suitable } from './suitable.js'
import { tellEnded, tellUnstoppable, type Ended } from './told-later.js'
import { grown } from './views.js'
import { ZeroCopySends } from './zero-copy.js'

/**
 * Completions reaped inline before the loop must have turned once. At 0.8 µs each that is about 0.4 ms, the longest that an endless chain
 * of awaited cached reads can hold up a timer; the turn costs about 5 µs, so 1 % of the rate.
 */
const INLINE_BUDGET = 512
/** One unit of the budget for each completion, and one for each so many bytes that were copied inside the submission. */
const BYTES_PER_BUDGET_UNIT = 8192

const { READ, WRITE } = Opcode
const { USER_DATA_LOW: CQE_USER_DATA_LOW, USER_DATA_HIGH: CQE_USER_DATA_HIGH, RES: CQE_RES, FLAGS: CQE_FLAGS } = Cqe
const MORE = IORING_CQE_F_MORE
const SQE_OPCODE = 0xff

class IoUringDriver implements Driver {
  readonly name = 'io-uring'
  readonly capabilities: Capabilities
  readonly counters: DriverCounters
  readonly port: number
  readonly asked = ASKED
  readonly #sink: CompletionSink
  readonly #ring: NativeRing
  readonly #calls: RingCalls
  readonly #submissions: SubmissionRing
  readonly #entries: Entries
  readonly #cached: CachedEntries
  readonly #briefWait: BriefWait
  readonly #parked: Parked
  readonly #workers: StuckWorkers
  readonly #suitable = new Suitable(() => this.#entries.ticks.size)
  readonly #zeroCopySends = new ZeroCopySends()
  readonly takes = this.#suitable.takes
  // By slot, the generation it holds for; what a slot's next user finds there is an old generation.
  /** Met EAGAIN and now waits behind a poll of its descriptor. */
  #polled: Int32Array = new Int32Array(1024)
  /** A cancel has been asked for: nothing is tried or armed again. */
  #cancelled: Int32Array = new Int32Array(1024)
  /** Taken but impossible (a path too long): told at the next flush. */
  readonly #impossible = new Fifo<Ended>()
  readonly #unstoppable = new Fifo<Ended>()
  #budget = INLINE_BUDGET
  #nextTurn: NodeJS.Immediate | undefined = undefined
  /** Its ring is dead, and the proactor knows. */
  #isGone = false
  #closed = false

  constructor(binding: Binding, ring: NativeRing, operations: Uint8Array, sink: CompletionSink, inFlightMax: number) {
    this.#ring = ring
    this.#sink = sink
    this.port = ring.fd
    this.#calls = new RingCalls(ring)
    this.counters = this.#calls.counters
    this.#submissions = this.#calls.submissions
    this.#cached = new CachedEntries(ring, this.#submissions)
    this.#briefWait = new BriefWait(this.#calls.completions, BRIEF)
    this.#entries = new Entries(binding, ring, this.#submissions)
    this.#parked = new Parked(this.#entries, this.#impossible, (submission) => this.#askAgain(submission), () => this.#comeBack())
    this.#workers = new StuckWorkers(ring, this.#entries.taken, () => this.#wakeWorker())
    this.capabilities = {
      operations,
      // Each submission may need two more completions: its cancel's, and its poll's after EAGAIN.
      inFlightMax: Math.max(1, Math.min(inFlightMax, Math.floor(this.#calls.completions.capacity / 2))),
      chains: true, multishot: true, priority: true, registration: true, cancellation: 'kernel',
    }
  }

  submit(submission: Submission): boolean {
    if (this.#submissions.room === 0 && !this.#calls.makeRoom(1)) return false
    const { operation } = submission
    const { opcode } = operation
    if (opcode === READ || opcode === WRITE) {
      this.#entries.writeTransfer(submission, operation, 0)
      return true
    }
    const failure = this.#entries.writeOther(submission, 0, undefined)
    if (failure === NO_REGION_NOW) return false
    if (failure < 0) this.#impossible.push({ slot: submission.slot, generation: submission.generation, result: failure })
    return true
  }

  takesChain(members: readonly Operation[]): boolean {
    return this.#entries.takesChain(members)
  }

  submitChain(members: readonly Submission[]): boolean {
    if (this.#submissions.room < members.length && !this.#calls.makeRoom(members.length)) return false
    return this.#entries.writeChain(members)
  }

  flush(): void {
    const { pending } = this.#submissions
    this.#entries.copiedInline.nextBatch()
    // What else is in flight wakes the loop as before; unless a call made for lack of room has silenced it, and left some to reap.
    if (pending === 1 && this.#budget > 0 && !this.#calls.completions.silent && this.#carryOutCached()) return
    if (pending === 1) this.#submitAlone()
    else if (pending > 0) this.#calls.enter(0, 0, -1)
    if (this.#impossible.length > 0) tellEnded(this.#impossible, this.#sink)
    if (this.#budget > 0) this.counters.reapedInline += this.#reap()
    if (!this.#workers.watching && this.#calls.inFlight > 0) this.#workers.watch()
    this.#rest()
  }

  /** What a worker of the kernel's does in a few microseconds, and alone, is there when this returns. */
  #submitAlone(): void {
    const { last, words } = this.#submissions
    const kind = (words[last] as number) & SQE_OPCODE
    this.#calls.enter(0, 0, -1)
    const { completions, inFlight } = this.#calls
    if (inFlight !== 1 || completions.ready > 0 || this.#budget <= 0 || !this.#briefWait.due(kind)) return
    this.#budget -= this.#briefWait.wait(kind)
  }

  /** Carries out the one entry that waits to be submitted without the ring, if it can. */
  #carryOutCached(): boolean {
    const result = this.#cached.carryOut()
    if (result === Errno.EAGAIN) return false
    this.counters.systemCalls++
    this.counters.reapedInline++
    this.#spend(result)
    this.#tell(this.#cached.slot, this.#cached.generation, result, 0)
    return true
  }

  /**
   * Leaves the ring to the loop: the next completion wakes it. Where something is left to do that wakes nobody, it comes
   * back on its own on its next turn: completions beyond the budget, or entries that the kernel did not take (no memory,
   * or its completion queue had overflowed).
   */
  #rest(): void {
    if (this.#calls.dead !== undefined) this.#die()
    // Submissions made while completions were delivered have their own flush.
    if (this.#calls.announce() && !this.#calls.behind) return
    if (this.#isGone && this.#calls.completions.ready === 0) return
    this.#comeBack()
  }

  #comeBack(): void {
    this.#nextTurn ??= setImmediate(() => {
      this.#nextTurn = undefined
      this.onReadable()
    })
  }

  wait(milliseconds: number, atLeast: number): void {
    if (this.#impossible.length > 0) {
      tellEnded(this.#impossible, this.#sink)
      return
    }
    const most = Math.min(atLeast, this.#calls.completions.capacity)
    // In the middle of a batch the rest of it is delivered first: the caller may wait for it.
    if (this.#calls.batch.left > 0 || this.#unstoppable.length > 0) {
      if (this.#submissions.pending > 0) this.#calls.enter(0, 0, -1)
    } else if (this.#calls.completions.ready < most || this.#submissions.pending > 0) this.#calls.enter(most, IORING_ENTER_GETEVENTS, this.#workers.limit(milliseconds))
    this.counters.reapedInline += this.#reap()
    this.#workers.lookIfDue()
    this.#rest()
  }

  cancel(submission: Submission): void {
    const { slot, generation } = submission
    if (this.#parked.stop(submission)) return
    if (slot >= this.#cancelled.length) this.#grow(slot)
    this.#cancelled[slot] = generation
    if (this.#submissions.room === 0 && !this.#calls.makeRoom(1)) {
      this.#unstoppable.push({ slot, generation, result: 0 })
      return
    }
    this.#entries.writeCancel(submission, this.#polled[slot] === generation)
  }

  ref(keepAlive: boolean): void {
    if (!this.#closed) this.#ring.ref(keepAlive)
  }

  registerFile(fd: number): number {
    return this.#suitable.registered(this.#entries.files.register(fd), fd)
  }

  readonly unregisterFile = (index: number): void => this.#entries.files.unregister(index)
  readonly registerBuffer = (region: ArrayBuffer): boolean => this.#entries.registerBuffer(region)
  readonly explain = (operation: Operation): string => explanation(operation, this.#ring.params[Params.FLAGS] as number)

  close(): void {
    this.#closed = true
    this.#workers.close()
    const isHeld = this.#ring.close() > 0
    this.#entries.close(isHeld)
  }

  /** Called by the loop when the ring has completions. */
  readonly onReadable = (): void => {
    if (this.#closed) return
    this.#entries.views.forgetSoon()
    this.#budget = INLINE_BUDGET
    if (this.#impossible.length > 0) tellEnded(this.#impossible, this.#sink)
    this.counters.reapedOnWake += this.#reap()
    if (this.#submissions.pending > 0) this.#calls.enter(0, 0, -1)
    this.#rest()
    this.#sink.delivered()
  }

  /** Tells everything that has completed. Returns how many. */
  #reap(): number {
    const calls = this.#calls
    const { batch } = calls
    let total = 0
    while (batch.left > 0 || calls.take()) {
      for (let at = batch.next(); at >= 0; at = batch.next()) {
        this.#dispatch(at)
        total++
      }
      // A ring's worth at a time: the rest follows in the next turn of the loop.
      if (total >= calls.completions.capacity) break
      // Not a full batch: nothing more is in the ring, unless the kernel holds something back.
      if (!calls.batchWasFull && !calls.fetchHidden()) break
    }
    if (this.#unstoppable.length > 0) tellUnstoppable(this.#unstoppable, this.#sink)
    return total
  }

  #dispatch(at: number): void {
    const reaped = this.#calls.batch.words
    let slot = reaped[at + CQE_USER_DATA_LOW] as number
    const generation = reaped[at + CQE_USER_DATA_HIGH] as number
    let result = reaped[at + CQE_RES] as number
    if (slot > SLOT_MASK || slot < 0) {
      if (slot < OPENS_MARK) {
        this.#dispatchMarked(slot, generation, result)
        return
      }
      slot &= SLOT_MASK
    }
    this.#spend(result)
    if (result < 0) {
      if (result === Errno.EAGAIN) {
        if (this.#cancelled[slot] === generation) result = Errno.ECANCELED
        else if (this.#retryBehindPoll(slot, generation)) return
      } else result = this.#entries.isRefusedWorker(slot, result) && this.#cancelled[slot] !== generation ? Errno.EAGAIN : toldErrno(result)
    }
    this.#tell(slot, generation, result, reaped[at + CQE_FLAGS] as number)
  }

  /** Takes from the budget what a completion with this result has cost. */
  #spend(result: number): void {
    this.#budget -= result > BYTES_PER_BUDGET_UNIT ? 1 + ((result / BYTES_PER_BUDGET_UNIT) | 0) : 1
  }

  /** Tells the end of a submission, or one of its results. */
  #tell(slot: number, generation: number, result: number, flags: number): void {
    const kind = this.#entries.kinds[slot]
    if (kind === RECEIVES) this.#entries.received(slot, flags)
    if (kind === 0 || kind === RECEIVES) this.#sink.complete(slot, generation, result, result, (flags & MORE) !== 0)
    else this.#completeOther(slot, generation, result, flags)
  }

  #dispatchMarked(low: number, high: number, result: number): void {
    if (low === MESSAGE_MARK) {
      this.#sink.message(result, high)
      return
    }
    const slot = low & SLOT_MASK
    if ((low & CANCEL_MARK) !== 0 && (result === Errno.EALREADY || result === Errno.ENOENT)) {
      // Its completion may stand behind this one in the same batch: judged when the batch is delivered.
      this.#unstoppable.push({ slot, generation: high, result: 0 })
    }
  }

  #completeOther(slot: number, generation: number, kernelResult: number, flags: number): void {
    const submission = this.#entries.taken[slot]
    if (submission === undefined || submission.generation !== generation) return
    const isCancelled = this.#cancelled[slot] === generation
    const { operation } = submission
    // A cancelled one waits for its peer's acknowledgement all the same.
    const ended = operation.detail?.zeroCopy === true ? this.#zeroCopySends.ends(slot, kernelResult, flags) : kernelResult
    if (ended === undefined) {
      if (isCancelled) this.#unstoppable.push({ slot, generation, result: 0 })
      return
    }
    const more = (flags & MORE) !== 0
    // A cancel that met a multishot timer in the middle of a tick found nothing, and the timer goes on: asked once more.
    if (more && isCancelled) {
      this.cancel(submission)
      this.#calls.enter(0, 0, -1)
    }
    let result = decodeResult(operation, ended, flags)
    if (operation.detail?.group !== undefined && this.#parked.park(submission, result, flags, () => !isCancelled && !this.#isGone && this.#entries.holdOpen(submission))) return
    if (isCarriedOn(operation)) {
      const rest = this.#entries.streamWrites.goesOn(submission, result, isCancelled)
      if (rest && this.#entries.holdOpen(submission) && this.#askAgain(submission)) return
      result = this.#entries.streamWrites.ended(slot, rest ? 0 : result)
    }
    let value: unknown = result < 0 ? result : this.#entries.value(submission, result, flags)
    if (!more && result >= 0 && operation.detail?.multishot === true && !isEnd(submission, result, value)) {
      this.#sink.complete(slot, generation, result, value, true)
      // The caller that was notified may have cancelled it at once.
      const goesOn = this.#cancelled[slot] !== generation
      if (goesOn && this.#askAgain(submission)) return
      // It does not go on, and its reader must learn that, since this result alone does not say so.
      result = !goesOn ? Errno.ECANCELED : Errno.EAGAIN
      value = result
    }
    if (!more) this.#entries.ended(submission, result)
    this.#sink.complete(slot, generation, result, value, more)
  }

  /** The kernel does not answer any more: what it has not taken is given back, what it has is asked to end, and told if it does. */
  #die(): void {
    if (this.#isGone) return
    if (this.#impossible.length > 0) tellEnded(this.#impossible, this.#sink)
    this.#reap()
    this.#isGone = true
    this.#workers.close()
    const returned = giveBackUntaken(this.#submissions, this.#entries, this.#sink)
    this.#calls.cancelAll()
    this.#sink.died(this, this.#calls.dead ?? '', returned)
  }

  #wakeWorker(): void {
    if (this.#submissions.room === 0 && !this.#calls.makeRoom(1)) return
    this.#entries.writeNothing()
    this.#calls.enter(0, 0, -1)
    this.#rest()
  }

  /** A multishot that ended by itself (the completion ring was full; a timer's, before 6.6), or a short write, continues. */
  #askAgain(submission: Submission): boolean {
    if (this.#isGone || (this.#submissions.room === 0 && !this.#calls.makeRoom(1))) return false
    this.#entries.writeAgain(submission)
    this.#calls.enter(0, 0, -1)
    return true
  }

  /** Waits for readiness with a poll, and runs the operation again behind it. Hard-linked: if the poll fails, the operation itself tells why. */
  #retryBehindPoll(slot: number, generation: number): boolean {
    const submission = this.#entries.taken[slot]
    if (submission === undefined || submission.generation !== generation) return false
    const { operation } = submission
    const events = waitsFor(operation)
    if (events === 0 || operation.fileKind === FileKind.CHAIN_OPENED || this.#entries.inDirectChain(slot)) return false
    if (operation.buffer !== undefined && byteLengthOf(operation.buffer) < operation.length) return false // its memory has gone
    if (this.#isGone || (this.#submissions.room < 2 && !this.#calls.makeRoom(2)) || !this.#entries.holdOpen(submission)) return false
    this.#entries.writePollBefore(submission, events)
    this.#entries.writeAgain(submission)
    if (slot >= this.#polled.length) this.#grow(slot)
    this.#polled[slot] = generation
    this.#calls.enter(0, 0, -1)
    return true
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.#polled.length * 2)
    this.#polled = grown(this.#polled, length)
    this.#cancelled = grown(this.#cancelled, length)
  }
}

/** The io_uring driver: Linux 5.11 and newer, where nothing forbids it. */
export const ioUring: DriverFactory = {
  name: 'io-uring',
  open(sink: CompletionSink, options: DriverOptions): Driver | Refusal {
    const { binding, reason, isTransient } = loadBinding()
    if (binding === undefined) return { refused: reason, isTransient }
    let driver: IoUringDriver | undefined
    const completionEntries = Math.min(65536, Math.max(2 * options.inFlightMax, 2 * options.entries))
    const opened = openRing(binding, options.entries, completionEntries, () => driver?.onReadable())
    if ('refused' in opened) return opened
    driver = new IoUringDriver(binding, opened.ring, opened.operations, sink, options.inFlightMax)
    return driver
  },
}
