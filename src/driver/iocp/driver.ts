// ④ driver — iocp: Windows. Submissions are records in memory shared with native threads (⑤ ring/pool-ring.ts, ⑥ native/windows), which submit
// transfers to a completion port, and call libuv's blocking functions for names and attributes. One wake-up of the loop a batch.
import type { NativePort } from '../../native/binding.js'
import { FileFact, fileFacts } from '../../native/file-facts.js'
import { isMainThread, loadBinding } from '../../native/load.js'
import { LentMemory } from '../../operation/lent-memory.js'
import { Opcode, opcodeName } from '../../operation/opcode.js'
import { FileKind, type Operation, type View } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import type { Capabilities, CompletionSink, Driver, DriverCounters, DriverFactory, DriverOptions, Refusal, Submission } from '../../proactor/driver.js'
import { PoolCompletion, PoolSubmission } from '../../ring/layout/pool.js'
import { PoolRing } from '../../ring/pool-ring.js'
import { ReapedBatch } from '../../ring/reaped-batch.js'
import { Fifo } from '../../waiting/fifo.js'
import { TimerTable } from '../../waiting/timer-table.js'
import { Call, FUNCTION_NAME, Lane, OVERLAPPED } from './calls.js'
import { decodeResult, decodeValue } from './decode.js'
import { encode, putArgument, regionBytes } from './encode.js'
import { isOfSocket, isSocket, NO_BUFFER, socketBytes, SocketRecords } from './sockets.js'
import { IN_FLIGHT_MAX, openPort, supportedOperations, threadCount } from './probe.js'

/** Completions reaped inline before the loop must have turned once: an endless chain of awaits must not hold up timers. */
const INLINE_BUDGET = 256
const REAP_BATCH = 256
const NO_REGION = -1
/** A cancel that came just before its call is asked for again after 1, 2, 4 … ms, so many times. */
const CANCELS_MAX = 8
const { POSITION } = FileFact
/** Of NativePort.way: an overlapped pipe. */
const PIPE = 1

/** By what NativePort.way answers: who makes a transfer at an offset, and why. */
const WAYS = [
  (_: string, call: string): string => `${call}, since this driver has not opened the file`,
  (name: string): string => `${name} on the completion port: an overlapped pipe`,
  (name: string): string => `${name} on the completion port, by an open file of its own: it is not buffered`,
  (_: string, call: string): string => `${call}, since Windows does not open this file once more`,
  (name: string, _: string, threads: number): string => `${name} on one of ${String(threads)} threads, by an open file of its own: it is buffered, and mostly read from the cache`,
] as const

/** What NativePort.cancel answers. */
const Cancelled = { ENDS: 1, UNSTOPPABLE: 2, AGAIN: 3 } as const

/** Completions that are reported at the next flush, as none may be reported inside `submit` or `cancel`. */
interface Told {
  readonly slot: number
  readonly generation: number
  readonly result: number
}

class IocpDriver implements Driver {
  readonly name = 'iocp'
  readonly capabilities: Capabilities
  readonly counters: DriverCounters = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
  readonly port = -1
  readonly #sink: CompletionSink
  readonly #port: NativePort
  readonly #ring: PoolRing
  readonly #memory: LentMemory
  readonly #facts = fileFacts()
  readonly #threads: number
  readonly #batch = new ReapedBatch(REAP_BATCH, PoolCompletion.WORDS)
  /** By slot, of what the port or a thread has: opcode, generation and region. */
  readonly #opcodes: Opcode[] = []
  readonly #generations: number[] = []
  readonly #regions: number[] = []
  readonly #sockets: SocketRecords
  /** By slot: how to stop waiting for a buffer of a group. */
  readonly #parked = new Map<number, () => void>()
  readonly #timers: TimerTable
  readonly #soon = new Fifo<Told>()
  readonly #unstoppable = new Fifo<Submission>()
  #inFlight = 0
  #budget = INLINE_BUDGET

  constructor(memory: LentMemory, port: NativePort, sink: CompletionSink, options: DriverOptions) {
    this.#sink = sink
    this.#port = port
    this.#ring = new PoolRing(port)
    this.#memory = memory
    this.#sockets = new SocketRecords(memory)
    this.#threads = threadCount(options.threads)
    this.#timers = new TimerTable(
      (taken, ticks, more) => this.#complete(taken.slot, taken.generation, 0, more ? ticks : undefined, more),
      () => this.#sink.delivered(),
    )
    this.capabilities = {
      operations: supportedOperations(), inFlightMax: Math.min(options.inFlightMax, IN_FLIGHT_MAX, this.#ring.capacity),
      chains: false, multishot: true, priority: false, registration: false, cancellation: 'kernel',
    }
  }

  /** In a worker Node closes descriptors; sockets are the driver's own everywhere. */
  readonly takes?: (operation: Operation) => boolean = isMainThread() ? undefined : ({ opcode, file }) => opcode !== Opcode.CLOSE || isSocket(file)

  submit(submission: Submission): boolean {
    const { slot, generation, operation, operation: { opcode } } = submission
    if (opcode !== Opcode.TIMER && this.#inFlight - this.#timers.size >= this.capabilities.inFlightMax) return false
    if (opcode === Opcode.NOP) this.#soon.push({ slot, generation, result: 0 })
    else if (opcode === Opcode.TIMER) this.#timers.add({ slot, generation, operation })
    else if ((opcode === Opcode.READ || opcode === Opcode.WRITE) && operation.flags === 0 && operation.fileKind === FileKind.DESCRIPTOR) this.#writeTransfer(submission)
    else if (isOfSocket(opcode)) {
      if (!this.#writeSocket(submission)) return false
    } else if (!this.#writeOther(submission)) return false
    this.#inFlight++
    return true
  }

  flush(): void {
    this.#tellSoon()
    this.#handOver()
    if (this.#budget > 0) this.counters.reapedInline += this.#reap()
  }

  wait(milliseconds: number, atLeast: number): void {
    const told = this.#tellSoon() + this.#timers.tellDue()
    this.#handOver()
    // Blocks only if nothing was reported, and not in the middle of a batch: the caller may wait for its rest.
    if (told === 0 && this.#batch.left === 0) {
      const next = this.#timers.untilNext()
      const limit = milliseconds < 0 ? (next === Infinity ? -1 : next) : Math.min(milliseconds, next)
      this.#port.wait(limit, next < Infinity ? 1 : Math.max(1, Math.min(atLeast, this.#inFlight)))
    }
    this.counters.reapedInline += this.#reap()
    this.#timers.tellDue()
    this.#tellSoon()
    this.#handOver()
  }

  cancel(submission: Submission): void {
    const { slot, generation } = submission
    if (this.#timers.cancel(slot, generation) || this.#unpark(submission)) this.#soon.push({ slot, generation, result: Errno.ECANCELED })
    else {
      // If its record has not been submitted, it is withdrawn as well.
      this.counters.systemCalls += this.#ring.pending
      this.#ring.publish()
      this.#askForEnd({ ...submission, slot, generation }, 0)
    }
  }

  ref(keepAlive: boolean): void {
    this.#port.ref(keepAlive)
    this.#timers.ref(keepAlive)
  }

  explain(operation: Operation): string {
    const { opcode, offset, file } = operation
    if (opcode === Opcode.NOP) return 'nothing to do: completes at the next flush'
    if (opcode === Opcode.TIMER) return 'node:timers'
    if (OVERLAPPED.has(opcode)) return `${FUNCTION_NAME[opcode] ?? ''} on the completion port`
    const call = `${FUNCTION_NAME[opcode] ?? opcodeName(opcode)} on one of ${String(this.#threads)} threads`
    if (opcode !== Opcode.READ && opcode !== Opcode.WRITE) return call
    if (isSocket(file)) return `${opcode === Opcode.READ ? 'WSARecv' : 'WSASend'} on the completion port`
    const name = opcode === Opcode.READ ? 'ReadFile' : 'WriteFile'
    const way = this.#port.way(file)
    if (offset < 0 && this.#facts.has(file, POSITION)) return `${call}, which moves the file's position`
    if (offset < 0 && way !== PIPE) return `${FUNCTION_NAME[opcode] ?? ''} on a thread of those that may wait for ever`
    return (WAYS[way] ?? WAYS[0])(name, call, this.#threads)
  }

  close(): void {
    this.#port.close()
    this.#memory.close()
  }

  /** Called by the loop when completions wait. */
  readonly onCompletions = (): void => {
    this.#budget = INLINE_BUDGET
    this.#ring.arm()
    this.counters.reapedOnWake += this.#reap()
    this.#handOver()
    this.#budget = INLINE_BUDGET
    this.#sink.delivered()
  }

  #next(): number {
    if (this.#ring.room === 0) this.#handOver()
    return this.#ring.next()
  }

  #handOver(): void {
    const count = this.#ring.pending
    if (count === 0) return
    this.counters.systemCalls += count
    this.#ring.publish()
    this.#port.wake()
  }

  /** Reads and writes: no structure of the engine's, no region, the result as it is. */
  #writeTransfer({ slot, generation, operation }: Submission): void {
    const { file, length, offset, opcode } = operation
    const facts = this.#facts.of(file)
    if (offset >= 0 && facts >= 0 && (facts & POSITION) === 0) {
      this.#soon.push({ slot, generation, result: Errno.ESPIPE })
      return
    }
    const at = this.#take(slot, generation, opcode, NO_REGION, offset >= 0 || (facts & POSITION) !== 0 || isSocket(file) ? Lane.ENDS : Lane.WAITS)
    const { words } = this.#ring
    words[at + PoolSubmission.NUMBER] = opcode === Opcode.READ ? Call.READ : Call.WRITE
    putArgument(words, at, 0, file)
    putArgument(words, at, 1, this.#memory.addressOf(operation.buffer as View)) // a read or write has one
    putArgument(words, at, 2, length)
    putArgument(words, at, 3, offset)
  }

  /** False: no memory now for its address or message. */
  #writeSocket(submission: Submission): boolean {
    const { slot, generation, operation } = submission
    const bytes = socketBytes(operation)
    const region = bytes === 0 ? NO_REGION : this.#memory.lend(bytes)
    if (bytes > 0 && region < 0) return false
    const at = this.#take(slot, generation, operation.opcode, region, Lane.ENDS)
    const failure = this.#sockets.encode(operation, slot, this.#ring.words, at, region)
    if (failure === 0) return true
    this.#withdraw(slot, region)
    if (failure === NO_BUFFER) this.#park({ ...submission, slot, generation, operation })
    else this.#soon.push({ slot, generation, result: failure })
    return true
  }

  /** A receive waits for a buffer of its group, and is made when one is returned. */
  #park(submission: Submission): void {
    const { slot, generation, operation } = submission
    const stop = operation.detail?.group?.wait(() => {
      this.#parked.delete(slot)
      if (!this.#writeSocket(submission)) this.#soon.push({ slot, generation, result: Errno.ENOBUFS })
      setImmediate(() => {
        this.#handOver()
        if (this.#tellSoon() > 0) this.#sink.delivered()
      })
    })
    if (stop !== undefined) this.#parked.set(slot, stop)
  }

  #unpark({ slot }: Submission): boolean {
    this.#parked.get(slot)?.()
    return this.#parked.delete(slot)
  }

  /** The place that `#take` gave last is not used. */
  #withdraw(slot: number, region: number): void {
    this.#ring.takeBack()
    if (region >= 0) this.#memory.release(region)
    this.#regions[slot] = NO_REGION
  }

  #writeOther({ slot, generation, operation }: Submission): boolean {
    const { opcode, file, offset } = operation
    const isVectored = opcode === Opcode.READV || opcode === Opcode.WRITEV
    const isStream = isVectored && !this.#facts.has(file, POSITION)
    if (isStream && offset >= 0 && this.#facts.of(file) >= 0) {
      this.#soon.push({ slot, generation, result: Errno.ESPIPE })
      return true
    }
    const bytes = regionBytes(operation)
    const region = bytes === 0 ? NO_REGION : this.#memory.lend(bytes)
    if (bytes > 0 && region < 0) return false
    const at = this.#take(slot, generation, opcode, region, isStream ? Lane.WAITS : Lane.ENDS)
    const failure = encode(operation, this.#memory, this.#ring.words, at, region)
    if (failure === 0) return true
    this.#withdraw(slot, region)
    this.#soon.push({ slot, generation, result: failure })
    return true
  }

  /** A record for the slot: its first word. */
  #take(slot: number, generation: number, opcode: Opcode, region: number, lane: number): number {
    this.#opcodes[slot] = opcode
    this.#generations[slot] = generation
    this.#regions[slot] = region
    const at = this.#next()
    const { words } = this.#ring
    words[at + PoolSubmission.SLOT] = slot
    words[at + PoolSubmission.GENERATION] = generation
    words[at + PoolSubmission.LANE] = lane
    return at
  }

  #askForEnd(submission: Submission, asked: number): void {
    const { slot, generation } = submission
    const answer = this.#port.cancel(slot, generation)
    if (answer === Cancelled.UNSTOPPABLE || (answer > 0 && asked === CANCELS_MAX)) {
      this.#unstoppable.push(submission)
      if (asked > 0) {
        this.#tellSoon()
        this.#sink.delivered()
      }
    } else if (answer > 0) {
      setTimeout(() => {
        if (this.#generations[slot] === generation) this.#askForEnd(submission, asked + 1)
      }, 1 << asked).unref()
    }
  }

  #tellSoon(): number {
    let told = 0
    for (let one = this.#soon.shift(); one !== undefined; one = this.#soon.shift()) {
      this.#complete(one.slot, one.generation, one.result, undefined, false)
      told++
    }
    for (let one = this.#unstoppable.shift(); one !== undefined; one = this.#unstoppable.shift()) {
      if (this.#generations[one.slot] === one.generation) this.#sink.unstoppable(one.slot, one.generation)
      told++
    }
    return told
  }

  #complete(slot: number, generation: number, result: number, value: unknown, more: boolean): void {
    if (!more) this.#inFlight--
    this.#sink.complete(slot, generation, result, value, more)
  }

  /** Tells everything that has completed. Returns how many. */
  #reap(): number {
    const batch = this.#batch
    let total = 0
    while (batch.left > 0 || this.#takeBatch()) {
      for (let at = batch.next(); at >= 0; at = batch.next()) {
        this.#tell(at)
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

  #tell(at: number): void {
    const { words } = this.#batch
    const slot = words[at] as number
    const generation = words[at + PoolCompletion.GENERATION] as number
    const result = decodeResult(words[at + PoolCompletion.RESULT_LOW] as number, words[at + PoolCompletion.RESULT_HIGH] as number)
    const region = this.#regions[slot] as number
    const opcode = this.#opcodes[slot] as Opcode
    const value = isOfSocket(opcode) ? this.#sockets.ended(slot, region, result) : result < 0 ? undefined : decodeValue(opcode, this.#memory, region, result)
    this.#generations[slot] = -1
    if (region >= 0) this.#memory.release(region)
    this.#complete(slot, generation, result, value, false)
  }
}

/** The iocp driver: completion ports, on Windows. */
export const iocp: DriverFactory = {
  name: 'iocp',
  operations: supportedOperations(),
  open(sink: CompletionSink, options: DriverOptions): Driver | Refusal {
    const { binding, reason, isTransient } = loadBinding()
    if (binding === undefined) return { refused: reason, isTransient }
    let driver: IocpDriver | undefined
    const port = openPort(binding, options, () => driver?.onCompletions())
    if ('refused' in port) return port
    driver = new IocpDriver(new LentMemory(binding), port, sink, options)
    return driver
  },
}
