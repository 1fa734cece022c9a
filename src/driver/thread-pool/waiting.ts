// ④ driver — thread-pool: what needs no thread: timers, readiness of descriptors, nops, and the repeated signal of a
// cancel. Works on alarm.ts and readiness.ts for driver.ts.
import type { Binding } from '../../native/binding.js'
import { Opcode } from '../../operation/opcode.js'
import { Operation, OperationDetail } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import { PollEvent, TimerFlag } from '../../operation/timer.js'
import type { Submission } from '../../proactor/driver.js'
import { Alarms, type Alarm } from './alarm.js'
import { Readiness } from './readiness.js'
import { awaitedEvents } from './socket-calls.js'
import { repeatSignal } from './repeat-signal.js'

const RWF_NOWAIT = 8

/** What the driver does for those that wait. */
export interface WaitingHost {
  /** Sends the signal again; the id of the thread it went to, 1 while that is not known; ≤ 0: it is not running any more. */
  signal(submission: Submission): number
  unstoppable(submission: Submission): void
  complete(submission: Submission, result: number, value: unknown, more: boolean): void
  /** The same at the next flush. */
  completeSoon(submission: Submission, result: number, value: unknown, more: boolean): void
  /** Its descriptor has become ready: make the call again, on this duplicate of it. */
  again(submission: Submission, duplicate: number): void
  /** The loop had completions, and all of them were reported. */
  after(): void
}

export class Waiting {
  readonly #host: WaitingHost
  readonly #alarms: Alarms
  readonly #readiness: Readiness
  /** By slot: the duplicate of a transfer that has waited, on which it is made: the number may be another file's by then. */
  readonly #held = new Map<number, number>()
  /** Slots of timers, polls and nops. */
  readonly #quiet = new Set<number>()
  /** By slot: how to stop waiting for it. */
  readonly #stops = new Map<number, () => void>()

  constructor(binding: Binding, host: WaitingHost) {
    this.#host = host
    this.#alarms = new Alarms(() => this.#host.after())
    this.#readiness = new Readiness(binding, () => {
      this.#readiness.take()
      this.#host.after()
    })
  }

  /** How many submissions wait here. */
  get count(): number {
    return this.#stops.size
  }

  /** Readable when a descriptor is ready; -1: none was ever waited for. */
  get readinessDescriptor(): number {
    return this.#readiness.fd
  }

  /** The same, of those that are watched apart. */
  get readinessDescriptorApart(): number {
    return this.#readiness.fdApart
  }

  /** Milliseconds to the next timer or signal; -1: none. */
  untilNext(): number {
    return this.#alarms.untilNext()
  }

  ringDue(): number {
    return this.#alarms.ringDue()
  }

  takeReady(): void {
    if (this.#readiness.count > 0) this.#readiness.take()
  }

  /** How many submissions need nothing but to be notified: timers and polls, which no limit counts. */
  get quiet(): number {
    return this.#quiet.size
  }

  /** Begins a TIMER, POLL or NOP. */
  start(submission: Submission): void {
    this.#quiet.add(submission.slot)
    switch (submission.operation.opcode) {
      case Opcode.TIMER: this.#startTimer(submission); return
      case Opcode.POLL: this.#startPoll(submission); return
      default: this.#host.completeSoon(submission, 0, undefined, false)
    }
  }

  /**
   * Waits for a descriptor of a transfer's, to make the call then. What is waited on is a duplicate, which the call is made on
   * and which `release` closes. False: it cannot be waited for.
   */
  untilReady(submission: Submission, descriptor: number): boolean {
    const { slot, operation } = submission
    const reads = operation.opcode === Opcode.READ || operation.opcode === Opcode.READV
    const events = awaitedEvents(operation)
    const key = this.#readiness.add(descriptor, events !== 0 ? events : reads ? PollEvent.POLLIN : PollEvent.POLLOUT, false, () => {
      this.#stops.delete(slot)
      this.#host.again(submission, key)
    })
    if (key < 0) return false
    this.release(slot)
    this.#held.set(slot, key)
    this.#stops.set(slot, () => { /* released at its end */ })
    return true
  }

  /** A submission has ended: the duplicate it waited on is closed, and it is not counted any more. */
  release(slot: number): void {
    this.#quiet.delete(slot)
    const key = this.#held.get(slot)
    if (key === undefined) return
    this.#held.delete(slot)
    this.#readiness.remove(key)
  }

  /** Stops waiting for a submission. False: it does not wait here. */
  stop(submission: Submission): boolean {
    const stop = this.#stops.get(submission.slot)
    if (stop === undefined) return false
    this.#stops.delete(submission.slot)
    stop()
    return true
  }

  /** Signals a running call again and again until it ends. */
  repeatSignal(submission: Submission): void {
    repeatSignal(this.#alarms, this.#host, submission)
  }

  ref(keepAlive: boolean): void {
    this.#alarms.ref(keepAlive)
    this.#readiness.ref(keepAlive)
  }

  close(): void {
    this.#alarms.close()
    this.#readiness.close()
  }

  #startTimer(submission: Submission): void {
    const { operation } = submission
    const now = performance.now()
    const wait = timerDelay(operation)
    if (wait <= 0) {
      this.#host.completeSoon(submission, 0, undefined, false)
      return
    }
    const multishot = operation.detail?.multishot === true
    let alarm: Alarm
    let tick = 0
    const ring = (): void => {
      if (multishot) {
        alarm = this.#alarms.add(Math.max(alarm.deadline, performance.now() - wait) + wait, ring)
        this.#host.complete(submission, 0, ++tick, true)
        return
      }
      this.#stops.delete(submission.slot)
      this.#host.complete(submission, 0, undefined, false)
    }
    alarm = this.#alarms.add(now + wait, ring)
    this.#stops.set(submission.slot, () => this.#alarms.remove(alarm))
  }

  #startPoll(submission: Submission): void {
    const { detail, file, flags } = submission.operation
    const multishot = detail?.multishot === true
    const key = this.#readiness.add(file, flags, multishot, (events) => {
      if (!multishot) this.#end(submission, key)
      this.#host.complete(submission, events, events, multishot)
    })
    if (key === Errno.EPERM) this.#pollAlwaysReady(submission, multishot)
    else if (key < 0) this.#host.completeSoon(submission, key, undefined, false)
    else this.#stops.set(submission.slot, () => this.#readiness.remove(key))
  }

  /** A regular file is ready at once, and never changes. */
  #pollAlwaysReady(submission: Submission, multishot: boolean): void {
    const events = this.#readiness.alwaysReady(submission.operation.flags)
    if (multishot || events === 0) this.#stops.set(submission.slot, () => { /* nothing watches it */ })
    if (events !== 0) this.#host.completeSoon(submission, events, events, multishot)
  }

  #end(submission: Submission, key: number): void {
    this.#stops.delete(submission.slot)
    this.#readiness.remove(key)
  }
}

/** Milliseconds from now. Of an instant: never too early, as Date.now() rounds down. */
function timerDelay(operation: Operation): number {
  const { seconds, nanoseconds } = operation.detail as OperationDetail // a timer has one
  const time = seconds * 1000 + nanoseconds / 1e6
  return (operation.flags & TimerFlag.ABSOLUTE) === 0 ? time : time - Date.now()
}

/** What waits for its descriptor after EAGAIN. */
export function waitsAfterAgain({ opcode, flags }: Operation): boolean {
  return (opcode >= Opcode.READ && opcode <= Opcode.WRITEV && (flags & RWF_NOWAIT) === 0) || opcode === Opcode.SENDFILE
}

/** The operation on another number of the open file it waits for: of sendfile that is its target. */
export function onDuplicate({ opcode, fileKind, file, buffer, length, offset, flags, detail }: Operation, duplicate: number): Operation {
  if (opcode !== Opcode.SENDFILE) return new Operation(opcode, fileKind, duplicate, buffer, length, offset, flags, detail)
  const own = Object.assign(new OperationDetail(), detail, { file2: duplicate })
  return new Operation(opcode, fileKind, file, buffer, length, offset, flags, own)
}
