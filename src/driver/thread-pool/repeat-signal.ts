// ④ driver — thread-pool: the repeated signal of a cancel. What the thread does decides whether its call can be stopped, and
// no clock: on a busy machine a thread may not have run for long after the signal that it is going to answer.
import { readFileSync } from 'node:fs'
import type { Submission } from '../../proactor/driver.js'

/** Milliseconds between the first signals of one cancel. A signal can arrive just before the call it is meant for. */
const INTERVALS: readonly number[] = [1, 2, 4, 6, 7]
/** Milliseconds between later ones, while the call may still answer. */
const INTERVAL = 7
/** Milliseconds between those to a call that cannot be stopped where it is now, but perhaps further on. */
const INTERVAL_UNSTOPPABLE = 250
/** Nanoseconds of processor time after which a call that goes on in spite of signals does not look at them. */
const BUSY_NANOSECONDS = 10_000_000

export interface SignalClock {
  add(deadline: number, ring: () => void): unknown
}

export interface SignalHost {
  /** Sends the signal again; the id of the thread it went to, 1 while that is not known; ≤ 0: it is not running any more. */
  signal(submission: Submission): number
  unstoppable(submission: Submission): void
}

/** Signals a running call again and again until it ends. Once it is seen that it answers none, it is said to be unstoppable. */
export function repeatSignal(alarms: SignalClock, host: SignalHost, submission: Submission): void {
  // The submission is its proactor's own entry, used again by others later: what is meant is this use of it.
  const { slot, generation, operation, priority, lane } = submission
  const meant: Submission = { slot, generation, operation, priority, lane }
  const thread = new SignalledThread()
  let unstoppable = false
  const repeat = (time: number): void => {
    const id = host.signal(meant)
    if (id <= 0) return
    if (time >= INTERVALS.length && !unstoppable && thread.answersNone(id)) {
      unstoppable = true
      host.unstoppable(meant)
    }
    const interval = unstoppable ? INTERVAL_UNSTOPPABLE : (INTERVALS[time] ?? INTERVAL)
    alarms.add(performance.now() + interval, () => repeat(time + 1))
  }
  alarms.add(performance.now() + (INTERVALS[0] as number), () => repeat(1))
}

/** What is seen of a thread that was sent signals. */
class SignalledThread {
  /** At the last look it was in a sleep that no signal ends. */
  #wasUninterruptible = false
  /** The processor time it had used at the first look. */
  #usedBefore: number | undefined = undefined

  /** Looks at the thread. True: signals have reached it, and its call does not end for them. */
  answersNone(id: number): boolean {
    if (id === 1) return false // it has not begun
    const now = look(id)
    // Without /proc nothing is known of it: then the time decides after all.
    if (now === undefined) return true
    const { asleep, uninterruptible, pending, used } = now
    // Asleep with the signal pending: it blocks signals.
    if (asleep && pending) return true
    // Disks and dead file servers. A page that is fetched from disk is soon there: twice, one look after the other.
    if (uninterruptible && this.#wasUninterruptible) return true
    this.#wasUninterruptible = uninterruptible
    this.#usedBefore ??= used
    return used - this.#usedBefore >= BUSY_NANOSECONDS
  }
}

interface Look {
  readonly asleep: boolean
  readonly uninterruptible: boolean
  /** A signal waits for it. */
  readonly pending: boolean
  /** Nanoseconds of processor time. */
  readonly used: number
}

/** @see proc(5): /proc/pid/status, /proc/pid/schedstat */
function look(id: number): Look | undefined {
  const task = `/proc/self/task/${String(id)}`
  try {
    const status = readFileSync(`${task}/status`, 'latin1')
    const [used = '0'] = readFileSync(`${task}/schedstat`, 'latin1').split(' ')
    const [, state] = /^State:\s*(\S)/m.exec(status) ?? []
    return { asleep: state === 'S', uninterruptible: state === 'D', pending: /^SigPnd:\s*0*[1-9a-f]/m.test(status), used: Number(used) }
  } catch {
    return undefined
  }
}
