// Where an assertion is shown: POSIX AIO over a proactor on the driver under test, with files of its own, and a descriptor
// on which requests get stuck.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { close, open, Proactor, read, statx, write } from 'trueaio'
import { aiocb, EINPROGRESS, PosixAio, SIGEV_THREAD, type aiocbFields, type PosixAioOptions, type sigevent } from 'trueaio/posix-aio'
import type { SimulatedOptions } from 'trueaio/simulated'
import { SocketPair } from './sockets.js'
import { SUBJECTS, type Choice, type Subject } from './subjects.js'

export const { constants: O } = fs

/** A descriptor that takes two writes; the third gets stuck until it is drained. */
export interface Stuck {
  readonly fd: number
  readonly bytes: number
  /** Lets everything through, until nothing is outstanding. Returns the first byte of each write, in order of arrival. */
  readonly drain: () => Promise<number[]>
}

type Simulated = ReturnType<Extract<Subject['driver'], (options: SimulatedOptions) => unknown>>

export class World {
  readonly subject: Subject
  readonly io: Proactor
  readonly aio: PosixAio
  readonly #simulated: Simulated | undefined
  readonly #manual: boolean
  readonly #root: string
  readonly #open: number[] = []
  #sockets: SocketPair | undefined

  constructor(subject: Subject, { inFlightMax, ...options }: Omit<Setting, 'stuck' | 'notSimulated'>, simulation: SimulatedOptions) {
    this.subject = subject
    this.#simulated = typeof subject.driver === 'function' ? subject.driver(simulation) : undefined
    this.#manual = simulation.clock === 'manual'
    this.io = new Proactor({ driver: (this.#simulated ?? subject.driver) as Choice, ...(inFlightMax === undefined ? {} : { inFlightMax }) })
    this.aio = new PosixAio({ proactor: this.io, ...options })
    this.#root = subject.storage === 'disk' ? fs.mkdtempSync(join(tmpdir(), 'trueaio-posix-aio-')) : '/'
  }

  async end(): Promise<void> {
    // A proactor of its own: the world's may be closed.
    const closer = this.#simulated === undefined ? undefined : new Proactor({ driver: this.#simulated })
    for (const fd of this.#open) {
      if (closer === undefined) fs.closeSync(fd)
      else await this.pumped(closer.submit(close(fd)))
    }
    if (closer !== undefined) await this.pumped(closer.close())
    await this.pumped(this.io.close())
    this.#sockets?.[Symbol.dispose]()
    if (this.subject.storage === 'disk') fs.rmSync(this.#root, { recursive: true, force: true })
  }

  path(name: string): string {
    return join(this.#root, name)
  }

  /** A file with this content, open until the world ends. */
  async open(name: string, content: string | Uint8Array = '', flags: number = O.O_RDWR): Promise<number> {
    const bytes = Buffer.from(content)
    const path = this.path(name)
    if (this.subject.storage === 'disk') fs.writeFileSync(path, bytes)
    else this.#simulated?.files.write(path, bytes)
    const fd = await this.pumped(this.io.submit(open(path, { flags })))
    this.#open.push(fd)
    return fd
  }

  /** A descriptor number that was open and is not any more. */
  async closed(): Promise<number> {
    const fd = await this.open('closed')
    await this.io.submit(close(this.#open.pop() ?? -1))
    return fd
  }

  async content(name: string): Promise<Buffer> {
    if (this.subject.storage === 'disk') return fs.readFileSync(this.path(name))
    const bytes = Buffer.alloc((await this.io.submit(statx(this.path(name)))).size)
    const fd = await this.io.submit(open(this.path(name)))
    for (let at = 0; at < bytes.length;) at += await this.io.submit(read(fd, bytes.subarray(at), at))
    await this.io.submit(close(fd))
    return bytes
  }

  async put(fd: number, content: Uint8Array): Promise<void> {
    for (let at = 0; at < content.length;) at += await this.io.submit(write(fd, content.subarray(at), at))
  }

  /** The stuck descriptor: a socket nobody reads, or, simulated, a file whose third write takes an hour. */
  async stuck(): Promise<Stuck> {
    if (this.#simulated !== undefined) {
      const driver = this.#simulated
      const fd = await this.open('stuck')
      driver.addFault({ opcode: 'write', at: 3, delay: 3_600_000 })
      return {
        fd, bytes: 16,
        drain: async () => {
          await this.until(() => {
            driver.advance(3_600_000)
            return this.aio.outstanding === 0
          })
          // Writes at one offset: the last one stays. They ran one after the other, so it is the last submitted.
          return [...(driver.files.read(this.path('stuck')).subarray(0, 1))]
        },
      }
    }
    const sockets = new SocketPair()
    this.#sockets = sockets
    return {
      fd: sockets.writeEnd, bytes: sockets.half,
      drain: async () => {
        const seen: number[] = []
        await this.until(() => {
          seen.push(...sockets.drain())
          return this.aio.outstanding === 0
        })
        return [...seen, ...sockets.drain()]
      },
    }
  }

  /** Turns of the loop until something holds. Simulated time, where it stands still by itself, goes on meanwhile. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#manual) this.#simulated?.advance(10)
      await loopTurn()
    }
  }

  async pumped<Result>(promise: Promise<Result>): Promise<Result> {
    let settled = false
    promise.then(() => (settled = true), () => (settled = true))
    await this.until(() => settled)
    return promise
  }

  /** Submitted control blocks, one after the other. */
  ended(...blocks: readonly aiocb[]): Promise<void> {
    return this.until(() => blocks.every((block) => this.aio.aio_error(block) !== EINPROGRESS))
  }

  errors(blocks: readonly aiocb[]): number[] {
    return blocks.map((block) => this.aio.aio_error(block))
  }
}

/** Counts notices. */
export class Notices {
  readonly values: unknown[] = []

  event(value: unknown): sigevent {
    return { sigev_notify: SIGEV_THREAD, sigev_value: value, sigev_notify_function: (given) => this.values.push(given) }
  }
}

/** Control blocks for the same descriptor, each with a buffer full of its own number. */
export function blocks(count: number, bytes: number, fields: aiocbFields, each: (index: number) => aiocbFields = () => ({})): aiocb[] {
  return Array.from({ length: count }, (_, index) => new aiocb({ aio_buf: Buffer.alloc(bytes, index + 1), ...fields, ...each(index) }))
}

export interface Setting extends Omit<PosixAioOptions, 'proactor'> {
  /** It uses the stuck descriptor: simulated time then stands still. */
  readonly stuck?: boolean
  /** Skipped on the simulated driver, for this reason. */
  readonly notSimulated?: string
  /** The proactor's. */
  readonly inFlightMax?: number
}

/** Registers one assertion for every driver. */
export function assertion(name: string, body: (world: World) => Promise<void> | void, setting: Setting = {}): void {
  const { stuck = false, notSimulated, ...options } = setting
  for (const subject of SUBJECTS) {
    const skip = refusal(subject) ?? (subject.storage === 'memory' ? notSimulated : undefined) ?? false
    test(`${name} [${subject.name}]`, { skip }, async () => {
      const world = new World(subject, options, { cancelTooLateRate: 0, cancelUnstoppableRate: 0, ...(stuck ? { clock: 'manual' } : {}) })
      try {
        await body(world)
      } finally {
        await world.end()
      }
    })
  }
}

const refusals = new Map<string, string | undefined>()

/** Why a driver does not run here. */
function refusal({ name, driver }: Subject): string | undefined {
  if (typeof driver === 'function') return undefined
  if (!refusals.has(name)) {
    let refused: string | undefined
    try {
      void new Proactor({ driver }).close()
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ERR_TRUEAIO_NO_DRIVER')
      refused = (error as Error).message
    }
    refusals.set(name, refused)
  }
  return refusals.get(name)
}
