// ④ driver — thread-pool: submissions are records in memory shared with native threads (⑤ ring/pool-ring.ts, ⑥
// native/pool.c), which make the system calls. One wake-up of the pool a batch; completions that are there already are
// reaped at once, within a bound. What needs no thread (timers, readiness) is in waiting.ts.
import type { Binding, NativePool } from '../../native/binding.js'
import { loadBinding } from '../../native/load.js'
import { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, View } from '../../operation/operation.js'
import { WAITS_QUIETLY } from '../../operation/waits.js'
import { Errno } from '../../operation/system-error.js'
import type { Capabilities, CompletionSink, Driver, DriverCounters, DriverFactory, DriverOptions, Refusal, Submission } from '../../proactor/driver.js'
import { BriefWait } from '../../ring/brief-wait.js'
import { Fifo } from '../../waiting/fifo.js'
import { PoolCompletion, PoolSubmission, KEEPS, WAITS, WAITS_ON } from '../../ring/layout/pool.js'
import { PoolRing } from '../../ring/pool-ring.js'
import { ReapedBatch } from '../../ring/reaped-batch.js'
import { decodeResult, decodeValue, isPlain } from './decode.js'
import { bytesAtOnce, doneNow, isDoneAtOnce } from './at-once.js'
import { BRIEF } from './brief.js'
import { automaticLane, encode, regionBytes } from './encode.js'
import { encodeCall } from './encode-call.js'
import { decodeProgram } from './decode-program.js'
import { decodeRow, encodeRow, rowBytes } from './encode-row.js'
import { encodeTransfer } from './encode-transfer.js'
import { encodeOfThePool, isOfThePool } from './encode-whole.js'
import { explainOperation } from './explain.js'
import { Positioned } from './positioned.js'
import { IN_FLIGHT_MAX, openPool, supportedOperations, threadCount } from './probe.js'
import { NO_REGION, Slots, type Told } from './slots.js'
import { isOfSocket } from './socket-calls.js'
import { SocketSubmissions, type SocketHost } from './sockets.js'
import { onDuplicate, Waiting, waitsAfterAgain, type WaitingHost } from './waiting.js'

/** Completions reaped inline before the loop must have turned once: an endless chain of awaits must not hold up timers. */
const INLINE_BUDGET = 256
const REAP_BATCH = 256
const BUDGET_UNIT_SHIFT = 13 // one unit more for each 8 KiB copied on this thread
const RWF_NOWAIT = 8

class ThreadPoolDriver implements Driver {
  readonly name = 'thread-pool'
  readonly capabilities: Capabilities
  readonly counters: DriverCounters = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
  readonly port = -1
  readonly notesDescriptors = true
  readonly #binding: Binding
  readonly #sink: CompletionSink
  readonly #pool: NativePool
  readonly #ring: PoolRing
  readonly #memory: LentMemory
  readonly #waiting: Waiting
  readonly #positioned: Positioned
  readonly #sockets: SocketSubmissions
  readonly #threads: number
  readonly #batch = new ReapedBatch(REAP_BATCH, PoolCompletion.WORDS)
  readonly #slots: Slots
  readonly #soon = new Fifo<Told>()
  #inFlight = 0
  /** Something submitted since the last flush may be ready already. */
  #looksForReady = false
  #budget = INLINE_BUDGET
  readonly #briefWait: BriefWait
  #newest: Opcode = Opcode.NOP

  constructor(binding: Binding, pool: NativePool, sink: CompletionSink, options: DriverOptions) {
    this.#binding = binding
    this.#sink = sink
    this.#pool = pool
    this.#ring = new PoolRing(pool)
    this.#briefWait = new BriefWait(this.#ring, BRIEF)
    this.#memory = new LentMemory(binding)
    this.#slots = new Slots(this.#memory)
    this.#threads = threadCount(options.threads)
    this.#positioned = new Positioned(binding)
    const host: WaitingHost & SocketHost = {
      signal: (submission) => this.#interrupt(submission),
      unstoppable: (submission) => this.#sink.unstoppable(submission.slot, submission.generation),
      complete: (submission, result, value, more) => this.#completeWaiting(submission, result, value, more),
      completeSoon: ({ slot, generation }, result, value, more) => this.#soon.push({ slot, generation, result, value, more }),
      again: (submission, duplicate) => this.#writeAgain(submission, duplicate),
      after: () => {
        this.#tellSoon()
        this.#handOver()
        this.#sink.delivered()
      },
      wait: (submission, descriptor) => this.#wait(submission, descriptor),
      lookForReady: () => void (this.#looksForReady = true),
      toThread: (submission, operation, region) => this.#writeOther(submission, operation, region),
    }
    this.#waiting = new Waiting(binding, host)
    this.#sockets = new SocketSubmissions(binding, this.#memory, this.#slots, this.counters, host)
    this.capabilities = {
      operations: supportedOperations(),
      inFlightMax: Math.min(options.inFlightMax, IN_FLIGHT_MAX, this.#ring.capacity),
      chains: false, multishot: true, priority: false, registration: false, cancellation: 'signal',
    }
  }

  submit(submission: Submission): boolean {
    if (this.#inFlight - this.#sockets.waiting - this.#waiting.quiet >= this.capabilities.inFlightMax && WAITS_QUIETLY[submission.operation.opcode] !== 1) return false
    const { operation, operation: { opcode } } = submission
    if ((opcode === Opcode.READ || opcode === Opcode.WRITE) && operation.flags === 0) {
      const isPositioned = operation.offset < 0 && this.#positioned.has(operation.file)
      this.#slots.take(submission, NO_REGION, isPositioned)
      if (isPositioned) this.#transferAtPosition(submission, operation)
      else if (opcode === Opcode.WRITE || operation.offset >= 0 || !this.#waitsFirst(submission)) this.#writeTransfer(submission, operation, 0)
    } else if (!this.#submitOther(submission)) return false
    this.#inFlight++
    this.#newest = opcode
    return true
  }

  flush(): void {
    if (this.#soon.length > 0) this.#tellSoon()
    if (this.#looksForReady) this.#lookForReady()
    if (this.#inFlight === 1 && this.#ring.pending === 1 && this.#budget > 0 && this.#briefWait.due(this.#newest)) this.#handOverAlone()
    else this.#handOver()
    if (this.#budget > 0) this.counters.reapedInline += this.#reap()
  }

  wait(milliseconds: number, atLeast: number): void {
    const [waiting, told] = [this.#waiting, this.#soon.length]
    this.#tellSoon()
    if (this.#looksForReady) this.#lookForReady()
    this.#handOver()
    // Blocks only if nothing was reported, and not in the middle of a batch: the caller may wait for its rest. Looks at the
    // completions in any case, or a timer that ticks all the time would keep them from being seen.
    if (told === 0 && this.#batch.left === 0 && waiting.ringDue() === 0) {
      const next = waiting.untilNext()
      const limit = next < 0 ? milliseconds : milliseconds < 0 ? next : Math.min(milliseconds, next)
      // What waits without a thread may end first and wakes by its own descriptor or time.
      const least = waiting.count > 0 ? 1 : Math.max(1, Math.min(atLeast, this.#inFlight))
      this.#pool.wait(limit, least, waiting.readinessDescriptor, waiting.readinessDescriptorApart)
    }
    this.counters.reapedInline += this.#reap()
    waiting.takeReady()
    waiting.ringDue()
    this.#handOver()
  }

  cancel(submission: Submission): void {
    const { slot, generation } = submission
    if (this.#waiting.stop(submission) || this.#sockets.stop(submission)) {
      const result = isOfSocket(submission.operation.opcode) ? this.#sockets.cancelled(submission) : Errno.ECANCELED
      this.#soon.push({ slot, generation, result, value: result, more: false })
    } else {
      this.#slots.noteCancel(submission)
      if (this.#interrupt(submission) > 0) this.#waiting.repeatSignal(submission)
    }
  }

  ref(keepAlive: boolean): void {
    this.#pool.ref(keepAlive)
    this.#waiting.ref(keepAlive)
  }

  explain(operation: Operation): string {
    return explainOperation(operation, this.#threads)
  }

  close(): void {
    this.#waiting.close()
    this.#pool.close()
    this.#memory.close()
  }

  /** Called by the loop when completions wait. */
  readonly onReadable = (): void => {
    this.#budget = INLINE_BUDGET
    this.#ring.arm()
    this.counters.reapedOnWake += this.#reap()
    this.#handOver()
    this.#budget = INLINE_BUDGET
    this.#sink.delivered()
  }

  /** Once for a whole batch: saves a turn of the loop where there is something to read. */
  #lookForReady(): void {
    this.#looksForReady = false
    this.#waiting.takeReady()
  }

  #handOver(): void {
    const count = this.#ring.pending
    if (count === 0) return
    this.counters.systemCalls += count
    this.#ring.publish()
    this.#pool.wake()
  }

  /** What a thread does in a few microseconds, and alone, is there when this returns. */
  #handOverAlone(): void {
    this.#ring.disarm()
    this.#handOver()
    this.#budget -= this.#briefWait.wait(this.#newest)
    this.#ring.arm()
    // It may have come between the last look and this.
    if (this.#budget <= 0 && this.#ring.ready > 0) this.counters.reapedInline += this.#reap()
  }

  #next(): number {
    if (this.#ring.room === 0) this.#handOver()
    return this.#ring.next()
  }

  /** Reads and writes: no structure of the engine's, no region, the result as it is. */
  #writeTransfer(submission: Submission, operation: Operation, done: number): void {
    const at = this.#next()
    // At a file's position it ends by itself, as transfers at an offset do.
    const isStream = operation.offset < 0 && !this.#positioned.isAt(submission.slot)
    encodeTransfer(submission, operation, this.#memory, this.#ring.words, at, done, isStream)
  }

  /** A read or write that moves a file's position. */
  #transferAtPosition(submission: Submission, operation: Operation): void {
    const { slot, generation } = submission
    const { file, length, opcode } = operation
    if (opcode === Opcode.READ && this.#budget > 0) {
      const result = this.#positioned.readCached(slot, file, this.#memory.addressOf(operation.buffer as View), length)
      if (result >= 0) {
        this.counters.reapedInline++
        this.#budget -= 1 + (result >> BUDGET_UNIT_SHIFT)
        this.#soon.push({ slot, generation, result, value: result, more: false })
        return
      }
    }
    this.#writeTransfer(submission, operation, this.#positioned.begin(slot))
  }

  #submitOther(submission: Submission): boolean {
    const { operation, operation: { opcode } } = submission
    if (isOfSocket(opcode)) return this.#sockets.submit(submission)
    if (opcode === Opcode.TIMER || opcode === Opcode.POLL || opcode === Opcode.NOP) {
      this.#slots.take(submission, NO_REGION, true)
      this.#waiting.start(submission)
      return true
    }
    const bytes = opcode === Opcode.ROW ? rowBytes(operation) : regionBytes(operation)
    const region = bytes === 0 ? NO_REGION : this.#memory.lend(bytes)
    if (bytes > 0 && region < 0) return false
    this.#slots.take(submission, region, region >= 0 || !isPlain(opcode) || opcode === Opcode.CALL)
    if (this.#budget > 0 && isDoneAtOnce(operation)) {
      this.#soon.push(doneNow(submission, this.#memory, this.#binding, region))
      this.#budget -= 1 + (bytesAtOnce(operation) >> BUDGET_UNIT_SHIFT)
      return true
    }
    const reads = opcode === Opcode.READ || opcode === Opcode.READV
    if (!reads || operation.offset >= 0 || this.#positioned.has(operation.file) || !this.#waitsFirst(submission)) this.#writeOther(submission, operation, region)
    return true
  }

  /**
   * A read at the current position may be of something that is silent for ever, and no thread should wait for that: only
   * when it is readable does a thread make the call. False: there is nothing to wait for.
   */
  #waitsFirst(submission: Submission): boolean {
    const { file, flags } = submission.operation
    if ((flags & RWF_NOWAIT) !== 0 || !this.#binding.readWaits(file) || !this.#wait(submission, file)) return false
    this.#looksForReady = true
    return true
  }

  #writeOther(submission: Submission, operation: Operation, region: number): void {
    const { generation, slot } = submission
    const at = this.#next()
    const { words } = this.#ring
    words[at + PoolSubmission.SLOT] = slot
    words[at + PoolSubmission.GENERATION] = generation
    words[at + PoolSubmission.LANE] = submission.lane !== 0 ? submission.lane : automaticLane(operation)
    if (operation.opcode === Opcode.CALL && operation.detail !== undefined) {
      const texts = encodeCall(operation.detail, this.#memory, this.#binding, words, at)
      if (texts !== undefined) this.#slots.keep(slot, texts)
      return
    }
    const write = operation.opcode === Opcode.ROW ? encodeRow : isOfThePool(operation.opcode) ? encodeOfThePool : encode
    const failure = write(operation, this.#memory, words, at, region)
    if (failure === 0) {
      words[at] = (words[at] as number) | (waitsAfterAgain(operation) ? WAITS : 0) | (operation.detail?.kept === true || operation.opcode === Opcode.ACCEPT ? KEEPS : 0)
      return
    }
    this.#ring.takeBack()
    this.#soon.push({ slot, generation, result: failure, value: undefined, more: false })
  }

  /** After the descriptor has become ready. */
  #writeAgain(submission: Submission, duplicate: number): void {
    const operation = onDuplicate(submission.operation, duplicate)
    if (isOfSocket(operation.opcode)) this.#sockets.again(submission, duplicate)
    else if ((operation.opcode === Opcode.READ || operation.opcode === Opcode.WRITE) && operation.flags === 0) this.#writeTransfer(submission, operation, 0)
    else this.#writeOther(submission, operation, this.#slots.regionOf(submission.slot))
  }

  #wait(submission: Submission, descriptor: number): boolean {
    if (!this.#waiting.untilReady(submission, descriptor)) return false
    this.#slots.holdMore(submission.slot)
    return true
  }

  /** Asks the pool for the end of a submission. Above 0: it is running and was sent the signal, see `NativePool.cancel`. */
  #interrupt(submission: Submission): number {
    this.counters.systemCalls += this.#ring.pending
    this.#ring.publish()
    return this.#pool.cancel(submission.slot, submission.generation)
  }

  /** Tells everything that has completed. Returns how many. */
  #reap(): number {
    const batch = this.#batch
    let total = 0
    while (batch.left > 0 || this.#takeBatch()) {
      for (let at = batch.next(); at >= 0; at = batch.next()) {
        this.#dispatch(at)
        total++
      }
    }
    this.#budget -= total
    return total
  }

  #takeBatch(): boolean {
    this.#batch.filled(this.#ring.take(this.#batch.words, REAP_BATCH))
    return this.#batch.left > 0
  }

  #dispatch(at: number): void {
    const { words } = this.#batch
    const slot = words[at] as number
    const generation = words[at + PoolCompletion.GENERATION] as number
    const low = words[at + PoolCompletion.RESULT_LOW] as number
    let result = decodeResult(low, words[at + PoolCompletion.RESULT_HIGH] as number)
    if (result <= WAITS_ON) {
      // A cancel may have come between the call's answer and this: there is nothing to stop, and nothing is to be tried again.
      const isCancelled = this.#slots.isCancelled(slot, generation)
      if (this.#retryBehindPoll(slot, WAITS_ON - result, isCancelled)) return
      result = isCancelled ? Errno.ECANCELED : Errno.EAGAIN
    }
    if (this.#slots.holdsMore(slot)) this.#completeOther(slot, generation, result)
    else {
      this.#slots.forget(slot)
      this.#inFlight--
      this.#sink.complete(slot, generation, result, result, false)
    }
  }

  #completeOther(slot: number, generation: number, callResult: number): void {
    const submission = this.#slots.submissionOf(slot)
    if (submission === undefined) return
    const result = this.#positioned.ended(slot, callResult)
    const value = result >= 0 ? this.#valueOf(submission, this.#slots.regionOf(slot), result) : result
    this.#forget(slot)
    this.#sink.complete(slot, generation, result, value, false)
  }

  #valueOf({ operation, slot }: Submission, region: number, result: number): unknown {
    if (operation.opcode === Opcode.ROW) return decodeRow(operation, this.#memory, region, result)
    if (operation.opcode === Opcode.CALL && operation.detail?.program !== undefined) return decodeProgram(this.#slots.keptBy(slot))
    return decodeValue(operation.opcode, this.#memory, region, result)
  }

  #completeWaiting({ slot, generation }: Pick<Submission, 'slot' | 'generation'>, result: number, value: unknown, more: boolean): void {
    if (!more) this.#forget(slot)
    this.#sink.complete(slot, generation, result, value, more)
  }

  #forget(slot: number): void {
    this.#inFlight--
    this.#waiting.release(slot)
    this.#slots.giveBack(slot)
  }

  #tellSoon(): void {
    for (let one = this.#soon.shift(); one !== undefined; one = this.#soon.shift()) this.#completeWaiting(one, one.result, one.value, one.more)
  }

  /**
   * libuv makes descriptors non-blocking, and they answer EAGAIN where a file would wait: no thread waits for them, but
   * a poll, and the call is made again behind it. False: the answer stands.
   * @param duplicate what the thread made of the descriptor when it met EAGAIN
   */
  #retryBehindPoll(slot: number, duplicate: number, isCancelled: boolean): boolean {
    const submission = this.#slots.submissionOf(slot)
    const waits = !isCancelled && submission !== undefined && this.#wait(submission, duplicate)
    this.#binding.closeOwn?.(duplicate)
    return waits
  }
}

/** The thread-pool driver: Linux on x64 and arm64, whatever forbids io_uring. */
export const threadPool: DriverFactory = {
  name: 'thread-pool',
  open(sink: CompletionSink, options: DriverOptions): Driver | Refusal {
    const { binding, reason, isTransient } = loadBinding()
    if (binding === undefined) return { refused: reason, isTransient }
    let driver: ThreadPoolDriver | undefined
    const pool = openPool(binding, options, () => driver?.onReadable())
    if ('refused' in pool) return pool
    return driver = new ThreadPoolDriver(binding, pool, sink, options)
  },
}
