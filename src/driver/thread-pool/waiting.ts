// ④ driver — thread-pool: what needs no thread: timers, readiness of descriptors, nops, and the repeated signal of a
// cancel. Works on alarm.ts and readiness.ts for driver.ts.
import type { Binding } from '../../native/binding.js'
import { Opcode } from '../../operation/opcode.js'
import type { Operation, OperationDetail } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import { PollEvent, TimerFlag } from '../../operation/timer.js'
import type { Submission } from '../../proactor/driver.js'
import { Alarms, type Alarm } from './alarm.js'
import { Readiness } from './readiness.js'
import { repeatSignal } from './repeat-signal.js'

/** What the driver does for those that wait. */
export interface WaitingHost {
  /** Sends the signal again; the id of the thread it went to, 1 while that is not known; ≤ 0: it is not running any more. */
  signal(submission: Submission): number
  unstoppable(submission: Submission): void
  complete(submission: Submission, result: number, value: unknown, more: boolean): void
  /** The same at the next flush. */
  completeSoon(submission: Submission, result: number, value: unknown, more: boolean): void
  /** Its descriptor has become ready: make the call again. */
  again(submission: Submission): void
  /** The loop had something to tell, and all of it was told. */
  after(): void
}

export class Waiting {
  readonly #host: WaitingHost
  readonly #alarms: Alarms
  readonly #readiness: Readiness
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

  /** Begins a TIMER, POLL or NOP. */
  start(submission: Submission): void {
    switch (submission.operation.opcode) {
      case Opcode.TIMER: this.#startTimer(submission); return
      case Opcode.POLL: this.#startPoll(submission); return
      default: this.#host.completeSoon(submission, 0, undefined, false)
    }
  }

  /** Waits for a read's or write's descriptor, to make the call then. False: it cannot be waited for. */
  untilReady(submission: Submission): boolean {
    const { detail, file, opcode } = submission.operation
    const reads = opcode === Opcode.READ || opcode === Opcode.READV
    // What sendfile finds full is its target: its source is a file that can be mapped, and always ready.
    const descriptor = opcode === Opcode.SENDFILE ? (detail?.file2 ?? -1) : file
    const key = this.#readiness.add(descriptor, reads ? PollEvent.POLLIN : PollEvent.POLLOUT, false, () => {
      this.#end(submission, key)
      this.#host.again(submission)
    })
    if (key < 0) return false
    this.#stops.set(submission.slot, () => this.#readiness.remove(key))
    return true
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
