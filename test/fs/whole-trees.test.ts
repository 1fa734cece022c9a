// Trees removed and copied by one thread: random trees as Node leaves them, an abort at any entry, what changes meanwhile, what
// is too deep, names that are not UTF-8.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import fs from 'node:fs'
import node from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import io from 'trueaio/fs/promises'
import { Opcode } from '#src/operation/opcode.js'
import type { Operation } from '#src/operation/operation.js'
import { TreeHeader } from '#src/ring/layout/whole.js'
import { noneOpenBelow } from './open-descriptors.js'

let root: string
const at = (name: string): string => join(root, name)
before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-trees-'))
})
after(() => execFileSync('rm', ['-rf', root]))

/** Numbers below `most`, the same for the same seed. */
function random(seed: number): (most: number) => number {
  let state = seed
  return (most) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % most
  }
}

const LINKS = ['a', '../a', './', '..', '../..', '/nowhere', 'x/../y', 'deep//er/.', '.']
const MODES = [0o644, 0o600, 0o444, 0o755, 0o4755, 0o2711, 0o1777]

function plant(path: string, seed: number): void {
  const pick = random(seed)
  const grow = (directory: string, depth: number): void => {
    fs.mkdirSync(directory)
    for (let index = pick(12); index > 0; index--) {
      const name = join(directory, ['a', 'b', 'ü', 'with space', 'long'.repeat(20)][pick(5)] as string + String(index))
      const kind = pick(10)
      if (kind < 2 && depth < 5) grow(name, depth + 1)
      else if (kind < 4) fs.symlinkSync(LINKS[pick(LINKS.length)] as string, name)
      else {
        fs.writeFileSync(name, Buffer.alloc([0, 1, 1000, 65_536, 65_537, 200_000][pick(6)] as number, index))
        fs.chmodSync(name, MODES[pick(MODES.length)] as number)
      }
    }
    fs.chmodSync(directory, [0o755, 0o700, 0o1777, 0o2755][pick(4)] as number)
  }
  grow(path, 0)
}

/** Everything below a directory, no link followed: kind, mode, text or content. */
function picture(tree: string, below = ''): string[] {
  return fs.readdirSync(join(tree, below), { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1)).flatMap((entry) => {
    const name = join(below, entry.name)
    const path = join(tree, name)
    const content = entry.isSymbolicLink() ? fs.readlinkSync(path) : entry.isFile() ? fs.readFileSync(path).toString('base64') : ''
    return [`${name} ${fs.lstatSync(path).mode.toString(8)} ${content}`, ...(entry.isDirectory() ? picture(tree, name) : [])]
  })
}

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  for (const options of [{}, { verbatimSymlinks: true }, { mode: fs.constants.COPYFILE_FICLONE }]) {
    test(`a copy is as Node's, and is removed: seed ${String(seed)}, ${JSON.stringify(options)}`, async () => {
      plant(at('tree'), seed)
      await node.cp(at('tree'), at('theirs'), { recursive: true, ...options })
      await io.cp(at('tree'), at('ours'), { recursive: true, ...options })
      assert.deepEqual(picture(at('ours')), picture(at('theirs')))
      assert.equal(fs.statSync(at('ours')).mode, fs.statSync(at('theirs')).mode)
      for (const name of ['tree', 'ours', 'theirs']) await io.rm(at(name), { recursive: true })
      assert.deepEqual(fs.readdirSync(root), [])
      await noneOpenBelow(root)
    })
  }
}

/** Aborts once the thread has done so many entries. Resolves to what the error tells, undefined when it was too late. */
async function abortedAt(entries: number, kind: Opcode, work: (signal: AbortSignal) => Promise<unknown>): Promise<{ entriesCopied?: number, entriesRemoved?: number } | undefined> {
  const controller = new AbortController()
  const watch = (words: Int32Array): void => {
    if (Atomics.load(words, TreeHeader.ENTRIES) >= entries) controller.abort()
    else setImmediate(watch, words)
  }
  const submitted = (event: unknown): void => {
    const { buffer, opcode } = (event as { operation: Operation }).operation
    if (opcode === kind) watch(buffer as Int32Array)
  }
  subscribe('trueaio:submit', submitted)
  try {
    await work(controller.signal)
    controller.abort()
    return undefined
  } catch (error) {
    assert.equal((error as Error).name, 'AbortError')
    return error as { entriesCopied?: number }
  } finally {
    controller.abort()
    unsubscribe('trueaio:submit', submitted)
  }
}

test('an abort at any entry: nothing stays open, what is said to be done is done', async () => {
  const pick = random(99)
  for (let round = 0; round < 12; round++) {
    plant(at('tree'), 50 + round)
    const all = picture(at('tree')).length + 1
    const copied = await abortedAt(pick(all), Opcode.COPY_TREE, (signal) => io.cp(at('tree'), at('copy'), { recursive: true, signal }))
    await noneOpenBelow(root)
    const there = fs.existsSync(at('copy')) ? picture(at('copy')).length + 1 : 0
    if (copied !== undefined) assert.ok((copied.entriesCopied ?? 0) <= there, `${String(copied.entriesCopied)} of ${String(there)}`)
    const removed = await abortedAt(pick(all), Opcode.REMOVE_TREE, (signal) => io.rm(at('tree'), { recursive: true, signal }))
    await noneOpenBelow(root)
    const left = fs.existsSync(at('tree')) ? picture(at('tree')).length + 1 : 0
    if (removed !== undefined) assert.ok((removed.entriesRemoved ?? 0) <= all - left)
    for (const name of ['tree', 'copy']) fs.rmSync(at(name), { recursive: true, force: true })
  }
})

test('names that are not UTF-8 are removed', async () => {
  fs.mkdirSync(at('tree'))
  fs.writeFileSync(Buffer.concat([Buffer.from(`${at('tree')}/`), Buffer.from([0xff, 0xfe])]), 'x')
  fs.mkdirSync(Buffer.concat([Buffer.from(`${at('tree')}/`), Buffer.from([0xc3])]))
  await io.rm(at('tree'), { recursive: true })
  assert.deepEqual(fs.readdirSync(root), [])
})

test('a tree deeper than a thread goes', async () => {
  execFileSync('sh', ['-c', 'mkdir "$0"; cd "$0"; for i in $(seq 150); do mkdir d; echo x > f; cd d; done', at('deep')])
  await io.cp(at('deep'), at('deep-copy'), { recursive: true })
  assert.equal(fs.readFileSync(at(`deep-copy${'/d'.repeat(149)}/f`), 'utf8'), 'x\n')
  await Promise.all(['deep', 'deep-copy'].map((name) => io.rm(at(name), { recursive: true })))
  assert.deepEqual(fs.readdirSync(root), [])
})

test('two at once remove one tree, and both are content', async () => {
  for (let round = 0; round < 20; round++) {
    plant(at('tree'), 200 + round)
    await Promise.all([1, 2].map(() => io.rm(at('tree'), { recursive: true, force: true })))
    assert.deepEqual(fs.readdirSync(root), [])
  }
})

test('a tree that is too deep for a thread, removed by somebody else once rm has looked at it', async () => {
  fs.mkdirSync(at(`tree${'/d'.repeat(110)}`), { recursive: true })
  let isGone = false
  const completed = (event: unknown): void => {
    if ((event as { operation: Operation }).operation.opcode !== Opcode.STATX) return
    fs.rmSync(at('tree'), { recursive: true, force: true })
    isGone = true
  }
  subscribe('trueaio:complete', completed)
  try {
    await io.rm(at('tree'), { recursive: true })
  } finally {
    unsubscribe('trueaio:complete', completed)
  }
  assert.ok(isGone)
  await assert.rejects(io.rm(at('tree'), { recursive: true }), { code: 'ENOENT' })
})

test('what is in the way, or is no file: as Node says it', async () => {
  fs.mkdirSync(at('tree/sub'), { recursive: true })
  fs.writeFileSync(at('tree/sub/file'), 'x')
  execFileSync('mkfifo', [at('tree/sub/pipe')])
  const failure = async (module: typeof node, to: string): Promise<unknown> => module.cp(at('tree'), at(to), { recursive: true }).then(() => 'done', (error: unknown) => [(error as NodeJS.ErrnoException).code, (error as NodeJS.ErrnoException).syscall])
  assert.deepEqual(await failure(io as typeof node, 'ours'), await failure(node, 'theirs'))
  fs.rmSync(at('tree/sub/pipe'))
  fs.chmodSync(at('tree/sub'), 0o555)
  await io.cp(at('tree'), at('again'), { recursive: true })
  assert.equal(fs.statSync(at('again/sub')).mode & 0o777, 0o555)
  execFileSync('rm', ['-rf', ...['tree', 'ours', 'theirs', 'again'].map(at)])
})

test('many trees at once', async () => {
  const names = Array.from({ length: 40 }, (_, index) => at(`many-${String(index)}`))
  names.forEach((name, index) => plant(name, index))
  await Promise.all(names.map((name) => io.cp(name, `${name}-copy`, { recursive: true })))
  assert.ok(names.every((name) => fs.existsSync(`${name}-copy`)))
  await Promise.all(names.flatMap((name) => [name, `${name}-copy`]).map((name) => io.rm(name, { recursive: true })))
  assert.deepEqual(fs.readdirSync(root), [])
})
