// Random operations along the life of an entry (docs/architecture.md, "The life of an entry"): random kinds, options and ways to
// submit, aborted, timed out and closed at random moments, with subscribers that submit, block and abort. What must hold: each is
// settled once, nothing is read or written that nobody asked for, and nothing is left behind.
import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setImmediate as loopTurn } from 'node:timers/promises'
import {
  chain, close, fsync, nop, open, poll, PollEvent, read, statx, timer, write, type CompletionQueue, type Operation, type Proactor, type SubmitOptions,
} from 'trueaio'
import { contentOf, type DiskWorld, FILE_BYTES, FILES } from './random-world.js'

/** A generator of random numbers below a bound (mulberry32): the seed tells the whole run, but for the system's own timing. */
export type Random = (below: number) => number

export function generator(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

export interface Places {
  readonly paths: readonly string[]
  readonly files: readonly number[]
  /** What was abandoned has its file already. Not so on `node`: it may still be in libuv's queue, as a number. */
  readonly reusesNumbers: boolean
  /** Closes what was opened, by other means than the proactor under test, which may be closed by then. */
  close(fd: number): Promise<unknown>
  /** Undefined: in memory, without pipes. */
  readonly disk: DiskWorld | undefined
}

/** Whether the first bytes of a buffer are those of a file from an offset on. */
function isThere(buffer: Buffer, bytes: number, file: number, offset: number): boolean {
  return buffer.subarray(0, bytes).equals(contentOf(file).subarray(offset, offset + bytes))
}

const SETTLE_TURNS = 2000
const REGION = 16

/** One proactor's life. */
export class Round {
  readonly #io: Proactor
  readonly #places: Places
  readonly #random: Random
  readonly #count: number
  readonly #counts: Uint8Array
  readonly #controllers: AbortController[] = []
  readonly #queue: CompletionQueue<number>
  readonly #checks: (() => void)[] = []
  readonly #afterwards: (() => void)[] = []
  readonly #extra: Promise<unknown>[] = []
  readonly #failures: unknown[] = []
  #depth = 0

  constructor(io: Proactor, places: Places, random: Random, count: number) {
    this.#io = io
    this.#places = places
    this.#random = random
    this.#count = count
    this.#counts = new Uint8Array(count)
    this.#queue = io.completionQueue()
  }

  async run(): Promise<void> {
    subscribe('trueaio:complete', this.#onComplete)
    try {
      for (let index = 0; index < this.#count; index++) {
        this.#submit(index)
        if (this.#random(12) === 0) await this.#pause()
      }
      await this.#end()
    } finally {
      unsubscribe('trueaio:complete', this.#onComplete)
    }
    for (const after of this.#afterwards) after()
    for (const check of this.#checks) check()
    if (this.#failures.length > 0) throw this.#failures[0]
    const lost = [...this.#counts.entries()].filter(([, times]) => times !== 1)
    assert.deepEqual(lost, [], 'operations that were not settled once: index, times')
    const { abandoned, bytesLent, inFlight, queued } = this.#io.statistics
    assert.deepEqual({ abandoned, bytesLent, inFlight, queued }, { abandoned: 0, bytesLent: 0, inFlight: 0, queued: 0 })
  }

  /** Everything ends: by itself, by aborts, or by the close. */
  async #end(): Promise<void> {
    if (this.#random(3) > 0) {
      for (const controller of this.#controllers) controller.abort()
      for (let turn = 0; turn < this.#random(6); turn++) await loopTurn()
    }
    await this.#io.close()
    for (let turn = 0; turn < SETTLE_TURNS; turn++) {
      for (const { cookie } of this.#queue.take()) this.#settled(cookie)
      if (this.#counts.every((times) => times > 0)) break
      await loopTurn()
    }
    await Promise.allSettled(this.#extra)
  }

  async #pause(): Promise<void> {
    if (this.#random(2) === 0) await loopTurn()
    else await Promise.resolve()
    this.#controllers[this.#random(this.#controllers.length + 1)]?.abort()
    for (const { cookie } of this.#queue.take()) this.#settled(cookie)
  }

  readonly #onComplete = (message: unknown): void => {
    if ((message as { proactor: unknown }).proactor !== this.#io || this.#depth > 2) return
    this.#depth++
    const choice = this.#random(60)
    try {
      if (choice === 0) this.#extra.push(this.#io.submit(nop(), { timeout: 1 }).catch(() => undefined))
      else if (choice === 1) this.#controllers[this.#random(this.#controllers.length + 1)]?.abort()
      // With a timeout: it may have to wait behind what only an abort ends (a barrier after a timer that ticks), which cannot come meanwhile.
      else if (choice === 2) this.#io.runSync([nop(), read(this.#places.files[0] as number, Buffer.alloc(8), { offset: 0 })], { timeout: this.#places.disk === undefined ? 50 : 5 })
    } catch (error) {
      // The node driver cannot block for what libuv has begun (docs/drivers/node.md).
      if ((error as { code?: string }).code !== 'ERR_TRUEAIO_CANNOT_BLOCK') this.#failures.push(error)
    }
    this.#depth--
  }

  #settled(index: number): void {
    this.#counts[index] = (this.#counts[index] as number) + 1
  }

  #options(mustEnd: boolean): SubmitOptions {
    const random = this.#random
    const options: { -readonly [Key in keyof SubmitOptions]: SubmitOptions[Key] } = {}
    const choice = random(mustEnd ? 2 : 6)
    // Deadlines are real time, also in simulated worlds.
    if (choice === 0 && this.#places.disk === undefined && random(10) > 0) return options
    if (choice === 0) options.timeout = 0.05 + random(40) / 20
    else if (choice === 1) {
      const shared = this.#controllers[random(this.#controllers.length * 2 + 1)]
      const controller = shared ?? new AbortController()
      if (shared === undefined) this.#controllers.push(controller)
      options.signal = controller.signal
      if (random(6) === 0) queueMicrotask(() => controller.abort())
      else if (random(10) === 0) setImmediate(() => controller.abort())
    }
    if (random(20) === 0) options.ordered = true
    if (random(200) === 0) options.barrier = true
    return options
  }

  /** Submits a random operation in a random way. `onEnd` sees whether it succeeded. */
  #submit(index: number): void {
    const { operation, mustEnd, onEnd } = this.#operation(index)
    const options = this.#options(mustEnd)
    const way = this.#random(3)
    const end = (error: unknown, value: unknown): void => {
      this.#settled(index)
      try {
        onEnd?.(error === null || error === undefined, value)
      } catch (failure) {
        this.#failures.push(failure)
      }
    }
    if (operation.detail?.multishot === true) void this.#iterate(operation, options).then(() => this.#settled(index))
    else if (way === 0) this.#io.submit(operation, options).then((value: unknown) => end(null, value), (error: unknown) => end(error, undefined))
    else if (way === 1 || onEnd !== undefined) this.#io.submit(operation, options, end)
    else this.#queue.submit(operation, index, options)
  }

  async #iterate(operation: Operation, options: SubmitOptions): Promise<void> {
    const iteration = this.#io.iterate(operation, options)
    try {
      for (let left = this.#random(3); left > 0; left--) await iteration.next()
    } catch { // aborted, timed out or closed: as good as the end
    }
    await iteration.return()
  }

  #operation(index: number): { operation: Operation; mustEnd: boolean; onEnd?: (done: boolean, value: unknown) => void } {
    const random = this.#random
    const { disk, files, paths } = this.#places
    const file = random(FILES)
    const path = paths[file] as string
    switch (random(disk === undefined ? 8 : 13)) {
      case 0: return { operation: nop(), mustEnd: false }
      case 1: return { operation: timer(random(3)), mustEnd: false }
      case 2: return { operation: statx(path), mustEnd: false }
      case 3: return { operation: timer(1, { multishot: true }), mustEnd: random(2) === 0 }
      case 4: return this.#chain(path, file)
      case 5: return {
        operation: open(path), mustEnd: false,
        onEnd: (done, fd) => {
          if (done) this.#extra.push(this.#places.close(fd as number))
        },
      }
      case 6: case 7: return this.#read(files[file] as number, file)
      case 8: return { operation: read(disk?.emptyEnd ?? -1, Buffer.alloc(100)), mustEnd: true }
      case 9: return this.#writeToFullPipe(disk as DiskWorld)
      case 10: return { operation: poll(disk?.emptyEnd ?? -1, PollEvent.POLLIN), mustEnd: true }
      case 11: return this.#writeRegion(disk as DiskWorld, index)
      default: return { operation: fsync(files[file] as number), mustEnd: false }
    }
  }

  #read(fd: number, file: number): { operation: Operation; mustEnd: boolean; onEnd: (done: boolean, value: unknown) => void } {
    const length = 1 + this.#random(this.#random(8) === 0 ? 20_000 : 300)
    const offset = this.#random(FILE_BYTES - length)
    const buffer = Buffer.alloc(length, 0xee)
    return {
      operation: read(fd, buffer, { offset }), mustEnd: false,
      onEnd: (done, bytes) => {
        if (!done) return
        assert.ok(isThere(buffer, bytes as number, file, offset), 'bytes of another place')
      },
    }
  }

  #chain(path: string, file: number): { operation: Operation; mustEnd: boolean; onEnd: (done: boolean, results: unknown) => void } {
    const buffer = Buffer.alloc(64)
    return {
      operation: chain(open(path), read(chain.opened, buffer, { offset: 256 }), close(chain.opened)), mustEnd: false,
      onEnd: (done, results) => {
        // A short read before the close ends no chain.
        const bytes = done ? (results as number[])[1] as number : 0
        assert.ok(isThere(buffer, bytes, file, 256), 'bytes of another place')
      },
    }
  }

  #writeRegion(disk: DiskWorld, index: number): { operation: Operation; mustEnd: boolean; onEnd: (done: boolean) => void } {
    const bytes = Buffer.alloc(REGION, 1 + (index % 255))
    let written = false
    this.#checks.push(() => disk.checkRegion(index, bytes, written))
    return {
      operation: write(disk.scratch, bytes, { offset: index * REGION }), mustEnd: false,
      onEnd: (done) => {
        written = done
      },
    }
  }

  /** Sometimes its number goes to another file as soon as it has ended, abandoned perhaps: nothing may be written there. */
  #writeToFullPipe(disk: DiskWorld): { operation: Operation; mustEnd: boolean; onEnd?: () => void } {
    if (!this.#places.reusesNumbers || this.#random(6) > 0) return { operation: write(disk.fullEnd, Buffer.alloc(100, 0xbb)), mustEnd: true }
    const fd = disk.anotherFullEnd()
    return {
      operation: write(fd, Buffer.alloc(100, 0xbb)), mustEnd: true,
      onEnd: () => this.#afterwards.push(disk.giveNumberAway(fd)),
    }
  }
}
