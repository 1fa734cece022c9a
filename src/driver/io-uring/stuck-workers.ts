// ④ driver — io_uring: the kernel's workers, of which a ring has few (four for each processor, and no more than its entries),
// and of which a file server that does not answer keeps each that is asked of it. What has not ended for a while counts as
// stuck, and as many more workers are allowed: so others find theirs.
import type { NativeRing } from '../../native/binding.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import type { Operation } from '../../operation/operation.js'
import type { Submission } from '../../proactor/driver.js'
import { IORING_REGISTER_IOWQ_MAX_WORKERS } from '../../ring/layout/io-uring.js'

/** What lasts for one to two of these counts as stuck. */
const LOOK_MILLISECONDS = 250
/** Workers in the place of stuck ones. Each takes some 20 KiB of the kernel's memory. */
const STUCK_MAX = 1024

// By opcode: 1 for what waits by nature, and on no worker that others need.
const waits = new Uint8Array(OPCODE_COUNT)
for (const opcode of [Opcode.NOP, Opcode.POLL, Opcode.TIMER, Opcode.MESSAGE, Opcode.WAITID, Opcode.CHAIN, Opcode.CONNECT, Opcode.ACCEPT, Opcode.SEND, Opcode.RECV, Opcode.SENDMSG, Opcode.RECVMSG, Opcode.RECV_PIECE, Opcode.RECVMSG_PIECE]) waits[opcode] = 1

/** Stuck in all rings of this thread, which share its workers. */
let stuckHere = 0
/** Workers that the kernel allows by itself; 0: not asked yet. */
let allowedByDefault = 0

export class StuckWorkers {
  readonly #ring: NativeRing
  readonly #taken: readonly (Submission | undefined)[]
  /** By slot: the generation that was in progress at the last look. */
  #seen = new Map<number, number>()
  readonly #wake: () => void
  #stuck = 0
  #timer: NodeJS.Timeout | undefined = undefined
  #due = 0
  #refused = false

  /**
   * @param taken by slot, what the ring was given last
   * @param wake gives a worker something to do: the kernel makes another one only for a new entry, or as one goes to sleep
   */
  constructor(ring: NativeRing, taken: readonly (Submission | undefined)[], wake: () => void) {
    this.#ring = ring
    this.#taken = taken
    this.#wake = wake
  }

  /** Whether a look is to come. */
  get watching(): boolean {
    return this.#timer !== undefined
  }

  /** Something was submitted: it is looked at as long as anything is in progress. */
  watch(): void {
    if (this.#refused) return
    this.#due = performance.now() + LOOK_MILLISECONDS
    this.#timer = setTimeout(this.#look, LOOK_MILLISECONDS)
    this.#timer.unref()
  }

  /** For a blocked thread, where no timer runs: milliseconds to the next look, at most those given (< 0: no limit). */
  limit(milliseconds: number): number {
    if (this.#timer === undefined) return milliseconds
    const left = Math.max(0, this.#due - performance.now())
    return milliseconds < 0 ? left : Math.min(milliseconds, left)
  }

  lookIfDue(): void {
    if (this.#timer === undefined || performance.now() < this.#due) return
    clearTimeout(this.#timer)
    this.#look()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#refused = true
    stuckHere -= this.#stuck
    this.#stuck = 0
  }

  readonly #look = (): void => {
    this.#timer = undefined
    const seen = new Map<number, number>()
    let stuck = 0
    this.#taken.forEach((submission, slot) => {
      // One that has ended has another operation, or none, by now.
      if (submission === undefined || !usesWorker(submission.operation)) return
      seen.set(slot, submission.generation)
      if (this.#seen.get(slot) === submission.generation) stuck++
    })
    this.#seen = seen
    if (stuck !== this.#stuck) this.#allow(stuck)
    if (seen.size > 0) this.watch()
  }

  #allow(stuck: number): void {
    const isMore = stuck > this.#stuck
    stuckHere += stuck - this.#stuck
    this.#stuck = stuck
    if (allowedByDefault === 0) {
      const counts = new Uint32Array(2) // of regular files; of all else. Zero leaves what is, and asks for it
      if (this.#ring.register(IORING_REGISTER_IOWQ_MAX_WORKERS, new Uint8Array(counts.buffer), 2) < 0) { // before Linux 5.15
        this.close()
        return
      }
      allowedByDefault = counts[0] as number
    }
    const wanted = Uint32Array.of(allowedByDefault + Math.min(stuckHere, STUCK_MAX), 0)
    this.#ring.register(IORING_REGISTER_IOWQ_MAX_WORKERS, new Uint8Array(wanted.buffer), 2)
    if (isMore) this.#wake()
  }
}

/** Transfers at the current position may be of a pipe or socket: they wait for readiness, or on workers of which there is no such bound. */
function usesWorker({ offset, opcode }: Operation): boolean {
  if (opcode >= Opcode.READ && opcode <= Opcode.WRITEV) return offset >= 0
  return waits[opcode] === 0
}
