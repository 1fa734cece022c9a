// ② operation — time, readiness, and other things that complete by themselves.
import { checkInteger, fileKind, fileNumber, invalidArgType, outOfRange } from './arguments.js'
import { Opcode } from './opcode.js'
import { FileKind, Operation, OperationDetail, type FileReference } from './operation.js'

/** Whole seconds and nanoseconds in [0, 1e9) of a time in seconds, also before the epoch. */
export function splitSeconds(seconds: number): { seconds: number; nanoseconds: number } {
  const whole = Math.floor(seconds)
  const nanoseconds = Math.round((seconds - whole) * 1e9)
  return nanoseconds === 1e9 ? { seconds: whole + 1, nanoseconds: 0 } : { seconds: whole, nanoseconds }
}

/** `Operation.flags` of a timer. */
export const TimerFlag = { ABSOLUTE: 1 } as const

/** Options of {@link timer}. */
export interface TimerOptions {
  /** True: `time` is an instant (milliseconds since the epoch), not a duration. Default: false. */
  readonly absolute?: boolean
  /** True: repeats, one result for each tick, until cancelled. Default: false. */
  readonly multishot?: boolean
}

/**
 * Completes after `time` milliseconds (fractions count), or at that instant.
 * A multishot timer goes to `Proactor.iterate` or a callback; its ticks count 1, 2, 3 …
 * @see io_uring_enter(2), IORING_OP_TIMEOUT
 */
export function timer(time: number, options: TimerOptions = {}): Operation<void> {
  if (typeof time !== 'number') throw invalidArgType('time', 'of type number', time)
  if (!(time >= 0 && time <= Number.MAX_SAFE_INTEGER)) throw outOfRange('time', '>= 0 && <= 9007199254740991', time)
  const detail = new OperationDetail()
  const split = splitSeconds(time / 1000)
  detail.seconds = split.seconds
  detail.nanoseconds = split.nanoseconds
  detail.multishot = options.multishot === true
  if (detail.multishot && (options.absolute === true || time === 0)) {
    throw outOfRange('time', 'a duration above 0 for a multishot timer', time)
  }
  return new Operation(Opcode.TIMER, FileKind.DESCRIPTOR, -1, undefined, 0, 0, options.absolute === true ? TimerFlag.ABSOLUTE : 0, detail)
}

/** Event bits of poll(2). */
export const PollEvent = { POLLIN: 0x1, POLLPRI: 0x2, POLLOUT: 0x4, POLLERR: 0x8, POLLHUP: 0x10, POLLNVAL: 0x20, POLLRDHUP: 0x2000 } as const

/**
 * Completes when the descriptor is ready for one of `events` (`PollEvent` ored). Resolves to the events that are true.
 * @param options.multishot report each time, until cancelled, through `Proactor.iterate` or a callback
 * @see poll(2)
 */
export function poll(file: FileReference, events: number, options: { readonly multishot?: boolean } = {}): Operation<number> {
  const detail = new OperationDetail()
  detail.multishot = options.multishot === true
  return new Operation(Opcode.POLL, fileKind(file), fileNumber(file), undefined, 0, 0, checkInteger(events, 'events', 0, 0xffff), detail)
}

/** Does nothing and completes. Use it to measure the cost of a submission and completion. */
export function nop(): Operation<void> {
  return new Operation(Opcode.NOP, FileKind.DESCRIPTOR, -1, undefined, 0, 0, 0, undefined)
}

/**
 * Sends a message to the completion ring of another proactor, also in another worker thread.
 * @param port the receiver's `Proactor.port`
 * @param value a signed 32-bit number
 * @param tag another, from 0 to 2^31 - 1
 * @see io_uring_prep_msg_ring(3)
 */
export function message(port: number, value: number, tag = 0): Operation<void> {
  return new Operation(
    Opcode.MESSAGE, FileKind.DESCRIPTOR, checkInteger(port, 'port', 0, 0x7fffffff), undefined,
    checkInteger(value, 'value', -0x80000000, 0x7fffffff), 0, checkInteger(tag, 'tag', 0, 0x7fffffff), undefined,
  )
}

/** Which children `waitChild` means, and which changes: the constants of waitid(2). */
export const WaitFlag = { P_ALL: 0, P_PID: 1, P_PGID: 2, P_PIDFD: 3, WNOHANG: 1, WSTOPPED: 2, WEXITED: 4, WCONTINUED: 8, WNOWAIT: 0x1000000 } as const

/** How a child ended or changed. */
export interface ChildChange {
  /** 0 when WNOHANG found nothing. */
  readonly pid: number
  /** The user that the child ran as. */
  readonly uid: number
  /** CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3, CLD_TRAPPED 4, CLD_STOPPED 5, CLD_CONTINUED 6. */
  readonly code: number
  /** Exit code, or number of the signal. */
  readonly status: number
}

/** Options of {@link waitChild}. */
export interface WaitOptions {
  /** P_PID (default), P_PGID, P_PIDFD or P_ALL. */
  readonly idType?: number
  /** WEXITED | WNOWAIT (default): report the end, and leave the child for its parent code to reap. */
  readonly options?: number
}

/**
 * Completes when a child process ends (or stops, or continues). Node reaps the children it spawned itself. The default
 * therefore leaves the child to be reaped (WNOWAIT).
 * @see waitid(2)
 */
export function waitChild(id: number, options: WaitOptions = {}): Operation<ChildChange> {
  const detail = new OperationDetail()
  detail.argument = checkInteger(options.idType ?? WaitFlag.P_PID, 'idType', 0, 3)
  const flags = checkInteger(options.options ?? (WaitFlag.WEXITED | WaitFlag.WNOWAIT), 'options', 0, 0x7fffffff)
  return new Operation(Opcode.WAITID, FileKind.DESCRIPTOR, checkInteger(id, 'id', 0, 0x7fffffff), undefined, 0, 0, flags, detail)
}
