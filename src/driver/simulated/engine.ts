// ④ driver — simulated: one driver on a simulation: what it was given, when each of that happens, and how cancels end.
// The tree and its errors are simulation.ts; this knows time and chance only.
import { FileFact } from '../../native/file-facts.js'
import { Opcode, opcodeName, opensOne } from '../../operation/opcode.js'
import { FileKind, type Operation } from '../../operation/operation.js'
import { Errno } from '../../operation/system-error.js'
import { WAITS_OUTSIDE } from '../../operation/waits.js'
import type { Capabilities, CompletionSink, Driver, DriverCounters, DriverOptions, Submission } from '../../proactor/driver.js'
import { TimerFlag } from '../../operation/timer.js'
import { Agenda } from './clock.js'
import { Contract } from './contract.js'
import { opcodesByName } from './faults.js'
import { Held, LinkedChain } from './held.js'
import { errnoNumber } from './inode.js'
import { counted, DONE, type Outcome } from './outcome.js'
import { BLOCKED, isOfSocket } from './perform-socket.js'
import { simulatedOperations } from './perform.js'
import { Pump, sleep } from './pump.js'
import type { Clocked, Simulation } from './simulation.js'
import type { Waiter } from './socket.js'

/** Completions inside submissions before the loop must have turned once: an endless chain of them starves nobody. */
const INLINE_BUDGET = 64

export class SimulatedEngine implements Driver, Clocked {
  readonly name = 'simulated'
  readonly capabilities: Capabilities
  readonly counters: DriverCounters = { systemCalls: 0, reapedInline: 0, reapedOnWake: 0, overflows: 0 }
  readonly port = -1
  readonly agenda: Agenda
  readonly #simulation: Simulation
  readonly #sink: CompletionSink
  readonly #contract: Contract
  readonly #pump: Pump
  readonly #held = new Map<number, Held>()
  /** Of these, such as no limit counts. */
  #waitingOutside = 0
  #taken: Held[] = []
  #cancels: Held[] = []
  #inlineBudget = INLINE_BUDGET
  /** Completions and `unstoppable`s told since the start. */
  #told = 0

  constructor(simulation: Simulation, sink: CompletionSink, options: DriverOptions) {
    const { settings } = simulation
    this.#simulation = simulation
    this.#sink = sink
    this.agenda = new Agenda(simulation.clock)
    const operations = simulatedOperations(opcodesByName(settings.without, 'without'))
    this.#contract = new Contract(operations)
    this.#pump = new Pump(simulation, this.agenda, () => {
      this.#inlineBudget = INLINE_BUDGET
      this.delivered()
    })
    this.capabilities = {
      operations, inFlightMax: Math.min(options.inFlightMax, settings.inFlightMax), chains: settings.chains, multishot: settings.multishot,
      priority: false, registration: false, cancellation: settings.cancellation,
    }
  }

  get inFlight(): number {
    return this.#held.size
  }

  submit(submission: Submission): boolean {
    this.#contract.checkOpen()
    if (!this.#hasRoom(1 - (WAITS_OUTSIDE[submission.operation.opcode] as number))) {
      this.#simulation.note('refused', submission)
      return false
    }
    this.#contract.checkSubmission(submission, this.#held.get(submission.slot), false)
    this.#take(new Held(submission, undefined, 0))
    return true
  }

  takesChain(members: readonly Operation[]): boolean {
    return this.capabilities.chains && members.every(({ detail }) => detail?.multishot !== true)
      // A socket of the chain's own gets a number.
      && !(members.some(({ fileKind }) => fileKind === FileKind.CHAIN_OPENED) && members.some(({ opcode }) => opcode !== Opcode.OPEN && opensOne(opcode)))
  }

  submitChain(members: readonly Submission[]): boolean {
    this.#contract.checkOpen()
    this.#contract.checkChain(this.takesChain(members.map(({ operation }) => operation)))
    if (!this.#hasRoom(members.length)) return false
    for (const member of members) this.#contract.checkSubmission(member, this.#held.get(member.slot), true)
    for (const member of new LinkedChain(members).members) this.#take(member)
    return true
  }

  flush(): void {
    if (this.#contract.closed) return
    this.#pump.syncWithReality()
    const withinSubmission = this.#handOver()
    for (const held of withinSubmission) {
      if (held.phase !== 'started' || held.event === undefined) continue
      this.counters.reapedInline++
      this.agenda.drop(held.event)
      this.#perform(held, 0)
    }
    this.#pump.arm()
  }

  cancel(submission: Submission): void {
    const held = this.#held.get(submission.slot)
    this.#contract.checkCancel(submission, held)
    if (held === undefined) return // checkCancel has thrown
    held.cancelAsked = true
    this.#simulation.note('cancel', held)
    this.#cancels.push(held)
  }

  wait(milliseconds: number, atLeast: number): void {
    const { clock } = this.#simulation
    this.#pump.syncWithReality()
    const enough = this.#told + atLeast
    const end = milliseconds < 0 ? Infinity : clock.now + milliseconds
    while (this.#told < enough) {
      this.#handOver() // completions bring new ones; what would complete inside the submission does so in its own time
      const { next } = this.agenda
      if (next > end) {
        // Nothing comes in time: the wait takes as long as a real one would.
        sleep(end - clock.now)
        clock.now = end
        return
      }
      if (next === Infinity) throw this.#deadlock()
      if (this.#simulation.settings.clock === 'real') sleep(next - clock.now)
      this.agenda.step()
      this.counters.reapedInline++
    }
  }

  ref(keepAlive: boolean): void {
    this.#pump.ref(keepAlive)
  }

  /** All of its files are regular ones and directories, or sockets. */
  factsOf(fd: number): number {
    return this.#simulation.openFiles.isSocket(fd) ? 0 : FileFact.POSITION
  }

  explain(operation: Operation): string {
    return `'${opcodeName(operation.opcode)}' ${isOfSocket(operation.opcode) ? 'on a simulated network' : 'on an in-memory file tree'}, seed ${String(this.#simulation.settings.seed)}`
  }

  close(): void {
    this.#contract.checkClose(this.#held.size)
    this.#pump.close()
    this.#simulation.drivers.splice(this.#simulation.drivers.indexOf(this), 1)
  }

  delivered(): void {
    this.#pump.arm()
    this.#sink.delivered()
  }

  #hasRoom(count: number): boolean {
    if (this.#held.size - this.#waitingOutside + count > this.capabilities.inFlightMax) return false
    // With nothing in flight no completion would ever bring the refused one back.
    return !this.#simulation.random.chance(this.#simulation.settings.refuseRate) || this.#held.size === 0
  }

  #take(held: Held): void {
    this.#held.set(held.slot, held)
    this.#waitingOutside += WAITS_OUTSIDE[held.operation.opcode] as number
    this.#taken.push(held)
    this.#simulation.note('submitted', held)
  }

  /** Starts what was taken and sees to cancels. Returns what is to complete inside the submission. */
  #handOver(): Held[] {
    const { random, settings } = this.#simulation
    const taken = this.#taken
    this.#taken = []
    if (taken.length > 0) this.counters.systemCalls++
    const inline: Held[] = []
    for (const held of taken) {
      if (settings.cancellation === 'queued' && held.cancelAsked) continue // never handed over
      if (held.position > 0) continue // the member before it starts it
      this.#start(held)
      const within = random.chance(settings.inlineRate) && held.fate.delay === 0 && held.operation.opcode !== Opcode.TIMER
      if (within && this.#inlineBudget-- > 0) inline.push(held)
    }
    const cancels = this.#cancels
    this.#cancels = []
    for (const held of cancels) this.#answerCancel(held)
    return inline
  }

  #start(held: Held): void {
    const { random, settings, faults } = this.#simulation
    held.phase = 'started'
    const cancelled = held.fate.errno // a chain's member may be cancelled before it starts
    held.fate = faults.decide(held.operation)
    if (cancelled < 0) held.fate.errno = cancelled
    const delay = random.between(...settings.delay) + held.fate.delay
    const part = random.fraction()
    if (held.operation.opcode === Opcode.TIMER) this.#startTimer(held)
    else if (!held.fate.hangs) held.event = this.agenda.add(delay * part, () => this.#perform(held, delay * (1 - part)))
  }

  #startTimer(held: Held): void {
    const { detail, flags } = held.operation
    const time = (detail?.seconds ?? 0) * 1000 + (detail?.nanoseconds ?? 0) / 1e6
    const multishot = detail?.multishot === true
    if (multishot && !this.capabilities.multishot) {
      held.event = this.agenda.add(0, () => this.#end(held, { result: errnoNumber('ENOTSUP'), value: undefined }, 0))
      return
    }
    const delay = (flags & TimerFlag.ABSOLUTE) !== 0 ? Math.max(0, time - this.#simulation.wallClock) : time
    held.event = this.agenda.add(delay, () => (multishot ? this.#tick(held, delay) : this.#end(held, DONE, 0)))
  }

  #tick(held: Held, period: number): void {
    held.event = this.agenda.add(period, () => this.#tick(held, period))
    held.ticks++
    this.#told++
    this.#sink.complete(held.slot, held.generation, 0, held.ticks, true)
  }

  #perform(held: Held, delayOfTelling: number): void {
    if (isOfSocket(held.operation.opcode)) {
      this.#performOnSocket(held, delayOfTelling)
      return
    }
    this.#end(held, this.#simulation.perform(held), delayOfTelling)
  }

  #performOnSocket(held: Held, delayOfTelling: number): void {
    held.event = undefined
    held.isBlocked = true // the attempt itself may find out when the next one is
    const outcome = this.#simulation.performOnSocket(held, this.#waiterOf(held))
    if (outcome === BLOCKED) return
    held.isBlocked = false
    const { detail, opcode } = held.operation
    const isLast = detail?.multishot !== true || outcome.result < 0 || (outcome.result === 0 && opcode !== Opcode.RECVMSG_PIECE)
    if (isLast) {
      this.#end(held, outcome, delayOfTelling)
      return
    }
    held.event = this.agenda.add(0, () => this.#perform(held, 0))
    this.#told++
    this.#sink.complete(held.slot, held.generation, outcome.result, outcome.value, true)
  }

  /** Lets one that waits for its socket be carried out again. */
  #waiterOf(held: Held): Waiter {
    const { clock } = this.#simulation
    return {
      wake: (at) => {
        if (this.#held.get(held.slot) !== held || held.phase !== 'started' || !held.isBlocked) return
        if (held.event !== undefined && held.event.at <= at) return
        if (held.event !== undefined) this.agenda.drop(held.event)
        held.event = this.agenda.add(Math.max(0, at - clock.now), () => this.#perform(held, 0))
        this.#pump.arm()
      },
    }
  }

  /** Fixes the outcome of a submission; it is reported a little later. */
  #end(held: Held, outcome: Outcome, delayOfTelling: number): void {
    const { clock } = this.#simulation
    held.phase = 'performed'
    held.outcome = outcome
    held.socket?.unuse()
    this.#simulation.note('performed', held, outcome.result)
    const { chain } = held
    held.tellAt = Math.max(clock.now + delayOfTelling, chain?.toldAt ?? 0)
    const tellsNow = delayOfTelling === 0 && held.tellAt <= clock.now
    if (chain !== undefined) {
      chain.toldAt = held.tellAt
      this.#goOn(chain, held, outcome)
    }
    if (tellsNow) this.#tell(held)
    else held.event = this.agenda.add(held.tellAt - clock.now, () => this.#tell(held))
  }

  #goOn(chain: LinkedChain, held: Held, { result }: Outcome): void {
    chain.memberEnded()
    const next = chain.members[held.position + 1]
    if (next === undefined || next.phase === 'performed') return
    if (chain.goesOnAfter(held.position, result)) {
      this.#start(next)
      return
    }
    // Ends itself, and by that the one after it.
    next.phase = 'started'
    next.event = this.agenda.add(0, () => this.#end(next, { result: Errno.ECANCELED, value: undefined }, 0))
  }

  #tell(held: Held): void {
    const { slot, generation, outcome } = held
    const { result, value } = outcome as Outcome // set by #end, which leads here
    held.lent.checkThere()
    this.#held.delete(slot)
    this.#waitingOutside -= WAITS_OUTSIDE[held.operation.opcode] as number
    this.#simulation.note('completed', held, result)
    this.#told++
    this.#sink.complete(slot, generation, result, value, false)
  }

  #answerCancel(held: Held): void {
    const { settings, random } = this.#simulation
    const delay = random.between(...settings.delay) * random.fraction()
    // Also one that waits for its socket ends when it is cancelled, and not by itself.
    const isTimer = held.operation.opcode === Opcode.TIMER || isOfSocket(held.operation.opcode)
    const multishot = isTimer && (held.operation.detail?.multishot === true || held.operation.opcode !== Opcode.TIMER)
    let tooLate = random.chance(settings.cancelTooLateRate) && !multishot
    let unstoppable = random.chance(settings.cancelUnstoppableRate) && !isTimer
    if (settings.cancellation === 'queued') {
      tooLate = false
      unstoppable = held.phase !== 'taken' && !isTimer
    }
    this.agenda.add(delay, () => {
      if (this.#held.get(held.slot) !== held || held.phase === 'performed') {
        // Its completion was reported already, or will be soon. A ring answers such a cancel all the same (ENOENT, EALREADY).
        if (unstoppable) this.#sink.unstoppable(held.slot, held.generation)
      } else if (unstoppable) {
        this.#told++
        this.#simulation.note('unstoppable', held)
        this.#sink.unstoppable(held.slot, held.generation)
        if (held.fate.hangs) this.#hurry(held)
      } else if (tooLate) this.#hurry(held)
      else this.#stop(held)
    })
  }

  /** It is about to happen after all. */
  #hurry(held: Held): void {
    if (held.phase !== 'started') return // a chain's member whose turn has not come
    if (held.event !== undefined) this.agenda.drop(held.event)
    held.event = this.agenda.add(0, () => {
      if (held.operation.opcode === Opcode.TIMER) this.#end(held, DONE, 0)
      else this.#perform(held, 0)
    })
  }

  #stop(held: Held): void {
    const { settings, random } = this.#simulation
    const result = settings.cancellation === 'signal' && held.phase === 'started' && held.operation.opcode !== Opcode.TIMER ? Errno.EINTR : Errno.ECANCELED
    if (result === Errno.EINTR && held.operation.opcode === Opcode.CLOSE) {
      this.#hurry(held) // a close that a signal meets has closed all the same
      return
    }
    if (held.phase === 'taken' && held.position > 0) {
      held.fate.errno = Errno.ECANCELED // told when its turn comes
      return
    }
    if (held.event !== undefined) this.agenda.drop(held.event)
    if (settings.scribble) held.lent.scribble(random)
    this.#end(held, held.sent > 0 ? counted(held.sent) : { result, value: undefined }, 0)
  }

  #deadlock(): Error {
    const waiting = [...this.#held.values()].map(({ operation }) => opcodeName(operation.opcode)).join(', ')
    return Object.assign(
      new Error(`trueaio: this wait would never end: the operations in flight hang until they are cancelled (${waiting}). Give it a timeout, or cancel first.`),
      { code: 'ERR_TRUEAIO_CANNOT_BLOCK' },
    )
  }
}
