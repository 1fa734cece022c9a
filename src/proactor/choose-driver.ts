// ③ proactor — tries drivers in order and keeps the reason of each refusal.
import { closedByCall } from '../operation/call.js'
import { OPCODE_COUNT, Opcode, opcodeName } from '../operation/opcode.js'
import { openedByCalls } from '../operation/opened.js'
import { FileKind, type Operation } from '../operation/operation.js'
import { AT_FDCWD } from '../operation/path.js'
import { ownDescriptors, RETRY_MILLISECONDS } from '../native/load.js'
import { Support, type CompletionSink, type Driver, type DriverCounters, type DriverFactory, type DriverOptions, type Refusal } from './driver.js'

/** The state of one driver. */
export interface DriverChoice {
  /** The driver's name. */
  readonly name: string
  /** Whether it is in use, could not open, or was not tried. */
  readonly state: 'in use' | 'refused' | 'not needed'
  /** Why refused. */
  readonly reason?: string
}

/** Not yet, or never by the opcode alone: a driver that offers it is asked about each operation. */
const UNDECIDED = 254
const NONE = 255

/** By opcode: 1 where it matters in a worker whose number it opens or closes. */
const OWNED = new Uint8Array(OPCODE_COUNT)
for (const opcode of [Opcode.OPEN, Opcode.CLOSE, Opcode.CALL]) OWNED[opcode] = 1

/** The drivers of one proactor: the first that opens, and those below it for what it cannot do. */
export class DriverLadder {
  /** By index into the candidates; a driver further down is opened when something first needs it. */
  readonly drivers: (Driver | undefined)[]
  /** By the same index: submissions with that driver now. */
  readonly inFlight: Int32Array
  readonly #candidates: readonly DriverFactory[]
  readonly #refused: (string | undefined)[]
  /** By the same index: when one that was refused is tried again, on the performance clock. Infinity: never. */
  readonly #retryAt: number[]
  readonly #sink: CompletionSink
  readonly #options: DriverOptions
  readonly #byOpcode = new Uint8Array(OPCODE_COUNT).fill(UNDECIDED)
  /** By opcode: the driver on top that offers it, if it is one that is asked about each operation. */
  readonly #askedFirst = new Uint8Array(OPCODE_COUNT).fill(NONE)
  /** Index of Node's own functions, in a worker; -1: not needed. */
  readonly #nodes: number
  /** Drivers that have died: they may still tell what the system had of theirs. */
  readonly dead: Driver[] = []
  /** Its drivers' descriptors are this process's. */
  readonly hasProcessFiles: boolean
  #keepAlive = false

  constructor(candidates: readonly DriverFactory[], sink: CompletionSink, options: DriverOptions) {
    this.#candidates = candidates
    this.#sink = sink
    this.#options = options
    this.#nodes = candidates.findIndex(({ isNodes }) => isNodes === true)
    this.drivers = candidates.map(() => undefined)
    this.inFlight = new Int32Array(candidates.length)
    this.#refused = candidates.map(() => undefined)
    this.#retryAt = candidates.map(() => Infinity)
    if (this.#firstOpen() < 0) {
      throw Object.assign(new Error(`trueaio: no driver can run here: ${this.#reasons()}`), { code: 'ERR_TRUEAIO_NO_DRIVER' })
    }
    this.hasProcessFiles = this.first.factsOf === undefined
  }

  /** The driver at the top: the one named in `explain()`. */
  get first(): Driver {
    return this.drivers.find((driver) => driver !== undefined) ?? (this.dead[0] as Driver) // the constructor saw to it that there was one
  }

  /** The index of the driver for an operation; -1: no driver here can do it. */
  indexFor(operation: Operation): number {
    const { opcode } = operation
    const known = this.#byOpcode[opcode] as number
    if (known < UNDECIDED) return known
    if (known === NONE) return -1
    const owner = OWNED[opcode] === 1 ? this.#owner(operation) : NONE
    if (owner !== NONE) return owner
    const asked = this.#askedFirst[opcode] as number
    return asked !== NONE && this.drivers[asked]?.takes?.(operation) === true ? asked : this.#decide(operation)
  }

  /**
   * In a worker, who opens or closes: Node keeps a list of the numbers that a program has, and closes them at the worker's end,
   * so those are opened and closed by Node. The engine's own go where they are noted. NONE: it does not matter.
   */
  #owner({ opcode, file, fileKind, detail }: Operation): number {
    const own = ownDescriptors()
    if (own === undefined || this.#nodes < 0 || fileKind !== FileKind.DESCRIPTOR) return NONE
    const closed = opcode === Opcode.CLOSE ? file : opcode === Opcode.CALL ? closedByCall(detail) : undefined
    if (closed !== undefined && openedByCalls.delete(closed)) return NONE // nobody has a list with it
    if (opcode === Opcode.CALL) return closed === undefined || own[closed] === 1 || this.#open(this.#nodes) === undefined ? NONE : this.#nodes
    const isOwn = opcode === Opcode.OPEN ? detail?.kept === true : own[file] === 1
    // Node knows no directories by descriptor, and no resolve flags.
    if (opcode === Opcode.OPEN && !isOwn && (file !== AT_FDCWD || detail?.argument !== 0)) return NONE
    const noting = isOwn ? this.#candidates.findIndex((_, index) => this.#open(index)?.notesDescriptors === true) : -1
    const index = noting < 0 ? this.#nodes : noting
    return this.#open(index) === undefined ? NONE : index
  }

  /** Whether any driver here carries out operations of this kind. Further drivers are opened for the answer. */
  offers(opcode: Opcode): boolean {
    return this.#candidates.some(({ operations }, index) => operations?.[opcode] !== Support.NONE
      && (this.#open(index)?.capabilities.operations[opcode] ?? Support.NONE) !== Support.NONE)
  }

  /** A submission with this driver has ended. */
  ended(index: number): void {
    this.inFlight[index] = (this.inFlight[index] as number) - 1
  }

  /** Indexes of the drivers that have something in flight. */
  busy(): number[] {
    const busy: number[] = []
    this.inFlight.forEach((count, index) => {
      if (count > 0) busy.push(index)
    })
    return busy
  }

  /** Whether the first driver can take all members of a chain, linked. */
  linksChain(members: readonly Operation[]): boolean {
    const { first } = this
    // A file that only the chain can name has no number, and no owner.
    const isDirect = members.some(({ fileKind }) => fileKind === FileKind.CHAIN_OPENED)
    const goes = (member: Operation): boolean => (isDirect && member.opcode === Opcode.OPEN) || this.drivers[this.indexFor(member)] === first
    return first.capabilities.chains && members.every(goes) && first.takesChain?.(members) === true
  }

  /** The name of the driver for an operation; empty: none here can do it. */
  nameFor(operation: Operation): string {
    return this.drivers[this.indexFor(operation)]?.name ?? ''
  }

  /** How an operation would be carried out, in words. */
  explain(operation: Operation): string {
    const { opcode, detail } = operation
    if (opcode === Opcode.CHAIN) {
      const members = detail?.members ?? []
      if (this.linksChain(members)) return `${this.first.name}: one linked submission of ${String(members.length)}`
      return `one after the other: ${members.map((member) => this.explain(member)).join(', ')}`
    }
    const driver = this.drivers[this.indexFor(operation)]
    return driver === undefined ? this.describeMissing(opcode) : `${driver.name}: ${driver.explain(operation)}`
  }

  /** The drivers' counters, added up. */
  counters(): DriverCounters {
    const sum: DriverCounters = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
    for (const driver of [...this.drivers, ...this.dead]) {
      if (driver === undefined) continue
      sum.systemCalls += driver.counters.systemCalls
      sum.reapedInline += driver.counters.reapedInline
      sum.reapedOnWake += driver.counters.reapedOnWake
      sum.overflows += driver.counters.overflows
    }
    return sum
  }

  ref(keepAlive: boolean): void {
    this.#keepAlive = keepAlive
    for (const driver of this.drivers) driver?.ref(keepAlive)
  }

  choices(): DriverChoice[] {
    return this.#candidates.filter(({ isNodes }) => isNodes !== true).map(({ name }, index) => {
      const reason = this.#refused[index]
      if (reason !== undefined) return { name, state: 'refused', reason }
      return { name, state: this.drivers[index] === undefined ? 'not needed' : 'in use' }
    })
  }

  /** A driver has died: what it would have carried out goes to those that are left. Returns the index it had. */
  drop(driver: Driver, reason: string): number {
    const index = this.drivers.indexOf(driver)
    this.drivers[index] = undefined
    this.inFlight[index] = 0
    this.#refused[index] = `it has died: ${reason}`
    this.#retryAt[index] = Infinity
    this.#byOpcode.fill(UNDECIDED)
    this.#askedFirst.fill(NONE)
    this.dead.push(driver)
    driver.ref(false)
    this.#firstOpen()
    return index
  }

  #decide(operation: Operation): number {
    const { opcode } = operation
    let emulated = NONE
    let selective = false
    for (let index = 0; index < this.#candidates.length; index++) {
      if (this.#candidates[index]?.operations?.[opcode] === Support.NONE) continue
      const driver = this.#open(index)
      const support = driver?.capabilities.operations[opcode] ?? Support.NONE
      if (driver === undefined || support === Support.NONE) continue
      if (driver.takes !== undefined && driver.asked?.[opcode] !== 0) {
        if (!selective && emulated === NONE && support === Support.NATIVE) this.#askedFirst[opcode] = index
        selective = true
        if (!driver.takes(operation)) continue
      }
      if (support === Support.NATIVE) return this.#decided(opcode, index, selective)
      if (emulated === NONE) emulated = index
    }
    return this.#decided(opcode, emulated, selective)
  }

  #decided(opcode: Opcode, index: number, selective: boolean): number {
    const dependsOnOwner = this.#nodes >= 0 && OWNED[opcode] === 1 && (opcode !== Opcode.CALL || ownDescriptors() !== undefined)
    // What was refused for the moment is asked for again, so nothing is settled yet.
    const isProvisional = this.#retryAt.some((at) => at !== Infinity)
    if (!selective && !dependsOnOwner && !isProvisional) this.#byOpcode[opcode] = index
    return index === NONE ? -1 : index
  }

  #firstOpen(): number {
    return this.#candidates.findIndex((_, index) => this.#open(index) !== undefined)
  }

  /** Opens one. What it throws (no memory for its tables) is a reason like others. */
  #openFactory(factory: DriverFactory): Driver | Refusal {
    try {
      return factory.open(this.#sink, this.#options)
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error), isTransient: true }
    }
  }

  #isRefusedStill(index: number): boolean {
    const at = this.#retryAt[index] as number // there where it was refused
    return at === Infinity || performance.now() < at // the clock is loaded by Node when it is first asked
  }

  #open(index: number): Driver | undefined {
    const open = this.drivers[index]
    if (open !== undefined || (this.#refused[index] !== undefined && this.#isRefusedStill(index))) return open
    const factory = this.#candidates[index] as DriverFactory // index is below length
    const opened = this.#openFactory(factory)
    if ('refused' in opened) {
      this.#refused[index] = opened.refused
      this.#retryAt[index] = opened.isTransient === true ? performance.now() + RETRY_MILLISECONDS : Infinity
      return undefined
    }
    this.#refused[index] = undefined
    this.#retryAt[index] = Infinity
    this.drivers[index] = opened
    if (this.#keepAlive) opened.ref(true)
    return opened
  }

  #reasons(): string {
    return this.choices().map(({ name, reason }) => `${name}: ${reason ?? 'unknown'}`).join('; ')
  }

  /** Why an operation is not available, and what to write to get it: what an ENOTSUP error says. */
  describeMissing(opcode: Opcode): string {
    const choices = this.choices()
    const states = choices.map(({ name, state, reason }) => `${name}: ${reason ?? state}`)
    return `no driver here carries out '${opcodeName(opcode)}' (${states.join('; ')})${adviceFor(this.#candidates.filter(({ implied }) => implied !== true).map(({ name }) => name))}`
  }
}

/** Whether a driver knows the indexes that `registerFile` has given out. */
export function takesRegistered(driver: Driver, { first }: DriverLadder): boolean {
  return driver === first && driver.registerFile !== undefined
}

/** The driver that carries out everything. */
const EVERYTHING = 'thread-pool'

function adviceFor(names: readonly string[]): string {
  // Beside a simulated world the system's files would be another world's.
  if (names.includes(EVERYTHING) || names.includes('simulated')) return ''
  const both = [...names, EVERYTHING]
  return `; write TRUEAIO_DRIVER=${both.join(',')}, or driver: [${both.map((name) => `'${name}'`).join(', ')}], so that ${EVERYTHING} does what is left`
}
