// ① interface — how far a transfer is: looked at when somebody asks, and noted by nobody. The movers only count bytes.

/** The progress of a transfer. */
export interface Progress {
  /** Bytes of the source that have reached the target. */
  readonly bytes: number
  /** Bytes of the source in all; undefined: not known. */
  readonly total: number | undefined
  /** Bytes a second since the previous report. */
  readonly rateNow: number
  /** Bytes a second since the beginning. */
  readonly rate: number
  /** Milliseconds that the rest will take at that rate; undefined: not known. */
  readonly eta: number | undefined
}

/** Options of `Transfer.progress`. */
export interface ProgressOptions {
  /** Milliseconds between two reports, 1 to 2^31 - 1. Default: 1000. */
  readonly every?: number | undefined
}

/** What is looked at. */
export interface Counted {
  readonly bytes: number
  readonly total: number | undefined
  /** When it began, and ended: milliseconds as of performance.now. */
  readonly began: number
  readonly ended: number | undefined
  /** Settles when it has ended. It does not reject. */
  readonly whenEnded: Promise<void>
}

const MILLISECONDS = 1000

/** Looks every so often, and once more at the end. Leaving the loop changes nothing. */
export async function* progressOf(counted: Counted, every: number): AsyncGenerator<Progress, void, undefined> {
  let then = counted.began
  let before = 0
  for (;;) {
    if (counted.ended === undefined) await orTime(counted.whenEnded, every)
    const { bytes, total, began, ended } = counted
    const now = ended ?? performance.now()
    const rate = bytes * MILLISECONDS / Math.max(now - began, 1)
    const rateNow = now > then ? Math.max(0, bytes - before) * MILLISECONDS / (now - then) : rate
    then = now
    before = bytes
    yield { bytes, total, rate, rateNow, eta: total === undefined || rate === 0 ? undefined : Math.max(0, total - bytes) * MILLISECONDS / rate }
    if (ended !== undefined) return
  }
}

/** Waits for the end, or for so many milliseconds. The end takes the timer along. */
function orTime(whenEnded: Promise<void>, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    void whenEnded.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
