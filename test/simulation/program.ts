// A random program over a proactor on the simulated driver, and what must hold whatever happens to it.
import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import {
  chain, close, fsync, nop, open, Proactor, read, readv, statx, timer, write, writev,
  type CompletionEvent, type CompletionQueue, type Operation, type SubmitOptions,
} from 'trueaio'
import { simulated, type SimulatedDriver, type SimulatedOptions } from 'trueaio/simulated'
import type { Random } from '#src/driver/simulated/random.js'
import { LARGEST_BUFFER, Recorder } from './recorder.js'

const STEPS = 120
const PATTERN_BYTES = 5000
const DRAIN_MS_MAX = 10_000
const SENTINEL = 0xee

/** One submission of the program, and what became of it. */
interface Request {
  readonly number: number
  readonly name: string
  readonly operation: Operation
  readonly options: SubmitOptions
  /** What the driver sees: the operation itself, or the members of a chain. */
  readonly parts: readonly Operation[]
  readonly target: { readonly bytes: Buffer; readonly offset: number } | undefined
  settlements: number
  error: Error | undefined
  value: unknown
  /** The target's bytes when the caller was told. */
  atSettlement: Buffer | undefined
}

export class Program {
  readonly driver: SimulatedDriver
  readonly #random: Random
  readonly #recorder: Recorder
  readonly #io: Proactor
  readonly #requests: Request[] = []
  readonly #controllers: AbortController[] = []
  readonly #queue: CompletionQueue<Request>
  readonly #descriptors: number[] = []
  readonly #blocking: boolean
  readonly #closesEarly: boolean
  #queued = 0
  #appended = 0
  #made = 0

  constructor(seed: number, random: Random) {
    this.#random = random
    // A blocking call behind something that hangs would rightly never end.
    this.#blocking = random.chance(0.3)
    this.#closesEarly = random.chance(0.3)
    this.driver = simulated(this.#driverOptions(seed))
    this.driver.files.write('/pattern', pattern(0, PATTERN_BYTES))
    this.driver.files.write('/log', '')
    this.driver.files.write('/hang', '')
    this.#recorder = new Recorder(this.driver)
    this.#io = new Proactor({ driver: this.#recorder, inFlightMax: random.pick([1, 2, 3, 8, 64]), bytesLentMax: random.pick([1, 300, 1000, 2 ** 20]) })
    this.#recorder.proactor = this.#io
    this.#queue = this.#io.completionQueue({ capacity: random.pick([1, 2, 16, 4096]) })
  }

  #driverOptions(seed: number): SimulatedOptions {
    const random = this.#random
    return {
      seed,
      delay: [0, random.pick([0, 1, 20])],
      inlineRate: random.pick([0, 0.1, 0.9]),
      refuseRate: random.pick([0, 0, 0.3, 0.8]),
      shortRate: random.pick([0, 0.3]),
      errorRates: random.chance(0.5) ? {} : { EIO: 0.05, ENOSPC: 0.05, EINTR: 0.05, EMFILE: 0.1, EAGAIN: 0.02, ENOMEM: 0.02 },
      faults: this.#blocking ? [] : [{ path: '/hang', hang: true }],
      cancellation: random.pick(['kernel', 'signal', 'queued']),
      cancelTooLateRate: random.pick([0, 0.2, 0.8]),
      cancelUnstoppableRate: random.pick([0, 0.2, 0.8]),
      chains: random.chance(0.5),
      inFlightMax: random.pick([1, 4, 1000]),
    }
  }

  async run(): Promise<void> {
    const random = this.#random
    for (const path of ['/pattern', '/log']) {
      for (let fd: number | undefined; fd === undefined;) {
        fd = await this.#io.submit(open(path, { flags: constants.O_RDWR | constants.O_APPEND })).catch(() => undefined)
        if (fd !== undefined) this.#descriptors.push(fd)
      }
    }
    const drained = this.#drainQueue()
    for (let step = 0; step < STEPS; step++) {
      this.#step()
      if (random.chance(0.3)) await (random.chance(0.5) ? turn() : Promise.resolve())
      if (random.chance(0.15)) this.#abortOne()
    }
    for (const controller of this.#controllers) if (random.chance(0.5)) controller.abort()
    const closing = this.#closesEarly ? this.#io.close() : undefined
    await turn()
    for (const controller of this.#controllers) controller.abort()
    await this.#settled()
    await drained
    await closing
    await this.#checkEnd()
  }

  #step(): void {
    const random = this.#random
    if (this.#blocking && random.chance(0.05)) {
      this.#runBlocking()
      return
    }
    const request = this.#make()
    this.#requests.push(request)
    switch (random.integer(0, 3)) {
      case 0: case 1:
        this.#io.submit(request.operation, request.options).then((value) => this.#settle(request, undefined, value), (error: unknown) => this.#settle(request, error as Error, undefined))
        return
      case 2:
        this.#io.submit(request.operation, request.options, (error, value) => this.#settle(request, error ?? undefined, value))
        return
      default:
        this.#queued++
        this.#queue.submit(request.operation, request, request.options)
    }
  }

  #runBlocking(): void {
    const requests = Array.from({ length: this.#random.integer(1, 5) }, () => this.#make({}))
    this.#requests.push(...requests)
    const results = this.#io.runSync(requests.map(({ operation }) => operation))
    results.forEach((result, index) => {
      const request = requests[index] as Request // one result for each
      if (result.status === 'fulfilled') this.#settle(request, undefined, result.value)
      else this.#settle(request, result.reason as Error, undefined)
    })
  }

  #settle(request: Request, error: Error | undefined, value: unknown): void {
    request.settlements++
    request.error = error
    request.value = value
    if (request.target !== undefined) request.atSettlement = Buffer.from(request.target.bytes)
    if (error === undefined && request.name === 'open') this.#descriptors.push(value as number)
  }

  async #drainQueue(): Promise<void> {
    for (let seen = 0; ;) {
      const events: CompletionEvent<Request>[] = await this.#queue.wait({ min: 1, max: 3, timeout: 2 })
      for (const { cookie, error, result } of events) this.#settle(cookie, error, result)
      seen += events.length
      if (seen === this.#queued && this.#ended) return
    }
  }

  #ended = false

  #make(given?: SubmitOptions): Request {
    const random = this.#random
    const kind = random.integer(0, 12)
    const [patternFd = -1, logFd = -1] = this.#descriptors
    const length = random.integer(0, LARGEST_BUFFER)
    const offset = random.integer(0, PATTERN_BYTES + 100)
    const bytes = Buffer.alloc(length, SENTINEL)
    const target = { bytes, offset }
    const options = given ?? this.#options(kind)
    const request = (name: string, operation: Operation, into?: Request['target']): Request => ({
      number: this.#made++, name, operation, options, parts: operation.detail?.members ?? [operation], target: into,
      settlements: 0, error: undefined, value: undefined, atSettlement: undefined,
    })
    switch (kind) {
      case 0: case 1: case 2: return request('read', read(patternFd, bytes, offset), target)
      case 3: return request('readv', readv(patternFd, [bytes.subarray(0, length >> 1), bytes.subarray(length >> 1)], offset), target)
      case 4: case 5: return request('append', write(logFd, Buffer.from(`${String(this.#appended++).padStart(6)}\n`)))
      case 6: return request('writev', writev(999, [bytes]))
      case 7: return request('nop', nop())
      case 8: return request('fsync', fsync(logFd))
      case 9: return request('timer', timer(random.integer(0, 50)))
      case 10: return request('open', open('/pattern'))
      case 11: return request('statx', statx(options.signal === undefined ? '/pattern' : '/hang'))
      default:
        return random.chance(0.5)
          ? request('chain', chain(open('/pattern'), read(chain.opened, bytes, offset)), target)
          : request('chain', chain(open('/pattern'), read(chain.opened, bytes, offset), nop(), close(chain.opened)), target)
    }
  }

  #options(kind: number): SubmitOptions {
    const random = this.#random
    const options: { -readonly [Name in keyof SubmitOptions]: SubmitOptions[Name] } = {}
    if (random.chance(0.3)) {
      const controller = random.chance(0.3) ? this.#controllers.at(-1) : undefined
      if (controller === undefined) this.#controllers.push(new AbortController())
      const chosen = controller ?? this.#controllers.at(-1)
      if (chosen !== undefined) options.signal = chosen.signal
    }
    if (random.chance(0.05)) options.timeout = random.integer(1, 3)
    const isChain = kind === 12
    if ((kind === 4 || kind === 5) && !isChain) options.ordered = true
    if (kind <= 1 && random.chance(0.3)) options.ordered = true
    if (random.chance(0.05) && !isChain) options.barrier = true
    return options
  }

  #abortOne(): void {
    const { length } = this.#controllers
    if (length > 0) this.#controllers[this.#random.integer(0, length - 1)]?.abort()
  }

  async #settled(): Promise<void> {
    const end = performance.now() + DRAIN_MS_MAX
    while (this.#requests.some(({ settlements }) => settlements === 0) || (!this.#closesEarly && this.#io.statistics.inFlight > 0)) {
      const lost = this.#requests.filter(({ settlements }) => settlements === 0)
      assert.ok(performance.now() < end, `never settled: ${lost.map(({ number, name }) => `${String(number)} ${name}`).join(', ')}; ${JSON.stringify(this.#io.statistics)}`)
      await turn()
      this.#checkLimits()
    }
    this.#ended = true
  }

  #checkLimits(): void {
    assert.deepEqual(this.#recorder.violations, [])
  }

  async #checkEnd(): Promise<void> {
    this.#checkLimits()
    for (const request of this.#requests) this.#checkRequest(request)
    this.#checkOrder()
    this.#checkBarriers()
    this.#checkStatistics()
    const { inFlight, queued, abandoned, bytesLent } = this.#io.statistics
    assert.deepEqual({ inFlight, queued, abandoned, bytesLent }, { inFlight: 0, queued: 0, abandoned: 0, bytesLent: 0 })
    assert.equal(this.driver.inFlight, 0)
    await this.#io.close()
    await using second = new Proactor({ driver: this.driver })
    for (const fd of this.#descriptors) await second.submit(close(fd))
    assert.equal(this.driver.openDescriptors, 0, 'every descriptor was told to somebody, or closed')
    assert.equal(this.driver.log.count('changed while lent'), 0)
  }

  #checkRequest(request: Request): void {
    const { number, name, settlements, error, target, atSettlement, value, parts } = request
    const label = `${String(number)} ${name}`
    assert.equal(settlements, 1, `${label} settled ${String(settlements)} times`)
    if (error !== undefined) assert.ok('code' in error, `${label}: ${String(error)}`)
    if (target === undefined || atSettlement === undefined) return
    const abandoned = parts.some((part) => this.#recorder.wasAbandoned(part))
    if (!abandoned) assert.deepEqual(target.bytes, atSettlement, `${label}: its buffer changed after it had settled`)
    if (error !== undefined) return
    const count = name === 'chain' ? (value as number[])[1] ?? -1 : (value as number)
    assert.deepEqual(atSettlement.subarray(0, count), pattern(target.offset, count), `${label}: the bytes read`)
    assert.ok(atSettlement.subarray(count).every((byte) => byte === SENTINEL), `${label}: wrote beyond what it counted`)
  }

  /** Ordered operations of one descriptor: one after the other, in order of submission. */
  #checkOrder(): void {
    const started = this.#requests
      .flatMap((request) => ({ request, stay: this.#recorder.byOperation.get(request.operation) })) // none: cancelled before its turn
      .flatMap(({ request, stay }) => (stay === undefined || request.options.ordered !== true ? [] : [{ request, stay }]))
      .sort((left, right) => left.stay.from - right.stay.from)
    const lastOf = new Map<number, (typeof started)[number]>()
    for (const next of started) {
      const { request, stay } = next
      const before = lastOf.get(request.operation.file)
      if (before !== undefined) {
        assert.ok(before.stay.until < stay.from, `${String(request.number)} ran beside ${String(before.request.number)} on the same descriptor`)
        if (this.#keepsOrder) assert.ok(before.request.number < request.number, `${String(request.number)} ran after ${String(before.request.number)}`)
      }
      lastOf.set(request.operation.file, next)
    }
  }

  /** A completion queue whose capacity is used up holds back what the program submits; all else reaches the proactor at once. */
  get #keepsOrder(): boolean {
    return this.#queue.capacity >= STEPS
  }

  #checkBarriers(): void {
    for (const request of this.#requests) {
      if (request.options.barrier !== true) continue
      const barrier = this.#recorder.byOperation.get(request.operation)
      if (barrier === undefined) continue
      for (const other of this.#recorder.stays) {
        if (other === barrier) continue
        assert.ok(other.until < barrier.from || other.from > barrier.until, `something ran beside the barrier ${String(request.number)}`)
      }
      for (const other of this.#requests) {
        for (const part of other.parts) {
          const stay = this.#recorder.byOperation.get(part)
          if (stay === undefined || other === request || !this.#keepsOrder) continue
          assert.equal(stay.from < barrier.from, other.number < request.number, `${String(other.number)} on the wrong side of the barrier ${String(request.number)}`)
        }
      }
    }
  }

  #checkStatistics(): void {
    const { operations } = this.#io.statistics
    // Those that no chain of these programs contains.
    for (const [name, opcodeName] of [['readv', 'readv'], ['writev', 'writev'], ['fsync', 'fsync'], ['timer', 'timer'], ['statx', 'statx'], ['append', 'write'], ['chain', 'chain']] as const) {
      const requests = this.#requests.filter((request) => request.name === name)
      const { count = 0, errors = 0 } = operations[opcodeName] ?? {}
      assert.equal(count, requests.length, `count of ${name}`)
      assert.equal(errors, requests.filter(({ error }) => error !== undefined).length, `errors of ${name}`)
    }
  }
}

function pattern(offset: number, length: number): Buffer {
  return Buffer.from(Array.from({ length: Math.max(0, Math.min(length, PATTERN_BYTES - offset)) }, (_, index) => ((offset + index) * 31 + 7) & 0x7f))
}
