// Calls of one tick that go down together: the same contents, errors and numbers as Node's, whatever stands in the list.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import fs from 'node:fs'
import node from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import io, { readFiles, statMany } from 'trueaio/fs/promises'
import { setDefaultProactor, Proactor } from '#src/default-proactor.js'
import { Opcode } from '#src/operation/opcode.js'
import type { Operation } from '#src/operation/operation.js'
import { noneOpenBelow } from './open-descriptors.js'

let root: string
const at = (name: string): string => join(root, name)

/** Sizes around everything that is decided by size: nothing, a page, an eighth of a list's memory, more than it. */
const SIZES = [0, 1, 4095, 4096, 4097, 65_535, 65_536, 65_537, 100_000, 119_000, 131_072, 300_000, 1_200_000]

before(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'trueaio-packed-'))
  let seed = 7
  for (const size of SIZES) {
    const content = Buffer.alloc(size)
    for (let index = 0; index < size; index++) content[index] = (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >> 16
    fs.writeFileSync(at(`size-${String(size)}`), content)
  }
  fs.mkdirSync(at('directory'))
  fs.symlinkSync('size-4096', at('link'))
  fs.symlinkSync('loop', at('loop'))
  fs.writeFileSync(at('text'), 'Grüße, \u{1f600} und \ufffd')
  execFileSync('mkfifo', [at('pipe')])
})
after(() => fs.rmSync(root, { recursive: true }))

/** Runs `work` and counts the lists it makes. */
async function listsOf(opcode: number, work: () => Promise<unknown>): Promise<number> {
  let lists = 0
  const count = (event: unknown): void => {
    if ((event as { operation: Operation }).operation.opcode === opcode) lists++
  }
  subscribe('trueaio:submit', count)
  try {
    await work()
  } finally {
    unsubscribe('trueaio:submit', count)
  }
  return lists
}

type Outcome = { readonly value: unknown } | { readonly error: object }

/** What became of each, with what an error says of itself. */
async function outcomes(work: readonly Promise<unknown>[]): Promise<Outcome[]> {
  return (await Promise.allSettled(work)).map((settled) => {
    if (settled.status === 'fulfilled') return { value: settled.value }
    const { name, message, code, errno, syscall, path } = settled.reason as NodeJS.ErrnoException
    return { error: { name, message, code, errno, syscall, path } }
  })
}

const NAMES = [
  ...SIZES.map((size) => `size-${String(size)}`), 'directory', 'link', 'loop', 'text', 'missing', 'text/below', 'n'.repeat(256), 'with space', '', '.', 'directory/..',
]

describe('a list of everything', () => {
  const calls: Readonly<Record<string, readonly [opcode: number, (module: typeof node, path: string) => Promise<unknown>]>> = {
    readFile: [Opcode.READ_FILES, (module, path) => module.readFile(path)],
    'readFile as text': [Opcode.READ_FILES, (module, path) => module.readFile(path, 'utf8')],
    'readFile as base64': [Opcode.READ_FILES, (module, path) => module.readFile(path, { encoding: 'base64' })],
    stat: [Opcode.LOOK_UP, (module, path) => module.stat(path)],
    lstat: [Opcode.LOOK_UP, (module, path) => module.lstat(path)],
    access: [Opcode.LOOK_UP, (module, path) => module.access(path)],
    'access, executable': [Opcode.LOOK_UP, (module, path) => module.access(path, fs.constants.X_OK)],
  }
  for (const [name, [opcode, call]] of Object.entries(calls)) {
    test(`${name} is Node's`, async () => {
      const paths = [...NAMES.map(at), ...NAMES.map((path) => (path === '' ? '' : `${root}//./${path}`))]
      const theirs = await outcomes(paths.map((path) => call(node, path)))
      let ours: Outcome[] = []
      const lists = await listsOf(opcode, async () => {
        ours = await outcomes(paths.map((path) => call(io as typeof node, path)))
      })
      assert.ok(lists > 0, 'nothing went down as a list')
      assert.deepEqual(ours, theirs)
      await noneOpenBelow(root)
    })
  }
})

test('what a call gets is its own memory', async () => {
  const [first, second] = await Promise.all([1, 2, 3, 4].map(() => io.readFile(at('size-4096'))))
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(first.buffer.byteLength, 4096)
  assert.notEqual(first.buffer, second.buffer)
  first.fill(0)
  assert.deepEqual(second, fs.readFileSync(at('size-4096')))
})

test('a pipe among files: they do not wait for it, and its writer is waited for', async () => {
  const reads = [at('text'), at('pipe'), at('size-4096'), at('size-0')].map((path) => io.readFile(path, 'latin1'))
  assert.equal((await reads[2])?.length, 4096)
  assert.equal(await reads[3], '')
  const writer = spawn('sh', ['-c', 'printf "%s" content > "$0"', at('pipe')])
  const closed = once(writer, 'close')
  assert.equal(await reads[1], 'content')
  await closed
  await noneOpenBelow(root)
})

test('a file of /proc, which tells no size', async () => {
  const [maps, , , status] = await Promise.all(['/proc/self/maps', at('text'), at('text'), '/proc/self/status'].map((path) => io.readFile(path, 'utf8')))
  assert.match(maps ?? '', /\[stack\]/)
  assert.match(status ?? '', /^Name:/)
})

test('calls beyond what a list holds, and paths longer than its room', async () => {
  const long = `${root}${'/.'.repeat(1900)}/text`
  const paths = Array.from({ length: 700 }, (_, index) => (index % 50 === 0 ? long : at('text')))
  const contents = await Promise.all(paths.map((path) => io.readFile(path, 'utf8')))
  assert.ok(contents.every((content) => content === fs.readFileSync(at('text'), 'utf8')))
  await noneOpenBelow(root)
})

test('writes of one tick: contents, modes and errors are Node\'s', async () => {
  const cases = (folder: string): (readonly [path: string, data: string | Uint8Array, options?: object])[] => [
    [join(folder, 'new'), 'text'], [join(folder, 'empty'), ''], [join(folder, 'bytes'), Buffer.alloc(32_768, 'b')], [join(folder, 'large'), Buffer.alloc(32_769, 'l')],
    [join(folder, 'there'), 'shorter'], [join(folder, 'there-exclusively'), 'x', { flag: 'wx' }], [join(folder, 'added'), 'more', { flag: 'a' }],
    [join(folder, 'mode'), 'x', { mode: 0o600 }], [join(folder, 'latin1'), 'ü', { encoding: 'latin1' }], [folder, 'x'], [join(folder, 'missing/below'), 'x'],
    [join(folder, 'there/below'), 'x'], [join(folder, 'words'), new Uint16Array([1, 2, 3]) as never],
    ...Array.from({ length: 200 }, (_, index) => [join(folder, `many-${String(index)}`), Buffer.alloc(index * 150, index)] as const),
  ]
  const write = async (module: typeof node, folder: string): Promise<unknown> => {
    fs.mkdirSync(folder)
    for (const name of ['there', 'there-exclusively', 'added']) fs.writeFileSync(join(folder, name), 'something longer')
    const settled = await outcomes(cases(folder).map(([path, data, options]) => module.writeFile(path, data, options)))
    const files = fs.readdirSync(folder).sort().map((name) => [name, fs.statSync(join(folder, name)).mode, fs.readFileSync(join(folder, name), 'base64')])
    fs.rmSync(folder, { recursive: true })
    return [settled, files]
  }
  const theirs = await write(node, at('folder'))
  let ours: unknown
  const lists = await listsOf(Opcode.WRITE_FILES, async () => {
    ours = await write(io, at('folder'))
  })
  assert.ok(lists > 0)
  assert.deepEqual(ours, theirs)
})

test('a full device among writes: its error, and the others are written', async () => {
  const results = await outcomes(['/dev/full', at('one'), at('two'), at('three')].map((path) => io.writeFile(path, 'content')))
  assert.equal((results[0] as { error: { code: string } }).error.code, 'ENOSPC')
  for (const name of ['one', 'two', 'three']) {
    assert.equal(fs.readFileSync(at(name), 'utf8'), 'content')
    fs.rmSync(at(name))
  }
})

test('readFiles and statMany start many at once, so that they go down in lists', async () => {
  const paths = Array.from({ length: 640 }, () => at('text'))
  for (const [opcode, alone, many] of [[Opcode.READ_FILES, Opcode.OPEN, readFiles], [Opcode.LOOK_UP, Opcode.STATX, statMany]] as const) {
    let told = 0
    let lists = 0
    const oneByOne = await listsOf(alone, async () => {
      lists = await listsOf(opcode, async () => {
        for await (const { error } of many(paths)) if (error === undefined) told++
      })
    })
    assert.equal(told, 640)
    // A machine so busy that nothing moves for 20 ms sends some of them one by one.
    assert.ok(lists >= 5 && oneByOne < 320, `${String(lists)} lists, ${String(oneByOne)} one by one`)
  }
})

test('a stat alone makes no list', async () => {
  assert.equal(await listsOf(Opcode.LOOK_UP, () => io.stat(at('text'))), 0)
})

test('a file alone that the kernel has at hand is one operation, and no thread\'s; with a deadline it goes step by step', async () => {
  for (const name of ['text', 'size-1', 'size-4097', 'size-65536', 'link']) {
    const reading = async (): Promise<void> => assert.deepEqual(await io.readFile(at(name)), await node.readFile(at(name)))
    await reading() // whatever failed before this has been waited for
    assert.equal(await listsOf(Opcode.OPEN, async () => assert.equal(await listsOf(Opcode.READ_FILES, reading), 1)), 0, name)
  }
  assert.equal(await listsOf(Opcode.READ_FILES, () => io.readFile(at('text'), { timeout: 10_000 } as object)), 0)
  assert.equal(await listsOf(Opcode.OPEN, () => io.readFile(at('text'), { timeout: 10_000 } as object)), 1)
})

test('one after the other, each is Node\'s, whatever it is, and none stays open', async () => {
  for (const name of [...NAMES, ...NAMES.toReversed()]) {
    for (const encoding of [null, 'utf8', 'latin1', 'base64'] as const) {
      assert.deepEqual(await outcomes([io.readFile(at(name), encoding)]), await outcomes([node.readFile(at(name), encoding)]), name)
    }
  }
  await noneOpenBelow(root)
})

test('a file that grows is read as it is', async () => {
  for (let size = 0; size < 40; size++) {
    fs.appendFileSync(at('grows'), 'x'.repeat(3000))
    assert.deepEqual(await io.readFile(at('grows')), fs.readFileSync(at('grows')))
  }
  fs.rmSync(at('grows'))
})

test('a proactor that is closed first: each call gets its error, nothing stays open', async () => {
  const own = new Proactor()
  const had = setDefaultProactor(own)
  try {
    const reads = Array.from({ length: 40 }, () => io.readFile(at('size-65536')))
    const settled = Promise.allSettled(reads)
    await own.close()
    for (const result of await settled) {
      if (result.status === 'rejected') assert.equal((result.reason as NodeJS.ErrnoException).code, 'ERR_TRUEAIO_CLOSED')
      else assert.equal(result.value.length, 65_536)
    }
    await noneOpenBelow(root)
  } finally {
    setDefaultProactor(had)
  }
})

test('where there is no pool of threads, each goes step by step to the same end', async () => {
  const own = new Proactor({ driver: ['io-uring', 'node'] })
  const had = setDefaultProactor(own)
  try {
    const paths = NAMES.map(at)
    const theirs = await outcomes(paths.map((path) => node.readFile(path)))
    assert.equal(await listsOf(Opcode.READ_FILES, async () => {
      assert.deepEqual(await outcomes(paths.map((path) => io.readFile(path))), theirs)
    }), 0)
  } finally {
    setDefaultProactor(had)
    await own.close()
  }
})
