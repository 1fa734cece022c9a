// Whole operations on a file system that stops, or fails, at each request in turn: an abort there is told, an error there is told or got over,
// nothing stays open, what was done by then is told truly, and what has succeeded is whole. Then the same works again.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { basename, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { setDefaultProactor, Proactor } from '#src/default-proactor.js'
import * as drop from '#src/fs/promises.js'
import { noneOpenBelow } from '../fs/open-descriptors.js'
import { PATIENCE } from '../launcher/patience.js'
import { fuse, withoutFuse, type FuseMount } from './fuse.js'

const NODE_MAJOR = Number.parseInt(process.versions.node, 10)
const SEED = Number(process.env['TRUEAIO_SEED'] ?? 20261128)
/** Of an operation with more requests, so many are tried, chosen by the seed. */
const STEPS_MAX = 8
const SETTLED_MS = 10_000 * PATIENCE
const CODES = ['EIO', 'ENOSPC', 'EMFILE', 'EACCES'] as const

type At = (name: string) => string
interface Whole {
  /** `signal` is left out where the operation is to end by itself. */
  readonly run: (at: At, signal?: AbortSignal) => Promise<unknown>
  /** Throws if a run that succeeded has not done all of its work. */
  readonly check: (at: At, result: unknown) => void
  /** Throws if the error tells of more than was done. */
  readonly partial?: (at: At, error: { readonly entriesCopied?: number, readonly entriesRemoved?: number }) => void
}

const FILES = ['a', 'b', 'sub/c', 'sub/d']
const ENTRIES = ['a', 'b', 'link', 'sub', 'sub/c', 'sub/d', 'sub/empty']
const content = (name: string): string => `content of ${name}`
const entriesOf = (root: string): string[] => (fs.existsSync(root) ? fs.readdirSync(root, { recursive: true, encoding: 'utf8' }).sort() : [])

function plant(at: At): void {
  fs.mkdirSync(at('tree/sub/empty'), { recursive: true })
  for (const name of FILES) fs.writeFileSync(at(`tree/${name}`), content(name))
  fs.symlinkSync('a', at('tree/link'))
}

/** What an aborted call has open may still be closed, and then be gone: this thread is not blocked for it. */
async function clear(root: string): Promise<void> {
  for (const name of fs.readdirSync(root)) await fs.promises.rm(join(root, name), { recursive: true, maxRetries: 10 })
}

const all = <Result>(names: readonly string[], call: (name: string) => Promise<Result>): Promise<Result[]> => Promise.all(names.map(call))

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

const OPERATIONS: Readonly<Record<string, Whole>> = {
  'readFile alone': { run: (at, signal) => drop.readFile(at('tree/a'), { encoding: 'utf8', signal }), check: (_, result) => assert.equal(result, content('a')) },
  'readFile together': {
    run: (at, signal) => all(FILES, (name) => drop.readFile(at(`tree/${name}`), { encoding: 'utf8', signal })),
    check: (_, result) => assert.deepEqual(result, FILES.map(content)),
  },
  'writeFile together': {
    run: (at, signal) => all(FILES, (name) => drop.writeFile(at(`tree/${basename(name)}`), 'new', { signal })),
    check: (at) => FILES.forEach((name) => assert.equal(fs.readFileSync(at(`tree/${basename(name)}`), 'utf8'), 'new')),
  },
  'stat together': {
    run: (at, signal) => all(FILES, async (name) => (await drop.stat(at(`tree/${name}`), { signal })).size),
    check: (_, result) => assert.deepEqual(result, FILES.map((name) => content(name).length)),
  },
  'mkdir with parents': { run: (at, signal) => drop.mkdir(at('made/of/some'), { recursive: true, signal }), check: (at) => assert.ok(fs.statSync(at('made/of/some')).isDirectory()) },
  'mkdtemp': { run: (at, signal) => drop.mkdtemp(at('temporary-'), { signal }), check: (_, result) => assert.ok(fs.statSync(result as string).isDirectory()) },
  'realpath together': {
    run: (at, signal) => all(['link', 'sub/c'], (name) => drop.realpath(at(`tree/${name}`), { signal })),
    check: (at, result) => assert.deepEqual(result, [at('tree/a'), at('tree/sub/c')]),
  },
  'names together': {
    run: async (at, signal) => {
      await Promise.all([drop.rename(at('tree/a'), at('tree/renamed'), { signal }), drop.unlink(at('tree/b'), { signal }), drop.rmdir(at('tree/sub/empty'), { signal }), drop.mkdir(at('tree/new'), { signal })])
    },
    check: (at) => assert.deepEqual(entriesOf(at('tree')), ['link', 'new', 'renamed', 'sub', 'sub/c', 'sub/d']),
  },
  // Its signal is of the call, and not of what is read afterwards.
  'opendir': {
    run: (at, signal) => drop.opendir(at('tree'), { signal }),
    check: (_, result) => {
      const directory = result as fs.Dir
      const names: string[] = []
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) names.push(entry.name)
      directory.closeSync()
      assert.deepEqual(names.sort(), ['a', 'b', 'link', 'sub'])
    },
  },
  'readdir of a tree': {
    run: async (at, signal) => (await drop.readdir(at('tree'), { recursive: true, signal })).sort(),
    check: (_, result) => assert.deepEqual(result, ENTRIES),
  },
  'scan with stats': {
    run: async (at, signal) => (await collect(drop.scan(at('tree'), { stats: true, ...(signal !== undefined && { signal }) }))).map(({ path }) => path).sort(),
    check: (at, result) => assert.deepEqual(result, ENTRIES.map((name) => at(`tree/${name}`)).sort()),
  },
  'cp of a tree': {
    run: (at, signal) => drop.cp(at('tree'), at('copy'), { recursive: true, signal }),
    check: (at) => {
      assert.deepEqual(entriesOf(at('copy')), ENTRIES)
      for (const name of FILES) assert.equal(fs.readFileSync(at(`copy/${name}`), 'utf8'), content(name))
    },
    partial: (at, { entriesCopied = 0 }) => assert.ok(entriesCopied <= entriesOf(at('copy')).length + 1, `${String(entriesCopied)} of ${entriesOf(at('copy')).join(' ')}`),
  },
  'rm of a tree': {
    run: (at, signal) => drop.rm(at('tree'), { recursive: true, signal }),
    check: (at) => assert.ok(!fs.existsSync(at('tree'))),
    partial: (at, { entriesRemoved = 0 }) => assert.ok(entriesRemoved <= ENTRIES.length + 1 - entriesOf(at('tree')).length - (fs.existsSync(at('tree')) ? 1 : 0), String(entriesRemoved)),
  },
}

type Outcome = { readonly result: unknown } | { readonly error: NodeJS.ErrnoException }

function outcome(work: Promise<unknown>): Promise<Outcome> {
  return work.then((result) => ({ result }), (error: unknown) => ({ error: error as NodeJS.ErrnoException }))
}

async function inTime<Value>(what: string, promise: Promise<Value>): Promise<Value> {
  const stop = new AbortController()
  try {
    return await Promise.race([promise, sleep(SETTLED_MS, undefined, { signal: stop.signal }).then(() => assert.fail(`${what}: not settled in ${String(SETTLED_MS)} ms`))])
  } finally {
    stop.abort()
  }
}

/** Some of the requests 0 … count - 1: the first, the last, and others by the seed. */
function steps(count: number): number[] {
  if (count <= STEPS_MAX) return Array.from({ length: count }, (_, step) => step)
  const chosen = new Set([0, count - 1])
  for (let seed = SEED; chosen.size < STEPS_MAX;) chosen.add(((seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 12) % count)
  return [...chosen]
}

const skip = withoutFuse()

for (const driver of [['io-uring', 'thread-pool'], ['thread-pool']]) {
  describe(`on ${driver.join(' and ')}, seed ${String(SEED)}`, { skip }, () => {
    let mount: FuseMount
    let io: Proactor
    let had: Proactor | undefined
    before(async () => {
      mount = await fuse()
      io = new Proactor({ driver })
      had = setDefaultProactor(io)
    })
    after(async () => {
      setDefaultProactor(had)
      await io.close()
      await mount[Symbol.asyncDispose]()
    })
    const at: At = (name) => join(mount.path, name)

    /** How many requests a run makes that is let alone. */
    async function requests({ run, check }: Whole): Promise<number> {
      await clear(mount.path)
      plant(at)
      const begin = await mount.count('all')
      const result = await run(at)
      const end = await mount.count('all')
      check(at, result)
      return end - begin
    }

    test('cp: a directory whose reading ends in the middle is told as that, though a part is there', async () => {
      await clear(mount.path)
      plant(at)
      await mount.set({ fail: { readdir: { code: 'EIO', after: 1, times: 1 } } })
      await assert.rejects(drop.cp(at('tree'), at('copy'), { recursive: true }), { code: 'EIO', syscall: 'scandir' })
      await mount.set({})
      assert.ok(fs.existsSync(at('copy')))
      await noneOpenBelow(mount.path)
    })

    for (const [name, whole] of Object.entries(OPERATIONS)) {
      if (NODE_MAJOR >= 26 && name === 'readdir of a tree') continue // Node's own
      test(`${name}: aborted at each request`, async () => {
        for (const step of steps(await requests(whole))) {
          await clear(mount.path)
          plant(at)
          await mount.set({ step: { after: step }, interruptible: step % 7 !== 6 })
          const controller = new AbortController()
          let isSettled = false
          const settled = outcome(whole.run(at, controller.signal)).finally(() => void (isSettled = true))
          while (await mount.heldNow() === 0 && !isSettled) await new Promise((resolve) => setImmediate(resolve))
          controller.abort()
          const ended = await inTime(`${name} at ${String(step)}`, settled)
          await mount.set({})
          await mount.release()
          if ('result' in ended) whole.check(at, ended.result)
          if ('error' in ended) assert.equal(ended.error.name, 'AbortError', `at ${String(step)}: ${String(ended.error)}`)
        }
        await requests(whole)
        // What Node opens late, after its caller was told, is closed by then.
        await noneOpenBelow(mount.path)
      })

      test(`${name}: fails at each request`, async () => {
        let nth = SEED
        for (const step of steps(await requests(whole))) {
          const code = CODES[nth++ % CODES.length] as (typeof CODES)[number]
          await clear(mount.path)
          plant(at)
          await mount.set({ step: { after: step, code } })
          const ended = await inTime(`${name}: ${code} at ${String(step)}`, outcome(whole.run(at)))
          await mount.set({})
          if ('result' in ended) whole.check(at, ended.result)
          if ('error' in ended) {
            assert.equal(ended.error.code, code, `at ${String(step)}: ${String(ended.error)}`)
            whole.partial?.(at, ended.error as object)
          }
        }
        await requests(whole)
        // What Node opens late, after its caller was told, is closed by then.
        await noneOpenBelow(mount.path)
      })
    }
  })
}
