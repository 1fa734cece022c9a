// ④ driver — simulated: one simulation: its files, its chance, its time and its log, shared by the drivers opened on it.
import { Opcode } from '../../operation/opcode.js'
import { FileKind, type Operation } from '../../operation/operation.js'
import { AT_FDCWD } from '../../operation/path.js'
import { goesOn, resolved } from '../../operation/row.js'
import { Clock, type Agenda } from './clock.js'
import { Faults } from './faults.js'
import { Quota } from './file-content.js'
import type { Held } from './held.js'
import { Failure, type Inode, type Instant } from './inode.js'
import { Log, type LogEvent } from './log.js'
import { Network } from './network.js'
import { OpenFiles } from './open-files.js'
import type { Settings } from './options.js'
import type { Outcome, World } from './outcome.js'
import { perform } from './perform.js'
import { makeSockets, performOnSocket } from './perform-socket.js'
import { Random } from './random.js'
import type { Waiter } from './socket.js'
import { Tree } from './tree.js'

/** When virtual time begins, so that file times are the same in every run: 2000-01-01. */
const EPOCH_SECONDS = 946_684_800

/** What a simulation knows of each of its drivers. */
export interface Clocked {
  readonly agenda: Agenda
  readonly inFlight: number
  /** All completions of one step have been reported. */
  delivered(): void
}

export class Simulation implements World {
  readonly settings: Settings
  readonly random: Random
  readonly clock: Clock = new Clock()
  readonly log: Log
  readonly faults: Faults
  readonly tree: Tree
  readonly openFiles: OpenFiles
  readonly drivers: Clocked[] = []
  readonly network: Network
  /** Seconds since 1970 when the simulation began. */
  readonly #epoch: number

  constructor(settings: Settings) {
    this.settings = settings
    this.#epoch = settings.clock === 'real' ? Date.now() / 1000 : EPOCH_SECONDS
    this.random = new Random(settings.seed)
    this.log = new Log(settings.logEntriesMax)
    this.faults = new Faults(settings.faults, settings.errorRates, settings.shortRate, this.random)
    this.tree = new Tree(new Quota(settings.bytesMax), () => this.#instant())
    this.openFiles = new OpenFiles(settings.descriptorsMax)
    this.network = new Network(settings, this.random, this.clock)
  }

  /** Milliseconds since 1970, as the simulation's file times have it. */
  get wallClock(): number {
    return this.#epoch * 1000 + this.clock.now
  }

  note(event: LogEvent, held: Pick<Held, 'slot' | 'generation' | 'operation'>, result?: number): void {
    const { slot, generation, operation } = held
    this.log.add({ time: this.clock.now, event, slot, generation, operation, result })
  }

  /** Lets an operation happen, or fail as its fate has it. */
  perform(held: Held): Outcome {
    const { operation, fate, chain, lent } = held
    if (operation.opcode === Opcode.ROW) return this.#performRow(operation)
    lent.checkThere()
    if (lent.changed) this.note('changed while lent', held)
    const ofChain = operation.fileKind === FileKind.CHAIN_OPENED
    const close = (): void => {
      if (ofChain) chain?.closeOpened()
      else this.openFiles.close(operation.file)
    }
    // As on Linux, a close that fails has closed all the same.
    const outcome = fate.errno < 0 && operation.opcode !== Opcode.CLOSE
      ? { result: fate.errno, value: undefined }
      : perform(this, operation, {
          file: () => (ofChain && chain !== undefined ? chain.opened : this.openFiles.get(operation.file)),
          directory: (fd) => this.#directory(fd),
          keepForChain: chain === undefined || !chain.usesOpened ? undefined : (file) => chain.keep(file),
          close,
          bytesMax: fate.bytesMax,
        })
    if (outcome.result >= 0 && fate.errno < 0) return { result: fate.errno, value: undefined }
    if (outcome.result < 0 && this.settings.scribble) lent.scribble(this.random)
    return outcome
  }

  /** The same for an operation on a socket. BLOCKED: it waits, and the waiter is woken when it is worth another attempt. */
  performOnSocket(held: Held, waiter: Waiter): Outcome {
    const { fate, lent, operation } = held
    lent.checkThere()
    if (fate.errno < 0) return { result: fate.errno, value: undefined }
    try {
      const { network, openFiles } = this
      const made = makeSockets(operation, network, openFiles)
      if (made !== undefined) return made
      if (held.socket === undefined) {
        if (operation.fileKind === FileKind.CHAIN_OPENED) throw new Failure('ENOTSOCK')
        held.socket = openFiles.socket(operation.file)
        held.socket.uses++
      }
      const attempt = { operation, network, openFiles, socket: held.socket, waiter, bytesMax: fate.bytesMax, sent: held.sent }
      const outcome = performOnSocket(attempt)
      held.sent = attempt.sent
      return outcome
    } catch (error) {
      if (error instanceof Failure) return { result: error.errno, value: undefined }
      throw error
    }
  }

  /** All steps at one instant, each with a fate of its own, of which `hang` and `delay` mean nothing here. */
  #performRow({ detail }: Operation): Outcome {
    const values: unknown[] = []
    for (const step of detail?.members ?? []) {
      const operation = resolved(step, values)
      const { errno, bytesMax } = this.faults.decide(operation)
      const { result, value } = errno < 0 && operation.opcode !== Opcode.CLOSE
        ? { result: errno, value: undefined }
        : perform(this, operation, {
            file: () => this.openFiles.get(operation.file),
            directory: (fd) => this.#directory(fd),
            keepForChain: undefined,
            close: () => this.openFiles.close(operation.file),
            bytesMax,
          })
      const told = errno < 0 ? errno : result
      values.push(told < 0 ? told : value)
      if (!goesOn(step, told)) break
    }
    return { result: 0, value: values }
  }

  #directory(fd: number): Inode {
    if (fd === AT_FDCWD) return this.tree.root
    const { inode } = this.openFiles.get(fd)
    if (!inode.isDirectory) throw new Failure('ENOTDIR')
    return inode
  }

  #instant(): Instant {
    const microseconds = Math.round(this.wallClock * 1000)
    const seconds = Math.floor(microseconds / 1_000_000)
    return { seconds, nanoseconds: (microseconds - seconds * 1_000_000) * 1000 }
  }
}
