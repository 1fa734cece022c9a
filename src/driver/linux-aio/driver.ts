// ④ driver — linux-aio: the kernel's own asynchronous I/O of 2002. One io_submit a batch; events are read out of the ring
// that the kernel maps (⑤ ring/aio-ring.ts), right after it and when an eventfd wakes the loop. It takes what the kernel
// carries out beside the submitting thread, which is little: transfers with O_DIRECT, fsync, polls.
import type { Binding, NativeAio } from '../../native/binding.js'
import { FileFact, fileFacts } from '../../native/file-facts.js'
import { loadBinding } from '../../native/load.js'
import { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation } from '../../operation/operation.js'
import { Errno, errorCode } from '../../operation/system-error.js'
import type { Capabilities, CompletionSink, Driver, DriverCounters, DriverFactory, DriverOptions, Refusal, Submission } from '../../proactor/driver.js'
import { AioCompletions, AioSubmissions, REAPED_WORDS } from '../../ring/aio-ring.js'
import { Fifo } from '../../waiting/fifo.js'
import { ReapedBatch } from '../../ring/reaped-batch.js'
import { AIO_EVENTS, FileTraits, Iocb } from '../../ring/layout/linux-aio.js'
import { decodeResult, decodeValue } from './decode.js'
import { COMMAND, encode, regionBytes } from './encode.js'
import { OPERATIONS, setUpContext } from './probe.js'

/** Completions reaped inline before the loop must have turned once: an endless chain of awaits must not hold up timers. */
const INLINE_BUDGET = 512
const NO_REGION = -1
const { DIRECT, ONE_QUEUE } = FileTraits

/** What dead contexts were given, with the memory of callers. */
const heldForEver: (readonly (Submission | undefined)[])[] = []

/** Completions that are reported at the next flush, as none may be reported inside `submit` or `cancel`. */
interface Told {
  readonly slot: number
  readonly generation: number
  readonly result: number
}

class LinuxAioDriver implements Driver {
  readonly name = 'linux-aio'
  readonly capabilities: Capabilities
  readonly counters: DriverCounters = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
  readonly port = -1
  readonly #sink: CompletionSink
  readonly #native: NativeAio
  readonly #binding: Binding
  readonly #submissions: AioSubmissions
  readonly #completions: AioCompletions
  readonly #memory: LentMemory
  readonly #facts = fileFacts()
  readonly #batch = new ReapedBatch(AIO_EVENTS, REAPED_WORDS)
  // By slot, while it is taken.
  readonly #taken: (Submission | undefined)[] = []
  readonly #places: number[] = []
  readonly #regions: number[] = []
  /** Control blocks that the kernel refused, or that were withdrawn from the batch. */
  readonly #soon = new Fifo<Told>()
  readonly #unstoppable = new Fifo<Told>()
  #budget = INLINE_BUDGET
  #nextTurn: NodeJS.Immediate | undefined = undefined
  #closed = false
  /** Why its calls are not answered any more (a seccomp filter that came later); undefined while the context lives. */
  #dead: string | undefined = undefined
  /** The context is dead, and the proactor knows. */
  #isGone = false

  constructor(binding: Binding, native: NativeAio, capacity: number, sink: CompletionSink, inFlightMax: number) {
    this.#sink = sink
    this.#native = native
    this.#binding = binding
    this.#submissions = new AioSubmissions(native, capacity, binding.address(new Uint8Array(native.shared)))
    this.#completions = new AioCompletions(native)
    this.#memory = new LentMemory(binding)
    // Not the context's own capacity: what does not fit goes to the driver below.
    this.capabilities = {
      operations: OPERATIONS, inFlightMax,
      chains: false, multishot: false, priority: true, registration: false, cancellation: 'queued',
    }
  }

  /** Whether it is one that io_submit does not carry out, or wait for, inside the call; and there is room for it. */
  takes({ detail, file, fileKind, offset, opcode }: Operation): boolean {
    if (this.#submissions.room === 0 || fileKind !== FileKind.DESCRIPTOR) return false
    if (opcode === Opcode.FSYNC || opcode === Opcode.FDATASYNC) return true
    if (opcode === Opcode.POLL) return detail?.multishot !== true && this.#has(file, ONE_QUEUE)
    // A file server's daemon may not answer, and io_submit would wait for it (a write beyond the end of a FUSE file, 6.18).
    return offset >= 0 && this.#has(file, DIRECT) && this.#facts.has(file, FileFact.RING)
  }

  #has(fd: number, trait: number): boolean {
    const traits = this.#binding.fileTraits?.(fd) ?? 0
    return traits > 0 && (traits & trait) !== 0
  }

  submit(submission: Submission): boolean {
    if (this.#submissions.room === 0) return false
    const bytes = regionBytes(submission)
    const region = bytes === 0 ? NO_REGION : this.#memory.lend(bytes)
    if (bytes > 0 && region < 0) return false
    const { slot } = submission
    const place = this.#submissions.next()
    encode(submission, this.#memory, this.#submissions.words, place * Iocb.WORDS, region, this.#native.eventfd)
    this.#taken[slot] = submission
    this.#places[slot] = place
    this.#regions[slot] = region
    return true
  }

  flush(): void {
    this.#handOver()
    if (this.#soon.length > 0) this.#tellSoon()
    if (this.#budget > 0) this.counters.reapedInline += this.#reap()
    if (this.#unstoppable.length > 0) this.#tellUnstoppable()
    if (this.#dead !== undefined) this.#die()
  }

  wait(milliseconds: number, atLeast: number): void {
    this.#handOver()
    if (this.#soon.length + this.#unstoppable.length > 0) {
      this.#tellSoon()
      this.#tellUnstoppable()
    } else this.#waitForEvents(milliseconds, atLeast)
    if (this.#dead !== undefined) this.#die()
  }

  #waitForEvents(milliseconds: number, atLeast: number): void {
    // In the middle of a batch the rest of it is delivered first: the caller may wait for it.
    if (this.#batch.left === 0 && this.#completions.ready < atLeast && this.#dead === undefined) {
      this.counters.systemCalls++
      const count = this.#native.getEvents(atLeast, milliseconds)
      // EINTR: a signal came first, and the waiter checks again.
      if (count < 0 && count !== Errno.EINTR) this.#diesOf('io_getevents', count)
      if (count > 0) {
        this.#completions.brought(count, this.#batch.words)
        this.#batch.filled(count)
      }
    }
    this.counters.reapedInline += this.#reap()
  }

  cancel(submission: Submission): void {
    const { generation, slot } = submission
    const place = this.#places[slot] as number
    if (this.#submissions.withdraw(place)) this.#soon.push({ slot, generation, result: Errno.ECANCELED })
    else if (submission.operation.opcode === Opcode.POLL) {
      this.counters.systemCalls++
      const answer = this.#native.cancel(place)
      // EINPROGRESS: its event will say so. EINVAL: its event is already on the way.
      if (answer !== 0 && answer !== Errno.EINPROGRESS && answer !== Errno.EINVAL) this.#diesOf('io_cancel', answer)
    } else this.#unstoppable.push({ slot, generation, result: 0 })
  }

  ref(keepAlive: boolean): void {
    if (!this.#closed) this.#native.ref(keepAlive)
  }

  explain({ opcode }: Operation): string {
    return `IOCB_CMD_${COMMAND[opcode] ?? ''}`
  }

  close(): void {
    this.#closed = true
    if (this.#nextTurn !== undefined) clearImmediate(this.#nextTurn)
    this.#native.close()
    // A dead context's requests may still write into their memory, and nobody can learn until when.
    if (this.#isGone && this.#taken.some((submission) => submission !== undefined)) heldForEver.push(this.#taken)
    this.#memory.close()
  }

  /** Called by the loop when events have been counted. */
  readonly onReadable = (): void => {
    if (this.#closed) return
    this.#budget = INLINE_BUDGET
    this.counters.reapedOnWake += this.#reap()
    this.#handOver()
    if (this.#soon.length > 0) this.#tellSoon()
    if (this.#dead !== undefined) this.#die()
    this.#sink.delivered()
  }

  #handOver(): void {
    const submissions = this.#submissions
    while (submissions.pending > 0 && this.#dead === undefined) {
      submissions.publish(submissions.pending)
      this.counters.systemCalls++
      this.#native.submit()
      const { answer } = submissions
      if (answer > 0) submissions.taken(answer)
      else if (answer === Errno.EAGAIN) {
        // The kernel has no request to spare, or no memory; what it did not take stays in the batch.
        this.#nextTurn ??= setImmediate(() => {
          this.#nextTurn = undefined
          this.onReadable()
        })
        return
      } else if (this.#answers(answer)) this.#refuseFirst(answer)
    }
  }

  /**
   * Whether a call that came back with this error still reaches the kernel. A filter answers EPERM or ENOSYS, and so does the kernel
   * about one control block (a priority that is not allowed), but not about a batch of none.
   */
  #answers(error: number): boolean {
    this.#submissions.publish(0)
    this.counters.systemCalls++
    this.#native.submit()
    const { answer } = this.#submissions
    if (answer < 0) this.#diesOf('io_submit', error)
    return answer >= 0
  }

  #diesOf(call: string, errno: number): void {
    this.#dead ??= `${call}: ${errorCode(errno)}`
  }

  /** The kernel does not answer any more: requests it has not taken are returned; those it has may still complete, and are then reported. */
  #die(): void {
    if (this.#isGone) return
    this.#tellSoon()
    this.#reap()
    this.#isGone = true
    const returned = this.#giveBackUntaken()
    // Polls can be ended if that call is still answered. Everything else ends by itself.
    this.#taken.forEach((submission, slot) => {
      if (submission?.operation.opcode === Opcode.POLL) this.#native.cancel(this.#places[slot] as number)
    })
    this.#sink.died(this, this.#dead ?? '', returned)
  }

  /** Takes out of the batch what the kernel has not taken, in order. */
  #giveBackUntaken(): Submission[] {
    const returned: Submission[] = []
    const { words } = this.#submissions
    while (this.#submissions.pending > 0) {
      const slot = words[this.#submissions.firstPlace * Iocb.WORDS + Iocb.DATA_LOW] as number
      this.#submissions.taken(1)
      returned.push(this.#taken[slot] as Submission) // it is, until its place is given back
      this.#giveBack(slot)
    }
    return returned
  }

  /** The first of the batch was refused, and with it nobody else's: the rest is offered again. */
  #refuseFirst(result: number): void {
    const { words, firstPlace } = this.#submissions
    const at = firstPlace * Iocb.WORDS
    this.#soon.push({ slot: words[at + Iocb.DATA_LOW] as number, generation: words[at + Iocb.DATA_HIGH] as number, result })
    this.#submissions.taken(1)
  }

  /** Tells everything that has completed. Returns how many. */
  #reap(): number {
    const batch = this.#batch
    const { words } = batch
    let total = 0
    while (batch.left > 0 || this.#takeBatch()) {
      for (let at = batch.next(); at >= 0; at = batch.next()) {
        this.#complete(words[at] as number, words[at + 1] as number, words[at + 3] as number)
        total++
      }
    }
    this.#budget -= total
    return total
  }

  /** Takes the next batch out of the ring. False: it is empty. */
  #takeBatch(): boolean {
    const count = this.#completions.take(this.#batch.words, AIO_EVENTS)
    this.#batch.filled(count)
    return count > 0
  }

  #complete(slot: number, generation: number, kernelResult: number): void {
    const submission = this.#taken[slot]
    if (submission?.generation !== generation) throw new Error(`trueaio: an event of Linux AIO for slot ${String(slot)}, which has none in flight`)
    const { opcode } = submission.operation
    const result = decodeResult(submission.operation, kernelResult)
    this.#giveBack(slot)
    this.#sink.complete(slot, generation, result, result < 0 ? result : decodeValue(opcode, result), false)
  }

  #giveBack(slot: number): void {
    const region = this.#regions[slot] as number
    this.#taken[slot] = undefined
    this.#submissions.giveBack(this.#places[slot] as number)
    if (region >= 0) this.#memory.release(region)
  }

  #tellSoon(): void {
    for (let one = this.#soon.shift(); one !== undefined; one = this.#soon.shift()) this.#complete(one.slot, one.generation, one.result)
  }

  #tellUnstoppable(): void {
    // Those that have ended meanwhile the proactor knows by their generation.
    for (let one = this.#unstoppable.shift(); one !== undefined; one = this.#unstoppable.shift()) this.#sink.unstoppable(one.slot, one.generation)
  }
}

/** The linux-aio driver: any Linux, for files open with O_DIRECT, syncing and polls, where io_uring is forbidden. */
export const linuxAio: DriverFactory = {
  name: 'linux-aio',
  operations: OPERATIONS,
  open(sink: CompletionSink, options: DriverOptions): Driver | Refusal {
    const { binding, reason, isTransient } = loadBinding()
    if (binding === undefined) return { refused: reason, isTransient }
    let driver: LinuxAioDriver | undefined
    const context = setUpContext(binding, options.inFlightMax, () => driver?.onReadable())
    if ('refused' in context) return context
    driver = new LinuxAioDriver(binding, context.native, context.capacity, sink, options.inFlightMax)
    return driver
  },
}
