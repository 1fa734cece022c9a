// A driver that completes nothing by itself: the test decides what ends, when and how. It keeps the contract of
// src/proactor/driver.ts and fails loudly where the proactor breaks it.
import assert from 'node:assert/strict'
import type { Capabilities, CompletionSink, Driver, DriverFactory, Operation, Submission } from 'trueaio'
import { OPCODE_COUNT } from '#src/operation/opcode.js'
import { Support } from '#src/proactor/driver.js'

const ECANCELED = -125

interface Held {
  readonly submission: Submission
  readonly generation: number
  cancelled: boolean
}

export interface HeldOptions {
  readonly inFlightMax?: number
  /** Submissions taken before `submit` answers false; default: no such bound. */
  readonly room?: number
  /** What is lacking, by opcode. */
  readonly lacks?: readonly number[]
}

/** The factory is the driver: one proactor each. */
export class HeldDriver implements Driver, DriverFactory {
  readonly name: string
  readonly capabilities: Capabilities
  readonly counters = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
  readonly port = -1
  /** In order of submission. */
  readonly held: Held[] = []
  /** Operations in the order they were handed over. */
  readonly started: Operation[] = []
  /** Asked for and not yet answered. */
  readonly cancels: Held[] = []
  flushes = 0
  referenced = false
  closed = false
  readonly #room: number
  #sink: CompletionSink | undefined = undefined

  constructor(name = 'held', options: HeldOptions = {}) {
    this.name = name
    this.#room = options.room ?? Infinity
    const operations = new Uint8Array(OPCODE_COUNT).fill(Support.NATIVE)
    for (const opcode of options.lacks ?? []) operations[opcode] = Support.NONE
    this.capabilities = {
      operations, inFlightMax: options.inFlightMax ?? 1_000_000, chains: false, multishot: true, priority: false, registration: false, cancellation: 'kernel',
    }
  }

  open(sink: CompletionSink): Driver {
    this.#sink = sink
    return this
  }

  submit(submission: Submission): boolean {
    assert.ok(!this.closed, 'submitted to a closed driver')
    assert.ok(!this.held.some((other) => other.submission.slot === submission.slot), 'one slot submitted twice')
    if (this.held.length >= this.#room) return false
    this.held.push({ submission, generation: submission.generation, cancelled: false })
    this.started.push(submission.operation)
    return true
  }

  flush(): void {
    assert.ok(!this.closed, 'flushed after close')
    this.flushes++
  }

  cancel(submission: Submission): void {
    const one = this.held.find((other) => other.submission.slot === submission.slot && other.generation === submission.generation)
    assert.ok(one !== undefined, 'a cancel for what is not here')
    assert.equal(one.cancelled, false, 'cancelled twice')
    one.cancelled = true
    this.cancels.push(one)
  }

  /** Blocking: ends everything, oldest first. */
  wait(): void {
    this.endAll()
  }

  ref(keepAlive: boolean): void {
    this.referenced = keepAlive
  }

  explain(): string {
    return 'when the test says so'
  }

  close(): void {
    assert.equal(this.held.length, 0, 'closed with submissions in flight')
    this.closed = true
  }

  get #told(): CompletionSink {
    return this.#sink ?? assert.fail('no proactor has opened this driver')
  }

  /** Ends the submission at this position. */
  end(position: number, result = 0, value: unknown = result): void {
    const [one] = this.held.splice(position, 1)
    assert.ok(one !== undefined)
    const cancel = this.cancels.indexOf(one)
    if (cancel >= 0) this.cancels.splice(cancel, 1)
    this.#told.complete(one.submission.slot, one.generation, result, value, false)
  }

  /** Another result of a multishot submission. */
  more(position: number, value: unknown): void {
    const one = this.held[position] ?? assert.fail()
    this.#told.complete(one.submission.slot, one.generation, 0, value, true)
  }

  endAll(result = 0): void {
    while (this.held.length > 0) this.end(0, result)
    this.delivered()
  }

  /** Answers a cancel: the submission was stopped. */
  stop(cancelPosition = 0): void {
    const one = this.cancels[cancelPosition] ?? assert.fail()
    this.end(this.held.indexOf(one), ECANCELED)
  }

  /** Answers a cancel: it cannot be stopped; it stays held. */
  cannotStop(cancelPosition = 0): void {
    const [one] = this.cancels.splice(cancelPosition, 1)
    assert.ok(one !== undefined)
    this.#told.unstoppable(one.submission.slot, one.generation)
  }

  /** A completion told again: the proactor must not care. */
  repeat(slot: number, generation: number): void {
    this.#told.complete(slot, generation, 0, 0, false)
  }

  delivered(): void {
    this.#told.delivered()
  }
}
