// Stands between a proactor and the simulated driver and writes down what is handed over and what comes back, while it
// holds the proactor to its limits at every step.
import type { CompletionSink, Driver, DriverFactory, DriverOptions, Operation, Proactor, Submission } from 'trueaio'
import type { SimulatedDriver } from 'trueaio/simulated'
import { WAITS_OUTSIDE } from '#src/operation/waits.js'

/** One stay of an operation with the driver, by the recorder's own count of events. */
export interface Stay {
  readonly operation: Operation
  readonly from: number
  /** Infinity: still there. */
  until: number
  abandoned: boolean
}

export class Recorder implements DriverFactory {
  readonly name = 'recorded'
  readonly stays: Stay[] = []
  /** What broke a limit. Kept rather than thrown: an exception in the middle of the engine would hide what it means. */
  readonly violations: string[] = []
  /** By operation: the stays of it (an operation offered in vain has none). */
  readonly byOperation = new Map<Operation, Stay>()
  readonly #inner: SimulatedDriver
  readonly #bySlot = new Map<number, Stay>()
  #events = 0
  proactor: Proactor | undefined = undefined

  constructor(inner: SimulatedDriver) {
    this.#inner = inner
  }

  /** How many events there were: a moment in time. */
  get now(): number {
    return this.#events
  }

  /** Whether the driver kept what a member of a chain, or an operation alone, had lent it when its caller was told. */
  wasAbandoned(part: Operation): boolean {
    // A member behind chain.opened that is started by itself is a copy with the number in it; the buffer is the same.
    return this.stays.some(({ abandoned, operation }) => abandoned && (operation === part || (part.buffer !== undefined && operation.buffer === part.buffer)))
  }

  open(sink: CompletionSink, options: DriverOptions): Driver | { readonly refused: string } {
    const driver = this.#inner.open({
      complete: (slot, generation, result, value, more) => {
        if (!more) this.#leave(slot)
        sink.complete(slot, generation, result, value, more)
      },
      unstoppable: (slot, generation) => {
        const stay = this.#bySlot.get(slot)
        if (stay !== undefined) stay.abandoned = true
        sink.unstoppable(slot, generation)
      },
      died: (dead, reason, returned) => sink.died(dead, reason, returned),
      message: (value, tag) => sink.message(value, tag),
      delivered: () => sink.delivered(),
    }, options)
    const submit = driver.submit.bind(driver)
    const submitChain = driver.submitChain?.bind(driver)
    driver.submit = (submission) => {
      this.#checkLimits([submission])
      const taken = submit(submission)
      if (taken) this.#enter(submission)
      return taken
    }
    if (submitChain !== undefined) {
      driver.submitChain = (members) => {
        this.#checkLimits(members)
        const taken = submitChain(members)
        if (taken) for (const member of members) this.#enter(member)
        return taken
      }
    }
    return driver
  }

  #enter(submission: Submission): void {
    const stay: Stay = { operation: submission.operation, from: ++this.#events, until: Infinity, abandoned: false }
    this.stays.push(stay)
    this.byOperation.set(submission.operation, stay)
    this.#bySlot.set(submission.slot, stay)
  }

  #leave(slot: number): void {
    const stay = this.#bySlot.get(slot)
    if (stay === undefined || stay.until !== Infinity) this.violations.push('a completion of something that is not in flight')
    else stay.until = ++this.#events
  }

  #checkLimits(begun: readonly Submission[]): void {
    const { proactor } = this
    if (proactor === undefined) return
    const { inFlight: all, bytesLent } = proactor.statistics
    // What waits for something outside takes no place. No chain of these programs contains any.
    const waiting = [...this.#bySlot.values()].filter(({ operation, until }) => until === Infinity && waitsOutside(operation))
    const inFlight = all - waiting.length - begun.filter(({ operation }) => waitsOutside(operation)).length
    const { inFlightMax, bytesLentMax } = proactor.limits
    // A chain longer than the limit, or a buffer larger than it, goes alone.
    if (inFlight > Math.max(inFlightMax, LONGEST_CHAIN)) this.violations.push(`${String(inFlight)} in flight, ${String(inFlightMax)} allowed`)
    if (bytesLent > Math.max(bytesLentMax, LARGEST_BUFFER)) this.violations.push(`${String(bytesLent)} bytes lent, ${String(bytesLentMax)} allowed`)
  }
}

function waitsOutside({ opcode }: Operation): boolean {
  return WAITS_OUTSIDE[opcode] === 1
}

/** What the programs of program.ts submit at most. */
export const LONGEST_CHAIN = 4
export const LARGEST_BUFFER = 256
