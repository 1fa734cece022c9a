// ④ driver — simulated: a seeded, deterministic fake of the whole I/O layer on an in-memory file tree, for tests. This is
// `trueaio/simulated`; the driver itself is engine.ts, what it works on simulation.ts.
import type { CompletionSink, Driver, DriverFactory, DriverOptions } from '../../proactor/driver.js'
import { SimulatedEngine } from './engine.js'
import type { Fault } from './faults.js'
import { SimulatedFiles } from './files.js'
import type { Log } from './log.js'
import { settingsOf, type SimulatedOptions } from './options.js'
import { Simulation } from './simulation.js'

export { ContractError } from './contract.js'
export type { Fault } from './faults.js'
export type { SimulatedFiles } from './files.js'
export type { Log, LogEntry, LogEvent } from './log.js'
export type { ClockMode, SimulatedOptions } from './options.js'

/** A simulation, to be passed to a Proactor as its driver. Several proactors on one simulation share files and time. */
export class SimulatedDriver implements DriverFactory {
  /** The name in `explain()`. */
  readonly name = 'simulated'
  /**
   * The seed of all random choices: the same seed, options and program make the same run. Print it when a test fails.
   */
  readonly seed: number
  /** The file tree, to fill and to inspect. */
  readonly files: SimulatedFiles
  readonly #simulation: Simulation

  /** Use {@link simulated}. @internal */
  constructor(options: SimulatedOptions) {
    const settings = settingsOf(options)
    this.seed = settings.seed
    this.#simulation = new Simulation(settings)
    this.files = new SimulatedFiles(this.#simulation.tree)
  }

  /** What happened, in order. */
  get log(): Log {
    return this.#simulation.log
  }

  /** Virtual milliseconds since the simulation began. */
  get now(): number {
    return this.#simulation.clock.now
  }

  /** Submissions that the drivers hold, including abandoned ones. */
  get inFlight(): number {
    return this.#simulation.drivers.reduce((sum, driver) => sum + driver.inFlight, 0)
  }

  /** Descriptors open now: 0 at the end of a test that leaks none. */
  get openDescriptors(): number {
    return this.#simulation.openFiles.count
  }

  /** Adds a fault; `at` counts matching operations from now. @throws ERR_INVALID_ARG_VALUE */
  addFault(fault: Fault): void {
    this.#simulation.faults.add(fault)
  }

  /**
   * Advances virtual time, and carries out everything that is due by then, in order of time. Continuations of promises
   * run afterwards; what they submit needs another call.
   * @param milliseconds 0 or more
   */
  advance(milliseconds: number): void {
    const { clock, drivers } = this.#simulation
    const until = clock.now + Math.max(0, milliseconds)
    const touched = new Set<(typeof drivers)[number]>()
    for (;;) {
      const next = drivers.reduce<(typeof drivers)[number] | undefined>((soonest, driver) => (soonest === undefined || driver.agenda.next < soonest.agenda.next ? driver : soonest), undefined)
      if (next === undefined || next.agenda.next > until) break
      next.agenda.step()
      touched.add(next)
    }
    clock.now = until
    for (const driver of touched) driver.delivered()
  }

  /** For the proactor. */
  open(sink: CompletionSink, options: DriverOptions): Driver {
    const engine = new SimulatedEngine(this.#simulation, sink, options)
    this.#simulation.drivers.push(engine)
    return engine
  }
}

/**
 * Makes a simulated driver. Operations run on files in memory, in virtual time, and complete in any order. They fail as
 * chosen or at random, the same way each time for one seed.
 *
 * It also checks its users. Buffers are written only between submission and completion, and failed reads leave garbage
 * in them. A lent buffer that is detached or resized, and any call of the engine that breaks the driver interface,
 * throws a {@link ContractError}.
 *
 * @example
 * const driver = simulated({ seed: 42, faults: [{ opcode: 'write', at: 3, error: 'ENOSPC' }] })
 * driver.files.write('/data', 'content')
 * await using io = new Proactor({ driver })
 * const fd = await io.submit(open('/data'))
 *
 * @throws ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
 */
export function simulated(options: SimulatedOptions = {}): SimulatedDriver {
  return new SimulatedDriver(options)
}
