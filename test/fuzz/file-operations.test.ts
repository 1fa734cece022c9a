// Random programs of file operations, step by step beside node:fs on a twin directory: same results, same errors, same
// tree in the end. TRUEAIO_SEED=<seed> runs one again.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { after, describe, test } from 'node:test'
import fc from 'fast-check'
import {
  close, fdatasync, ftruncate, link, mkdir, open, read, readv, rename, rmdir, statx, symlink, unlink, write, writev, type Operation,
} from 'trueaio'
import { outcomeOf, outcomeOfSync, type Outcome } from '../conformance/outcome.js'
import type { Subject } from '../conformance/subject.js'
import { makeProactor, O, World, type Pair } from '../conformance/world.js'

const SEED = Number(process.env['TRUEAIO_SEED'] ?? Date.now() % 2 ** 31)
const RUNS = 60
const SLOTS = 4
const BAD_FD = 987_654

const name = fc.constantFrom('a', 'b', 'c', 'd', 'd/e', 'd/f', 'd/d', 'a/x')
const slot = fc.nat(SLOTS - 1)
const length = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 4090, max: 9000 }), fc.constant(100_000))
// A read of nothing asks little: node:fs makes no call, a ring answers 0 even for a directory.
const readLength = length.filter((bytes) => bytes > 0)
const offset = fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 60 }), fc.integer({ min: 4000, max: 200_000 }))
const flags = fc.constantFrom(
  O.O_RDONLY, O.O_RDWR, O.O_RDWR | O.O_CREAT, O.O_RDWR | O.O_CREAT | O.O_EXCL, O.O_WRONLY | O.O_CREAT | O.O_APPEND, O.O_RDWR | O.O_TRUNC,
  O.O_RDONLY | O.O_DIRECTORY, O.O_RDWR | O.O_CREAT | O.O_TRUNC, O.O_RDONLY | O.O_NOFOLLOW,
)

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('open' as const), slot, name, flags }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('close' as const), slot }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('read' as const, 'readv' as const), slot, length: readLength, offset }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('write' as const, 'writev' as const), slot, length, offset, fill: fc.nat(255) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('ftruncate' as const), slot, length }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fdatasync' as const), slot }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('unlink' as const, 'mkdir' as const, 'rmdir' as const, 'statx' as const), name }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('rename' as const, 'link' as const, 'symlink' as const), name, other: name }) },
)
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

class Run {
  readonly #world: World
  readonly #slots: (Pair | undefined)[] = new Array<Pair | undefined>(SLOTS).fill(undefined)

  constructor(world: World) {
    this.#world = world
  }

  async take(one: Step): Promise<void> {
    switch (one.kind) {
      case 'open': return this.#open(one.slot, one.name, one.flags)
      case 'close': return this.#close(one.slot)
      case 'read': case 'readv': return this.#read(one.kind, one.slot, one.length, one.offset)
      case 'write': case 'writev': return this.#write(one.kind, one.slot, Buffer.alloc(one.length, one.fill), one.offset)
      default: return this.#compare(...this.#simple(one))
    }
  }

  #simple(one: Exclude<Step, { kind: 'open' | 'close' | 'read' | 'readv' | 'write' | 'writev' }>): [Operation, () => unknown, string] {
    const { kind } = one
    switch (kind) {
      case 'ftruncate': return [ftruncate(this.#pair(one.slot).ours, one.length), () => fs.ftruncateSync(this.#pair(one.slot).theirs, one.length), kind]
      case 'fdatasync': return [fdatasync(this.#pair(one.slot).ours), () => fs.fdatasyncSync(this.#pair(one.slot).theirs), kind]
      case 'rename': case 'link': case 'symlink': return this.#onTwo(kind, one.name, one.other)
      default: return this.#onOne(kind, one.name)
    }
  }

  #onOne(kind: 'unlink' | 'mkdir' | 'rmdir' | 'statx', name: string): [Operation, () => unknown, string] {
    const [ours, theirs] = [this.#world.path(name), this.#world.twinPath(name)]
    switch (kind) {
      case 'unlink': return [unlink(ours), () => fs.unlinkSync(theirs), kind]
      case 'mkdir': return [mkdir(ours), () => fs.mkdirSync(theirs), kind]
      case 'rmdir': return [rmdir(ours), () => { fs.rmdirSync(theirs) }, kind]
      case 'statx': return [statx(ours), () => fs.statSync(theirs), kind]
    }
  }

  #onTwo(kind: 'rename' | 'link' | 'symlink', from: string, to: string): [Operation, () => unknown, string] {
    const [ours, theirs] = [this.#world.path(to), this.#world.twinPath(to)]
    switch (kind) {
      case 'rename': return [rename(this.#world.path(from), ours), () => fs.renameSync(this.#world.twinPath(from), theirs), kind]
      case 'link': return [link(this.#world.path(from), ours), () => fs.linkSync(this.#world.twinPath(from), theirs), kind]
      case 'symlink': return [symlink(from, ours), () => fs.symlinkSync(from, theirs), kind]
    }
  }

  #pair(index: number): Pair {
    return this.#slots[index] ?? { ours: BAD_FD, theirs: BAD_FD }
  }

  async #outcomes(operation: Operation, oracle: () => unknown, syscall: string): Promise<[Outcome, Outcome]> {
    return [await outcomeOf(this.#world.io.submit(operation), this.#world.root), outcomeOfSync(oracle, this.#world.twin, syscall)]
  }

  async #compare(operation: Operation, oracle: () => unknown, syscall: string): Promise<void> {
    const [ours, theirs] = await this.#outcomes(operation, oracle, syscall)
    if (syscall === 'statx' && 'value' in ours && 'value' in theirs) {
      const pick = ({ size, mode, nlink }: { size: number; mode: number; nlink: number }): number[] => [size, mode, nlink]
      assert.deepEqual(pick(ours.value as fs.Stats), pick(theirs.value as fs.Stats))
    } else assert.deepEqual(ours, theirs)
  }

  async #open(index: number, name: string, flags: number): Promise<void> {
    if (this.#slots[index] !== undefined) await this.#close(index)
    const [ours, theirs] = await this.#outcomes(open(this.#world.path(name), { flags }), () => fs.openSync(this.#world.twinPath(name), flags), 'open')
    if ('value' in ours && 'value' in theirs) this.#slots[index] = { ours: ours.value as number, theirs: theirs.value as number }
    else assert.deepEqual(ours, theirs)
  }

  async #close(index: number): Promise<void> {
    const { ours, theirs } = this.#pair(index)
    this.#slots[index] = undefined
    await this.#compare(close(ours), () => fs.closeSync(theirs), 'close')
  }

  async #read(kind: 'read' | 'readv', index: number, length: number, offset: number | null): Promise<void> {
    const { ours, theirs } = this.#pair(index)
    const [mine, other] = [Buffer.alloc(length, 0xee), Buffer.alloc(length, 0xee)]
    const half = length >> 1
    if (kind === 'read') await this.#compare(read(ours, mine, { offset }), () => fs.readSync(theirs, other, 0, length, offset), kind)
    else {
      await this.#compare(readv(ours, [mine.subarray(0, half), mine.subarray(half)], { offset }), () => fs.readvSync(theirs, [other.subarray(0, half), other.subarray(half)], offset ?? undefined), kind)
    }
    assert.ok(mine.equals(other))
  }

  async #write(kind: 'write' | 'writev', index: number, bytes: Buffer, offset: number | null): Promise<void> {
    const { ours, theirs } = this.#pair(index)
    const parts = [bytes.subarray(0, bytes.length >> 2), bytes.subarray(bytes.length >> 2)]
    if (kind === 'write') await this.#compare(write(ours, bytes, { offset }), () => fs.writeSync(theirs, bytes, 0, bytes.length, offset), kind)
    else await this.#compare(writev(ours, parts, { offset }), () => fs.writevSync(theirs, parts, offset ?? undefined), kind)
  }

  async end(): Promise<void> {
    for (let index = 0; index < SLOTS; index++) if (this.#slots[index] !== undefined) await this.#close(index)
    assert.deepEqual(treeOf(this.#world.root), treeOf(this.#world.twin))
  }
}

/** Everything below a directory: kind, target or content of each. */
function treeOf(root: string): Record<string, string> {
  const tree: Record<string, string> = {}
  for (const entry of fs.readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = `${root}/${entry}`
    const stats = fs.lstatSync(path)
    tree[entry] = stats.isDirectory() ? 'directory' : stats.isSymbolicLink() ? `→ ${fs.readlinkSync(path)}` : fs.readFileSync(path, 'latin1')
  }
  return tree
}

for (const driver of ['io-uring', 'thread-pool', 'node']) {
  const subject: Subject = { name: driver, driver, storage: 'disk', lacks: {} }
  let refused: string | false = false
  try {
    const proactor = makeProactor(subject)
    after(() => proactor.close())
  } catch (error) {
    refused = (error as Error).message
  }
  describe(`random programs on ${driver}`, { skip: refused }, () => {
    test(`${String(RUNS)} of them end as with node:fs (seed ${String(SEED)})`, async () => {
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const world = await World.make(subject)
        const run = new Run(world)
        try {
          for (const one of steps) await run.take(one)
          await run.end()
        } finally {
          await world.end()
        }
      }), { seed: SEED, numRuns: RUNS, interruptAfterTimeLimit: 20_000 })
    })
  })
}
