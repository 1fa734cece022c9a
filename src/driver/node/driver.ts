// ④ driver — node: no addon at all. Operations become calls of node:fs on libuv's threads, timers are node:timers'; the
// last driver to be tried, where nothing better can run. docs/drivers/node.md lists what it cannot do.
import { isOnMemory } from '../../operation/memory.js'
import { Opcode, opcodeName } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import { Support, type Capabilities, type CompletionSink, type Driver, type DriverCounters, type DriverFactory, type DriverOptions, type Submission, type Refusal } from '../../proactor/driver.js'
import { Fifo } from '../../waiting/fifo.js'
import { TimerTable, type Taken } from '../../waiting/timer-table.js'
import { ComputeQueue } from './computing.js'
import { decodeError, decodeResult, decodeValue } from './decode.js'
import { encode } from './encode.js'
import { functionPair, probeOperations } from './probe.js'

interface Answer {
  readonly taken: Taken
  readonly result: number
}

class NodeDriver implements Driver {
  readonly name = 'node'
  readonly capabilities: Capabilities
  readonly counters: DriverCounters = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
  readonly port = -1
  readonly #sink: CompletionSink
  /** Taken and not started, by slot, in order. */
  readonly #queued = new Map<number, Taken>()
  /** With node:fs now: how many. */
  #running = 0
  readonly #timers: TimerTable
  readonly #computing: ComputeQueue
  readonly #cancels = new Fifo<Taken>()
  /** Ended without node:fs. Told by an immediate, so that a program that awaits them for ever still lets the loop turn. */
  readonly #answers = new Fifo<Answer>()
  #immediate: NodeJS.Immediate | undefined = undefined
  #inFlight = 0
  /** Of these, timers. */
  #timersInFlight = 0

  constructor(sink: CompletionSink, operations: Uint8Array, inFlightMax: number) {
    this.#sink = sink
    this.capabilities = {
      operations, inFlightMax, chains: false, multishot: true, priority: false, registration: false, cancellation: 'queued',
    }
    this.#timers = new TimerTable(
      (taken, ticks, more) => this.#complete(taken, 0, more ? ticks : undefined, more),
      () => this.#sink.delivered(),
    )
    this.#computing = new ComputeQueue(
      (taken, result) => this.#complete(taken, result, result < 0 ? undefined : result, false),
      () => this.#sink.delivered(),
    )
  }

  submit(submission: Submission): boolean {
    const { slot, generation, operation } = submission
    const isTimer = operation.opcode === Opcode.TIMER
    if (!isTimer && this.#inFlight - this.#timersInFlight >= this.capabilities.inFlightMax) return false
    this.#inFlight++
    if (isTimer) this.#timersInFlight++
    this.#queued.set(slot, { slot, generation, operation })
    return true
  }

  flush(): void {
    this.#carryOutCancels()
    for (const taken of this.#queued.values()) {
      this.#queued.delete(taken.slot)
      this.#start(taken)
    }
  }

  cancel(submission: Submission): void {
    // Answered at the next flush: the proactor may be in the middle of cancelling several.
    const { slot, generation, operation } = submission
    this.#cancels.push({ slot, generation, operation })
  }

  /**
   * Carries out what was not flushed with the blocking functions of node:fs, and sleeps for timers. What libuv's threads
   * hold already comes back through the loop only, which cannot turn meanwhile.
   */
  wait(milliseconds: number, atLeast: number): void {
    const end = milliseconds < 0 ? Infinity : performance.now() + milliseconds
    let told = this.#carryOutCancels() + this.#tellAnswers() + this.#timers.tellDue()
    while (told < atLeast) {
      const [next] = this.#queued.values()
      if (next !== undefined) {
        this.#queued.delete(next.slot)
        told += this.#performNow(next)
      } else if (!this.#computing.isEmpty) told += this.#computing.step()
      else {
        const left = end - performance.now()
        const untilTick = this.#timers.untilNext()
        if (left <= 0 || this.#inFlight === 0) return
        if (!this.#timers.hasOneShot && this.#running > 0 && left === Infinity) {
          if (told > 0) return
          throw cannotBlock(this.#running)
        }
        sleep(Math.min(left, untilTick))
      }
      told += this.#tellAnswers() + this.#timers.tellDue()
    }
  }

  /** What libuv's threads have is all there is. */
  get needsLoop(): boolean {
    return this.#running > 0 && this.#queued.size === 0 && this.#computing.isEmpty && this.#answers.length === 0 && this.#cancels.length === 0
  }

  ref(keepAlive: boolean): void {
    // Calls with libuv keep the process alive by themselves, and cannot be kept from it.
    this.#timers.ref(keepAlive)
  }

  explain(operation: Operation): string {
    const { opcode } = operation
    if (opcode === Opcode.NOP) return 'an immediate of the loop'
    if (opcode === Opcode.TIMER) return 'node:timers'
    if (isOnMemory(opcode)) return 'JavaScript on this thread, 1 MiB in each turn of the loop'
    const call = encode(operation)
    if (typeof call === 'number') return `'${opcodeName(opcode)}' with these arguments has no form in node:fs: ENOTSUP`
    return `fs.${call.name} on libuv's threads`
  }

  close(): void {
    clearImmediate(this.#immediate)
    this.#computing.close()
  }

  #start(taken: Taken): void {
    const { opcode } = taken.operation
    if (opcode === Opcode.TIMER) {
      this.#timers.add(taken)
      return
    }
    if (isOnMemory(opcode)) {
      this.#computing.add(taken)
      return
    }
    if (opcode === Opcode.NOP) {
      this.#answer(taken, 0)
      return
    }
    const call = encode(taken.operation)
    if (typeof call === 'number') {
      this.#answer(taken, call)
      return
    }
    this.#running++
    this.counters.systemCalls++
    try {
      functionPair(call.name)?.asynchronous(...call.parameters, (error: unknown, value: unknown) => {
        this.#running--
        this.counters.reapedOnWake++
        if (error === null || error === undefined) this.#succeed(taken, value)
        else this.#complete(taken, decodeError(opcode, error), undefined, false)
        this.#sink.delivered()
      })
    } catch (error) {
      // node:fs refuses some arguments in the call itself.
      this.#running--
      this.#answer(taken, decodeError(opcode, error))
    }
  }

  /** Runs one on this thread. Returns how many completions that told. */
  #performNow(taken: Taken): number {
    const { opcode } = taken.operation
    if (opcode === Opcode.TIMER || opcode === Opcode.NOP || isOnMemory(opcode)) {
      this.#start(taken)
      return 0
    }
    const call = encode(taken.operation)
    if (typeof call === 'number') {
      this.#complete(taken, call, undefined, false)
      return 1
    }
    this.counters.systemCalls++
    this.counters.reapedInline++
    let value: unknown
    try {
      value = functionPair(call.name)?.synchronous(...call.parameters)
    } catch (error) {
      this.#complete(taken, decodeError(opcode, error), undefined, false)
      return 1
    }
    this.#succeed(taken, value)
    return 1
  }

  #succeed(taken: Taken, value: unknown): void {
    const { opcode } = taken.operation
    this.#complete(taken, decodeResult(opcode, value), decodeValue(opcode, value), false)
  }

  #complete(taken: Taken, result: number, value: unknown, more: boolean): void {
    if (!more) this.#inFlight--
    if (!more && taken.operation.opcode === Opcode.TIMER) this.#timersInFlight--
    this.#sink.complete(taken.slot, taken.generation, result, value, more)
  }

  #answer(taken: Taken, result: number): void {
    this.#answers.push({ taken, result })
    this.#immediate ??= setImmediate(() => {
      this.#immediate = undefined
      if (this.#tellAnswers() > 0) this.#sink.delivered()
    })
  }

  #tellAnswers(): number {
    let told = 0
    for (let one = this.#answers.shift(); one !== undefined; one = this.#answers.shift()) {
      this.#complete(one.taken, one.result, undefined, false)
      told++
    }
    return told
  }

  /** Returns how many answers were given at once. */
  #carryOutCancels(): number {
    let told = 0
    for (let taken = this.#cancels.shift(); taken !== undefined; taken = this.#cancels.shift()) {
      const { slot, generation } = taken
      const queued = this.#queued.get(slot)
      if (queued?.generation === generation) {
        this.#queued.delete(slot)
        this.#answer(taken, Errno.ECANCELED)
      } else if (this.#timers.cancel(slot, generation) || this.#computing.cancel(slot, generation)) this.#answer(taken, Errno.ECANCELED)
      else {
        // With libuv, or ended meanwhile; the proactor knows the second by its generation.
        this.#sink.unstoppable(slot, generation)
        told++
      }
    }
    return told
  }
}

function cannotBlock(running: number): Error {
  return Object.assign(
    new Error(
      `trueaio: the node driver cannot block for ${String(running)} operation(s) that node:fs has already begun: their completions come through the ` +
        'event loop, which this wait holds up. Await them first, give the wait a timeout, or use a driver that can block (io-uring, thread-pool).',
    ),
    { code: 'ERR_TRUEAIO_CANNOT_BLOCK' },
  )
}

const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4))

function sleep(milliseconds: number): void {
  Atomics.wait(NOBODY_WAKES, 0, 0, milliseconds)
}

/** The node driver: anywhere Node runs, without the addon. Slower than the others, and with fewer operations. */
export const nodeDriver: DriverFactory = {
  name: 'node',
  open(sink: CompletionSink, options: DriverOptions): Driver | Refusal {
    const operations = probeOperations()
    if (operations[Opcode.READ] === Support.NONE) return { refused: 'this runtime has no node:fs' }
    return new NodeDriver(sink, operations, options.inFlightMax)
  },
}
