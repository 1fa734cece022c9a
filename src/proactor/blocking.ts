// ③ proactor, ⑦ completion — blocking this thread until operations have ended: the loop does not turn meanwhile, so the
// drivers are waited on directly.
import type { Admission } from './admission.js'
import type { Deadlines } from './cancel.js'
import type { DriverLadder } from './choose-driver.js'
import { errorOf, failureOf } from './failure.js'
import type { Entry, Settler } from './in-flight.js'

export class BlockingCollector implements Settler {
  readonly results: PromiseSettledResult<unknown>[]
  remaining: number

  constructor(count: number) {
    this.results = new Array<PromiseSettledResult<unknown>>(count)
    this.remaining = count
  }

  readonly firstOnly = true

  settle(entry: Entry, result: number, value: unknown, more: boolean): void {
    if (!more) this.remaining--
    // The end of a multishot operation comes behind its first result.
    this.results[entry.first as number] ??= result < 0 ? { status: 'rejected', reason: errorOf(failureOf(entry, result)) } : { status: 'fulfilled', value }
  }
}

/** What was asked for cannot be waited for: a blocking wait would end with holes in its answer. */
export function cannotBlock(remaining: number): Error {
  return Object.assign(
    new Error(`trueaio: this thread cannot block for ${String(remaining)} operation(s) that no driver holds: they wait for operations whose completions are being delivered. Submit them in a later tick.`),
    { code: 'ERR_TRUEAIO_CANNOT_BLOCK' },
  )
}

/** Waits on the drivers until nothing remains to wait for, nothing is in flight, or the time (ms, < 0: none) is over. @param isLast the loop will not turn again */
function blockUntil(remaining: () => number, milliseconds: number, ladder: DriverLadder, admission: Admission, deadlines: Deadlines, isLast: boolean): void {
  const end = milliseconds < 0 ? Infinity : performance.now() + milliseconds
  for (let count = remaining(); count > 0; count = remaining()) {
    const left = end - performance.now()
    if (left <= 0 || (isLast && ladder.busy().every((index) => ladder.drivers[index]?.needsLoop === true))) return
    const next = deadlines.untilNext()
    if (!waitOnDrivers(Math.min(left, next < 0 ? Infinity : next), count, ladder, admission)) return
    deadlines.expire()
  }
}

/** False: no driver has anything in flight. */
function waitOnDrivers(milliseconds: number, count: number, ladder: DriverLadder, admission: Admission): boolean {
  const busy = ladder.busy()
  const [only] = busy
  if (only === undefined) return false
  if (busy.length > 1) {
    // No system call waits for both; look at each in turn, a millisecond at a time.
    for (const index of busy) ladder.drivers[index]?.wait(Math.min(milliseconds, 1), 1)
    return true
  }
  // Several completions in one wait, but only where none of them has to be delivered before another can start: nothing waits
  // for room or its turn, and no chain is being run one by one.
  const { inFlight, queued } = admission
  const all = queued === 0 && inFlight === ladder.inFlight[only]
  ladder.drivers[only]?.wait(Number.isFinite(milliseconds) ? milliseconds : -1, all ? Math.min(count, inFlight) : 1)
  return true
}

/** A thread that blocks for its entries, perhaps again from within what that tells. */
export class Blocking {
  isBlocked = false
  readonly #ladder: DriverLadder
  readonly #admission: Admission
  readonly #deadlines: Deadlines
  readonly #flushOthers: () => void

  /** @param flushOthers hands over what other proactors have: nobody else does while this thread is blocked */
  constructor(ladder: DriverLadder, admission: Admission, deadlines: Deadlines, flushOthers: () => void) {
    this.#ladder = ladder
    this.#admission = admission
    this.#deadlines = deadlines
    this.#flushOthers = flushOthers
  }

  /** As `blockUntil`. */
  until(remaining: () => number, milliseconds: number, isLast = false): void {
    const wasBlocked = this.isBlocked
    this.isBlocked = true
    try {
      this.#flushOthers()
      blockUntil(remaining, milliseconds, this.#ladder, this.#admission, this.#deadlines, isLast)
    } finally {
      this.isBlocked = wasBlocked
    }
  }
}
