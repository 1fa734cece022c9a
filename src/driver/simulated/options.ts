// ④ driver — simulated: what a simulation can be asked for, with its defaults.
import { checkInteger, invalidArgValue } from '../../operation/arguments.js'
import type { Fault } from './faults.js'

/** How virtual time passes. */
export type ClockMode = 'automatic' | 'manual' | 'real'

/** Options of {@link simulated}. All rates are probabilities, 0 to 1. */
export interface SimulatedOptions {
  /** The seed of all random choices: 0 to 2^32 - 1. Default: a new one each time, found in `seed`. */
  readonly seed?: number
  /**
   * `automatic`: time jumps from event to event, one turn of the loop at a time; an hour's timer takes no time.
   * `manual`: time moves by `advance(ms)` and blocking waits. `real`: a virtual millisecond takes a real one.
   * The proactor's own deadlines (`timeout`) are real in every mode. Default: `automatic`.
   */
  readonly clock?: ClockMode
  /**
   * Virtual milliseconds an operation takes, drawn from [least, most]. Different delays reorder completions. Default:
   * [0, 5].
   */
  readonly delay?: readonly [least: number, most: number]
  /** Probability that an operation completes inside the submission. Default: 0.1. */
  readonly inlineRate?: number
  /** Probability that `submit` finds no room, while something is in flight. Default: 0. */
  readonly refuseRate?: number
  /** Probability that a read, write, send or receive of 2 bytes or more is short. Default: 0. */
  readonly shortRate?: number
  /**
   * Random errors: the probability of each, by code, for operations that can have it. Never for `close`. Default: none.
   */
  readonly errorRates?: Readonly<Record<string, number>>
  /** Chosen faults. Default: none. */
  readonly faults?: readonly Fault[]
  /**
   * What a cancel can end. `kernel`: anything, unless by chance it comes too late or cannot; `signal`: the same, and the
   * operation ends with EINTR; `queued`: only what was not submitted yet, and timers. Default: `kernel`.
   */
  readonly cancellation?: 'kernel' | 'signal' | 'queued'
  /** Probability that a cancel comes too late: the operation ends as if there had been none. Default: 0.2. */
  readonly cancelTooLateRate?: number
  /** Probability that a cancel cannot stop the operation, which ends later, abandoned. Default: 0.2. */
  readonly cancelUnstoppableRate?: number
  /** Probability that a datagram is lost. Default: 0. */
  readonly datagramLossRate?: number
  /** Probability that a datagram may overtake others, or be overtaken. Default: 0. */
  readonly datagramReorderRate?: number
  /** Probability that a connection is reset when something is sent or received on it. Default: 0. */
  readonly resetRate?: number
  /** Takes linked chains. Default: true. */
  readonly chains?: boolean
  /** Takes multishot timers; otherwise they fail with ENOTSUP. Default: true. */
  readonly multishot?: boolean
  /** The most submissions it holds. Default: what the proactor asks for. */
  readonly inFlightMax?: number
  /** Operations it does not offer, by name. Default: none but those it never has (docs/drivers/simulated.md). */
  readonly without?: readonly string[]
  /** Bytes of files, counted in pages of 4096; beyond it ENOSPC. Default: no limit. */
  readonly bytesMax?: number
  /** Descriptors open at once; beyond it EMFILE. Default: 1024. */
  readonly descriptorsMax?: number
  /** Fill the buffers of failed reads with garbage, so that nobody relies on them. Default: true. */
  readonly scribble?: boolean
  /** Entries the log keeps. Default: 10000. */
  readonly logEntriesMax?: number
}

/** The same, complete. */
export type Settings = { readonly [Name in keyof SimulatedOptions]-?: NonNullable<SimulatedOptions[Name]> }

/** @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE */
export function settingsOf(options: SimulatedOptions): Settings {
  const [least, most] = options.delay ?? [0, 5]
  if (!(least >= 0 && most >= least)) throw invalidArgValue('delay', options.delay, 'must be two numbers, 0 ≤ least ≤ most')
  const clock = options.clock ?? 'automatic'
  if (!['automatic', 'manual', 'real'].includes(clock)) throw invalidArgValue('clock', clock, "must be 'automatic', 'manual' or 'real'")
  for (const [code, value] of Object.entries(options.errorRates ?? {})) rate(value, `errorRates.${code}`)
  return {
    seed: checkInteger(options.seed ?? Math.floor(Math.random() * 2 ** 32), 'seed', 0, 2 ** 32 - 1),
    clock,
    delay: [least, most],
    inlineRate: rate(options.inlineRate ?? 0.1, 'inlineRate'),
    refuseRate: rate(options.refuseRate ?? 0, 'refuseRate'),
    shortRate: rate(options.shortRate ?? 0, 'shortRate'),
    errorRates: options.errorRates ?? {},
    faults: options.faults ?? [],
    cancellation: options.cancellation ?? 'kernel',
    cancelTooLateRate: rate(options.cancelTooLateRate ?? 0.2, 'cancelTooLateRate'),
    cancelUnstoppableRate: rate(options.cancelUnstoppableRate ?? 0.2, 'cancelUnstoppableRate'),
    datagramLossRate: rate(options.datagramLossRate ?? 0, 'datagramLossRate'),
    datagramReorderRate: rate(options.datagramReorderRate ?? 0, 'datagramReorderRate'),
    resetRate: rate(options.resetRate ?? 0, 'resetRate'),
    chains: options.chains ?? true,
    multishot: options.multishot ?? true,
    inFlightMax: checkInteger(options.inFlightMax ?? 2 ** 20, 'inFlightMax', 1, 2 ** 20),
    without: options.without ?? [],
    bytesMax: options.bytesMax ?? Infinity,
    descriptorsMax: checkInteger(options.descriptorsMax ?? 1024, 'descriptorsMax', 0, 2 ** 20),
    scribble: options.scribble ?? true,
    logEntriesMax: checkInteger(options.logEntriesMax ?? 10_000, 'logEntriesMax', 0, 2 ** 24),
  }
}

function rate(value: number, name: string): number {
  if (!(typeof value === 'number' && value >= 0 && value <= 1)) throw invalidArgValue(name, value, 'must be a probability, 0 to 1')
  return value
}
