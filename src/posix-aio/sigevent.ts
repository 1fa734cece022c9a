// ① interface — posix-aio: how the end of a request or a list is notified, `struct sigevent`, and whether that is possible.
import { constants } from 'node:os'
import { invalidArgType } from '../operation/arguments.js'
import { Errno } from '../operation/system-error.js'
import { SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD } from './constants.js'

/** How a completion is notified. */
export interface sigevent {
  /** `SIGEV_NONE`, `SIGEV_THREAD` or `SIGEV_SIGNAL`. */
  readonly sigev_notify: number
  /**
   * For `SIGEV_SIGNAL`: its number or name, one that `process.on` can listen to. Without a listener the signal has its
   * default action, which usually ends the process.
   */
  readonly sigev_signo?: number | NodeJS.Signals
  /** Passed to the function. A signal cannot carry it: Node's listeners do not receive it. */
  readonly sigev_value?: unknown
  /**
   * For `SIGEV_THREAD`: called once, in this thread, after the completions of the same wake-up have been noted, in the async
   * context of the submission. What it throws is an uncaught exception.
   */
  readonly sigev_notify_function?: (value: unknown) => void
}

/** 0, or EINVAL: no such kind of notification, or no signal that Node knows. @throws ERR_INVALID_ARG_TYPE */
export function checkEvent(event: sigevent, name: string): number {
  if (typeof event !== 'object' || (event as sigevent | null) === null) throw invalidArgType(name, 'a sigevent', event)
  const { sigev_notify: notify } = event
  if (notify === SIGEV_NONE) return 0
  if (notify === SIGEV_THREAD) {
    const { sigev_notify_function: notifyFunction } = event
    if (typeof notifyFunction !== 'function') throw invalidArgType(`${name}.sigev_notify_function`, 'of type function', notifyFunction)
    return 0
  }
  return notify === SIGEV_SIGNAL && signalNumber(event.sigev_signo) !== undefined ? 0 : Errno.EINVAL
}

const { signals } = constants
/** Those that no process can listen to. */
const UNHEARD: readonly number[] = [signals.SIGKILL, signals.SIGSTOP]
const HEARD: ReadonlySet<number> = new Set(Object.values(signals).filter((number) => !UNHEARD.includes(number)))

/** The number of a signal that `process.on` knows; undefined: it knows none such (SIGRTMIN and above among them). */
export function signalNumber(signal: number | NodeJS.Signals | undefined): number | undefined {
  const number = typeof signal === 'string' ? (signals as Readonly<Record<string, number>>)[signal] : signal
  return number !== undefined && HEARD.has(number) ? number : undefined
}
