// ① interface — one job from its first operation to its last: keeps as many in progress as its depth says, counts, verifies.
import { constants } from 'node:fs'
import type { Backend, Unit } from './backend.js'
import { Counting } from './counting.js'
import type { Memory } from './contents.js'
import type { NeededFile } from './files.js'
import type { JobFigures } from './figures.js'
import type { IologWriter } from './iolog.js'
import { Direction, type Job } from './job.js'
import type { Logs } from './logs.js'
import { callAt, Pacing, type Flow } from './pacing.js'
import { fill } from './patterns.js'
import { Places, type Wanted } from './places.js'
import { Verifier } from './verify.js'

/** A backend that blocks lets the loop turn so often. */
const TURN_NANOSECONDS = 10e6
const EIO = -5
/** What fio calls EILSEQ: contents that are not what was written. */
const EILSEQ = -84

interface Written {
  readonly file: number
  readonly offset: number
  readonly length: number
}

export interface JobParts {
  readonly job: Job
  readonly files: readonly NeededFile[]
  readonly isSynchronous: boolean
  readonly memory: Memory
  readonly flow: Flow | undefined
  readonly logs: Logs | undefined
  readonly iolog: IologWriter | undefined
  readonly makeBackend: (ended: (units: readonly Unit[]) => void) => Backend
}

export function nowNanoseconds(): number {
  return performance.now() * 1e6
}

export class JobRun {
  readonly #parts: JobParts
  readonly #job: Job
  readonly #backend: Backend
  readonly #places: Places
  readonly #counting: Counting
  readonly #pacing: Pacing
  readonly #verifier: Verifier | undefined
  readonly #free: Unit[] = []
  #handles: number[] = []
  readonly #wanted: Wanted = { direction: Direction.READ, file: 0, offset: 0, length: 0 }
  #direction: Direction | undefined
  #inFlight = 0
  #issuedBytes = 0
  #issued = 0
  #numbers = 0
  #writesSinceSync = 0
  readonly #limit: number
  #begunAt = 0
  #deadline = Infinity
  #isRefilling = false
  #isExhausted = false
  #isStopped = false
  #completedSinceRefill = 0
  #unpause: (() => void) | undefined
  #whenDone: (() => void) | undefined
  #written = new Map<number, Written>()
  #verifying: Written[] | undefined
  #error = 0
  #problem: string | undefined
  /** Of a job that goes on behind errors. */
  #errors = 0
  #firstError = 0

  constructor(parts: JobParts) {
    const { job, files } = parts
    this.#parts = parts
    this.#job = job
    this.#backend = parts.makeBackend((units) => this.#ended(units))
    this.#places = new Places(job, files)
    this.#counting = new Counting(job, parts.isSynchronous, parts.logs)
    this.#pacing = new Pacing(job, parts.flow)
    this.#verifier = job.verify === undefined ? undefined : new Verifier(job)
    this.#limit = job.ioSize ?? files.reduce((sum, { length }) => sum + length, 0)
    const bytes = Math.max(...job.blocks.map(({ most }) => most))
    for (let index = 0; index < job.depth; index++) {
      const memory = parts.memory.allocate(bytes, job.direct)
      fill(memory, job)
      this.#free.push({ memory, buffer: memory, direction: 0, file: 0, offset: 0, length: 0, startedAt: 0, issuedAt: 0, result: 0, number: 0 })
    }
  }

  /** Nothing more is begun; what is in progress is waited for. */
  stop(): void {
    this.#isStopped = true
    this.#unpause?.()
    this.#settleIfDone()
  }

  async run(): Promise<JobFigures> {
    const { job } = this.#parts
    try {
      await this.#open()
      this.#begunAt = nowNanoseconds()
      this.#counting.begin(this.#begunAt)
      this.#pacing.begin(this.#begunAt)
      const timers = this.#timers()
      if (!job.createOnly) await this.#loops()
      for (const stopTimer of timers) stopTimer()
    } catch (error) {
      this.#fail((error as NodeJS.ErrnoException).errno ?? EIO, (error as Error).message)
    }
    const endedAt = nowNanoseconds()
    this.#pacing.end()
    const figures = this.#counting.figures({ error: -this.#error, problem: this.#problem, driver: this.#backend.driver, errors: this.#errors, firstError: this.#firstError }, endedAt)
    await this.#close()
    await this.#parts.logs?.end()
    await this.#parts.iolog?.end()
    await this.#backend.end()
    return figures
  }

  async #open(): Promise<void> {
    const { job, files } = this.#parts
    const access = job.writes && !job.verifyOnly ? constants.O_RDWR | constants.O_CREAT : constants.O_RDONLY
    for (const { path } of files) {
      const handle = await this.#backend.open(path, access | job.openFlags | (job.append ? constants.O_APPEND : 0))
      this.#handles.push(handle)
      this.#parts.iolog?.opened(path)
      if (job.invalidate) await this.#backend.invalidate(handle)
    }
  }

  async #close(): Promise<void> {
    for (const [index, handle] of this.#handles.entries()) {
      if (this.#job.fsyncOnClose) await this.#backend.sync(handle, false)
      await this.#backend.close(handle).catch((error: unknown) => this.#fail(EIO, (error as Error).message))
      this.#parts.iolog?.closed(this.#parts.files[index]?.path ?? '')
    }
    this.#handles = []
  }

  #timers(): (() => void)[] {
    const { runtime, rampTime } = this.#job
    const timers: (() => void)[] = []
    if (rampTime > 0) {
      timers.push(callAt(this.#begunAt + rampTime * 1e3, () => this.#counting.begin(nowNanoseconds())))
    }
    if (runtime > 0) {
      this.#deadline = this.#begunAt + (rampTime + runtime) * 1e3
      timers.push(callAt(this.#deadline, () => this.stop()))
    }
    return timers
  }

  async #loops(): Promise<void> {
    const { job } = this.#parts
    for (let loop = 0; loop < job.loops && !this.#isStopped; loop++) {
      this.#places.rewind()
      this.#issuedBytes = this.#issued = 0
      if (job.verifyOnly && job.writes) this.#expectAll()
      else await this.#pass()
      if (job.endFsync && job.writes) for (const handle of this.#handles) await this.#sync(handle, false)
      // What was written is read again, also where the time for writing is over.
      if (this.#verifier !== undefined && job.writes && job.doVerify && this.#error === 0 && this.#written.size > 0) {
        this.#verifying = [...this.#written.values()].reverse()
        this.#isStopped = false
        await this.#pass()
        this.#verifying = undefined
        this.#isStopped = this.#isOver()
      }
      this.#written = new Map()
    }
  }

  #isOver(): boolean {
    return nowNanoseconds() >= this.#deadline || this.#error !== 0
  }

  /** For verify_only: all blocks that the writes would have gone to. */
  #expectAll(): void {
    while (this.#places.next(this.#wanted, Direction.WRITE)) this.#note(this.#wanted)
  }

  #note({ file, offset, length }: Wanted): void {
    this.#written.set(file * 2 ** 44 + offset, { file, offset, length })
  }

  #pass(): Promise<void> {
    return new Promise((resolve) => {
      this.#isExhausted = false
      this.#whenDone = resolve
      this.#refill()
    })
  }

  #settleIfDone(): void {
    if (this.#inFlight > 0 || !(this.#isExhausted || this.#isStopped) || this.#isRefilling) return
    const done = this.#whenDone
    this.#whenDone = undefined
    done?.()
  }

  #fail(error: number, problem: string): void {
    if (this.#job.continueOnError) {
      this.#errors++
      this.#firstError ||= -error
      return
    }
    if (this.#error === 0) {
      this.#error = error
      this.#problem = problem
    }
    this.#isStopped = true
  }

  /** Finds the next operation. False: there is none now. */
  #next(now: number): boolean {
    if (this.#verifying !== undefined) {
      const next = this.#verifying.pop()
      if (next === undefined) this.#isExhausted = true
      else Object.assign(this.#wanted, next, { direction: Direction.READ })
      return next !== undefined
    }
    const { job } = this.#parts
    if (!job.timeBased && (this.#issuedBytes >= this.#limit || (job.numberIos > 0 && this.#issued >= job.numberIos))) {
      this.#isExhausted = true
      return false
    }
    this.#direction ??= this.#places.direction()
    if (this.#pacing.isNeeded) {
      const due = this.#pacing.due(this.#direction, now)
      if (due > now) {
        this.#pause(due)
        return false
      }
    }
    let found = this.#places.next(this.#wanted, this.#direction)
    if (!found && (job.timeBased || job.ioSize !== undefined || job.reads)) {
      // A pass over the file is complete, and more is wanted.
      this.#places.rewind()
      found = this.#places.next(this.#wanted, this.#direction)
    }
    if (!found) this.#isExhausted = true
    this.#direction = undefined
    return found
  }

  #pause(until: number): void {
    this.#unpause?.()
    const cancel = callAt(Math.min(until, this.#deadline), () => {
      this.#unpause = undefined
      this.#refill()
    })
    this.#unpause = () => {
      cancel()
      this.#unpause = undefined
    }
  }

  readonly #refill = (): void => {
    if (this.#isRefilling) return
    this.#isRefilling = true
    const { depth, batchSubmit } = this.#job
    const group = batchSubmit > 0 ? batchSubmit : depth
    const begun = nowNanoseconds()
    let now = begun
    let isPausing = false
    while (this.#inFlight < depth && !this.#isStopped && !this.#isExhausted && !isPausing) {
      let count = 0
      while (count < group && this.#inFlight < depth) {
        if (!this.#next(now)) {
          isPausing = true
          break
        }
        this.#start(now)
        count++
      }
      if (count > 0) {
        this.#counting.submitted(count, this.#inFlight)
        this.#stamp()
        if (this.#parts.isSynchronous || batchSubmit > 0) this.#backend.flush()
        if (this.#parts.isSynchronous) now = nowNanoseconds()
      }
      if (now - begun > TURN_NANOSECONDS) {
        setImmediate(this.#refill)
        break
      }
      if (now >= this.#deadline) this.#isStopped = true
    }
    this.#isRefilling = false
    if (!this.#parts.isSynchronous && this.#job.engine === 'null') this.#backend.flush()
    this.#counting.sample(now)
    this.#settleIfDone()
  }

  readonly #started: Unit[] = []

  #start(now: number): void {
    const unit = this.#free.pop() as Unit // there are as many as the depth
    const { direction, file, offset, length } = this.#wanted
    unit.direction = direction
    unit.file = this.#handles[file] as number // each file has one
    unit.offset = offset
    unit.length = length
    unit.buffer = unit.memory.length === length ? unit.memory : unit.memory.subarray(0, length)
    unit.startedAt = unit.issuedAt = now
    unit.number = this.#numbers++
    if (direction === Direction.WRITE) {
      if (this.#job.refillBuffers) fill(unit.buffer, this.#job)
      if (this.#verifier !== undefined) {
        this.#verifier.seal(unit.buffer, offset, unit.number)
        this.#note(this.#wanted)
      }
    }
    this.#inFlight++
    this.#issuedBytes += length
    this.#issued++
    this.#started.push(unit)
    this.#pacing.made(direction, length, now)
    this.#parts.iolog?.moved(this.#parts.files[file]?.path ?? '', direction, offset, length)
    this.#backend.start(unit)
    if (direction === Direction.WRITE) this.#syncIfDue(unit.file)
  }

  #syncIfDue(handle: number): void {
    const { fsync, fdatasync } = this.#job
    const every = fsync > 0 ? fsync : fdatasync
    if (every === 0 || ++this.#writesSinceSync < every) return
    this.#writesSinceSync = 0
    // A sync covers the writes before it, which are first handed over, and those that have to end first.
    this.#inFlight++
    void this.#sync(handle, fsync === 0).then(() => {
      this.#inFlight--
      this.#refill()
    })
  }

  async #sync(handle: number, dataOnly: boolean): Promise<void> {
    if (this.#parts.isSynchronous) this.#backend.flush()
    const begun = nowNanoseconds()
    const result = await this.#backend.sync(handle, dataOnly)
    if (result < 0) this.#fail(result, `${dataOnly ? 'fdatasync' : 'fsync'} failed`)
    else this.#counting.synced(nowNanoseconds() - begun)
  }

  /** Notes when what was started has been handed over. */
  #stamp(): void {
    const now = this.#parts.isSynchronous ? 0 : nowNanoseconds()
    for (const unit of this.#started) unit.issuedAt = this.#parts.isSynchronous ? unit.startedAt : now
    this.#started.length = 0
  }

  #ended(units: readonly Unit[]): void {
    const now = nowNanoseconds()
    this.#counting.completed(units.length)
    for (const unit of units) {
      this.#inFlight--
      if (unit.result <= 0) this.#failUnit(unit)
      else {
        this.#counting.ended(unit, now)
        // As in fio: what a mix reads may never have been written.
        if (this.#verifier !== undefined && unit.direction === Direction.READ && (this.#verifying !== undefined || !this.#job.writes)) this.#check(unit)
      }
      this.#free.push(unit)
    }
    this.#completedSinceRefill += units.length
    const { batchCompleteMin, depthLow, depth } = this.#job
    const isEnough = this.#completedSinceRefill >= Math.min(batchCompleteMin, this.#completedSinceRefill + this.#inFlight) && (depthLow >= depth || this.#inFlight <= depthLow)
    if (isEnough || this.#inFlight === 0 || this.#isStopped) {
      this.#completedSinceRefill = 0
      if (this.#job.engine === 'null') setImmediate(this.#refill)
      else this.#refill()
    }
  }

  #pathOf(unit: Unit): string {
    return this.#parts.files[this.#handles.indexOf(unit.file)]?.path ?? ''
  }

  #failUnit(unit: Unit): void {
    const what = unit.direction === Direction.READ ? 'read' : 'write'
    const why = unit.result === 0 ? 'nothing more there' : `error ${String(-unit.result)}`
    this.#fail(unit.result === 0 ? EIO : unit.result, `${what} of ${String(unit.length)} bytes at offset ${String(unit.offset)} of ${this.#pathOf(unit)}: ${why}`)
  }

  #check(unit: Unit): void {
    const problem = this.#verifier?.problem(unit.buffer.subarray(0, unit.result), this.#pathOf(unit), unit.offset)
    if (problem === undefined) return
    process.stderr.write(`${problem}\n`)
    this.#fail(EILSEQ, problem)
    if (this.#job.verifyFatal) this.#isStopped = true
  }
}
