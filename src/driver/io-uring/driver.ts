// ④ driver — io_uring: submissions are written into the ring (⑤) as they are taken, handed over in one io_uring_enter
// a batch, and completions that are there right after it are reaped at once, within a bound.
import type { Binding, NativeRing } from '../../native/binding.js'
import { loadBinding } from '../../native/load.js'
import { byteLengthOf } from '../../operation/arguments.js'
import { linkIsHard } from '../../operation/chain.js'
import { LentMemory } from '../../operation/lent-memory.js'
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation, type View } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import type { Capabilities, CompletionSink, Driver, DriverCounters, DriverFactory, DriverOptions, Submission } from '../../proactor/driver.js'
import {
  Cqe, IORING_CQE_F_MORE, IORING_ENTER_GETEVENTS, IORING_OP, IOSQE_ASYNC, IOSQE_FIXED_FILE, IOSQE_IO_HARDLINK, IOSQE_IO_LINK, Params, Sqe,
} from '../../ring/layout/io-uring.js'
import type { SubmissionRing } from '../../ring/submission-ring.js'
import { CachedEntries } from './cached-entries.js'
import { decodeResult, decodeValue, needsDecoding } from './decode.js'
import { DirectChain, DirectFiles } from './direct-files.js'
import { encode, failureBreaksLink, MESSAGE_MARK, regionBytes, ringOpcodeName, timersLink } from './encode.js'
import { probeOperations, setUpRing } from './probe.js'
import { RegisteredBuffers } from './registered-buffers.js'
import { REAP_BATCH, RingCalls } from './ring-calls.js'
import { grown, RememberedViews } from './views.js'

/**
 * Completions reaped inline before the loop must have turned once. At 0.8 µs each that is about 0.4 ms, the longest that
 * an endless chain of awaited cached reads can hold up a timer; the turn costs about 5 µs, so 1 % of the rate.
 */
const INLINE_BUDGET = 512
/** One unit of the budget for each completion, and one more for each so many bytes that were copied inside the submission. */
const BYTES_PER_BUDGET_UNIT = 8192
/**
 * Buffered transfers above this many bytes go to the kernel's workers: their copy would hold up the loop. Below, the
 * hand-over costs more than the copy (measured with `npm run bench -- --only sequential`).
 */
export const ASYNC_BYTES = 65536
const RWF_NOWAIT = 8
// The kernel's own, which a worker that was interrupted lets out (an open of a FIFO, on 6.18).
const ERESTARTSYS = -512
const ERESTART_RESTARTBLOCK = -516

// user_data, low word: a slot, or a slot with one of these bits. Slots stay below 2^29.
const CANCEL_MARK = 0x40000000
const POLL_MARK = 0x20000000
const SLOT_MASK = 0x1fffffff

// The names of the hot path as constants of this module: compiled code then holds their values, while a property of an
// imported table is loaded each time (two dozen of them an operation).
const { READ, WRITE } = Opcode
const { DESCRIPTOR } = FileKind
const { READ: RING_READ, WRITE: RING_WRITE, READ_FIXED: RING_READ_FIXED, WRITE_FIXED: RING_WRITE_FIXED } = IORING_OP
const {
  FD: SQE_FD, OFF_LOW: SQE_OFF_LOW, OFF_HIGH: SQE_OFF_HIGH, ADDR_LOW: SQE_ADDR_LOW, ADDR_HIGH: SQE_ADDR_HIGH, LEN: SQE_LEN,
  OP_FLAGS: SQE_OP_FLAGS, USER_DATA_LOW: SQE_USER_DATA_LOW, USER_DATA_HIGH: SQE_USER_DATA_HIGH, BUF_INDEX: SQE_BUF_INDEX,
  FILE_INDEX: SQE_FILE_INDEX, ADDR3_LOW: SQE_ADDR3_LOW, ADDR3_HIGH: SQE_ADDR3_HIGH,
} = Sqe
const { USER_DATA_LOW: CQE_USER_DATA_LOW, USER_DATA_HIGH: CQE_USER_DATA_HIGH, RES: CQE_RES, FLAGS: CQE_FLAGS } = Cqe
const MORE = IORING_CQE_F_MORE

class IoUringDriver implements Driver {
  readonly name = 'io-uring'
  readonly capabilities: Capabilities
  readonly counters: DriverCounters
  readonly port: number
  readonly #binding: Binding
  readonly #sink: CompletionSink
  readonly #ring: NativeRing
  readonly #setupFlags: number
  readonly #calls: RingCalls
  readonly #submissions: SubmissionRing
  readonly #cached: CachedEntries
  readonly #memory: LentMemory
  readonly #files: DirectFiles
  readonly #buffers: RegisteredBuffers
  // By slot. A slot's kind is 0 for those that complete with the plain number and hold no region: the hot ones.
  #kinds = new Uint8Array(1024)
  #regions: Int32Array = new Int32Array(1024)
  // By slot: what was submitted last; its generation tells whether it is still the one meant.
  readonly #taken: (Submission | undefined)[] = []
  readonly #views: RememberedViews
  readonly #directChains: (DirectChain | undefined)[] = []
  // By slot, the generation it holds for; what a slot's next user finds there is an old generation.
  /** Met EAGAIN and now waits behind a poll of its descriptor. */
  #polled: Int32Array = new Int32Array(1024)
  /** A cancel has been asked for: nothing is tried or armed again. */
  #cancelled: Int32Array = new Int32Array(1024)
  /** Ticks of multishot timers. */
  readonly #ticks = new Map<number, number>()
  /** Taken but impossible (a path too long): told at the next flush. */
  #stillborn: { readonly slot: number; readonly generation: number; readonly result: number }[] = []
  #unstoppable: { readonly slot: number; readonly generation: number }[] = []
  #budget = INLINE_BUDGET
  #nextTurn: NodeJS.Immediate | undefined = undefined
  #closed = false

  constructor(binding: Binding, ring: NativeRing, operations: Uint8Array, sink: CompletionSink, inFlightMax: number) {
    this.#binding = binding
    this.#ring = ring
    this.#sink = sink
    this.port = ring.fd
    this.#setupFlags = ring.params[Params.FLAGS] as number
    this.#calls = new RingCalls(ring)
    this.counters = this.#calls.counters
    this.#submissions = this.#calls.submissions
    this.#cached = new CachedEntries(ring, this.#submissions)
    this.#memory = new LentMemory(binding)
    this.#views = new RememberedViews(this.#memory, this.#taken)
    const address = (view: NodeJS.ArrayBufferView): number => binding.address(view)
    this.#files = new DirectFiles(ring, address)
    this.#buffers = new RegisteredBuffers(ring, this.#memory, address)
    this.capabilities = {
      operations,
      // Each submission may need two more completions: its cancel's, and its poll's after EAGAIN.
      inFlightMax: Math.max(1, Math.min(inFlightMax, Math.floor(this.#calls.completions.capacity / 2))),
      chains: true, multishot: true, priority: true, registration: true, cancellation: 'kernel',
    }
  }

  submit(submission: Submission): boolean {
    const ring = this.#submissions
    if (ring.room === 0 && !this.#calls.makeRoom(1)) return false
    const { operation, slot } = submission
    const { opcode } = operation
    if (opcode === READ || opcode === WRITE) {
      if (this.#taken[slot] !== submission) this.#taken[slot] = submission
      this.#writeTransfer(submission, operation, ring.next(), 0)
      return true
    }
    return this.#submitOther(submission, 0, undefined)
  }

  /** Reads and writes: no structure of the engine's, no region, the result as it is. */
  #writeTransfer(submission: Submission, operation: Operation, at: number, linkFlags: number): void {
    const words = this.#submissions.words
    const { slot } = submission
    if (slot >= this.#kinds.length) this.#grow(slot)
    this.#kinds[slot] = 0
    const view = operation.buffer as View // a read or write has one
    const views = this.#views
    views.remember(slot, submission.generation, view)
    const address = views.addresses[slot] as number
    let bufferIndex = views.bufferIndexes[slot] as number
    const { offset, length, opcode } = operation
    let ringOpcode: number = opcode === READ ? RING_READ : RING_WRITE
    let entryFlags = linkFlags
    if (bufferIndex >= 0) ringOpcode = opcode === READ ? RING_READ_FIXED : RING_WRITE_FIXED
    else bufferIndex = 0
    let file = operation.file
    if (operation.fileKind !== DESCRIPTOR) {
      entryFlags |= IOSQE_FIXED_FILE
      if (operation.fileKind === FileKind.CHAIN_OPENED) file = this.#directChains[slot]?.index ?? -1
    }
    if (length > ASYNC_BYTES && operation.fileKind === DESCRIPTOR && this.#binding.isBufferedFile(file)) entryFlags |= IOSQE_ASYNC
    words[at] = ringOpcode | (entryFlags << 8) | (submission.priority << 16)
    words[at + SQE_FD] = file
    words[at + SQE_OFF_LOW] = offset | 0
    words[at + SQE_OFF_HIGH] = offset < 0 ? -1 : (offset / 4294967296) | 0
    words[at + SQE_ADDR_LOW] = address | 0
    words[at + SQE_ADDR_HIGH] = (address / 4294967296) | 0
    words[at + SQE_LEN] = length
    words[at + SQE_OP_FLAGS] = operation.flags
    words[at + SQE_USER_DATA_LOW] = slot
    words[at + SQE_USER_DATA_HIGH] = submission.generation
    words[at + SQE_BUF_INDEX] = bufferIndex
    words[at + SQE_FILE_INDEX] = 0
    words[at + SQE_ADDR3_LOW] = 0
    words[at + SQE_ADDR3_HIGH] = 0
    words[at + 14] = 0
    words[at + 15] = 0
  }

  #submitOther(submission: Submission, linkFlags: number, chain: DirectChain | undefined): boolean {
    const { operation, slot, generation } = submission
    const bytes = regionBytes(operation)
    const region = bytes === 0 ? -1 : this.#memory.lend(bytes)
    if (bytes > 0 && region < 0) return false
    if (slot >= this.#kinds.length) this.#grow(slot)
    const ring = this.#submissions
    const at = ring.next()
    const failure = encode(operation, this.#memory, ring.words, at, region, chain?.index ?? -1, this.#setupFlags)
    const { words } = ring
    if (failure < 0) {
      // The entry is already ours: let it pass as a nop nobody waits for.
      words.fill(0, at, at + Sqe.WORDS)
      words[at + Sqe.USER_DATA_LOW] = CANCEL_MARK | slot
      words[at + Sqe.USER_DATA_HIGH] = generation
      if (region >= 0) this.#memory.release(region)
      this.#stillborn.push({ slot, generation, result: failure })
      return true
    }
    words[at] = (words[at] as number) | (linkFlags << 8)
    if (operation.opcode === Opcode.READV || operation.opcode === Opcode.WRITEV) {
      if (operation.length > ASYNC_BYTES && operation.fileKind === FileKind.DESCRIPTOR && this.#binding.isBufferedFile(operation.file)) {
        words[at] = words[at] | (IOSQE_ASYNC << 8)
      }
      words[at] = words[at] | (submission.priority << 16)
    }
    words[at + Sqe.USER_DATA_LOW] = slot
    words[at + Sqe.USER_DATA_HIGH] = generation
    this.#taken[slot] = submission
    const decode = needsDecoding(operation.opcode) || chain !== undefined || operation.detail?.multishot === true
    this.#kinds[slot] = region >= 0 || decode ? 1 : 0
    this.#regions[slot] = region
    if (operation.detail?.multishot === true && operation.opcode === Opcode.TIMER) this.#ticks.set(slot, 0)
    return true
  }

  takesChain(members: readonly Operation[]): boolean {
    if (members.length > this.#submissions.capacity) return false
    let opens = 0
    let usesOpened = false
    for (const [position, member] of members.entries()) {
      if (member.opcode === Opcode.TIMER && !timersLink(this.#setupFlags)) return false
      if (position < members.length - 1 && !failureBreaksLink(member.opcode) && !linkIsHard(members, position)) return false
      if (member.opcode === Opcode.OPEN) opens++
      if (member.fileKind === FileKind.CHAIN_OPENED) usesOpened = true
    }
    return !usesOpened || opens === 1
  }

  submitChain(members: readonly Submission[]): boolean {
    if (this.#submissions.room < members.length && !this.#calls.makeRoom(members.length)) return false
    const operations = members.map((member) => member.operation)
    const usesOpened = operations.some((operation) => operation.fileKind === FileKind.CHAIN_OPENED)
    if (!this.#regionsSuffice(operations)) return false
    let chain: DirectChain | undefined
    if (usesOpened) {
      const index = this.#files.take()
      if (index < 0) return false
      chain = new DirectChain(this.#files, index, members.length)
    }
    members.forEach((member, position) => {
      const last = position === members.length - 1
      const linkFlags = last ? 0 : linkIsHard(operations, position) ? IOSQE_IO_HARDLINK : IOSQE_IO_LINK
      const { operation, slot } = member
      const ofChain = operation.opcode === Opcode.OPEN || operation.fileKind === FileKind.CHAIN_OPENED ? chain : undefined
      if (chain !== undefined) this.#directChains[slot] = chain
      if (operation.opcode === Opcode.READ || operation.opcode === Opcode.WRITE) {
        this.#taken[slot] = member
        this.#writeTransfer(member, operation, this.#submissions.next(), linkFlags)
        if (chain !== undefined) {
          this.#kinds[slot] = 1
          this.#regions[slot] = -1
        }
      } else {
        this.#submitOther(member, linkFlags, ofChain)
        if (chain !== undefined) this.#kinds[slot] = 1
      }
    })
    return true
  }

  /** Whether all members can be lent their regions and none has a path too long: a link must not be cut in the middle. */
  #regionsSuffice(operations: readonly Operation[]): boolean {
    const lent: number[] = []
    let suffice = true
    for (const operation of operations) {
      const { detail } = operation
      const bytes = regionBytes(operation)
      if (bytes > 0) {
        const region = this.#memory.lend(bytes)
        if (region < 0) suffice = false
        else lent.push(region)
      }
      if (Math.max(detail?.path?.length ?? 0, detail?.path2?.length ?? 0) > 1000) suffice = false
    }
    for (const region of lent) this.#memory.release(region)
    return suffice
  }

  flush(): void {
    const { pending } = this.#submissions
    // What else is in flight wakes the loop as before; unless a call for want of room has silenced it, and left some to reap.
    if (pending === 1 && this.#budget > 0 && !this.#calls.completions.silent && this.#carryOutCached()) return
    if (pending > 0) this.#calls.enter(0, 0, -1)
    if (this.#stillborn.length > 0) this.#tellStillborn()
    if (this.#budget > 0) this.counters.reapedInline += this.#reap()
    this.#rest()
  }

  /** Carries out the one entry that waits to be submitted without the ring, if it can. */
  #carryOutCached(): boolean {
    const ring = this.#submissions
    const at = ring.last
    const result = this.#cached.carryOut()
    if (result === Errno.EAGAIN) return false
    const slot = ring.words[at + SQE_USER_DATA_LOW] as number
    const generation = ring.words[at + SQE_USER_DATA_HIGH] as number
    ring.retract()
    this.counters.systemCalls++
    this.counters.reapedInline++
    this.#spend(result)
    this.#tell(slot, generation, result, false)
    return true
  }

  /**
   * Leaves the ring to the loop: the next completion wakes it. Where something is left to do that wakes nobody, it comes
   * back on its own on its next turn: completions beyond the budget, or entries that the kernel did not take (no memory,
   * or its completion queue had overflowed).
   */
  #rest(): void {
    // What was submitted while completions were told has a flush of its own coming.
    if (this.#calls.announce() && !this.#calls.behind) return
    this.#nextTurn ??= setImmediate(() => {
      this.#nextTurn = undefined
      this.onReadable()
    })
  }

  wait(milliseconds: number, atLeast: number): void {
    if (this.#stillborn.length > 0) {
      this.#tellStillborn()
      return
    }
    const most = Math.min(atLeast, this.#calls.completions.capacity)
    if (this.#calls.completions.ready < most || this.#submissions.pending > 0) this.#calls.enter(most, IORING_ENTER_GETEVENTS, milliseconds)
    this.counters.reapedInline += this.#reap()
    this.#rest()
  }

  cancel(submission: Submission): void {
    const { slot, generation } = submission
    this.#cancelled[slot] = generation
    if (this.#submissions.room === 0 && !this.#calls.makeRoom(1)) {
      this.#unstoppable.push({ slot, generation })
      return
    }
    const { words } = this.#submissions
    const at = this.#submissions.next()
    words.fill(0, at, at + Sqe.WORDS)
    words[at] = IORING_OP.ASYNC_CANCEL
    words[at + Sqe.FD] = -1
    words[at + Sqe.ADDR_LOW] = this.#polled[slot] === generation ? slot | POLL_MARK : slot
    words[at + Sqe.ADDR_HIGH] = generation
    words[at + Sqe.USER_DATA_LOW] = slot | CANCEL_MARK
    words[at + Sqe.USER_DATA_HIGH] = generation
  }

  ref(keepAlive: boolean): void {
    if (!this.#closed) this.#ring.ref(keepAlive)
  }

  registerFile(fd: number): number {
    const index = this.#files.take()
    if (index < 0) return -1
    if (this.#files.set(index, fd)) return index
    this.#files.giveBack(index)
    return -1
  }

  unregisterFile(index: number): void {
    this.#files.empty(index)
    this.#files.giveBack(index)
  }

  registerBuffer(region: ArrayBuffer): boolean {
    if (!this.#buffers.add(region)) return false
    this.#views.forgetAll()
    return true
  }

  explain(operation: Operation): string {
    const how = `IORING_OP_${ringOpcodeName(operation.opcode)}`
    return operation.length > ASYNC_BYTES && operation.buffer !== undefined ? `${how}, on a kernel worker when buffered` : how
  }

  close(): void {
    this.#closed = true
    this.#ring.close()
    this.#memory.close()
  }

  /** Called by the loop when the ring has completions. */
  readonly onReadable = (): void => {
    if (this.#closed) return
    this.#views.forgetSoon()
    this.#budget = INLINE_BUDGET
    this.counters.reapedOnWake += this.#reap()
    if (this.#submissions.pending > 0) this.#calls.enter(0, 0, -1)
    this.#rest()
    this.#sink.delivered()
  }

  /** Tells everything that has completed. Returns how many. */
  #reap(): number {
    const calls = this.#calls
    let total = 0
    for (let count = calls.take(); count > 0; count = calls.take()) {
      for (let index = 0; index < count; index++) this.#dispatch(index * Cqe.WORDS)
      total += count
      // A ring's worth at a time: the loop comes back at once for the rest, after what else it has to do.
      if (total >= calls.completions.capacity) break
      // Not a full batch: nothing more is in the ring, unless the kernel holds something back.
      if (count < REAP_BATCH && !calls.fetchHidden()) break
    }
    if (this.#unstoppable.length > 0) this.#tellUnstoppable()
    return total
  }

  #dispatch(at: number): void {
    const { reaped } = this.#calls
    const slot = reaped[at + CQE_USER_DATA_LOW] as number
    const generation = reaped[at + CQE_USER_DATA_HIGH] as number
    let result = reaped[at + CQE_RES] as number
    const more = ((reaped[at + CQE_FLAGS] as number) & MORE) !== 0
    if (slot > SLOT_MASK || slot < 0) {
      this.#dispatchMarked(slot, generation, result)
      return
    }
    this.#spend(result)
    if (result < 0) {
      if (result === Errno.EAGAIN) {
        if (this.#cancelled[slot] === generation) result = Errno.ECANCELED
        else if (this.#retryBehindPoll(slot, generation)) return
      } else if (result <= ERESTARTSYS && result >= ERESTART_RESTARTBLOCK) result = Errno.EINTR
    }
    this.#tell(slot, generation, result, more)
  }

  /** Takes from the budget what a completion with this result has cost. */
  #spend(result: number): void {
    this.#budget -= result > BYTES_PER_BUDGET_UNIT ? 1 + ((result / BYTES_PER_BUDGET_UNIT) | 0) : 1
  }

  /** Tells the end of a submission, or one of its results. */
  #tell(slot: number, generation: number, result: number, more: boolean): void {
    if (this.#kinds[slot] === 0) {
      this.#sink.complete(slot, generation, result, result, more)
      return
    }
    this.#completeOther(slot, generation, result, more)
  }

  #dispatchMarked(low: number, high: number, result: number): void {
    if (low === MESSAGE_MARK) {
      this.#sink.message(result, high)
      return
    }
    const slot = low & SLOT_MASK
    if ((low & CANCEL_MARK) !== 0 && (result === Errno.EALREADY || result === Errno.ENOENT)) {
      // Its completion may stand behind this one in the same batch: judged when the batch is told.
      this.#unstoppable.push({ slot, generation: high })
    }
  }

  #completeOther(slot: number, generation: number, kernelResult: number, more: boolean): void {
    const submission = this.#taken[slot]
    if (submission === undefined || submission.generation !== generation) return
    // A cancel that met a multishot timer in the middle of a tick found nothing, and the timer goes on: asked once more.
    if (more && this.#cancelled[slot] === generation) {
      this.cancel(submission)
      this.#calls.enter(0, 0, -1)
    }
    const { opcode } = submission.operation
    const chain = this.#directChains[slot]
    let result = decodeResult(opcode, kernelResult)
    const region = this.#regions[slot] as number
    let value: unknown = result
    if (result >= 0) value = this.#value(opcode, slot, region, result, chain)
    if (!more && result >= 0 && submission.operation.detail?.multishot === true) {
      this.#sink.complete(slot, generation, result, value, true)
      if (this.#armAgain(submission, region)) return
      // It does not go on, and its reader must learn that, since this result alone does not say so.
      result = this.#cancelled[slot] === generation ? Errno.ECANCELED : Errno.EAGAIN
      value = result
    }
    if (!more) {
      if (region >= 0) this.#memory.release(region)
      if (opcode === Opcode.TIMER) this.#ticks.delete(slot)
      if (chain !== undefined) {
        this.#directChains[slot] = undefined
        chain.memberEnded(submission.operation, result)
      }
    }
    this.#sink.complete(slot, generation, result, value, more)
  }

  /** A multishot that ended by itself (the kernel's way out when the completion ring is full; a timer's, before 6.6) goes on under a new entry. */
  #armAgain(submission: Submission, region: number): boolean {
    const { slot, generation } = submission
    if (this.#cancelled[slot] === generation) return false
    if (this.#submissions.room === 0 && !this.#calls.makeRoom(1)) return false
    const { words } = this.#submissions
    const at = this.#submissions.next()
    encode(submission.operation, this.#memory, words, at, region, -1, this.#setupFlags)
    words[at + Sqe.USER_DATA_LOW] = slot
    words[at + Sqe.USER_DATA_HIGH] = generation
    this.#calls.enter(0, 0, -1)
    return true
  }

  #value(opcode: Opcode, slot: number, region: number, result: number, chain: DirectChain | undefined): unknown {
    if (opcode === Opcode.OPEN) return chain === undefined ? result : -1
    if (opcode === Opcode.TIMER && this.#ticks.has(slot)) {
      const tick = (this.#ticks.get(slot) ?? 0) + 1
      this.#ticks.set(slot, tick)
      return tick
    }
    return needsDecoding(opcode) ? decodeValue(opcode, this.#memory, region) : result
  }

  /**
   * libuv makes descriptors non-blocking, and rings of older kernels then answer EAGAIN where a file would wait: wait
   * for readiness with a poll, and run the operation again behind it. Hard-linked: if the poll fails (a closed
   * descriptor), the operation itself tells why.
   */
  #retryBehindPoll(slot: number, generation: number): boolean {
    const submission = this.#taken[slot]
    if (submission === undefined || submission.generation !== generation) return false
    const { operation } = submission
    const reads = operation.opcode === Opcode.READ || operation.opcode === Opcode.READV
    if (!reads && operation.opcode !== Opcode.WRITE && operation.opcode !== Opcode.WRITEV) return false
    if ((operation.flags & RWF_NOWAIT) !== 0 || operation.fileKind === FileKind.CHAIN_OPENED || this.#directChains[slot] !== undefined) return false
    if (operation.buffer !== undefined && byteLengthOf(operation.buffer) < operation.length) return false // its memory has gone
    if (this.#submissions.room < 2 && !this.#calls.makeRoom(2)) return false
    const { words } = this.#submissions
    const at = this.#submissions.next()
    words.fill(0, at, at + Sqe.WORDS)
    const fixed = operation.fileKind === FileKind.REGISTERED ? IOSQE_FIXED_FILE : 0
    words[at] = IORING_OP.POLL_ADD | ((IOSQE_IO_HARDLINK | fixed) << 8)
    words[at + Sqe.FD] = operation.file
    words[at + Sqe.OP_FLAGS] = reads ? 1 : 4
    words[at + Sqe.USER_DATA_LOW] = slot | POLL_MARK
    words[at + Sqe.USER_DATA_HIGH] = generation
    if (operation.opcode === Opcode.READ || operation.opcode === Opcode.WRITE) this.#writeTransfer(submission, operation, this.#submissions.next(), 0)
    else {
      const region = this.#regions[slot] as number
      const second = this.#submissions.next()
      encode(operation, this.#memory, words, second, region, -1, this.#setupFlags)
      words[second + Sqe.USER_DATA_LOW] = slot
      words[second + Sqe.USER_DATA_HIGH] = generation
    }
    this.#polled[slot] = generation
    this.#calls.enter(0, 0, -1)
    return true
  }

  #tellStillborn(): void {
    const stillborn = this.#stillborn
    this.#stillborn = []
    for (const { slot, generation, result } of stillborn) this.#sink.complete(slot, generation, result, result, false)
  }

  #tellUnstoppable(): void {
    const unstoppable = this.#unstoppable
    this.#unstoppable = []
    for (const { slot, generation } of unstoppable) this.#sink.unstoppable(slot, generation)
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.#kinds.length * 2)
    const kinds = new Uint8Array(length)
    kinds.set(this.#kinds)
    this.#kinds = kinds
    this.#regions = grown(this.#regions, length)
    this.#polled = grown(this.#polled, length)
    this.#cancelled = grown(this.#cancelled, length)
  }
}

/** The io_uring driver: Linux 5.11 and newer, where nothing forbids it. */
export const ioUring: DriverFactory = {
  name: 'io-uring',
  open(sink: CompletionSink, options: DriverOptions): Driver | { readonly refused: string } {
    const { binding, reason } = loadBinding()
    if (binding === undefined) return { refused: reason }
    let driver: IoUringDriver | undefined
    const completionEntries = Math.min(65536, Math.max(2 * options.inFlightMax, 2 * options.entries))
    const ring = setUpRing(binding, options.entries, completionEntries, () => driver?.onReadable())
    if ('refused' in ring) return ring
    const operations = probeOperations(ring)
    if ('refused' in operations) {
      ring.close()
      return operations
    }
    driver = new IoUringDriver(binding, ring, operations, sink, options.inFlightMax)
    return driver
  },
}
