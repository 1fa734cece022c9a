// ② waiting — what this thread has asked for and no kernel knows of yet. Submissions wait for the end of the current piece of
// JavaScript; whatever blocks the thread, or changes what names and rights mean, hands them over first. It imports nothing, so
// that trueaio/register can ask it without loading the engine.

/** Something with submissions of this thread: a proactor's batch. */
export interface Pending {
  /** Hands over what waits. */
  flush(): void
  /** Blocks until what is in progress and looks at names has ended; a second at most. `relative`: only names that begin at the current directory. */
  settleNames(relative: boolean): void
}

const all = new Set<WeakRef<Pending>>()
const SWEPT_MIN = 16
/** At so many, those that were collected leave: twice what was left before, or to note many would be quadratic. */
let sweepAt = SWEPT_MIN
let scheduled = 0

/** Notes one that may have submissions, until it is collected. */
export function notePending(pending: Pending): void {
  all.add(new WeakRef(pending))
  if (all.size < sweepAt) return
  for (const known of all) if (known.deref() === undefined) all.delete(known)
  sweepAt = Math.max(SWEPT_MIN, 2 * all.size)
}

/** For batches: one more, or one less, has submissions that wait. */
export function countScheduled(change: 1 | -1): void {
  scheduled += change
}

/** Hands over what waits, but not of `own`: its wait does that itself. Costs a comparison where nothing waits. */
export function flushPending(own?: Pending): void {
  if (scheduled === 0) return
  for (const known of all) {
    const pending = known.deref()
    if (pending !== own) pending?.flush()
  }
}

/** The same, and blocks until all that is in progress and looks at names has ended, see `Pending.settleNames`. */
export function flushNames(relative: boolean): void {
  flushPending()
  for (const known of all) known.deref()?.settleNames(relative)
}

/** Options of {@link flush}. */
export interface FlushOptions {
  /**
   * Also block until all operations in progress that look up names have ended, for a second at most. Use it before the
   * current directory, the umask or the user changes, as pool threads look up names when their turn comes. Default:
   * false.
   */
  readonly names?: boolean | undefined
  /**
   * Also block until this eventfd, which requests of `trueaio/linux-aio` in flight increment, is readable. Use it
   * before a synchronous read of the eventfd, because this thread increments it. Default: none.
   */
  readonly eventfd?: number | undefined
}

/**
 * Submits to the system, now, what this thread has submitted in the current tick, through any interface. Otherwise that
 * happens at the end of the tick. That is too late if the code blocks before (`execSync`, `Atomics.wait`), or makes a
 * synchronous call that should come after. It does not wait for completions, and costs almost nothing when nothing is
 * pending. `trueaio/register` does this by itself.
 *
 * It also discards what is known about descriptor numbers. A program calls this between closing a file and opening
 * another one by Node's synchronous calls, if it uses both at offsets within one turn of the loop.
 */
export function flush(options: FlushOptions = {}): void {
  if (options.names === true) flushNames(false)
  flushNumbers()
  if (options.eventfd !== undefined) flushCounter(options.eventfd)
}

let untilReadable: ((fd: number) => void) | undefined

/** @param wait blocks until an eventfd that this thread is to count up can be read */
export function noteCounters(wait: (fd: number) => void): void {
  untilReadable = wait
}

/** A synchronous read of a descriptor is about to begin: it may be a counter that only this thread counts up. */
export function flushCounter(fd: unknown): void {
  flushPending()
  if (typeof fd === 'number') untilReadable?.(fd)
}

let forgetNumbers: (() => void) | undefined

/** @param forget what descriptor numbers stand for is to be looked up again */
export function noteNumbers(forget: () => void): void {
  forgetNumbers = forget
}

/** A synchronous call is about to open a descriptor, whose number may have stood for another file a moment ago. */
export function flushNumbers(): void {
  flushPending()
  forgetNumbers?.()
}
