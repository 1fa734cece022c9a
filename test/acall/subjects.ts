// On which drivers the behaviours of acall are shown: a line for each.
import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Proactor, type ProactorOptions } from 'trueaio'
import { Acall, CallId, CompletionRecord, type CancelReport, type Submission } from 'trueaio/acall'
import { simulated } from 'trueaio/simulated'

export interface Subject {
  readonly name: string
  readonly driver: () => NonNullable<ProactorOptions['driver']>
  /** Why it cannot make any system call on a thread; undefined: it can. */
  readonly noThreads?: string
}

export const SUBJECTS: readonly Subject[] = [
  { name: 'io-uring', driver: () => ['io-uring', 'thread-pool'] },
  { name: 'thread-pool', driver: () => 'thread-pool' },
  { name: 'linux-aio', driver: () => ['linux-aio', 'thread-pool'] },
  { name: 'simulated', driver: () => simulated({ seed: 7, cancelTooLateRate: 0, cancelUnstoppableRate: 0 }), noThreads: 'its files are in memory, and no thread makes a call' },
]

const DIRECTORY = '/acall'
const O_CREAT_TRUNC_RDWR_CLOEXEC = 0o100 | 0o1000 | 2 | 0o2000000
const AT_FDCWD = -100

/** An Acall with a directory to work in. */
export class World {
  readonly acall: Acall
  readonly root: string
  readonly onDisk: boolean

  constructor(acall: Acall, root: string, onDisk: boolean) {
    this.acall = acall
    this.root = root
    this.onDisk = onDisk
  }

  path(name: string): string {
    return join(this.root, name)
  }

  /** Submits one, which must be taken, and waits for its end. */
  async made(submission: Submission): Promise<CompletionRecord> {
    const completion = new CompletionRecord()
    const id = new CallId()
    const { taken, error } = this.acall.submit([{ ...submission, completion, id }])
    if (taken !== 1) throw error ?? new Error('not taken')
    await this.acall.wait([id])
    return completion
  }

  /** Makes a file and opens it: through acall itself, as the simulated driver's files are nowhere else. */
  async file(name: string, content: string): Promise<number> {
    if (this.onDisk) {
      writeFileSync(this.path(name), content)
      return openSync(this.path(name), 'r+')
    }
    const { result } = await this.made({ nr: 'openat', args: [AT_FDCWD, this.path(name), O_CREAT_TRUNC_RDWR_CLOEXEC, 0o644] })
    const bytes = Buffer.from(content)
    await this.made({ nr: 'pwrite64', args: [result, bytes, bytes.length, 0] })
    return result
  }

  async close(fd: number): Promise<void> {
    if (this.onDisk) closeSync(fd)
    else await this.made({ nr: 'close', args: [fd] })
  }

  content(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }
}

/** The machine was too busy for what a test says of times. */
export class TooBusy extends Error {}
const ATTEMPTS = 5

/** Cancels a call that answers signals. */
export async function cancelRunning(acall: Acall, id: CallId): Promise<CancelReport> {
  const report = await acall.cancel(id)
  assert.notEqual(report.outcome, 'abandoned', 'however busy the machine is')
  return report
}

/** Shows a behaviour, again where the machine was too busy for it. */
export async function patiently(body: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await body()
      return
    } catch (error) {
      if (!(error instanceof TooBusy) || attempt === ATTEMPTS) throw error
    }
  }
}

/** One behaviour on every driver that can show it. */
export function onEach(name: string, needs: { readonly threads?: true }, body: (world: World) => Promise<void>, options: ProactorOptions = {}): void {
  for (const subject of SUBJECTS) {
    const skip = needs.threads === true ? (subject.noThreads ?? false) : false
    test(`${subject.name}: ${name}`, { skip }, () => patiently(async () => {
      const onDisk = subject.noThreads === undefined
      const root = onDisk ? mkdtempSync(join(tmpdir(), 'trueaio-acall-')) : DIRECTORY
      const acall = new Acall({ driver: subject.driver(), ...options })
      try {
        const world = new World(acall, root, onDisk)
        if (!onDisk) await world.made({ nr: 'mkdirat', args: [AT_FDCWD, root, 0o755] })
        await body(world)
      } finally {
        await acall.close()
        if (onDisk) rmSync(root, { recursive: true })
      }
    }))
  }
}

/** A pipe whose ends block. */
export async function pipe(): Promise<{ readonly readEnd: number; readonly writeEnd: number; readonly close: () => void }> {
  await using io = new Proactor({ driver: 'thread-pool' })
  const { pipe: make } = await import('../driver/thread-pool/threads-here.js')
  const { readEnd, writeEnd } = await make(io)
  return {
    readEnd, writeEnd,
    close() {
      closeSync(readEnd)
      closeSync(writeEnd)
    },
  }
}
