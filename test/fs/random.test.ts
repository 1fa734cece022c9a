// Random programs on random trees: the same calls in the same order on node:fs/promises and on the drop-in, each in a
// directory of its own; every outcome and the tree they leave must agree. The seed of a failure is printed.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import nodePromises from 'node:fs/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import ourPromises from 'trueaio/fs/promises'
import { describe, everythingBelow, runIn, type Case, type PromisesModule } from './twin.js'

const RUNS = 120
/** Fewer links than these: the recursive readdir of Node 22 goes through a link to what it stands in forty times, and for each of its names again. */
const LINKS = process.versions.node.startsWith('22.') ? 1 : 2

const names = ['a', 'b', 'c', 'ü', 'd/a', 'd/b', 'd/e/a', 'd', 'd/e', 'l', '.', 'd/../a', 'a/b']
const name = fc.constantFrom(...names)
const encoding = fc.constantFrom(undefined, null, 'utf8', 'latin1', 'base64', 'hex', 'utf16le', 'ascii', 'buffer', 'nonsense')
const flag = fc.constantFrom(undefined, 'r', 'r+', 'w', 'wx', 'w+', 'a', 'ax', 'a+', 'as', 'rs+', 'zz', 0, 66)
const mode = fc.constantFrom(undefined, 0o600, 0o644, 0o755, '640', 0o400, 0, 'x', -1, 0o10000)
const content = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: 'grapheme', maxLength: 10 }), fc.uint8Array({ maxLength: 40 }), fc.constant('large '.repeat(20_000)))
const size = fc.integer({ min: -2, max: 100 })

type Step = (io: PromisesModule, at: (name: string) => string) => Promise<unknown>
const step = (run: (...given: never[]) => Promise<unknown>, shown: string, given: readonly unknown[]): Step & { toString(): string } =>
  Object.assign(((io, at) => (run as (...given: unknown[]) => Promise<unknown>)(io, at, ...given)) as Step, { toString: () => `${shown}(${given.map((value) => JSON.stringify(value)).join(', ')})` })

type At = (name: string) => string

/** Node's cp looks at source and target at once: which of two errors it tells is chance, in Node as well. */
function whicheverCameFirst(error: NodeJS.ErrnoException): never {
  throw error.syscall === 'lstat' ? new Error('source or target') : error
}

/** With two, a tree may have paths without end for those that follow them. */
function linksBelow(root: string): number {
  return everythingBelow(root).filter((entry) => entry.isSymbolicLink()).length
}

const anything = (value: unknown): never => value as never
const steps = fc.oneof(
  fc.tuple(name, content, encoding, mode, flag).map((given) => step((io: PromisesModule, at: At, path: string, data: string, enc: never, bits: never, flags: never) =>
    io.writeFile(at(path), data, { encoding: enc, mode: bits, flag: flags }), 'writeFile', given)),
  fc.tuple(name, content).map((given) => step((io: PromisesModule, at: At, path: string, data: string) => io.appendFile(at(path), data), 'appendFile', given)),
  fc.tuple(name, encoding, flag).map((given) => step((io: PromisesModule, at: At, path: string, enc: never, flags: never) => io.readFile(at(path), { encoding: enc, flag: flags }), 'readFile', given)),
  fc.tuple(name, encoding).map((given) => step((io: PromisesModule, at: At, path: string, enc: never) => io.readFile(at(path), enc), 'readFile', given)),
  fc.tuple(name, fc.boolean(), mode).map((given) => step((io: PromisesModule, at: At, path: string, recursive: boolean, bits: never) => io.mkdir(at(path), { recursive, mode: bits }), 'mkdir', given)),
  fc.tuple(name, fc.boolean(), fc.boolean(), encoding).map((given) => step((io: PromisesModule, at: At, path: string, recursive: boolean, withFileTypes: boolean, enc: never) =>
    io.readdir(at(path), anything({ recursive: recursive && linksBelow(at('.')) < LINKS, withFileTypes, encoding: enc })), 'readdir', given)),
  fc.tuple(name, fc.boolean(), fc.boolean()).map((given) => step((io: PromisesModule, at: At, path: string, recursive: boolean, force: boolean) => io.rm(at(path), { recursive, force }), 'rm', given)),
  fc.tuple(name, name, fc.boolean()).map((given) => step((io: PromisesModule, at: At, from: string, to: string, recursive: boolean) => io.cp(at(from), at(to), { recursive }).catch(whicheverCameFirst), 'cp', given)),
  fc.tuple(name, name).map((given) => step((io: PromisesModule, at: At, from: string, to: string) => io.rename(at(from), at(to)), 'rename', given)),
  fc.tuple(name, name).map((given) => step((io: PromisesModule, at: At, from: string, to: string) => io.link(at(from), at(to)), 'link', given)),
  fc.tuple(name, name).map((given) => step((io: PromisesModule, at: At, target: string, path: string) => io.symlink(target, at(path)), 'symlink', given)),
  fc.tuple(name, name, fc.constantFrom(undefined, 0, 1, 2, 3, 9)).map((given) => step((io: PromisesModule, at: At, from: string, to: string, bits: number) => io.copyFile(at(from), at(to), bits), 'copyFile', given)),
  fc.tuple(name).map((given) => step((io: PromisesModule, at: At, path: string) => io.unlink(at(path)), 'unlink', given)),
  fc.tuple(name).map((given) => step((io: PromisesModule, at: At, path: string) => io.rmdir(at(path)), 'rmdir', given)),
  fc.tuple(name, mode).map((given) => step((io: PromisesModule, at: At, path: string, bits: never) => io.chmod(at(path), bits), 'chmod', given)),
  fc.tuple(name, size).map((given) => step((io: PromisesModule, at: At, path: string, bytes: number) => io.truncate(at(path), bytes), 'truncate', given)),
  fc.tuple(name, fc.boolean()).map((given) => step((io: PromisesModule, at: At, path: string, bigint: boolean) => io.stat(at(path), { bigint }).then((stats) => String(stats.mode)), 'stat', given)),
  fc.tuple(name, encoding).map((given) => step((io: PromisesModule, at: At, path: string, enc: never) => io.readlink(at(path), enc), 'readlink', given)),
  fc.tuple(name, flag, mode, content, fc.integer({ min: 0, max: 50 })).map((given) => step(async (io: PromisesModule, at: At, path: string, flags: never, bits: never, data: string, position: number) => {
    const handle = await io.open(at(path), flags, bits)
    try {
      const { bytesWritten } = await handle.write(data as never, position).catch(() => ({ bytesWritten: -1 }))
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(30), 0, 30, position).catch(() => ({ bytesRead: -1, buffer: '' }))
      return [bytesWritten, bytesRead, buffer]
    } finally {
      await handle.close()
    }
  }, 'open, write, read, close', given)),
)

function program(run: readonly Step[]): Case<PromisesModule> {
  return async (io, _, root) => {
    // Not joined: '.' and '..' shall reach the system as they are.
    const at = (name: string): string => `${root}/work/${name}`
    const outcomes: unknown[] = []
    for (const one of run) outcomes.push(await one(io, at).then((value) => ['gave', describe(value, root)], (error: unknown) => ['failed', describe(error, root)]))
    return outcomes
  }
}

test(`${String(RUNS)} random programs`, async () => {
  await fc.assert(fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 25 }), async (run) => {
    const prepare = (root: string): void => fs.mkdirSync(`${root}/work`)
    const theirs = await runIn(nodePromises, program(run), prepare)
    const ours = await runIn<PromisesModule>(ourPromises, program(run), prepare)
    assert.deepEqual(ours, theirs)
  }), { numRuns: RUNS, endOnFailure: false, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false })
})
