// ① interface — the registry: operations, the devices of each, what was measured of them, and the choice among them.
import { checkInteger, invalidArgType, invalidArgValue, withCode } from '../../operation/arguments.js'
import { calibrate, wholeByPieces, WrongResult } from './calibrate.js'
import type { Choice, Device, OperationName, TableRow, Work } from './device.js'
import { Failures } from './failures.js'
import { classOf, Figures } from './figures.js'
import { checkOptions, measuredAs, type OperationKind } from './operation-kinds.js'
import { Preference, type Preferred } from './preference.js'
import { rank, shownCost, type Ranked, type Registered } from './rank.js'

/** What a work is taken to be that does not say its size. */
const SIZE_UNKNOWN = 1024 * 1024

/** Options of `Registry.failed`. */
export interface FailedOptions {
  /** True: its result was wrong, and it is never used again for such work. Default: it is tried again after a while. */
  readonly forGood?: boolean | undefined
}

/** Adds the first operations and devices to a registry. Runs once, at the registry's first use. */
export type Filling = (registry: Registry) => void

/** Operations and their devices. `operations` is the registry of this thread. */
export class Registry {
  readonly #kinds = new Map<OperationName, OperationKind>()
  readonly #devices = new Map<OperationName, Registered[]>()
  readonly #preferences = new Map<string, Preference>()
  #fill: Filling | undefined
  #calibrating: Promise<void> = Promise.resolve()

  constructor(fill?: Filling) {
    this.#fill = fill
  }

  /** Adds an operation, or extends one. */
  define(kind: OperationKind): void {
    this.#begin()
    if (typeof kind.name !== 'string' || kind.name === '') throw invalidArgType('kind.name', 'of type string', kind.name)
    this.#kinds.set(kind.name, kind)
  }

  /**
   * Adds a device. It takes part in every choice from then on, and is measured like the others.
   * @returns a function that removes it
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE: there is one of this name already
   */
  register(device: Device): () => void {
    this.#begin()
    checkDevice(device)
    const { operation, name } = device
    const all = this.#of(operation)
    if (all.some((one) => one.device.name === name)) throw invalidArgValue('device.name', name, `is the name of another device of '${operation}'`)
    const registered: Registered = { device, figures: new Figures(), failures: new Failures() }
    all.push(registered)
    return () => {
      const at = all.indexOf(registered)
      if (at >= 0) all.splice(at, 1)
    }
  }

  /** The names of the operations there are. */
  names(): readonly OperationName[] {
    this.#begin()
    const withDevices = [...this.#devices].flatMap(([name, all]) => (all.length > 0 ? [name] : []))
    return [...new Set([...this.#kinds.keys(), ...withDevices])]
  }

  /** Describes an operation. undefined: it is not known. */
  kind(operation: OperationName): OperationKind | undefined {
    this.#begin()
    return this.#kinds.get(operation)
  }

  /** The devices of an operation, in the order in which they were registered. */
  devices(operation: OperationName): readonly Device[] {
    this.#begin()
    return this.#of(operation).map(({ device }) => device)
  }

  /** All published and measured facts, a row for each device and operation. */
  table(): readonly TableRow[] {
    this.#begin()
    return [...this.#devices].flatMap(([operation, all]) => all.map(({ device, figures, failures }) => (
      { operation, device: device.name, capabilities: device.capabilities, measured: figures.rows(), failures: failures.rows() })))
  }

  /**
   * Chooses a device for a work by the figures known now. `select` calibrates first.
   * @throws ERR_TRUEAIO_NO_DEVICE: none can do it, with the reason of each; ERR_TRUEAIO_NO_OPTION, ERR_INVALID_ARG_*: of its options
   */
  choose(work: Work): Choice {
    const { name, ranked, preference, bytes } = this.#prepare(work)
    return choiceOf(preference.take(this.#found(work, name, ranked), work, bytes), ranked, work)
  }

  /**
   * Measures devices without figures for such work, in turn, for at most 50 ms of processor time each, and then
   * chooses. The event loop keeps running. A device that returns a wrong result is never used again; one that throws is
   * not used for a while.
   */
  async select(work: Work): Promise<Choice> {
    const { name, ranked, bytes } = this.#prepare(work)
    const kind = this.#kinds.get(work.operation)
    const sizeClass = classOf(bytes)
    const isNew = ({ registered }: Ranked['candidates'][number]): boolean => registered.figures.get(name, sizeClass) === undefined
    if (kind?.sample === undefined || ranked.candidates.length < 2 || !ranked.candidates.some(isNew)) return this.choose(work)
    // Two at a time would measure each other.
    const before = this.#calibrating
    this.#calibrating = (async () => {
      await before
      await calibrateAll(ranked.candidates.filter(isNew).map(({ registered }) => registered), kind, work, { name, bytes })
    })()
    await this.#calibrating
    return this.choose(work)
  }

  /**
   * Carries out a work on whole buffers, on the device that `select` chooses, and on the next one if it fails. The cost
   * of the work is recorded.
   * @throws (rejects) ERR_TRUEAIO_NO_DEVICE; the error of the last device; errors of the data
   */
  async perform(work: Work, ...buffers: readonly Uint8Array[]): Promise<unknown> {
    const wanted: Work = { size: buffers[0]?.length, ...work, stream: false }
    let choice: Choice | undefined = await this.select(wanted)
    for (;;) {
      const { device } = choice
      try {
        const begin = performance.now()
        const returned = device.run === undefined ? wholeByPieces(device, wanted, buffers) : device.run(wanted, ...buffers)
        const result = returned instanceof Promise ? await (returned as Promise<unknown>) : returned
        const seconds = (performance.now() - begin) / 1e3
        // Only of what was done at once is the time that passed also what it cost.
        if (!(returned instanceof Promise)) this.learn(device, wanted, wanted.size ?? 0, seconds, seconds)
        return result
      } catch (error) {
        choice = this.failed(device, wanted, error)
        if (choice === undefined || choice.device === device) throw error
      }
    }
  }

  /** Returns what `choose` would return now, without changing anything. */
  explain(work: Work): Choice {
    const { name, ranked, preference } = this.#prepare(work)
    return choiceOf(preference.look(this.#found(work, name, ranked)), ranked, work)
  }

  /** Records the cost of a work. Seconds of all threads; NaN: not measured. */
  learn(device: Device, work: Work, bytes: number, cpuSeconds: number, wallSeconds: number): void {
    const registered = this.#registered(device)
    if (registered === undefined || !(bytes > 0)) return
    const name = this.#name(work)
    registered.failures.forget(name)
    if (cpuSeconds >= 0 && wallSeconds >= 0) registered.figures.add(name, classOf(bytes), cpuSeconds / bytes, wallSeconds / bytes)
  }

  /**
   * Records that a device failed. Returns the next choice; undefined: there is none, or the error is the fault of the
   * data, and every other device would fail, too.
   */
  failed(device: Device, work: Work, error: unknown, { forGood = false }: FailedOptions = {}): Choice | undefined {
    if (device.blamesData?.(error) === true) return undefined
    this.#registered(device)?.failures.note(this.#name(work), error, forGood)
    const { ranked, preference, bytes } = this.#prepare(work)
    if (ranked.candidates.length === 0) return undefined
    return choiceOf(preference.take(ranked.candidates, work, bytes), ranked, work)
  }

  #begin(): void {
    const fill = this.#fill
    this.#fill = undefined
    fill?.(this)
  }

  #of(operation: OperationName): Registered[] {
    let all = this.#devices.get(operation)
    if (all === undefined) this.#devices.set(operation, all = [])
    return all
  }

  #registered(device: Device): Registered | undefined {
    return this.#devices.get(device.operation)?.find((one) => one.device === device)
  }

  #name(work: Work): string {
    return measuredAs(this.#kinds.get(work.operation) ?? { name: work.operation }, work)
  }

  #prepare(work: Work): { readonly name: string; readonly ranked: Ranked; readonly preference: Preference; readonly bytes: number } {
    this.#begin()
    checkWork(work)
    const kind = this.#kinds.get(work.operation)
    if (kind !== undefined) checkOptions(kind, work)
    const name = this.#name(work)
    const bytes = work.size ?? SIZE_UNKNOWN
    const sizeClass = classOf(bytes)
    const key = `${name} ${work.prefer ?? 'cpu'} ${String(sizeClass)}`
    let preference = this.#preferences.get(key)
    if (preference === undefined) this.#preferences.set(key, preference = new Preference())
    return { name, ranked: rank(this.#of(work.operation), work, name, sizeClass), preference, bytes }
  }

  #found(work: Work, name: string, { candidates, passedOver }: Ranked): Ranked['candidates'] {
    if (candidates.length > 0) return candidates
    const reasons = passedOver.map((one) => `${one.name} ${one.whyNot}`).join('; ')
    const known = this.names().includes(work.operation) ? '' : ` There are: ${this.names().join(', ')}.`
    throw withCode(new Error(`No device can do '${name}': ${reasons === '' ? 'none is registered.' : `${reasons}.`}${known}`), 'ERR_TRUEAIO_NO_DEVICE')
  }
}

async function calibrateAll(all: readonly Registered[], kind: OperationKind, work: Work, { name, bytes }: { readonly name: string; readonly bytes: number }): Promise<void> {
  const calibrated = await calibrate(all.map(({ device }) => device), kind, work, bytes)
  for (const { device, measured, problem } of calibrated) {
    const { failures, figures } = all.find((one) => one.device === device) as Registered // it is one of these
    if (problem !== undefined) failures.note(name, problem, problem instanceof WrongResult)
    else if (measured !== undefined) figures.set(name, classOf(bytes), measured)
  }
}

function checkWork(work: Work): void {
  if (typeof work !== 'object' || (work as unknown) === null) throw invalidArgType('work', 'of type object', work)
  if (typeof work.operation !== 'string') throw invalidArgType('work.operation', 'of type string', work.operation)
  if (work.size !== undefined && work.size !== Infinity) checkInteger(work.size, 'work.size', 0, Number.MAX_SAFE_INTEGER)
  if (work.options !== undefined && (typeof work.options !== 'object' || (work.options as unknown) === null)) throw invalidArgType('work.options', 'of type object', work.options)
  if (work.prefer !== undefined && !['cpu', 'wall'].includes(work.prefer)) throw invalidArgValue('work.prefer', work.prefer, "must be 'cpu' or 'wall'")
}

function checkDevice(device: Device): void {
  if (typeof device !== 'object' || (device as unknown) === null) throw invalidArgType('device', 'of type object', device)
  for (const name of ['operation', 'name'] as const) {
    if (typeof device[name] !== 'string' || device[name] === '') throw invalidArgType(`device.${name}`, 'of type string', device[name])
  }
  if (typeof device.capabilities !== 'object' || (device.capabilities as unknown) === null) {
    throw invalidArgType('device.capabilities', 'of type object', device.capabilities)
  }
  const { alignment } = device.capabilities
  if (alignment !== undefined) checkInteger(alignment, 'device.capabilities.alignment', 1, Number.MAX_SAFE_INTEGER)
  for (const name of ['can', 'run', 'start', 'blamesData'] as const) {
    const given: unknown = Reflect.get(device, name)
    if (given !== undefined && typeof given !== 'function') throw invalidArgType(`device.${name}`, 'of type function', given)
  }
}

const WHY: Readonly<Record<Preferred['why'], string>> = {
  only: 'the only one that can', cheapest: 'the cheapest', stays: 'taken before, and as cheap as the cheapest', tried: 'tried out, so that its figures stay true',
}

function choiceOf({ candidate, why }: Preferred, { candidates, passedOver }: Ranked, work: Work): Choice {
  const others = candidates.filter((one) => one !== candidate)
  return {
    device: candidate.registered.device,
    reason: `${candidate.registered.device.name}: ${WHY[why]} (${shownCost(candidate, work)})`,
    others: [...others.map((one) => ({ name: one.registered.device.name, whyNot: shownCost(one, work) })), ...passedOver],
    measured: candidate.measured,
  }
}

