// Where a behaviour is shown: a proactor on the driver under test with a directory of its own, and a twin directory in
// which node:fs does the same. Both are gone afterwards, and no descriptor is left behind.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate as loopTurn } from 'node:timers/promises'
import { close, mkdir, open, Proactor, read, statx, symlink, write, type Operation, type ProactorOptions } from 'trueaio'
import { outcomeOf, outcomeOfSync } from './outcome.js'
import { reasonToSkip, type Needs, type Subject } from './subject.js'

export const { constants: O } = fs

export interface Pair {
  /** The descriptor that the driver opened. */
  readonly ours: number
  /** The one that node:fs opened in the twin directory. */
  readonly theirs: number
}

export class World {
  readonly subject: Subject
  readonly #driver: DriverChoice
  readonly io: Proactor
  /** The directory the driver works in. */
  readonly root: string
  /** The directory node:fs works in. */
  readonly twin: string
  readonly #open: number[] = []
  readonly #proactors: Proactor[] = []

  private constructor(subject: Subject, twin: string) {
    this.subject = subject
    this.#driver = driverOf(subject)
    this.twin = join(twin, 'theirs')
    this.root = subject.storage === 'disk' ? join(twin, 'ours') : '/ours'
    this.io = this.proactor()
  }

  static async make(subject: Subject): Promise<World> {
    const directory = fs.mkdtempSync(join(tmpdir(), 'trueaio-conformance-'))
    const world = new World(subject, directory)
    fs.mkdirSync(world.twin)
    if (subject.storage === 'disk') fs.mkdirSync(world.root)
    else await world.io.submit(mkdir(world.root))
    return world
  }

  /** Another proactor on the same driver. */
  proactor(options: ProactorOptions = {}): Proactor {
    const proactor = makeProactor(this.subject, options, this.#driver)
    this.#proactors.push(proactor)
    return proactor
  }

  /** Nothing is in flight any more, also not what was abandoned. */
  async settled(): Promise<void> {
    while (this.io.statistics.inFlight > 0) await loopTurn()
  }

  async end(): Promise<void> {
    for (const fd of this.#open) await this.io.submit(close(fd))
    for (const proactor of this.#proactors) await proactor.close()
    this.closeTheirs() // Windows removes no directory whose files are open
    fs.rmSync(join(this.twin, '..'), { recursive: true, force: true })
  }

  path(name: string): string {
    return join(this.root, this.#room, name)
  }

  twinPath(name: string): string {
    return join(this.twin, this.#room, name)
  }

  #room = ''
  #rooms = 0

  /** From here on names stand in a fresh directory, on both sides. */
  async room(): Promise<void> {
    this.#room = ''
    const name = `room-${String(this.#rooms++)}`
    await this.putDirectory(name)
    this.#room = name
  }

  /** Makes the same file on both sides. */
  async put(name: string, content: string | Uint8Array = ''): Promise<void> {
    const bytes = Buffer.from(content)
    fs.writeFileSync(this.twinPath(name), bytes)
    if (this.subject.storage === 'disk') {
      fs.writeFileSync(this.path(name), bytes)
      return
    }
    const fd = await this.io.submit(open(this.path(name), { flags: O.O_CREAT | O.O_TRUNC | O.O_WRONLY, mode: 0o644 }))
    for (let at = 0; at < bytes.length;) at += await this.io.submit(write(fd, bytes.subarray(at), at))
    await this.io.submit(close(fd))
  }

  async putDirectory(name: string): Promise<void> {
    fs.mkdirSync(this.twinPath(name))
    if (this.subject.storage === 'disk') fs.mkdirSync(this.path(name))
    else await this.io.submit(mkdir(this.path(name)))
  }

  /** Makes the same symbolic link on both sides. A target that is not absolute leads to the same place in both. */
  async link(target: string, name: string): Promise<void> {
    fs.symlinkSync(target, this.twinPath(name))
    if (this.subject.storage === 'disk') fs.symlinkSync(target, this.path(name))
    else await this.io.submit(symlink(target, this.path(name)))
  }

  /** What stands in the driver's file. */
  async content(name: string): Promise<Buffer> {
    if (this.subject.storage === 'disk') return fs.readFileSync(this.path(name))
    const { size } = await this.io.submit(statx(this.path(name)))
    const bytes = Buffer.alloc(size)
    const fd = await this.io.submit(open(this.path(name)))
    for (let at = 0; at < size;) at += await this.io.submit(read(fd, bytes.subarray(at), at))
    await this.io.submit(close(fd))
    return bytes
  }

  /** The driver's file and the twin's hold the same. */
  async assertSameContent(name: string): Promise<void> {
    assert.deepEqual(await this.content(name), fs.readFileSync(this.twinPath(name)), name)
  }

  /** Opens the same file on both sides, until the world ends. */
  async openBoth(name: string, flags: number = O.O_RDONLY, mode = 0o644): Promise<Pair> {
    const ours = await this.open(name, flags, mode)
    const theirs = fs.openSync(this.twinPath(name), flags, mode)
    this.#theirs.push(theirs)
    return { ours, theirs }
  }

  readonly #theirs: number[] = []

  /** Opens a file of the driver's until the world ends. */
  async open(name: string, flags: number = O.O_RDONLY, mode = 0o644): Promise<number> {
    const fd = await this.io.submit(open(this.path(name), { flags, mode }))
    this.#open.push(fd)
    return fd
  }

  /** The two ends of a pipe (a FIFO's: node:fs can make one of those), blocking as pipes are. */
  /** A FIFO that nobody has open. */
  silentFifo(): string {
    const path = join(this.twin, `fifo-${String(this.#fifos++)}`)
    assert.equal(spawnSync('mkfifo', [path]).status, 0, 'mkfifo')
    return path
  }

  fifo(): { readEnd: number; writeEnd: number; path: string } {
    const path = this.silentFifo()
    // Open for both first: either end alone would wait for the other.
    const both = fs.openSync(path, O.O_RDWR)
    const readEnd = fs.openSync(path, O.O_RDONLY)
    const writeEnd = fs.openSync(path, O.O_WRONLY)
    fs.closeSync(both)
    this.#theirs.push(readEnd, writeEnd)
    return { readEnd, writeEnd, path }
  }

  #fifos = 0

  /** Closes a descriptor that node:fs opened, before the world's end. */
  closeNow(fd: number): void {
    this.#theirs.splice(this.#theirs.indexOf(fd), 1)
    fs.closeSync(fd)
  }

  closeTheirs(): void {
    for (const fd of this.#theirs) fs.closeSync(fd)
    this.#theirs.length = 0
  }

  /** Runs an operation on the driver and its counterpart in node:fs; value or error must be the same. */
  async compare(operation: Operation, oracle: () => unknown, syscall?: string): Promise<void> {
    const ours = await outcomeOf(this.io.submit(operation), this.root)
    assert.deepEqual(ours, outcomeOfSync(oracle, this.twin, syscall))
  }

  /** The operation fails with this code. */
  async assertFails(operation: Operation, code: string): Promise<void> {
    await assert.rejects(this.io.submit(operation), { code })
  }
}

type DriverChoice = NonNullable<ProactorOptions['driver']>

/** What the subject's proactors share: one simulation has one file tree. */
function driverOf({ driver }: Subject): DriverChoice {
  return typeof driver === 'function' ? driver() : driver
}

export function makeProactor(subject: Subject, options: ProactorOptions = {}, driver: DriverChoice = driverOf(subject)): Proactor {
  return new Proactor({ driver, ...options })
}

function openDescriptors(): string[] {
  return fs.readdirSync('/proc/self/fd').map((fd) => {
    try {
      return `${fd} ${fs.readlinkSync(`/proc/self/fd/${fd}`)}`
    } catch {
      return '' // the descriptor of this very listing, closed by now
    }
  }).filter((text) => text !== '')
}

// Under Wine there is a /proc as well, and its descriptors are not Node's.
const listsDescriptors = process.platform !== 'win32' && fs.existsSync('/proc/self/fd')

/** Registers one behaviour for a subject: skipped with the documented reason where the driver cannot show it. */
export function behaviour(subject: Subject, name: string, needs: Needs, body: (world: World) => Promise<void> | void): void {
  test(name, { skip: reasonToSkip(subject, needs) }, async () => {
    const before = listsDescriptors ? openDescriptors() : []
    const world = await World.make(subject)
    try {
      await body(world)
    } finally {
      await world.end()
      // The loop closes its handles one turn after it was told to.
      for (let turn = 0; turn < 10 && listsDescriptors && openDescriptors().length > before.length; turn++) await loopTurn()
    }
    if (listsDescriptors) assert.deepEqual(openDescriptors(), before, 'descriptors left open')
  })
}

/** A family of behaviours. */
export function family(name: string, define: () => void): void {
  describe(name, define)
}
