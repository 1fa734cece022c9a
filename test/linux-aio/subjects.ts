// The drivers that every test of trueaio/linux-aio runs on, and what a test is given on each.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { close, mkdir, open, Proactor, type DriverFactory } from 'trueaio'
import { io_destroy, io_getevents, io_setup, io_submit, type AioContext, type Iocb, type IoEvent } from 'trueaio/linux-aio'
import { simulated } from 'trueaio/simulated'
import { loadBinding } from '#src/native/load.js'

interface Subject {
  readonly name: string
  readonly driver: () => string | DriverFactory
  /** Why its descriptors are not this process's. */
  readonly imagined?: string
}

/** A driver more is a line more. */
const SUBJECTS: readonly Subject[] = [
  { name: 'io-uring', driver: () => 'io-uring' },
  { name: 'linux-aio', driver: () => 'linux-aio' },
  { name: 'thread-pool', driver: () => 'thread-pool' },
  { name: 'simulated', driver: () => simulated(), imagined: 'its descriptors are imagined, and no other program sees them' },
]

const O_RDWR_CREAT = 0o102

/** One test's context on one driver, and a directory. All of it is gone afterwards. */
export class Bench {
  readonly io: Proactor
  readonly directory: string
  readonly real: boolean
  readonly #contexts: AioContext[] = []
  readonly #open: number[] = []

  constructor(io: Proactor, directory: string, real: boolean) {
    this.io = io
    this.directory = directory
    this.real = real
  }

  setup<Data = unknown>(nr_events = 16): AioContext<Data> {
    const context = io_setup<Data>(nr_events, { proactor: this.io, checkDescriptors: this.real })
    this.#contexts.push(context as AioContext)
    return context
  }

  async open(name: string, flags: number = O_RDWR_CREAT): Promise<number> {
    const fd = await this.io.submit(open(join(this.directory, name), { flags, mode: 0o644 }))
    this.#open.push(fd)
    return fd
  }

  /** To be closed in the end. */
  owns(...descriptors: readonly number[]): void {
    this.#open.push(...descriptors)
  }

  async close(fd: number): Promise<void> {
    this.#open.splice(this.#open.indexOf(fd), 1)
    await this.io.submit(close(fd))
  }

  async end(): Promise<void> {
    for (const context of this.#contexts) if (!context.destroyed) await io_destroy(context)
    for (const fd of this.#open) await this.io.submit(close(fd))
    await this.io.close()
  }
}

export interface Needs {
  /** Descriptors of the system: pipes, flags, eventfds, other programs. */
  readonly real?: boolean
}

/** One case, named as in the suite it comes from, on every driver. What the body returns is why it could not be shown here. */
export function onEveryDriver(name: string, needs: Needs, body: (bench: Bench) => Promise<string | void> | string | void): void {
  for (const { driver, imagined, name: subject } of SUBJECTS) {
    const skip = imagined === undefined ? (loadBinding().reason ?? false) : needs.real === true ? imagined : false
    test(`${name} [${subject}]`, { skip, timeout: 60_000 }, async (t) => {
      const io = new Proactor({ driver: driver() })
      const refused = io.explain().find(({ state }) => state === 'refused')
      if (refused !== undefined) {
        await io.close()
        t.skip(`${refused.name}: ${refused.reason ?? ''}`)
        return
      }
      const real = imagined === undefined
      const directory = real ? mkdtempSync(join(tmpdir(), 'trueaio-linux-aio-')) : '/directory'
      if (!real) await io.submit(mkdir(directory))
      const bench = new Bench(io, directory, real)
      try {
        const reason = await body(bench)
        if (typeof reason === 'string') t.skip(reason)
      } finally {
        await bench.end()
        if (real) rmSync(directory, { recursive: true })
      }
    })
  }
}

/** Submits one and takes its event. */
export async function carryOut(context: AioContext, iocb: Iocb): Promise<number> {
  assert.equal(io_submit(context, [iocb]), 1)
  const [event] = await io_getevents(context, 1, 1)
  assert.equal(event?.obj, iocb)
  assert.equal(event.res2, 0)
  return event.res
}

/** Takes events until all of these have ended; by control block. */
export async function takeAll<Data>(context: AioContext<Data>, count: number): Promise<IoEvent<Data>[]> {
  const events: IoEvent<Data>[] = []
  while (events.length < count) events.push(...await io_getevents(context, 1, count))
  return events
}

/** It throws, or rejects, the system's error with this code. */
export async function fails(run: () => unknown, code: string, syscall: string): Promise<void> {
  // In an async function what is thrown at once and what rejects are the same.
  await assert.rejects(async () => { await run() }, { code, syscall })
}
